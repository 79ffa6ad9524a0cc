"""grep, sed and awk: sed and awk programs can write files and run commands, and are read for it."""

from __future__ import annotations

import re

from truebook.runbooks.verdicts.files import printed
from truebook.runbooks.verdicts.ruling import MARKS, Ruling, shown, unknown
from truebook.runbooks.verdicts.table import Effects, Parsed, Program, Verb

_GREP_FLAGS = (
    "regexp,e= extended-regexp,E fixed-strings,F basic-regexp,G perl-regexp,P ignore-case,i y no-ignore-case "
    "invert-match,v "
    "word-regexp,w line-regexp,x count,c color? colour? files-without-match,L files-with-matches,l max-count,m= "
    "only-matching,o quiet,q silent no-messages,s byte-offset,b with-filename,H no-filename,h line-number,n "
    "after-context,A= before-context,B= context,C= text,a recursive,r dereference-recursive,R include= exclude= "
    "exclude-dir= "
    "null,Z null-data,z line-buffered file,f= version,V 0 1 2 3 4 5 6 7 8 9 initial-tab,T label="
)


def _grep(parsed: Parsed) -> Ruling | None:
    """The first operand is the pattern, unless a flag says it."""
    said = parsed.flags.keys() & {"regexp", "file"}
    return printed([*parsed.all_operands()[0 if said else 1 :], *parsed.flags.get("file", [])])


GREP = Program("grep", Verb("read", "searches text", _GREP_FLAGS, rule=_grep))

_SED_FLAGS = (
    "quiet,n silent expression,e= regexp-extended,E r separate,s unbuffered,u null-data,z line-length,l= in-place,i? "
    "file,f= "
    "posix debug help version sandbox"
)
_SED_EFFECTS: Effects = {
    "in-place": ("local", "changes files"),
    "file": ("unknown", "reads its program from a file"),
}
_ADDRESS = r"(?:[0-9]+|\$|/(?:[^/\\\n]|\\.)*/I?|[0-9]+~[0-9]+)"
_ADDRESSES = rf"(?:{_ADDRESS}(?:,\+?{_ADDRESS})?!? *)?"
_SUBSTITUTE = (
    r"s(?P<delimiter{n}>[/|#,:@!~%_+])(?:(?!(?P=delimiter{n}))[^\\\n]|\\.)*(?P=delimiter{n})"
    r"(?:(?!(?P=delimiter{n}))[^\\\n]|\\.)*(?P=delimiter{n})[gpIiMm0-9]*"
)
_COMMAND = re.compile(
    rf"{_ADDRESSES}(?:[pdPDNnGgHhxq=l]|y/(?:[^/\\\n]|\\.)*/(?:[^/\\\n]|\\.)*/|[aic]\\?[^;{{}}\n]*$|{_SUBSTITUTE.format(n='')})"
)


def sed_program(text: str) -> Ruling | None:
    """None where `text` only edits the stream; `w`, `e`, `r` and the like write files, run commands or read others."""
    if any(mark in text for mark in MARKS):
        return unknown(f"the program `{shown(text)}` is not known before the script runs")
    position = 0
    while position < len(text):
        if text[position] in "; \n\t":
            position += 1
            continue
        found = _COMMAND.match(text, position)
        if found is None or (found.end() < len(text) and text[found.end()] not in "; \n\t"):
            return unknown(f"the program `{text}` may write files or run commands")
        position = found.end()
    return None


def _sed(parsed: Parsed) -> Ruling | None:
    said, operands = parsed.flags.get("expression"), parsed.all_operands()
    for program in said or operands[:1]:
        if (ruling := sed_program(program)) is not None:
            return ruling
    return printed(operands if said else operands[1:])


SED = Program("sed", Verb("read", "edits a stream", _SED_FLAGS, _SED_EFFECTS, _sed))

_AWK_FLAGS = "F,field-separator= v,assign= posix re-interval version help"
_AWK_REFUSED = re.compile(r"\b(?:system|getline|close|fflush|ENVIRON|PROCINFO)\b|@|(?<!\|)\|(?!\|)|\|&")
_AWK_STRING = re.compile(r'(?:[^"\\\n]|\\.)*"')
_AWK_PATTERN = re.compile(r"(?:[^/\\\n]|\\.)*/")
_BEFORE_PATTERN = frozenset("~(,!&|{};\n=?:")


def awk_program(text: str) -> Ruling | None:
    """None where `text` only prints what it reads."""
    if any(mark in text for mark in MARKS):
        return unknown(f"the program `{shown(text)}` is not known before the script runs")
    bare = _without_literals(text)
    if bare is None or _AWK_REFUSED.search(bare):
        return unknown("the program may run commands or read files or the environment")
    depth = 0
    for position, character in enumerate(bare):
        depth += (character == "{") - (character == "}")
        if character == ">" and depth and bare[position + 1 : position + 2] != "=":
            return unknown("the program may write files")
    return None


def _without_literals(text: str) -> str | None:
    """`text` with its strings and patterns emptied; None where one does not end."""
    out: list[str] = []
    before = ""
    position = 0
    while position < len(text):
        character = text[position]
        if character == "#":
            position = text.find("\n", position)
            if position < 0:
                break
        elif character == '"' or (character == "/" and (not before or before in _BEFORE_PATTERN)):
            end = (_AWK_STRING if character == '"' else _AWK_PATTERN).match(text, position + 1)
            if end is None or (character == "/" and "[" in end.group() and "/" in text[end.end() :]):
                return None
            out.append('""')
            before = '"'
            position = end.end()
        else:
            out.append(character)
            before = before if character in " \t" else character
            position += 1
    return "".join(out)


def _awk(parsed: Parsed) -> Ruling | None:
    operands = parsed.all_operands()
    if not operands:
        return unknown("awk without a program")
    return awk_program(operands[0]) or printed(operands[1:])


AWK = Program("awk", Verb("read", "prints what it reads", _AWK_FLAGS, rule=_awk))
