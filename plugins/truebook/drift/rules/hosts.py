"""Hosts below the site's domains that nothing serves."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from urllib.parse import urlsplit

from truebook.drift.facts import Check, Facts, found
from truebook.findings import Compared, Finding, RuleInfo

UNKNOWN = RuleInfo(
    "unknown-host",
    "A page names a host that nothing serves",
    "No Ingress, HTTPRoute or Gateway of the cluster serves this host, no node is called so, and no setting names it. "
    "Whoever follows the link finds nothing. Correct it, or ignore it with a reason where something outside of the "
    "cluster answers there.",
)


def _find(facts: Facts) -> Iterator[Finding]:
    if not facts.known.hosts and not facts.complete:
        return
    hosts = facts.known.hosts | frozenset(_named(facts))
    for page in facts.pages:
        for claim in page.claims:
            if claim.kind == "host" and not _served(claim.subject, hosts):
                close = _nearest(claim.subject, hosts)
                hint = f"did you mean {close}?" if close else "correct it, or ignore it with a reason"
                message = f"nothing serves {claim.subject}"
                yield found(UNKNOWN, page.path, claim.line, claim.subject, message, hint=hint)


def _nearest(host: str, hosts: frozenset[str]) -> str | None:
    """The host of the same domain whose first name is most like this one's: the domain makes none more alike."""
    name, _, domain = host.partition(".")
    names = {one.partition(".")[0]: one for one in sorted(hosts) if one.partition(".")[2] == domain}
    close = get_close_matches(name, names, n=1, cutoff=0.55)
    return names[close[0]] if close else None


def _named(facts: Facts) -> Iterator[str]:
    """Hosts that the settings themselves name."""
    settings = facts.settings
    urls = [settings.argocd.url, settings.check.site_url, facts.site_url]
    urls += [system.url for system in settings.systems.values()]
    urls += [component.values.get("url") for component in settings.components]
    for url in urls:
        if url:
            yield (urlsplit(url).hostname or "").lower()


def _served(host: str, hosts: frozenset[str]) -> bool:
    return host in hosts or f"*.{host.partition('.')[2]}" in hosts


def _compared(facts: Facts) -> Iterator[Compared]:
    for page in facts.pages:
        for claim in page.claims:
            if claim.kind == "host":
                yield Compared("claim", page.path, claim.line, claim.line, claim.subject)


CHECK = Check((UNKNOWN,), _find, _compared)
