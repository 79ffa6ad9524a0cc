"""A built site whose pages truebook's plugins never saw. What finds them is `pipeline_site`, which reads the files."""

from __future__ import annotations

from truebook.drift.facts import Check
from truebook.findings import RuleInfo

NOT_FILLED = RuleInfo(
    "site-not-filled",
    "The site was built without truebook/state",
    "A page has regions, and nothing filled them: the plugin was disabled or skipped, or another generator built the "
    "site, which passes over plugins that it does not know. What readers see is what was committed.",
    "error",
)
NOT_TESTED = RuleInfo(
    "site-not-tested",
    "The site was built without truebook/runbooks",
    "A page shows shell blocks, and nothing tested them: the plugin was disabled or skipped, or another generator "
    "built the site.",
    "error",
)

CHECK = Check(
    (NOT_FILLED, NOT_TESTED),
    lambda facts: facts.built[0] if facts.built is not None else (),
    lambda facts: facts.built[1] if facts.built is not None else (),
    looks=lambda facts: facts.built is not None,
)
