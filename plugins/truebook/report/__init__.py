"""Reports: what a check found, for people and for programs. One file each, one line in `FORMATS`.

A format is a pure function of the report and of what its rules are about. Text from a cluster or a page is hostile:
each format escapes it in its own way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from truebook.findings import Report, RuleInfo
from truebook.report import as_json, github, junit, markdown, sarif, text

Format = Callable[[Report, Mapping[str, RuleInfo]], str]

FORMATS: dict[str, Format] = {
    "text": text.render,
    "json": as_json.render,
    "markdown": markdown.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "github": github.render,
}
