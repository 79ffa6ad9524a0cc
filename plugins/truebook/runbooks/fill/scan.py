"""Placeholders and unset variables of a script, found as bash reads it.

`<name>` counts anywhere but in comments; `$NAME` where bash would put a value in its place: not in single quotes, nor
in a heredoc whose word is quoted. Left alone are redirections (`<file`, `<(…)`, `<<EOF`), e-mail addresses, HTML and
XML, `<none>` and its like, Go templates, escaped marks, and variables with a default of their own (`${X:-1}`).

Where a value would be read again after bash has taken its quotes away (by a shell within the command, in backticks, in
arithmetic), the place is `plain`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from truebook.model import FieldMode as Mode


@dataclass(frozen=True, slots=True)
class Token:
    """A placeholder or variable. `text` is as written (`<app-name>`, `${NS}`), `name` what is inside (`app-name`).
    `until` is the word that ends the heredoc it stands in."""

    kind: Literal["placeholder", "variable", "shouted"]
    start: int
    end: int
    text: str
    name: str
    mode: Mode
    until: str = ""


@dataclass(frozen=True, slots=True)
class _Open:
    """What bash has open: how it reads there, and the sign that ends it. `plain` where values are read again.
    `around` is what was known of the command around it, where another begins within."""

    mode: Mode
    end: str = ""
    plain: bool = False
    around: tuple[int, int, bool] | None = None


@dataclass(frozen=True, slots=True)
class _Heredoc:
    word: str
    mode: Mode
    tabs: bool
    plain: bool


_PLACEHOLDER = re.compile(r"<([A-Za-z](?:[^<>|;&\n`\"\\]{0,100}[^<>|;&\s`\"\\])?)>")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
_HEREDOC = re.compile(
    r"""<<(?P<tabs>-?)[ \t]*(?P<word>(?:[A-Za-z_]|\\.|'[^'\n]+'|"[^"\n]+")(?:[\w.-]|\\.|'[^'\n]*'|"[^"\n]*")*)"""
)
_QUOTES = re.compile(r"""[\\'"]""")
_FILE = re.compile(r"[\w./-]+\.[\w-]+")
_SHOUTED = re.compile(
    r"(?<![\w$./<-])(?:(?:YOUR|MY)[_-][A-Za-z][\w-]*|CHANGE_?ME|REPLACE_?ME|your-[a-z][a-z-]*-(?:here|name))(?![\w/])"
)
_POSSESSIVE = re.compile(r"^(?:your|my)[_-]|-here$", re.IGNORECASE)
_READS_AGAIN = re.compile(
    r"(?<![\w.-])(?:(?:ba|da|k|z|a|fi)?sh|ssh|su|eval|watch|[gm]?awk|sed|perl|python[\d.]*|ruby|php|lua|node(?=\s+-[ep]))(?=\s)"
)
"""Programs that read words of theirs as code: quotes for bash are no quotes for them."""
_GOES_ON = re.compile(rf"{_READS_AGAIN.pattern}|\|\s*$")
"""Behind a heredoc's word: what may read it as code, there or after it."""
_EXPANSION = re.compile(r"\$(?:\{[^{}\n]*)?$")
_SUBSTITUTED = re.compile(r"\$\(|`")
_REACH = 200
"""Characters before a placeholder in which an expansion around it may begin; after a heredoc's word, what reads it."""

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
    return [token for token in _Scanner(script).run() if token.kind != "shouted"]


def shouted(script: str) -> list[Token]:
    """Placeholders without marks, in order: `YOUR_TOKEN`, `CHANGEME`. They are never filled from anywhere."""
    own = names_set(script)
    return [token for token in _Scanner(script).run() if token.kind == "shouted" and token.text not in own]


class _Scanner:
    def __init__(self, script: str) -> None:
        self._script = script
        self._open = [_Open("bare")]
        self._heredocs: list[_Heredoc] = []
        self._shouted = {match.start(): match.end() for match in _SHOUTED.finditer(script)}
        self._cases = re.search(r"\bcase\s", script) is not None
        self._lost = False
        self._command = self._looked_at = 0
        self._read_again = False
        self._closed = {match[1] for match in re.finditer(r"</([A-Za-z][\w:.-]*)", script)}

    def run(self) -> Iterator[Token]:
        """Sign by sign, with what bash would have open."""
        script, at = self._script, 0
        while at < len(script):
            mode = self._open[-1].mode
            sign = script[at]
            if script.startswith("{{", at) and (end := self._template(at)):
                at = end
                continue
            token = self._token(at, sign, mode)
            if token is not None:
                yield replace(token, mode="plain") if self._is_plain(at) else token
                at = token.end
                continue
            if sign == "\n" and mode == "bare" and self._heredocs:
                at = yield from self._bodies(at + 1)
                continue
            at = self._step(at, sign, mode)

    def _token(self, at: int, sign: str, mode: Mode) -> Token | None:
        if sign == "<":
            return self._placeholder(at, mode)
        if sign == "$" and mode in ("bare", "double", "heredoc"):
            return self._variable(at, mode)
        if (end := self._shouted.get(at)) and not self._script.endswith("${", 0, at):
            text = self._script[at:end]
            return Token("shouted", at, end, text, _POSSESSIVE.sub("", text) or text, mode)
        return None

    def _is_plain(self, at: int) -> bool:
        """Whether quotes would not hold what is written here."""
        before = self._script[max(0, at - _REACH) : at]
        return self._lost or self._open[-1].plain or self._reads_again(at) or _EXPANSION.search(before) is not None

    def _reads_again(self, at: int) -> bool:
        """Whether the command that stands before `at` has a program in it that reads its words as code."""
        if not self._read_again:
            start = max(self._command, self._looked_at - 20)
            self._read_again = _READS_AGAIN.search(self._script, start, at) is not None
            self._looked_at = at
        return self._read_again

    def _begin(self, at: int) -> None:
        """A command may begin here."""
        self._command, self._looked_at, self._read_again = at, at, False

    def _push(self, at: int, mode: Mode, end: str, *, plain: bool = False) -> None:
        plain = plain or self._open[-1].plain or self._reads_again(at)
        around = (self._command, self._looked_at, self._read_again) if mode == "bare" else None
        self._open.append(_Open(mode, end, plain, around))
        if around is not None:
            self._begin(at + 1)

    def _pop(self) -> None:
        if (around := self._open.pop().around) is not None:
            self._command, self._looked_at, self._read_again = around

    def _step(self, at: int, sign: str, mode: Mode) -> int:
        """Past one sign that is no token."""
        script, top = self._script, self._open[-1]
        if mode == "single":
            if sign == "\\" and top.end == "$'":
                return at + 2
            if sign == "'":
                self._pop()
            return at + 1
        if sign == "\\":
            return at + 2
        if script.startswith("$(", at):
            self._lost |= self._cases and mode == "double"  # a `)` of `case` would seem to end it
            self._push(at, "bare", ")", plain=script.startswith("$((", at))
            return at + 2
        if sign == "`":
            if top.end == "`":
                self._pop()
            else:
                self._push(at, "bare", "`", plain=True)
        elif sign == '"':
            if mode == "double":
                self._pop()
            else:
                self._push(at, "double", '"')
        elif mode == "bare":
            if sign == "'":
                ansi = at > 0 and script[at - 1] == "$"
                self._push(at, "single", "$'" if ansi else "'", plain=ansi)
            elif sign == "(":
                self._push(at, "bare", ")", plain=script.startswith("((", at))
            elif sign == ")" and top.end == ")":
                self._pop()
            elif sign in ";|&\n":
                self._begin(at + 1)
            elif sign == "#" and (at == 0 or script[at - 1] in " \t\n;&|()"):
                end = script.find("\n", at)
                return len(script) if end < 0 else end
            elif sign == "<" and (found := _HEREDOC.match(script, at)):
                word = _QUOTES.sub("", found["word"])
                rest = script[at : at + _REACH].partition("\n")[0]
                again = self._reads_again(at) or _GOES_ON.search(f"{rest}\n") is not None
                mode = "heredoc" if word == found["word"] else "raw-heredoc"
                self._heredocs.append(_Heredoc(word, mode, bool(found["tabs"]), top.plain or again))
                return found.end()
            elif sign == "<":
                while at < len(script) and script[at] == "<":
                    at += 1
                return at
        return at + 1

    def _bodies(self, at: int) -> Generator[Token, None, int]:
        """The heredocs that start at `at`; gives the place after them."""
        pending, self._heredocs = self._heredocs, []
        for one in pending:
            plain = one.plain
            while at < len(self._script):
                end = self._script.find("\n", at)
                end = len(self._script) if end < 0 else end
                line = self._script[at:end]
                if (line.lstrip("\t ") if one.tabs else line) == one.word:
                    at = min(end + 1, len(self._script))
                    break
                for token in self._heredoc_line(at, end, one.mode):
                    yield replace(token, mode="plain" if plain else token.mode, until=one.word)
                # What is substituted in a heredoc may go on for lines.
                plain = plain or (one.mode == "heredoc" and _SUBSTITUTED.search(line) is not None)
                at = end + 1
        self._begin(at)
        return at

    def _heredoc_line(self, at: int, end: int, mode: Mode) -> Iterator[Token]:
        start = at
        while at < end:
            if self._script.startswith("{{", at) and (after := self._template(at)):
                at = after
                continue
            token = self._token(at, self._script[at], mode)
            if token is not None and token.end <= end:
                before = self._script[max(start, at - _REACH) : at] if mode == "heredoc" else ""
                again = _SUBSTITUTED.search(before) or _EXPANSION.search(before)
                yield replace(token, mode="plain") if again else token
                at = token.end
            else:
                at += 2 if mode == "heredoc" and self._script[at] == "\\" else 1

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
