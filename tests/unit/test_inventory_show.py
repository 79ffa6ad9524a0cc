"""The inventory as JSON and as text."""

from __future__ import annotations

import json

import pytest

from truebook.errors import ConfigError
from truebook.inventory import show
from truebook.model import Component, Evidence, Inventory, Relation, SourceStatus, Unread, Value

EVIDENCE = Evidence("kubernetes", "Deployment apps/web", "spec.replicas")


def inventory(*components: Component, sources: tuple[SourceStatus, ...] = ()) -> Inventory:
    arrow = Relation("web", "db", "reads", "stated", Evidence("catalog", "truebook.yml:3", "relations"))
    return Inventory("homelab", "v1.36.3", "2026-11-24T05:30:00Z", "a test", components, (arrow,), sources)


WEB = Component("web", "The Web", "Sites", {"desired": Value(2, EVIDENCE), "images": Value(("a", "b"), EVIDENCE)})
DB = Component("db", "db", "Sites")


def test_json_has_the_shape_that_others_rely_on() -> None:
    found = show.as_json(inventory(WEB, sources=(SourceStatus("git", "stale", "refused"),)))
    assert json.loads(json.dumps(found)) == found
    evidence = {"source": "kubernetes", "object": "Deployment apps/web", "field": "spec.replicas"}
    assert found["components"] == [
        {
            "name": "web",
            "title": "The Web",
            "group": "Sites",
            "values": {
                "desired": {"value": 2, "evidence": evidence},
                "images": {"value": ["a", "b"], "evidence": evidence},
            },
        }
    ]
    stated = {"source": "catalog", "object": "truebook.yml:3", "field": "relations"}
    assert found["relations"] == [{"from": "web", "to": "db", "label": "reads", "kind": "stated", "evidence": stated}]
    assert found["sources"] == [
        {"name": "git", "state": "stale", "reason": "refused", "read_at": "", "stand_in": "", "unread": []}
    ]
    assert (found["cluster"], found["recorded_at"]) == ("homelab", "2026-11-24T05:30:00Z")


def test_text_of_one_component_has_no_other() -> None:
    text = show.as_text(inventory(WEB, DB), "web")
    assert text.splitlines()[2:] == [
        "web: The Web (Sites)",
        "  desired  2  kubernetes: Deployment apps/web spec.replicas",
        "  images   a  kubernetes: Deployment apps/web spec.replicas",
        "           b",
        "  ─reads→ db  catalog: truebook.yml:3 relations",
    ]


def test_an_unknown_component_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no component is called 'wep' \(did you mean 'web'\?\)"):
        show.as_text(inventory(WEB, DB), "wep")
    with pytest.raises(ConfigError, match=r"\(known: web, db\)"):
        show.as_text(inventory(WEB, DB), "zzz")


def test_a_source_that_is_not_fresh_is_said() -> None:
    text = show.as_text(inventory(sources=(SourceStatus("git", "failed", "refused"), SourceStatus("argocd", "fresh"))))
    assert "git is failed: refused" in text
    assert "argocd" not in text


def test_what_a_source_keeps_to_itself_is_said_once_for_each_reason() -> None:
    denied = tuple(Unread(what, "forbidden", "grafana: no token") for what in ("/api/search", "/api/datasources"))
    rest = (Unread("/x", "failed", ""), Unread("/y", "absent", "not installed"))
    found = inventory(sources=(SourceStatus("grafana", "fresh", unread=(*denied, *rest)),))
    assert show.as_text(found).splitlines()[1:] == [
        "grafana does not tell /api/search, /api/datasources: no token",
        "grafana does not tell /x: no reason given",
    ]
    (source,) = show.as_json(found)["sources"]
    assert source["unread"][-1] == {"what": "/y", "state": "absent", "reason": "not installed"}


def test_a_terminal_is_not_given_orders() -> None:
    hostile = "a\x1b[2J\x07\r\nb\u202ec\u2066d\x9be\ue000f\u200bg"
    component = Component(hostile, hostile, hostile, {hostile: Value(hostile, Evidence(hostile, hostile, hostile))})
    arrow = Relation(hostile, hostile, hostile, hostile, Evidence(hostile, hostile, hostile))
    found = Inventory(
        hostile,
        "",
        hostile,
        "",
        (component,),
        (arrow,),
        (SourceStatus(hostile, "stale", hostile, unread=(Unread(hostile, "failed", hostile),)),),
    )
    text = show.as_text(found)
    assert [character for character in text if not character.isprintable() and character != "\n"] == []
    assert len(text.splitlines()) == 7
    assert "a\\x1b[2J\\x07\\r\\nb\\u202ec" in text
