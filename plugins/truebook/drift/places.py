"""Where a finding about a component stands: its page, else the catalog's line, else the settings."""

from __future__ import annotations

from truebook.drift.facts import Facts
from truebook.model import Component


def place_of(component: Component, facts: Facts) -> tuple[str, int]:
    """`(path, line)`; line 1 of its page."""
    wanted = component.text("page").partition("#")[0]
    page = next((page for page in facts.pages if wanted and page.name == wanted), None)
    if page is not None:
        return page.path, 1
    if wanted in facts.others:
        return facts.others[wanted], 1
    settings = facts.settings
    path = settings.path.as_posix() if settings.path is not None else "truebook.yml"
    stated = next((one for one in settings.components if one.name == component.name), None)
    return path, stated.line if stated is not None else 1
