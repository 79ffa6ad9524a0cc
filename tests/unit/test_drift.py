"""Drift: what was documented before, what is so now, and exactly the findings that this makes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.drift_sample import (
    ARROWS,
    AUTH,
    LIVE,
    MOVED,
    NOW,
    PAGE,
    THERE,
    UNSEALED,
    VAULT,
    component,
    drift,
    inventory,
    told,
)
from tests.unit.recordings import recording
from truebook.drift import RULES, Facts, find
from truebook.drift.declared import declared
from truebook.drift.facts import Known
from truebook.model import Component, Inventory, SourceStatus, Unread
from truebook.pages import statements
from truebook.settings import Settings


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
