"""Lines that need no parser: plain and quoted words, and pipes between them.

Most commands of a runbook are such lines. They mean the same by the letter as by the tree, and are read much faster.
"""

from __future__ import annotations

import re

from truebook.runbooks.verdicts.ruling import NAME, Argv
from truebook.runbooks.verdicts.variables import dangerous, set_by_bash

Commands = tuple[tuple[str, Argv], ...]
"""The text and the words of each command of a pipe."""

_BLANK = re.compile(r"[ \t]*(?:#.*)?")
_PLAIN = r"[A-Za-z0-9_./:,@%+=-]"
_FIRST = r"[A-Za-z0-9_./-]++(?![^ \t])"
_VARIABLE = r"\$(?:[A-Za-z_][A-Za-z0-9_]*+|\{[A-Za-z_][A-Za-z0-9_]*+\})"
_WORD = rf"(?:{_PLAIN}++|'[^'\n]*+'|\"(?:[^\"\\$`\n]++|{_VARIABLE})*+\"|{_VARIABLE})++"
_COMMAND = rf"{_FIRST}(?:[ \t]++{_WORD})*+"
_LINE = re.compile(rf"[ \t]*(?P<commands>{_COMMAND}(?: +\| +{_COMMAND})*)[ \t]*")
_ONE = re.compile(_COMMAND)
_WORDS = re.compile(_WORD)
_SPLIT = re.compile(r"(?:[^\"\s]|\"[^\"]*\")+")
_SETTING = re.compile(
    rf"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)="
    rf"(?P<value>{_PLAIN}*|'[^'\n]*'|\"[^\"\\$`\n]*\")[ \t]*"
)
_VARIABLES = re.compile(_VARIABLE)
_KEYWORDS = frozenset({
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "function",
    "select", "time", "coproc", "export", "declare", "local", "readonly", "typeset", "unset",
})  # fmt: skip


def words(text: str, *, variables: bool) -> Argv | None:
    """The words of one simple command, None where its text is more than plain and quoted words.

    `variables`: nothing has set one, so that each is a `NAME`.
    """
    return _split(text) if (variables or "$" not in text) and _ONE.fullmatch(text) else None


def _split(text: str) -> Argv | None:
    if "$" in text:
        if "'" in text or any(set_by_bash(found.strip("${}")) for found in _VARIABLES.findall(text)):
            return None
        text = _VARIABLES.sub(NAME, text)
        argv = tuple(_unquoted(found) for found in _SPLIT.findall(text)) if '"' in text else tuple(text.split())
    elif "'" not in text and '"' not in text:
        argv = tuple(text.split())
    else:
        argv = tuple(_unquoted(found) for found in _WORDS.findall(text))
    return None if argv[0] in _KEYWORDS else argv


def _unquoted(word: str) -> str:
    if "'" not in word and '"' not in word:
        return word
    return re.sub(r"'([^']*)'|\"([^\"]*)\"", lambda found: found[1] if found[1] is not None else found[2], word)


def read_line(line: str) -> Commands | None:
    """The piped commands of one line, none where it is blank, None where it is more than plain words.

    Variables are read as `NAME`: this holds as long as nothing has set one. A line that sets one, to plain text, has
    the words `=`, its name and the text.
    """
    setting = _SETTING.fullmatch(line) if "=" in line else None
    if setting is not None:
        if dangerous(setting["name"]):
            return None
        return ((line.strip(), ("=", setting["name"], _unquoted(setting["value"]))),)
    found = _LINE.fullmatch(line)
    if found is None:
        return () if _BLANK.fullmatch(line) else None
    text = found["commands"]
    commands: list[tuple[str, Argv]] = []
    for piece in [text] if "|" not in text else _ONE.findall(text):
        argv = _split(piece)
        if argv is None:
            return None
        commands.append((piece, argv))
    return tuple(commands)
