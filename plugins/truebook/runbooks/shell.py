"""Shell text as a tree-sitter-bash tree, and the places where that tree and bash could read a script differently.

tree-sitter reads a few texts otherwise than bash does: `echo \\ # ; rm x` is a comment to the one and a second command
to the other. A verdict must hold for what bash runs, so such texts are refused here, before the tree is believed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

MAX_BYTES = 262_144
"""A longer script is not judged."""

_LETTERS = bytes(range(128)) + b"x" * 128
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7}|={7})(?:[ \t]|$)", re.MULTILINE)
_PLACEHOLDER = re.compile(r"<[A-Za-z](?:[^<>|;&\n]*[^<>|;&\s])?>")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that turn text round or are not seen: a page would not show what the block does."""
_ESCAPED_BLANK = re.compile(rb"\\[ \t]")
_LINE_COMMENT = re.compile(r"^[ \t]*#", re.MULTILINE)
_QUOTED_TYPES = frozenset({"string", "raw_string", "ansi_c_string", "heredoc_body", "heredoc_content", "comment"})


class Problem(Exception):
    """A script, or a part of it, that is not understood; `line` counts from 1, 0 where it is not known."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_bash.language()))


def parse(script: str) -> tuple[Node, bytes]:
    """The tree of `script` and the UTF-8 bytes that its nodes point into. Raises `Problem` where bash could differ."""
    refuse_text(script)
    source = script.encode()
    if len(source) > MAX_BYTES:
        raise Problem(f"the script is longer than {MAX_BYTES} bytes", 1)
    # The grammar's scanner reads outside its tables for characters beyond Latin, and crashes the process. To bash they
    # are letters of a word like any other, so it is shown letters in their place; all offsets stay the same.
    root = _parser().parse(source.translate(_LETTERS)).root_node
    if root.has_error:
        raise _syntax_problem(root, source)
    hashes = script.count("#")
    doubtful = hashes and (len(_LINE_COMMENT.findall(script)) != hashes or "\\\n" in script)
    if doubtful or _ESCAPED_BLANK.search(source) or not script.isascii():
        _check_leaves(root, source)
    if b"<<" in source:
        _check_heredocs(root, source)
    return root, source


def refuse_text(script: str) -> None:
    """Raise `Problem` for text that no shell block should hold, whatever its grammar."""
    if control := _CONTROL.search(script):
        line = line_of(script, control.start())
        if control.group() == "\r":
            raise Problem("a carriage return, which bash takes for a part of the word", line)
        raise Problem(f"a control character (U+{ord(control.group()):04X})", line)
    if not script.isascii() and (unseen := _UNSEEN.search(script)):
        point = f"U+{ord(unseen.group()):04X}"
        raise Problem(
            f"an invisible character ({point}): the page does not show what runs", line_of(script, unseen.start())
        )
    if conflict := _CONFLICT.search(script):
        raise Problem("a merge conflict was left in the script", line_of(script, conflict.start()))


def line_of(script: str, offset: int) -> int:
    """The line, from 1, that holds the character at `offset`."""
    return script.count("\n", 0, offset) + 1


def placeholder(text: str) -> str | None:
    """The first `<name>` in `text` that bash would take for two redirections."""
    found = _PLACEHOLDER.search(text)
    return found.group() if found else None


def walk(node: Node) -> Iterator[Node]:
    """`node` and all below it, parents first, without recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))


def _syntax_problem(root: Node, source: bytes) -> Problem:
    for node in walk(root):
        if node.is_error or node.is_missing:
            row = node.start_point[0]
            text = source.split(b"\n")[row].decode()
            if name := placeholder(text):
                return Problem(f"the placeholder {name} is not filled", row + 1)
            return Problem("not understood as shell", row + 1)
    return Problem("not understood as shell", root.start_point[0] + 1)


def _check_leaves(root: Node, source: bytes) -> None:
    """Escaped blanks and invisible characters belong into words or quotes; a comment starts where bash starts one."""
    words, quoted = bytearray(len(source)), bytearray(len(source))
    for node in walk(root):
        start, end = node.start_byte, node.end_byte
        if node.type == "comment" and not _starts_comment(source, start):
            raise Problem("bash does not take this # for the start of a comment", node.start_point[0] + 1)
        if node.type in _QUOTED_TYPES:
            quoted[start:end] = b"\x01" * (end - start)
        elif node.type == "word":
            words[start:end] = b"\x01" * (end - start)
    for found in _ESCAPED_BLANK.finditer(source):
        start = found.start()
        if not quoted[start] and not (words[start] and words[start + 1]):
            raise Problem("a backslash before a blank makes a word of its own", source.count(b"\n", 0, start) + 1)
    offset = 0
    for character in "" if source.isascii() else source.decode():
        if not character.isascii() and not quoted[offset] and unicodedata.category(character)[0] in "ZC":
            line = source.count(b"\n", 0, offset) + 1
            raise Problem(f"an invisible character (U+{ord(character):04X}) outside quotes", line)
        offset += len(character.encode())


def _starts_comment(source: bytes, offset: int) -> bool:
    if offset == 0:
        return True
    before = source[offset - 1 : offset]
    if before not in b"\n \t;&|()`":
        return False
    backslashes = 0
    while offset - 2 - backslashes >= 0 and source[offset - 2 - backslashes] == 0x5C:
        backslashes += 1
    return backslashes % 2 == 0


def _check_heredocs(root: Node, source: bytes) -> None:
    """A heredoc ends where bash ends it: on the first line that is the delimiter and nothing else."""
    for node in walk(root):
        if node.type != "heredoc_redirect":
            continue
        line = node.start_point[0] + 1
        parts = {child.type: child for child in node.children}
        start, end = parts.get("heredoc_start"), parts.get("heredoc_end")
        body = parts.get("heredoc_body")
        if start is None or end is None or end.start_byte == end.end_byte:
            raise Problem("the heredoc never ends", line)
        written = source[start.start_byte : start.end_byte].decode()
        found = re.fullmatch(r"(['\"]?)([A-Za-z0-9_.!-]+)\1", written)
        if found is None:
            raise Problem("a heredoc delimiter that is not one plain word", line)
        delimiter, quoted, tabs = found[2], bool(found[1]), "<<-" in parts
        first = source.find(b"\n", start.end_byte) + 1
        if body is not None and source[first : body.start_byte].strip():
            raise Problem("more than one heredoc on a line", line)
        lines = source[first : end.end_byte].decode().split("\n")
        ends = [n for n, text in enumerate(lines) if (text.lstrip("\t") if tabs else text) == delimiter]
        if ends != [len(lines) - 1]:
            raise Problem(f"bash would end the heredoc {delimiter} elsewhere", line)
        following = source[end.end_byte : end.end_byte + 1]
        if following not in (b"", b"\n"):
            raise Problem(f"bash would not end the heredoc {delimiter} here", line)
        if not quoted and any(text.endswith("\\") for text in lines):
            raise Problem("a heredoc line that ends in a backslash", line)
