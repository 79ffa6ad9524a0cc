"""`*` and `?` in a line, in time that grows with the line and the pattern only, however they are made."""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    r"""Whether all of `text` is what `pattern` says; `\*` and `\?` stand for themselves."""
    tokens = _tokens(pattern)
    at = token = 0
    star, resume = -1, 0
    while at < len(text):
        if token < len(tokens) and tokens[token] is not None and tokens[token] in ("", text[at]):
            at, token = at + 1, token + 1
        elif token < len(tokens) and tokens[token] is None:
            star, resume = token, at
            token += 1
        elif star >= 0:
            # The last star takes one character more; those before it never have to.
            resume += 1
            at, token = resume, star + 1
        else:
            return False
    return all(rest is None for rest in tokens[token:])


def _tokens(pattern: str) -> list[str | None]:
    """Characters; None for any number of any, an empty string for any one."""
    found: list[str | None] = []
    at = 0
    while at < len(pattern):
        one = pattern[at]
        if one == "\\" and pattern[at + 1 : at + 2] in ("*", "?", "\\"):
            at += 1
            found.append(pattern[at])
        elif one == "*":
            found.append(None)
        else:
            found.append("" if one == "?" else one)
        at += 1
    return found
