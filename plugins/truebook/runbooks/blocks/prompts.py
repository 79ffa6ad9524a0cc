"""A shown block as a script: prompts and output are taken off, whatever the fence's tag says.

In a block that starts with a prompt, what has none is output, but for lines that go on with a command (after a
backslash, in an open quote or a heredoc, behind `> `). `# ` may be a root prompt or a comment: it is a prompt where a
known program follows it and the block is a session, and a comment where in doubt, as a comment runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from truebook.model import Expectation
from truebook.runbooks.blocks import expectations
from truebook.runbooks.blocks.commands import KNOWN, first_word, looks_like_command

SESSIONS = frozenset({"console", "shell-session", "bash-session", "shellsession", "terminal"})
"""Tags of fences that hold what a terminal shows."""

_WHO = r"(?:\([\w.-]+\)\s*)?"
_PROMPT = re.compile(
    rf"\s*{_WHO}(?:"
    r"\$(?:\s+|$)"  # $ kubectl
    r"|%(?:\s+)"  # % kubectl
    r"|[❯➜λ]\s+"
    r"|\[[\w.-]+@[\w.-]+[^\]\n]{0,80}\]\s?[$#%](?:\s+|$)"  # [root@node ~]# kubectl
    r"|[\w.-]+@[\w.-]+(?::[\w~/.-]*)?\s?[$#%>](?:\s+|$)"  # user@host:~$ kubectl
    r"|(?:bash|sh|zsh)(?:-[\d.]+)?[$#%](?:\s+|$)"  # bash-5.1$ kubectl
    r"|(?:/\s?#|~\s?#|~[\w/.-]*\s?\$)\s+"  # / # kubectl
    r")"
)
_ROOT = re.compile(r"\s*#\s+(?=\S)")
_MORE = re.compile(r"\s*>(?:\s|$)")
_TRAILING = re.compile(r"(?:^|\s)(#[^'\"]*)$")
_HEREDOC = re.compile(r"(?<![<$(])<<(?P<tabs>-?)\s*(?P<quote>['\"\\]?)(?P<word>[A-Za-z_][\w.-]*)")
_LONGEST = 10_000
"""A longer line has no prompt: nobody typed it."""

_WORDS = """
cat cut date echo eval export find go head history install join kill kind less make mount nix nl print read set sleep
sort source split tail task test time top touch tr true type wait watch which who
"""
_ENGLISH = frozenset(_WORDS.split())
"""Programs whose names also start sentences."""

_UNFINISHED = re.compile(r"(?:\||&&|\|\||\bdo|\bthen|\belse|[{(])\s*$")


_OPENS = frozenset({"do", "if", "case"})
_CLOSES = frozenset({"done", "fi", "esac"})


@dataclass(frozen=True, slots=True)
class Split:
    """`lines[i]` is the place, in what was given, of the script's line i."""

    script: str
    lines: tuple[int, ...]
    expectations: tuple[Expectation, ...]


@dataclass(slots=True)
class _State:
    """What of the shell's grammar can run over the end of a line."""

    quote: str = ""
    heredoc: str = ""
    tabs: bool = False
    backslash: bool = False
    unfinished: bool = False
    depth: int = 0

    @property
    def open(self) -> bool:
        return bool(self.quote or self.heredoc or self.backslash)

    def feed(self, line: str) -> None:
        """Go over one line of the script."""
        if self.heredoc:
            if (line.lstrip("\t ") if self.tabs else line) == self.heredoc:
                self.heredoc = ""
            return
        bare = self._bare(line)
        words = re.split(r"[\s;]+", bare)
        self.depth += sum((word in _OPENS) - (word in _CLOSES) for word in words)
        self.unfinished = not self.quote and (self.depth > 0 or _UNFINISHED.search(bare) is not None)
        if not self.quote and (found := _HEREDOC.search(bare)):
            self.heredoc, self.tabs = found["word"], bool(found["tabs"])

    def _bare(self, line: str) -> str:
        """The line without what is quoted and without a comment."""
        kept: list[str] = []
        place = 0
        self.backslash = False
        while place < len(line):
            sign = line[place]
            if self.quote:
                if sign == "\\" and self.quote == '"':
                    place += 1
                elif sign == self.quote:
                    self.quote = ""
                    kept.append(sign)
            elif sign == "\\":
                self.backslash = place == len(line) - 1
                place += 1
            elif sign == "#" and (place == 0 or line[place - 1] in " \t;"):
                break
            else:
                if sign in "'\"":
                    # A heredoc's word may be quoted: it is kept, and opens nothing that runs on.
                    closing = line.find(sign, place + 1)
                    if closing > 0 and re.search(r"<<-?\s*$", line[max(0, place - 8) : place]):
                        kept.append(line[place : closing + 1])
                        place = closing + 1
                        continue
                    self.quote = sign
                kept.append(sign)
            place += 1
        return "".join(kept)


def split(lines: Sequence[str], numbers: Sequence[int], *, language: str = "") -> Split:
    """Take prompts and output off the lines of a block. `numbers` are the file's lines, for expectations."""
    session = language in SESSIONS
    roots = _root_prompts(lines, session=session)
    splitter = _Splitter(lines, numbers, roots, prompted=_is_prompted(lines, roots, session=session))
    splitter.run()
    places = splitter.places
    comments = expectations.of_comments(splitter.comments, [numbers[place] for place in places])
    found = splitter.found + comments
    return Split("\n".join(splitter.script), tuple(places), tuple(sorted(found, key=lambda e: e.line)))


def prompt(line: str) -> str | None:
    """The command behind a line's prompt; None where it has no prompt that could be nothing else."""
    found = _PROMPT.match(line) if len(line) < _LONGEST else None
    if found is None:
        return None
    rest = line[found.end() :]
    return rest if not line.lstrip().startswith("%") or looks_like_command(rest) else None


def _root_prompts(lines: Sequence[str], *, session: bool) -> frozenset[int]:
    """The places of lines whose `# ` is a prompt and not a comment."""
    likely = [place for place, line in enumerate(lines) if _may_be_root(line)]
    if not likely:
        return frozenset()
    others = [line for line in lines if not line.lstrip().startswith("#")]
    if any(prompt(line) is not None for line in others):
        return frozenset(likely)
    if any(looks_like_command(line) for line in others):
        return frozenset()  # commands stand here without a prompt: these are comments, or commands commented out
    if session:
        return frozenset(likely)
    printed = (lines[place + 1].strip() if place + 1 < len(lines) else "" for place in likely)
    return frozenset(likely) if any(text and not text.startswith("#") for text in printed) else frozenset()


def _may_be_root(line: str) -> bool:
    found = _ROOT.match(line) if len(line) < _LONGEST else None
    if found is None:
        return False
    rest = line[found.end() :]
    word = first_word(rest)
    if word not in KNOWN or not looks_like_command(rest):
        return False
    # `# find the pod` is a sentence, `# find / -name core` is not.
    return word not in _ENGLISH or re.search(r"[-/$'\"|=~*]|\d", rest[len(word) :]) is not None


def _is_prompted(lines: Sequence[str], roots: frozenset[int], *, session: bool) -> bool:
    """Whether what has no prompt is output: the first thing that is no comment has one, or the tag says so."""
    for place, line in enumerate(lines):
        if place in roots or prompt(line) is not None:
            return True
        if line.strip() and not line.lstrip().startswith("#") and (not session or looks_like_command(line)):
            return False
    return False


@dataclass(slots=True)
class _Splitter:
    lines: Sequence[str]
    numbers: Sequence[int]
    roots: frozenset[int]
    prompted: bool
    state: _State = field(default_factory=_State)
    script: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    found: list[Expectation] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    output_line: int = 0
    secondary: bool = False

    def run(self) -> None:
        going_on = table = False  # in a command of several lines; in a table
        for place, line in enumerate(self.lines):
            if self.state.open:
                self._go_on(line, place, first=not going_on)
                going_on = True
            elif (bare := self._bare(line, place)) is not None:
                self._command(bare, place)
                going_on = table = False
            elif not self.prompted:
                table = self._unprompted(line, place, table=table)
                going_on = False
            elif self._may_go_on(line, going_on=going_on):
                self._go_on(line, place, first=not going_on)
                going_on = True
            else:
                self._between(line, place)
        self._end_output()

    def _may_go_on(self, line: str, *, going_on: bool) -> bool:
        """Whether a line without a prompt belongs to the command before it."""
        if self.output or not line.strip():
            return False
        return self.state.unfinished or (going_on and self.secondary and _MORE.match(line) is not None)

    def _bare(self, line: str, place: int) -> str | None:
        root = _ROOT.match(line) if place in self.roots else None
        return line[root.end() :] if root else prompt(line)

    def _go_on(self, line: str, place: int, *, first: bool) -> None:
        """A further line of a command. Whether they carry `> ` is seen at the first of them."""
        more = _MORE.match(line) if self.prompted else None
        if first:
            self.secondary = more is not None
        self._command(line[more.end() :] if more and self.secondary else line, place, comment=False)

    def _command(self, text: str, place: int, *, comment: bool = True) -> None:
        self._end_output()
        found = _TRAILING.search(text) if comment and len(text) < _LONGEST else None
        self.comments.append(found[1] if found else "")
        self.state.feed(text)
        self.script.append(text)
        self.places.append(place)

    def _unprompted(self, line: str, place: int, *, table: bool) -> bool:
        """A line of a block without prompts; whether it is one of a table, which is output."""
        if table:
            # A row has wide gaps between its columns, even where its first is a program's name.
            table = bool(line.strip()) and ("  " in line.strip() or not looks_like_command(line))
        elif self.script:
            table = expectations.is_table_header(line)
        if table:
            self._print(line, place)
        else:
            self._command(line, place)
        return table

    def _between(self, line: str, place: int) -> None:
        """Output; or a comment or an empty line before there is any."""
        comment = line.lstrip().startswith("#")
        if (not self.output and (comment or not line.strip())) or (comment and expectations.is_expected(line)):
            self._command(line, place)
        else:
            self._print(line, place)

    def _print(self, text: str, place: int) -> None:
        if not self.output:
            self.output_line = self.numbers[place]
        self.output.append(text)

    def _end_output(self) -> None:
        if self.output and (shown := expectations.of_text("\n".join(self.output), self.output_line)):
            self.found.append(shown)
        self.output = []
