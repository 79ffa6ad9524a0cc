"""Placeholders and unset variables of a script, found as bash reads it.

`<name>` counts anywhere but in comments; `$NAME` where bash would put a value in its place: not in single quotes, nor
in a heredoc whose word is quoted. Left alone are redirections (`<file`, `<(…)`, `<<EOF`), e-mail addresses, HTML and
XML, `<none>` and its like, Go templates, escaped marks, and variables with a default of their own (`${X:-1}`).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Literal

from truebook.model import FieldMode as Mode


@dataclass(frozen=True, slots=True)
class Token:
    """A placeholder or variable. `text` is as written (`<app-name>`, `${NS}`), `name` what is inside (`app-name`)."""

    kind: Literal["placeholder", "variable"]
    start: int
    end: int
    text: str
    name: str
    mode: Mode


_PLACEHOLDER = re.compile(r"<([A-Za-z](?:[^<>|;&\n`\"\\]{0,100}[^<>|;&\s`\"\\])?)>")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
_HEREDOC = re.compile(
    r"<<(?P<tabs>-?)[ \t]*(?:(?P<quote>['\"])(?P<quoted>[^'\"\n]+)(?P=quote)|\\?(?P<word>[A-Za-z_][\w.-]*))"
)
_FILE = re.compile(r"[\w./-]+\.[\w-]+")

_NOT_FILLED = frozenset(
    {"none", "pending", "unknown", "nil", "null", "invalid", "unset", "no value", "empty", "stdin", "eof"}
)
"""What programs print between these marks."""

_HTML_TAGS = """
a abbr address article aside audio b base blockquote body br button canvas caption center cite code col dd del details
dfn div dl dt em embed fieldset figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd
label legend li link main mark meta nav noscript ol option p param pre q s samp script section select small source span
strong style sub summary sup svg table tbody td textarea tfoot th thead title tr tt u ul video
"""
_HTML = frozenset(_HTML_TAGS.split())

_OF_BASH = """
HOME PATH PWD OLDPWD USER LOGNAME SHELL HOSTNAME IFS RANDOM SECONDS LINENO UID EUID PPID OPTARG OPTIND REPLY TERM LANG
LC_ALL TMPDIR BASH BASH_VERSION BASH_SOURCE FUNCNAME PIPESTATUS EPOCHSECONDS
"""
_OF_GUARD = """
KUBECONFIG ARGOCD_SERVER ARGOCD_OPTS ARGOCD_AUTH_TOKEN VAULT_ADDR VAULT_TOKEN BAO_ADDR BAO_TOKEN
"""
PROVIDED = frozenset((_OF_BASH + _OF_GUARD).split())
"""Variables that bash or the guard sets: the block gets its own values of them."""

_SET = re.compile(
    r"(?:^|[;&|({\s])(?:(?:export|local|readonly|declare|typeset)\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)(?:\[[^\]\n]{0,40}\])?\+?=",
    re.MULTILINE,
)
_LOOP = re.compile(r"\b(?:for|select)\s+([A-Za-z_]\w*)\b")
_READ = re.compile(
    r"\b(?:read|mapfile|readarray|getopts\s+\S+)((?:\s+-\w+(?:\s+['\"][^'\"]*['\"])?)*)((?:\s+[A-Za-z_]\w*)+)"
)
_PRINTF = re.compile(r"\bprintf\s+-v\s+([A-Za-z_]\w*)")


def names_set(script: str) -> frozenset[str]:
    """Variables that a script sets, by assignment, loop or `read`: for the blocks that come after it."""
    found = {match[1] for pattern in (_SET, _LOOP, _PRINTF) for match in pattern.finditer(script)}
    for match in _READ.finditer(script):
        found.update(match[2].split())
    return frozenset(found)


def tokens(script: str) -> list[Token]:
    """All placeholders and variables, in order. Linear in the length of the script."""
    return list(_Scanner(script).run())


class _Scanner:
    def __init__(self, script: str) -> None:
        self._script = script
        self._modes: list[Mode] = ["bare"]
        self._heredocs: list[tuple[str, bool, bool]] = []
        self._closed = {match[1] for match in re.finditer(r"</([A-Za-z][\w:.-]*)", script)}

    def run(self) -> Iterator[Token]:
        """Sign by sign, with what bash would have open."""
        script, at = self._script, 0
        while at < len(script):
            mode = self._modes[-1]
            sign = script[at]
            if script.startswith("{{", at) and (end := self._template(at)):
                at = end
                continue
            if sign == "<" and (token := self._placeholder(at, mode)):
                yield token
                at = token.end
                continue
            if sign == "$" and mode in ("bare", "double") and (token := self._variable(at, mode)):
                yield token
                at = token.end
                continue
            if sign == "\n" and mode == "bare" and self._heredocs:
                at = yield from self._bodies(at + 1)
                continue
            at = self._step(at, sign, mode)

    def _step(self, at: int, sign: str, mode: Mode) -> int:
        """Past one sign that is no token."""
        script = self._script
        if mode == "single":
            if sign == "'":
                self._modes.pop()
            return at + 1
        if sign == "\\":
            return at + 2
        if script.startswith("$(", at):
            self._modes.append("bare")
            return at + 2
        if sign == '"':
            if mode == "double":
                self._modes.pop()
            else:
                self._modes.append("double")
        elif mode == "bare":
            if sign == "'":
                self._modes.append("single")
            elif sign == "(":
                self._modes.append("bare")
            elif sign == ")" and len(self._modes) > 1:
                self._modes.pop()
            elif sign == "#" and (at == 0 or script[at - 1] in " \t\n;&|()"):
                end = script.find("\n", at)
                return len(script) if end < 0 else end
            elif sign == "<" and (found := _HEREDOC.match(script, at)):
                word = found["word"] or found["quoted"]
                raw = found["quote"] is not None or "\\" in found.group()
                self._heredocs.append((word, raw, bool(found["tabs"])))
                return found.end()
            elif sign == "<":
                while at < len(script) and script[at] == "<":
                    at += 1
                return at
        return at + 1

    def _bodies(self, at: int) -> Generator[Token, None, int]:
        """The heredocs that start at `at`; gives the place after them."""
        pending, self._heredocs = self._heredocs, []
        for word, raw, tabs in pending:
            while at < len(self._script):
                end = self._script.find("\n", at)
                end = len(self._script) if end < 0 else end
                line = self._script[at:end]
                if (line.lstrip("\t ") if tabs else line) == word:
                    at = min(end + 1, len(self._script))
                    break
                yield from self._heredoc_line(at, end, "raw-heredoc" if raw else "heredoc")
                at = end + 1
        return at

    def _heredoc_line(self, at: int, end: int, mode: Mode) -> Iterator[Token]:
        while at < end:
            sign = self._script[at]
            token = None
            if self._script.startswith("{{", at) and (after := self._template(at)):
                at = after
                continue
            if sign == "<":
                token = self._placeholder(at, mode)
            elif sign == "$" and mode == "heredoc":
                token = self._variable(at, mode)
            elif sign == "\\" and mode == "heredoc":
                at += 1
            if token is not None and token.end <= end:
                yield token
                at = token.end
            else:
                at += 1

    def _template(self, at: int) -> int:
        """Past the Go template that starts here and ends on the same line, else 0."""
        line_end = self._script.find("\n", at, at + 2000)
        found = self._script.find("}}", at + 2, line_end if line_end >= 0 else at + 2000)
        return found + 2 if found >= 0 else 0

    def _placeholder(self, at: int, mode: Mode) -> Token | None:
        script = self._script
        found = _PLACEHOLDER.match(script, at)
        if found is None or (at and script[at - 1] in "<\\"):
            return None
        name = found[1]
        if mode == "single" and "'" in name:
            return None
        if "@" in name or "://" in name or name.lower() in _NOT_FILLED or self._is_markup(name, found.end()):
            return None
        following = script[found.end() : found.end() + 1]
        if mode == "bare" and _FILE.fullmatch(name) and (following.isalnum() or following in ("/", ".", "~", "&")):
            return None  # cmd <in.txt>out.txt
        return Token("placeholder", at, found.end(), found.group(), name, mode)

    def _is_markup(self, name: str, end: int) -> bool:
        tag = name.split(maxsplit=1)[0].rstrip("/")
        if tag in self._closed or name.endswith("/") or "=" in name:
            return True
        return tag.lower() in _HTML and (self._script.startswith("</", end) or tag.lower() in ("br", "hr"))

    def _variable(self, at: int, mode: Mode) -> Token | None:
        found = _VARIABLE.match(self._script, at)
        if found is None:
            return None
        return Token("variable", at, found.end(), found.group(), found[1] or found[2], mode)
