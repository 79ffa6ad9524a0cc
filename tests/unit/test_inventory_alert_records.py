"""Records of alerts, silences, rules and targets: what is in them, and which component they are of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import built, catalog, stated
from tests.unit.records_sample import MONITORING, the, told


def alertmanager(alerts: Any = (), silences: Any = ()) -> dict[str, Any]:
    answers = {"/api/v2/alerts": list(alerts), "/api/v2/silences": list(silences)}
    return {"alertmanager": {"url": "https://a.local", "answers": answers}}


def alert(state: str = "active", **labels: str) -> dict[str, Any]:
    return {
        "labels": {"alertname": "Down", "severity": "critical", **labels},
        "annotations": {"summary": "It is down", "runbook_url": "https://docs.local/grafana.html#down"},
        "startsAt": "2026-11-24T05:00:00Z",
        "status": {"state": state, "silencedBy": ["s-1", "s-2"] if state == "suppressed" else []},
    }


def test_an_alert_has_its_words_and_its_runbook() -> None:
    systems = alertmanager([alert(namespace="monitoring", service="grafana")])
    record = the(built(**MONITORING, systems=systems), "alert")
    assert (record.name, record.component) == ("Down{namespace=monitoring, service=grafana}", "grafana")
    assert told(record) == {
        "alertname": "Down",
        "state": "firing",
        "severity": "critical",
        "summary": "It is down",
        "runbook_url": "https://docs.local/grafana.html#down",
        "since": "2026-11-24T05:00:00Z",
        "labels": "namespace=monitoring, service=grafana",
    }
    assert str(record.values["state"].evidence) == "https://a.local/api/v2/alerts [0].status.state"


def test_a_silenced_alert_says_by_whom_and_why() -> None:
    silence = {
        "id": "s-1",
        "status": {"state": "active"},
        "createdBy": "ada",
        "comment": "known",
        "endsAt": "2026-11-25T00:00:00Z",
        "matchers": [
            {"name": "alertname", "value": "Down", "isEqual": True, "isRegex": False},
            {"name": "job", "value": "a|b", "isEqual": False, "isRegex": True},
            {"name": "old", "value": "x"},
        ],
    }
    found = built(**MONITORING, systems=alertmanager([alert("suppressed")], [silence]))
    record = the(found, "alert")
    assert (record.get("state"), record.get("silenced_by")) == ("silenced", ("ada: known", "s-2"))
    assert told(the(found, "silence")) == {
        "state": "active",
        "created_by": "ada",
        "comment": "known",
        "ends_at": "2026-11-25T00:00:00Z",
        "matchers": ('alertname="Down"', 'job!~"a|b"', 'old="x"'),
    }
    assert the(found, "silence").component == "alertmanager"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "https://user:word@evil.example", "x", ""])
def test_a_runbook_that_is_no_link_is_left_out(url: str) -> None:
    odd = alert()
    odd["annotations"]["runbook_url"] = url
    assert "runbook_url" not in the(built(systems=alertmanager([odd])), "alert").values


def test_two_alerts_that_are_called_the_same_are_told_apart() -> None:
    found = built(systems=alertmanager([alert(), alert(), alert("suppressed")]))
    assert [record.name for record in found.records_of("alert")] == ["Down{}", "Down{} (2)", "Down{} (3)"]


def rules(*entries: dict[str, Any]) -> dict[str, Any]:
    body = {"data": {"groups": [{"name": "g", "rules": list(entries)}]}}
    return {"prometheus": {"url": "https://p.local", "answers": {"/api/v1/rules?type=alert": body}}}


def rule(**more: Any) -> dict[str, Any]:
    return {"type": "alerting", "name": "Down", "state": "pending", "query": "up == 0", **more}


ACTIVE = {"labels": {"job": "grafana"}, "annotations": {}, "state": "pending", "activeAt": "2026-11-24T05:00:00Z"}


def test_the_pending_are_known_by_prometheus_alone() -> None:
    firing = {**ACTIVE, "state": "firing"}
    found = built(**MONITORING, systems=rules(rule(alerts=[ACTIVE, firing])) | alertmanager([alert()]))
    assert sorted(record.text("state") for record in found.records_of("alert")) == ["firing", "pending"]
    found = built(**MONITORING, systems=rules(rule(alerts=[ACTIVE, firing])))
    assert [(r.get("alertname"), r.get("state"), r.component) for r in found.records_of("alert")] == [
        ("Down", "pending", "grafana"),
        ("Down", "firing", "grafana"),
    ]


def test_a_rule_is_read_where_prometheus_has_it_loaded() -> None:
    entry = rule(labels={"severity": "warning"}, annotations={"summary": "{{ $labels.job }}"})
    declared = {"metadata": {"namespace": "m", "name": "r"}, "spec": {"groups": [{"rules": [{"alert": "Other"}]}]}}
    found = built(
        prometheus_rules=[declared], systems=rules(entry, {"type": "recording", "name": "a:b"}, {"state": "x"})
    )
    record = the(found, "rule")
    assert (record.name, told(record)) == (
        "g/Down",
        {
            "alertname": "Down",
            "state": "pending",
            "severity": "warning",
            "summary": "{{ $labels.job }}",
            "expr": "up == 0",
            "group": "g",
        },
    )


def test_without_prometheus_rules_are_read_where_they_are_declared() -> None:
    groups = [{"name": "g", "rules": [{"record": "a:b", "expr": "1"}, {"alert": "Down", "expr": "up == 0"}]}]
    declared = {"metadata": {"namespace": "m", "name": "r"}, "spec": {"groups": groups}}
    record = the(built(prometheus_rules=[declared]), "rule")
    assert told(record) == {"alertname": "Down", "expr": "up == 0", "group": "g"}
    assert str(record.values["expr"].evidence) == "PrometheusRule m/r spec.groups[0].rules[1].expr"


@pytest.mark.parametrize(
    ("labels", "url", "component"),
    [
        ({}, "https://docs.local/dashboards.html#down", "grafana"),
        ({}, "https://docs.local/operations/dashboards/", "grafana"),
        ({}, "https://git.local/docs/dashboards.md", "grafana"),
        ({}, "https://docs.local/prometheus/", "prometheus"),
        ({}, "https://docs.local/elsewhere.html", ""),
        ({}, "https://docs.local/", ""),
        ({}, "https://[", ""),
        ({"namespace": "monitoring", "service": "alertmanager"}, "https://docs.local/dashboards.html", "alertmanager"),
    ],
)
def test_a_rule_is_of_what_its_labels_or_its_runbook_s_page_are_of(
    labels: dict[str, str], url: str, component: str
) -> None:
    settings = catalog(stated("grafana", page="observability/dashboards.md"))
    found = built(settings, **MONITORING, systems=rules(rule(labels=labels, annotations={"runbook_url": url})))
    assert the(found, "rule").component == component
    alerted = built(
        settings,
        **MONITORING,
        systems=rules(rule(labels=labels, annotations={"runbook_url": url})) | alertmanager([alert()]),
    )
    assert the(alerted, "alert").component == component


def test_a_target_says_why_it_is_down() -> None:
    target = {
        "scrapePool": "grafana",
        "scrapeUrl": "http://10.0.0.1:3000/metrics",
        "labels": {"job": "grafana", "instance": "10.0.0.1:3000", "namespace": "monitoring", "service": "grafana"},
        "health": "down",
        "lastError": "connection refused",
    }
    body = {"data": {"activeTargets": [target, {"labels": {"job": "x"}}]}}
    systems = {"prometheus": {"url": "https://p.local", "answers": {"/api/v1/targets?state=active": body}}}
    nothing, record = built(**MONITORING, systems=systems).records_of("target")
    assert (record.component, told(record)) == (
        "grafana",
        {
            "job": "grafana",
            "instance": "10.0.0.1:3000",
            "health": "down",
            "scrape_url": "http://10.0.0.1:3000/metrics",
            "last_error": "connection refused",
        },
    )
    assert told(nothing) == {"job": "x", "health": "unknown"}


@pytest.mark.parametrize("text", ["<script>", "a|b`c", "x\u202ey", "\x1b[31m", "]( javascript:alert(1))"])
def test_hostile_text_is_kept_as_data(text: str) -> None:
    odd = alert(pod=text)
    odd["annotations"]["summary"] = text
    record = the(built(systems=alertmanager([odd])), "alert")
    assert (record.get("summary"), record.get("labels")) == (text, f"pod={text}")
