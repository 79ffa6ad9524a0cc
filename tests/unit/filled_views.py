"""Views filled from the sample, and the rows of what comes out."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.unit.views_sample import CHECKED, FULL, SITE, page_url
from truebook.model import Inventory
from truebook.pages import regions
from truebook.pages.views import VIEWS, Checked

END = "<!-- END truebook -->"
TABLES = sorted(set(VIEWS) - {"components", "incident", "runbooks", "stack", "value", "system"})
EXAMPLES = {
    "runbooks": "runbooks vault",
    "system": "system vault",
    "value": "value vault.state",
    "stack": "stack direction=TB",
}
UNREAD = tuple(replace(status, state="failed", reason="connection refused") for status in FULL.sources)


def filled(marker: str, body: str = "", *, of: Inventory = FULL, live: bool = True, checked: Checked = CHECKED) -> str:
    """The text between the markers."""
    text = f"<!-- BEGIN truebook:{marker} -->\n{body}{END}\n"
    if VIEWS[marker.split()[0]].inline:
        text = text.replace("\n", "")
    found = regions.fill(text, path="a.md", inventory=of, page_url=page_url, live=live, site_url=SITE, checked=checked)
    return re.sub(r"^<!-- BEGIN .*? -->|<!-- END truebook -->\n?$", "", found).strip("\n")


def rows(text: str) -> list[list[str]]:
    """The cells of a table without its head, tags taken off."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[re.sub("<[^>]*>", "", cell).strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
