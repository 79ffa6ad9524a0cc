"""Findings that an author wants left alone, beside what they are about:

    <!-- truebook:ignore rule=cell-differs subject="Vault.*" reason="renamed next week" until=2026-12-31 -->

It holds for the whole page. A reason is a must.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import date

from truebook.errors import RegionError
from truebook.pages.scan import Scanner, code_spans
from truebook.settings import Ignore

_IGNORE = re.compile(r"<!--\s*truebook:ignore\b(?P<rest>.*?)-->")
_FIELDS = ("rule", "subject", "reason", "until")


def ignores(markdown: str, *, path: str) -> Iterator[Ignore]:
    """The ignores of a page, outside of code. Raises RegionError with `path:line` where one can't be read."""
    if "truebook:ignore" not in markdown:
        return
    scanner = Scanner()
    for line in markdown.split("\n"):
        if scanner.feed(line.rstrip("\r")):
            continue
        spans = list(code_spans(line))
        for found in _IGNORE.finditer(line):
            if not any(start < found.start() < end for start, end in spans):
                yield _read(found["rest"], path, scanner.number)


def _read(rest: str, path: str, line: int) -> Ignore:
    def fail(message: str) -> RegionError:
        return RegionError(message, path=path, line=line)

    try:
        words = [word.partition("=") for word in shlex.split(rest)]
    except ValueError as error:
        raise fail(f"cannot read the ignore: {error}; check its quotes") from error
    fields = {key: value for key, _, value in words}
    unknown = next((key for key, equals, _ in words if key not in _FIELDS or not equals), None)
    if unknown is not None:
        raise fail(f"an ignore has no '{unknown}'; write {', '.join(f'{name}=…' for name in _FIELDS)}")
    if not fields.get("reason"):
        raise fail('the ignore gives no reason; add reason="why it is left alone"')
    until = fields.get("until", "")
    try:
        ended = not until or (re.fullmatch(r"\d{4}-\d\d-\d\d", until) is not None and bool(date.fromisoformat(until)))
    except ValueError:
        ended = False
    if not ended:
        raise fail(f"'{until}' is not a day; write until=2026-12-31")
    return Ignore(fields["reason"], fields.get("rule", "*"), path, fields.get("subject", "*"), until, line)
