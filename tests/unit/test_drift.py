"""Drift: what was documented before, what is so now, and exactly the findings that this makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.unit.recordings import recording
from truebook.drift import RULES, Facts, baseline, find
from truebook.drift.declared import declared
from truebook.drift.facts import Known
from truebook.drift.known import known
from truebook.errors import ConfigError, ReportError
from truebook.findings import Finding
from truebook.model import (
    BlockResult,
    Component,
    Evidence,
    Inventory,
    Record,
    Relation,
    RequestRecord,
    Scalar,
    SourceStatus,
    Unread,
    Value,
)
from truebook.pages import statements
from truebook.settings import CatalogComponent, CheckSettings, Ignore, Settings, SystemSettings, load

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


def test_what_was_written_by_an_update_has_no_drift() -> None:
    assert drift(PAGE) == []


# Changes of the pages, against the same cluster

DOCS = {
    "a row too many": (
        "| Auth |", "| Redis | Cache | - |\n| Auth |", ["7 row-not-live Redis: Redis// (documented)"],
    ),
    "a row too few": (
        "| Auth | Does auth | [auth.homelab.local](https://auth.homelab.local) |\n", "",
        ["3 row-not-documented Auth: /Auth/ (documented)"],
    ),
    "another purpose": (
        "Does vault", "Guards", ["6 cell-differs Vault.Purpose: Guards/Does vault/ (documented)"],
    ),
    "another address": (
        "[vault.homelab.local](https://vault.homelab.local)", "[v.homelab.local](https://v.homelab.local)",
        ["6 cell-differs Vault.URL: v.homelab.local/vault.homelab.local/ (documented)"],
    ),
    "a link that leads elsewhere": (
        "](https://vault.homelab.local)", "](https://evil.example)",
        ["6 cell-differs Vault.URL: vault.homelab.local (https://evil.example)/vault.homelab.local/ (documented)"],
    ),
    "a column too few": (
        "| Purpose ", "| Why ", ["3 column-missing Purpose"],
    ),
    "a node too many": (
        "    n2 -->", '    n9["Redis"]\n    n2 -->', ["17 node-not-live Redis: Redis// (documented)"],
    ),
    "a node under another name": (
        'n1["Vault"]', 'n1["Safe"]',
        ["10 node-not-documented Vault: /Vault/ (documented)",
         "10 arrow-not-documented Auth -> Vault: /Auth -> Vault/ (documented)",
         "14 node-not-live Safe: Safe// (documented)", "17 arrow-not-live Auth -> Safe: Auth -> Safe// (documented)"],
    ),
    "a node in another group": (
        'g1["Security"]', 'g1["Backup"]',
        ["14 node-differs Vault: Backup/Security/ (documented)", "15 node-differs Auth: Backup/Security/ (documented)"],
    ),
    "an arrow too many": (
        "    n2 -->", "    n1 --> n2\n    n2 -->", ["17 arrow-not-live Vault -> Auth: Vault -> Auth// (documented)"],
    ),
    "an arrow the other way round": (
        'n2 -->|"SSO"| n1', 'n1 -->|"SSO"| n2',
        ["10 arrow-not-documented Auth -> Vault: /Auth -> Vault/ (documented)",
         "17 arrow-not-live Vault -> Auth: Vault -> Auth// (documented)"],
    ),
    "another label": (
        '|"SSO"|', '|"login"|', ["17 arrow-differs Auth -> Vault: login/SSO/ (documented)"],
    ),
    "another value in a line": (
        "-->1.21.1<", "-->1.20.0<", ["21 value-differs vault.version: 1.20.0/1.21.1/ (documented)"],
    ),
    "an option that there is not": (
        "columns=component,purpose,url", "colums=component",
        ["3 region-error components group=Security colums=component"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DOCS)
def test_a_change_of_the_docs(case: str) -> None:
    before, after, expected = DOCS[case]
    assert before in UNSEALED
    assert sorted(told(drift(UNSEALED.replace(before, after, 1)))) == sorted(expected)


@pytest.mark.parametrize(
    "case", [case for case in DOCS if DOCS[case][2][0].split()[1] in ("cell-differs", "row-not-live")]
)
def test_the_same_change_by_hand_of_generated_text_is_named_apart(case: str) -> None:
    before, after, expected = DOCS[case]
    found = drift(PAGE.replace(before, after, 1))
    assert {one.rule for one in found} == {"hand-edited"}
    assert [one.subject for one in found] == [line.split(":")[0].split(" ", 2)[2] for line in expected]


# Changes of the cluster, against the same page

CLUSTER = {
    "a component is gone": (
        inventory(VAULT),
        ["7 row-not-live Auth: Auth// (documented)", "15 node-not-live Auth: Auth// (documented)",
         "17 arrow-not-live Auth -> Vault: Auth -> Vault// (documented)"],
    ),
    "a component is new": (
        inventory(VAULT, AUTH, component("mail"), arrows=[("auth", "vault", "SSO")]),
        ["3 row-not-documented Mail: /Mail/ (documented)", "10 node-not-documented Mail: /Mail/ (documented)"],
    ),
    "a component of another group is new": (
        inventory(VAULT, AUTH, component("mail", "Apps"), arrows=[("auth", "vault", "SSO")]), [],
    ),
    "an address changed": (
        inventory(component("vault", version="1.21.1", url="https://safe.homelab.local"), AUTH,
                  arrows=[("auth", "vault", "SSO")]),
        ["6 cell-differs Vault.URL: vault.homelab.local/safe.homelab.local/ (documented)"],
    ),
    "a version changed": (
        inventory(component("vault", version="1.22.0"), AUTH, arrows=[("auth", "vault", "SSO")]),
        ["21 value-differs vault.version: 1.21.1/1.22.0/ (documented)"],
    ),
    "an arrow lost its evidence": (
        inventory(VAULT, AUTH), ["17 arrow-not-live Auth -> Vault: Auth -> Vault// (documented)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLUSTER)
def test_a_change_of_the_cluster(case: str) -> None:
    live, expected = CLUSTER[case]
    assert told(drift(UNSEALED, live)) == expected


def test_what_could_not_be_read_is_not_called_gone() -> None:
    assert drift(UNSEALED, inventory(VAULT, fresh=False)) == []
    bare = Component("vault", "Vault", "Security")
    assert drift(UNSEALED, inventory(bare, AUTH, fresh=False)) == []


# Three ways: documented, live, and what Git declares

MOVED = component("vault", version="1.22.0", url="https://safe.homelab.local")
ARROWS = [("auth", "vault", "SSO")]


@pytest.mark.parametrize(
    ("documented", "live", "git", "expected"),
    [
        (LIVE, LIVE, inventory(MOVED, AUTH, arrows=ARROWS),
         ["6 not-deployed Vault.URL: vault.homelab.local/vault.homelab.local/safe.homelab.local (declared)",
          "21 not-deployed vault.version: 1.21.1/1.21.1/1.22.0 (declared)"]),
        (LIVE, inventory(MOVED, AUTH, arrows=ARROWS), LIVE,
         ["6 cell-differs Vault.URL: vault.homelab.local/safe.homelab.local/vault.homelab.local (live)",
          "21 value-differs vault.version: 1.21.1/1.22.0/1.21.1 (live)"]),
        (LIVE, inventory(MOVED, AUTH, arrows=ARROWS), inventory(MOVED, AUTH, arrows=ARROWS),
         ["6 cell-differs Vault.URL: vault.homelab.local/safe.homelab.local/safe.homelab.local (documented)",
          "21 value-differs vault.version: 1.21.1/1.22.0/1.22.0 (documented)"]),
        (LIVE, inventory(MOVED, AUTH, arrows=ARROWS),
         inventory(component("vault", version="2", url="https://c.homelab.local"), AUTH, arrows=ARROWS),
         ["6 cell-differs Vault.URL: vault.homelab.local/safe.homelab.local/c.homelab.local",
          "21 value-differs vault.version: 1.21.1/1.22.0/2"]),
        (LIVE, LIVE, inventory(VAULT, AUTH, component("mail"), arrows=ARROWS),
         ["3 not-deployed Mail: //Mail (declared)", "10 not-deployed Mail: //Security (declared)"]),
        (LIVE, inventory(VAULT), LIVE,
         ["7 row-not-live Auth: Auth//Auth (live)", "15 node-not-live Auth: Auth//Auth (live)",
          "17 arrow-not-live Auth -> Vault: Auth -> Vault//Auth -> Vault (live)"]),
        (LIVE, inventory(VAULT), inventory(VAULT),
         ["7 row-not-live Auth: Auth// (documented)", "15 node-not-live Auth: Auth// (documented)",
          "17 arrow-not-live Auth -> Vault: Auth -> Vault// (documented)"]),
    ],
)  # fmt: skip
def test_three_ways(documented: Inventory, live: Inventory, git: Inventory, expected: list[str]) -> None:
    assert told(drift(UNSEALED, live, git)) == expected


def test_what_argocd_wants_of_objects_is_what_git_declares() -> None:
    def deployment(name: str, image: str) -> dict[str, object]:
        spec = {"template": {"spec": {"containers": [{"name": "a", "image": image}]}}}
        return {"kind": "Deployment", "metadata": {"name": name, "namespace": "apps"}, "spec": spec}

    objects = {"apps/deployments Deployment": [deployment(name, "x:1") for name in ("same", "other", "gone")]}
    wants = {"other": deployment("other", "x:2"), "gone": None, "new": deployment("new", "y:1")}
    where = {"group": "apps", "kind": "Deployment", "namespace": "apps"}
    items = [
        *({**where, "name": name, "targetState": target} for name, target in wants.items()),
        {"group": "", "kind": "Service", "namespace": "apps", "name": "x", "targetState": {}},
        7,
    ]  # fmt: skip
    read = recording(objects, argocd={"/api/v1/applications/apps/managed-resources": {"items": items}})
    wanted = declared(read)
    assert wanted is not None
    images = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]["image"]
        for one in wanted.kubernetes().objects("apps/deployments")
    }
    assert images == {"same": "x:1", "other": "x:2", "new": "y:1"}
    assert declared(recording(objects)) is None


# The author's own tables and diagrams

OWN = """\
| Service | Address | Port |
|---------|---------|------|
| Vault | vault.homelab.local | 8200 |
| Auth | https://old.homelab.local | 443 |
| Redis | - | 6379 |

```mermaid
flowchart LR
  a[Auth] --> v[Vault]
  v --> a
  a --> people((People))
```

| Day | On call |
|-----|---------|
| Monday | Kim |
"""


def test_own_tables_and_diagrams_are_compared_where_asked() -> None:
    there = Known(hosts=frozenset({"vault.homelab.local", "old.homelab.local"}))
    assert drift(OWN, there=there) == []
    assert drift(OWN + "\n```html\n<!-- truebook:check -->\n```\n", there=there) == []
    asked = told(drift(OWN + "\n<!-- truebook:check -->\n", there=there))
    assert (
        asked
        == told(drift(OWN, there=there, own=True))
        == [
            "4 cell-differs Auth.Address: https://old.homelab.local/https://auth.homelab.local/ (documented)",
            "5 row-not-live Redis: Redis// (documented)",
            "10 arrow-not-live Vault -> Auth: Vault -> Auth// (documented)",
            "11 node-not-live People: People// (documented)",
        ]
    )


def test_an_arrow_of_the_author_s_that_nobody_may_know_of_is_left_alone() -> None:
    kept = Unread("external-secrets.io/externalsecrets", "forbidden", "403")
    live = replace(LIVE, sources=(SourceStatus("kubernetes", "fresh", unread=(kept,)),))
    assert not [line for line in told(drift(OWN, live, own=True)) if "arrow-not-live" in line]
    absent = replace(kept, state="absent")
    live = replace(LIVE, sources=(SourceStatus("kubernetes", "fresh", unread=(absent,)),))
    assert [line for line in told(drift(OWN, live, own=True)) if "arrow-not-live" in line]


# Claims

THERE = Known(
    {"namespace": frozenset({"vault"}), "application": frozenset({"root"}), "deployment": frozenset({"web"})},
    frozenset({"vault.homelab.local", "*.apps.homelab.local", "node-1.homelab.local"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://vault.homelab.local and x.apps.homelab.local and node-1.homelab.local", []),
        ("argocd.homelab.local by settings, loki.homelab.local too", []),
        ("https://vaults.homelab.local", ["1 unknown-host vaults.homelab.local"]),
        ("https://a.b.apps.homelab.local", ["1 unknown-host a.b.apps.homelab.local"]),
        ("namespace `vault`, Deployment `web`, Application `root`", []),
        ("\nnamespace `vualt`", ["2 unknown-name namespace vualt"]),
        (
            "the `roots` Application, `deployment/webb`",
            ["1 unknown-name application roots", "1 unknown-name deployment webb"],
        ),
        ("StatefulSet `unread`", []),
        ("$host.homelab.local, %s.homelab.local, ${x}.homelab.local, <x>.homelab.local, höst.homelab.local", []),
        ("a <!-- x.homelab.local --> b <!-- y.homelab.local\nz.homelab.local -->\nnamespace `vault`", []),
        ("<!-- a\n--> x.homelab.local", ["2 unknown-host x.homelab.local"]),
        ("```html\n<!-- x.homelab.local -->\n```", ["2 unknown-host x.homelab.local"]),
        ("look into the namespace\n`vualt` for it", ["2 unknown-name namespace vualt"]),
        ("look into the `vualt`\nnamespace for it", ["1 unknown-name namespace vualt"]),
        ("# The namespace\n`vualt`\n\n- the namespace\n- `vualt`\n", []),
    ],
)
def test_claims(text: str, expected: list[str]) -> None:
    settings = Settings(
        systems={"loki": SystemSettings(url="https://loki.homelab.local")},
        check=CheckSettings(site_url="https://argocd.homelab.local"),
    )
    assert sorted(told(drift(text, settings=settings, there=THERE))) == sorted(expected)


def test_a_wrong_name_has_the_nearest_as_its_hint() -> None:
    (found,) = drift("namespace `vualt`", there=THERE)
    assert found.hint == "did you mean vault?"
    (found,) = drift("https://vualt.homelab.local", there=THERE)
    assert found.hint == "did you mean vault.homelab.local?"


def test_what_all_hosts_share_does_not_make_them_alike() -> None:
    there = Known(hosts=frozenset(f"{name}.homelab.local" for name in ("home", "grafana", "prometheus")))
    (found,) = drift("https://prom.homelab.local", there=there)
    assert found.hint == "did you mean prometheus.homelab.local?"
    (found,) = drift("https://zigbee.homelab.local", there=there)
    assert found.hint == "correct it, or ignore it with a reason"


def test_what_there_is_is_read_from_the_recording() -> None:
    def named(name: str, **fields: object) -> dict[str, object]:
        return {"metadata": {"name": name}, **fields}

    objects = {
        "namespaces Namespace": [named("vault")],
        "apps/deployments Deployment": [named("web")],
        "networking.k8s.io/ingresses Ingress": [
            named("a", spec={"rules": [{"host": "A.homelab.local"}, {}], "tls": [{"hosts": ["b.homelab.local"]}]}),
            named("b", spec=7),
        ],
        "gateway.networking.k8s.io/httproutes HTTPRoute": [
            named("c", spec={"hostnames": ["c.homelab.local"], "parentRefs": [{"name": "g"}]}),
            named("d", spec={"parentRefs": [{"name": "used"}, 7]}),
        ],
        "gateway.networking.k8s.io/gateways Gateway": [
            named("g", spec={"listeners": [{"hostname": "*.homelab.local"}]}),
            named("used", spec={"listeners": [{"hostname": "*.used.homelab.local"}]}),
        ],
        "nodes Node": [named("node-1")],
    }
    found = known(recording(objects, argocd={"/api/v1/applications": {"items": [named("root"), 7]}}))
    assert found.names["namespace"] == {"vault"}
    assert found.names["application"] == {"root", ""}
    assert "statefulset" not in found.names
    assert found.hosts == {"a.homelab.local", "c.homelab.local", "*.used.homelab.local", "node-1"}


# Alerts and runbooks

SITE = "https://docs.homelab.local/ops/"


def rules(*urls: str) -> tuple[Record, ...]:
    def values(i: int, url: str) -> dict[str, Value]:
        named = {"alertname": Value(f"Alert{i}", HERE)}
        return {**named, "runbook_url": Value(url, HERE)} if url else named

    return tuple(Record("rule", f"r{i}", "", values(i, url)) for i, url in enumerate(urls))  # fmt: skip


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://docs.homelab.local/ops/vault/", []),
        ("https://docs.homelab.local/ops/vault", []),
        ("https://docs.homelab.local/ops/vault.html", []),
        ("https://docs.homelab.local/ops/vault/index.html#is-it-well", []),
        ("https://elsewhere.example/vault/", []),
        ("https://docs.homelab.local/other/", []),
        ("https://docs.homelab.local/ops/vault/#gone", ["docs/vault.md:1 broken-runbook-link Alert0"]),
        ("https://docs.homelab.local/ops/redis/", ["truebook.yml:1 broken-runbook-link Alert0"]),
        ("https://docs.homelab.local/ops/", ["truebook.yml:1 broken-runbook-link Alert0"]),
        ("", ["truebook.yml:1 alert-without-runbook Alert0"]),
    ],
)
def test_links_from_the_cluster(url: str, expected: list[str]) -> None:
    live = replace(LIVE, records=rules(url))
    found = drift("# Vault\n## Is it well?\n", live, site_url=SITE, name="vault.md")
    assert [f"{one.where} {one.rule} {one.subject}" for one in found] == expected


@pytest.mark.parametrize(
    ("text", "broken", "none"),
    [
        ("check:\n  fail_on: off\n  site_url: https://docs.homelab.local/ops\n", 3, 1),
        ("cluster: a\nsystems:\n  loki: {}\n  kubernetes: {}\n", 4, 4),
        ("components:\n  - name: other\n  - name: vault\ncheck: {site_url: 'https://x.y'}\nsystems: {git: {}}", 4, 3),
        ("cluster: a\n", 1, 1),
    ],
)
def test_a_link_from_the_cluster_is_told_at_the_line_that_leads_to_it(
    text: str, broken: int, none: int, tmp_path: Path
) -> None:
    path = tmp_path / "truebook.yml"
    path.write_text(text)
    records = rules("https://docs.homelab.local/ops/redis/", "")
    live = replace(LIVE, records=tuple(replace(record, component="vault") for record in records))
    found = drift("# Vault\n", live, site_url=SITE, name="vault.md", settings=load(path))
    lines = {one.rule: one.line for one in found}
    assert lines == {"broken-runbook-link": broken, "alert-without-runbook": none}


def test_a_runbook_that_no_alert_reaches_is_told_where_that_counts() -> None:
    settings = Settings(check=CheckSettings(severities={"unreached-runbook": "note"}))
    live = replace(LIVE, records=rules("https://docs.homelab.local/ops/vault/"))
    found = drift("# X\n", live, site_url=SITE, name="runbooks/x.md", settings=settings)
    assert "docs/runbooks/x.md:1 unreached-runbook" in [f"{one.where} {one.rule}" for one in found]
    assert "unreached-runbook" not in {one.rule for one in drift("# X\n", live, name="runbooks/x.md")}


# Status, images, certificates, API versions


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"health": "Degraded", "status_message": "boom"}, ["note unhealthy mail: Mail is Degraded: boom"]),
        ({"health": "Progressing", "sync": "Synced"}, []),
        ({"sync": "OutOfSync"}, ["note out-of-sync mail: Mail is OutOfSync"]),
        ({"images": ("a/b:latest", "a/b:1", "r:5000/x", "c@sha256:1")},
         ["warning moving-image mail a/b:latest: Mail runs a/b:latest, whose tag says nothing",
          "warning moving-image mail r:5000/x: Mail runs r:5000/x, whose tag says nothing"]),
    ],
)  # fmt: skip
def test_status_and_images_stand_at_the_components_page_or_catalog_line(
    values: dict[str, Scalar | tuple[str, ...]], expected: list[str]
) -> None:
    live = inventory(component("mail", "Security", page="mail.md", **values))
    settings = Settings(path=Path("truebook.yml"), components=(CatalogComponent("mail", 7),))
    found = drift("# Mail\n", live, name="mail.md", settings=settings)
    assert [f"{one.severity} {one.rule} {one.subject}: {one.message}" for one in found] == expected
    assert {one.where for one in found} <= {"docs/mail.md:1"}
    elsewhere = drift("# Else\n", live, settings=settings)
    assert {one.where for one in elsewhere} <= {"truebook.yml:7"}


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ("2026-12-30T00:00:00Z", []),
        ("2026-12-10T00:00:00Z", ["certificate-ends: the certificate of vault.homelab.local ends on 2026-12-10"]),
        ("2026-11-01T00:00:00Z", ["certificate-ends: the certificate of vault.homelab.local ended on 2026-11-01"]),
        ("soon", []),
    ],
)
def test_certificates(ends: str, expected: list[str]) -> None:
    record = Record("certificate", "vault.homelab.local", "vault", {"not_after": Value(ends, HERE)})
    found = drift("", replace(LIVE, records=(record,)))
    assert [f"{one.rule}: {one.message}" for one in found] == expected


def test_a_deprecated_api_is_told_at_the_block_that_used_it() -> None:
    warnings = ("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice", "something else")
    request = RequestRecord("kubernetes", "GET", "/api/v1/endpoints", "forward", 200, warnings=warnings)
    result = BlockResult("docs/x.md", 40, 0, "passed", "run", "read", "", requests=(request,))
    assert told(drift("", results=(result,))) == ["40 deprecated-api GET /api/v1/endpoints"]


# Severities, ignores, baseline


def test_severities_are_those_of_the_settings() -> None:
    settings = Settings(check=CheckSettings(severities={"cell-differs": "error", "value-differs": "off"}))
    live = inventory(MOVED, AUTH, arrows=ARROWS)
    assert [(one.rule, one.severity) for one in drift(UNSEALED, live, settings=settings)] == [("cell-differs", "error")]


def test_a_rule_that_there_is_not_is_told() -> None:
    check = CheckSettings(severities={"cell-difers": "off"}, lines={"severities": 7})
    settings = Settings(path=Path("truebook.yml"), check=check)
    said = r"truebook\.yml:7: .*no rule 'cell-difers' \(did you mean 'cell-differs'\?\)"
    with pytest.raises(ConfigError, match=said):
        drift("", settings=settings)


CHANGED = inventory(MOVED, AUTH, arrows=ARROWS)


@pytest.mark.parametrize(
    ("ignore", "expected"),
    [
        (Ignore("moves", rule="cell-differs"), ["21 value-differs vault.version"]),
        (Ignore("moves", subject="[Vv]ault*"), []),
        (Ignore("moves", page="index.md", until="2026-11-24"), []),
        (Ignore("moves", page="docs/*", rule="*-differs"), []),
        (Ignore("moves", page="other.md", line=3),
         ["6 cell-differs Vault.URL", "21 value-differs vault.version", "3 unused-ignore * other.md *"]),
        (Ignore("moves", until="2026-11-23", line=4),
         ["6 cell-differs Vault.URL", "21 value-differs vault.version", "4 ended-ignore * * *"]),
    ],
)  # fmt: skip
def test_ignores_of_the_settings(ignore: Ignore, expected: list[str]) -> None:
    settings = Settings(path=Path("truebook.yml"), check=CheckSettings(ignores=(ignore,)))
    assert [line.split(":")[0] for line in told(drift(UNSEALED, CHANGED, settings=settings))] == expected


def test_an_ignore_beside_the_region_has_its_reason_and_place() -> None:
    text = UNSEALED + '\n<!-- truebook:ignore rule="*-differs" reason="renamed next week" -->\n'
    page = statements.page(
        text, path="docs/index.md", name="index.md", live=CHANGED, declared=None, page_url=lambda x: None
    )
    found = find(Facts((page,), CHANGED, Settings(), NOW))
    assert not found.findings
    assert {(one.reason, one.where) for one in found.ignored} == {("renamed next week", "docs/index.md:23")}


def test_a_baseline_knows_findings_wherever_they_move(tmp_path: Path) -> None:
    before = drift(UNSEALED, CHANGED)
    path = tmp_path / "baseline.json"
    baseline.save(before, path)
    known_ones = baseline.load(path)
    moved = drift("One more line.\n\n" + UNSEALED, CHANGED)
    assert {one.fingerprint for one in moved} == known_ones
    assert [one.line for one in moved] != [one.line for one in before]
    assert len(yaml.safe_load(path.read_text())["findings"]) == len(before)


@pytest.mark.parametrize("body", ["{", '{"schema": 1}', '{"schema": 2, "findings": {}}'])
def test_what_is_no_baseline_is_told(tmp_path: Path, body: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(body)
    with pytest.raises(ReportError, match=str(path)):
        baseline.load(path)


# The whole


def test_what_was_compared_is_told_region_by_region_and_claim_by_claim() -> None:
    text = UNSEALED + "\nhttps://vault.homelab.local, namespace `vault`\n"
    page = statements.page(
        text, path="docs/index.md", name="index.md", live=LIVE, declared=None, page_url=lambda x: None,
        domains=("homelab.local",),
    )  # fmt: skip
    found = find(Facts((page,), LIVE, Settings(), NOW, THERE))
    assert [(one.kind, one.line) for one in found.compared] == [
        ("region", 3), ("region", 10), ("region", 21), ("claim", 23), ("claim", 23),
    ]  # fmt: skip


def test_every_rule_explains_itself() -> None:
    assert all(rule.title and len(rule.help) > 20 and name == rule.name for name, rule in RULES.items())
    assert len({rule.title for rule in RULES.values()}) == len(RULES)
