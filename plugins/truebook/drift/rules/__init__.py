"""The rules: a family of them in each file, with a line in `CHECKS`."""

from __future__ import annotations

from truebook.drift.facts import Check
from truebook.drift.rules import built, certificates, hosts, ignores, images, names, regions, runbooks, status, versions
from truebook.findings import RuleInfo

CHECKS: dict[str, Check] = {
    "regions": regions.CHECK,
    "hosts": hosts.CHECK,
    "names": names.CHECK,
    "runbooks": runbooks.CHECK,
    "images": images.CHECK,
    "certificates": certificates.CHECK,
    "versions": versions.CHECK,
    "status": status.CHECK,
    "ignores": ignores.CHECK,
    "built": built.CHECK,
}

RULES: dict[str, RuleInfo] = {rule.name: rule for check in CHECKS.values() for rule in check.rules}
"""Every rule by its name."""
