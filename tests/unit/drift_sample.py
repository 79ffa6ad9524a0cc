"""A cluster of two components, the page that an update wrote of it, and the drift of one from the other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from truebook.drift import Facts, find
from truebook.drift.facts import Known
from truebook.findings import Finding
from truebook.model import BlockResult, Component, Evidence, Inventory, Relation, Scalar, SourceStatus, Value
from truebook.pages import statements
from truebook.settings import Settings

NOW = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
HERE = Evidence("kubernetes", "Ingress vault/vault", "spec.rules[0].host")


def component(name: str, group: str = "Security", **values: Scalar | tuple[str, ...]) -> Component:
    shown = {"purpose": f"Does {name}", "url": f"https://{name}.homelab.local", **values}
    return Component(name, name.capitalize(), group, {key: Value(value, HERE) for key, value in shown.items()})


def inventory(*components: Component, arrows: Iterable[tuple[str, str, str]] = (), fresh: bool = True) -> Inventory:
    return Inventory(
        "homelab",
        "v1.36.3",
        "2026-11-24T05:30:00Z",
        "a test",
        components,
        tuple(Relation(source, target, label, "sso", HERE) for source, target, label in arrows),
        (SourceStatus("kubernetes", "fresh" if fresh else "failed"),),
    )


VAULT = component("vault", version="1.21.1", namespace="vault")
AUTH = component("auth")
LIVE = inventory(VAULT, AUTH, arrows=[("auth", "vault", "SSO")])
MOVED = component("vault", version="1.22.0", url="https://safe.homelab.local")
ARROWS = [("auth", "vault", "SSO")]

THERE = Known(
    {"namespace": frozenset({"vault"}), "application": frozenset({"root"}), "deployment": frozenset({"web"})},
    frozenset({"vault.homelab.local", "*.apps.homelab.local", "node-1.homelab.local"}),
)  # fmt: skip

PAGE = statements.sealed(
    "# Operations\n\n"
    "<!-- BEGIN truebook:components group=Security columns=component,purpose,url -->\n<!-- END truebook -->\n\n"
    "<!-- BEGIN truebook:stack groups=Security -->\n<!-- END truebook -->\n\n"
    "Vault <!-- BEGIN truebook:value vault.version -->?<!-- END truebook --> runs.\n",
    path="docs/index.md",
    inventory=LIVE,
    page_url=lambda name: None,
)
UNSEALED = "\n".join(
    line.partition(" checksum=")[0] + (" -->" if " checksum=" in line else "") for line in PAGE.split("\n")
)


def drift(
    markdown: str,
    live: Inventory = LIVE,
    git: Inventory | None = None,
    *,
    settings: Settings | None = None,
    there: Known | None = None,
    own: bool = False,
    results: tuple[BlockResult, ...] = (),
    site_url: str = "",
    name: str = "index.md",
) -> list[Finding]:
    page = statements.page(
        markdown,
        path=f"docs/{name}",
        name=name,
        live=live,
        declared=git,
        page_url=lambda name: None,
        domains=("homelab.local",),
        own=own,
    )
    facts = Facts((page,), live, settings or Settings(), NOW, there or Known(), site_url, results)
    return list(find(facts).findings)


def told(findings: Iterable[Finding]) -> list[str]:
    """`line rule subject: documented/live/declared (odd)`."""
    return [
        f"{one.line} {one.rule} {one.subject}"
        + (f": {one.documented}/{one.live}/{one.declared}" if one.documented or one.live or one.declared else "")
        + (f" ({one.odd})" if one.odd else "")
        for one in findings
    ]
