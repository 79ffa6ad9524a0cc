"""What rules look at, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from truebook.findings import Compared, Finding, PageStatements, RuleInfo
from truebook.model import BlockResult, Evidence, Inventory
from truebook.settings import Settings


@dataclass(frozen=True, slots=True)
class Known:
    """What there is in the cluster. `names` maps a kind in lower case (`namespace`, `application`, `deployment`) to the
    names of its objects, and lacks a kind that could not be read. `hosts` are those that an Ingress, HTTPRoute or
    Gateway serves, `*.` in front of a wildcard's, and those of nodes."""

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a check compares. `site_url` is where the built site is, empty where nobody says; `now` is the
    moment of the check, in UTC. `results` are those of shell blocks, where they were run. `built` is what was found and
    looked at in a built site, None where there was none to look at.

    `pages` are those that were asked for; `others` are the site's other pages, their names below the docs folder with
    their paths as they are shown. `share` is `(2, 5)` for the second of five shards: results are then a part of all,
    and the first shard alone compares pages.
    """

    pages: tuple[PageStatements, ...]
    live: Inventory
    settings: Settings
    now: datetime
    known: Known = field(default_factory=Known)
    site_url: str = ""
    results: tuple[BlockResult, ...] = ()
    built: tuple[tuple[Finding, ...], tuple[Compared, ...]] | None = None
    others: Mapping[str, str] = field(default_factory=dict)
    share: tuple[int, int] = (1, 1)

    @property
    def whole(self) -> bool:
        """Whether all of the site was looked at: only then has what nothing was found for nothing to do with it."""
        return self.complete and not self.others and self.share == (1, 1)

    @property
    def complete(self) -> bool:
        """Whether every source that should have answered did: only then is what is missing really not there."""
        return all(status.state in ("fresh", "absent") for status in self.live.sources)


@dataclass(frozen=True, slots=True)
class Check:
    """A family of rules: what they are, and what finds their findings. `compared` names what was looked at; `looks`
    says whether anything was looked at at all. `of_results`: it is about shell blocks, of which each shard has some."""

    rules: tuple[RuleInfo, ...]
    find: Callable[[Facts], Iterable[Finding]]
    compared: Callable[[Facts], Iterable[Compared]] = lambda facts: ()
    looks: Callable[[Facts], bool] = lambda facts: True
    of_results: bool = False


def found(
    rule: RuleInfo,
    path: str,
    line: int,
    subject: str,
    message: str,
    *,
    hint: str = "",
    evidence: tuple[Evidence, ...] = (),
) -> Finding:
    """A finding of what is not a comparison of sides, with the severity that its rule has by default."""
    return Finding(rule.name, rule.severity, path, line, subject, message, hint=hint, evidence=evidence)
