"""kubectl's tables, by column: what changes by itself is tolerated, and so are further rows and columns.

Ages, IP addresses and the suffixes that Kubernetes makes up match any of their kind, `...` matches anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

ANY = "..."

_AGE = re.compile(r"(?:\d+(?:y|d|h|m|s))+(?: ago)?|<unknown>|<invalid>")
_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}")
_RESTARTS = re.compile(r"(\d+) \([^)]*ago\)")
# Kubernetes makes these up of letters that spell no words; a hash of a pod template first, where there is one.
_MADE_UP = re.compile(r"(?:-[bcdfghjklmnpqrstvwxz2456789]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$")
_GAP = re.compile(r" {2,}|\t+")
_WORDS = re.compile(r"\S+(?: \S+)*")

Row = Mapping[str, str]


def mismatch(expected: str, output: str, whole: bool) -> str:
    """Why the output's table is not the expected one, empty where it is."""
    wanted_columns, wanted = _expected(expected)
    tables = _tables(output)
    fitting = [(columns, rows) for columns, rows in tables if set(wanted_columns) <= set(columns)]
    if not fitting:
        return f"the output holds no table with the columns {', '.join(wanted_columns)}"
    missing = ""
    for _, rows in fitting:
        missing = _missing(wanted, rows)
        if not missing:
            return ""
    return missing


def _missing(wanted: Sequence[Row], rows: Sequence[Row]) -> str:
    """The first expected row that no row of the output is; each row of the output serves once."""
    left = list(rows)
    for row in wanted:
        found = next((index for index, one in enumerate(left) if _same_row(row, one)), None)
        if found is None:
            return f"the output lacks the row {'  '.join(row.values())!r}"
        del left[found]
    return ""


def _same_row(wanted: Row, found: Row) -> bool:
    return all(same(value, found.get(column, "")) for column, value in wanted.items())


def same(wanted: str, found: str) -> bool:
    """Whether two cells say the same."""
    if wanted in (ANY, found):
        return True
    wanted, found = _RESTARTS.sub(r"\1", wanted), _RESTARTS.sub(r"\1", found)
    if wanted == found:
        return True
    if any(kind.fullmatch(wanted) and kind.fullmatch(found) for kind in (_AGE, _IP)):
        return True
    stem = _MADE_UP.sub("", wanted)
    return stem != wanted and stem == _MADE_UP.sub("", found) and found != stem


def _is_header(line: str) -> bool:
    words = _GAP.split(line.strip())
    return len(words) > 1 and all(word == word.upper() and word[:1].isalpha() for word in words)


def _expected(text: str) -> tuple[list[str], list[Row]]:
    """The author's table: cells are what stands between two blanks or more, however it is aligned."""
    header, *lines = [line.rstrip() for line in text.strip("\n").split("\n")]
    columns = _GAP.split(header.strip())
    rows: list[Row] = []
    for line in lines:
        cells = _GAP.split(line.strip())
        if not line.strip() or line.strip() == ANY:
            continue
        if len(cells) != len(columns):
            cells = _aligned(header, line)
        rows.append(dict(zip(columns, cells, strict=False)))
    return columns, rows


def _tables(output: str) -> list[tuple[list[str], list[Row]]]:
    """The tables of an output; each goes to the next header or empty line."""
    found: list[tuple[list[str], list[Row]]] = []
    header = ""
    for line in output.split("\n"):
        if _is_header(line):
            header = line
            found.append((_GAP.split(line.strip()), []))
        elif not line.strip():
            header = ""
        elif header:
            columns, rows = found[-1]
            cells = _GAP.split(line.strip())
            if len(cells) != len(columns):
                cells = _aligned(header, line)
            rows.append(dict(zip(columns, cells, strict=False)))
    return found


def _aligned(header: str, line: str) -> list[str]:
    """The cells of a line by where the header's columns begin: some may be empty."""
    starts = [match.start() for match in _WORDS.finditer(header)]
    return [line[start:end].strip() for start, end in pairwise([*starts, max(len(line), starts[-1] + 1)])]
