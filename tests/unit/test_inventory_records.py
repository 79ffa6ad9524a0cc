"""The records of each kind: what is in them, what is left out, and which component they are of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import (
    application,
    built,
    catalog,
    ingress,
    resource,
    runs,
    service,
    stated,
    workload,
)
from truebook.model import Inventory, Record

MONITORING: dict[str, Any] = {
    "deployments": [runs(name, "monitoring") for name in ("prometheus", "alertmanager", "grafana")],
    "services": [service(name, "monitoring") for name in ("prometheus", "alertmanager", "grafana")],
}


def told(record: Record) -> dict[str, Any]:
    return {key: value.value for key, value in record.values.items()}


def the(inventory: Inventory, kind: str) -> Record:
    (record,) = inventory.records_of(kind)
    return record


# --- alerts, rules, silences, targets


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


# --- backups


def schedule(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "velero", "name": "nightly"}, "spec": {"schedule": "0 3 * * *", **spec}}


def made(name: str, phase: str, at: str, *, of: str = "nightly", **status: Any) -> dict[str, Any]:
    times = {"startTimestamp": f"{at}T03:00:00Z", "completionTimestamp": f"{at}T03:05:00Z"}
    labels = {"velero.io/schedule-name": of}
    return {
        "metadata": {"namespace": "velero", "name": name, "labels": labels},
        "status": {"phase": phase, **times, **status},
    }


VELERO: dict[str, Any] = {"deployments": [runs("velero", "velero")]}


def test_a_schedule_has_its_last_good_backup_and_the_last_of_all() -> None:
    backups = [
        made("c", "PartiallyFailed", "2026-11-23", errors=2, warnings=1),
        made("a", "Completed", "2026-11-21"),
        made("b", "Completed", "2026-11-22"),
        made("other", "Completed", "2026-11-24", of="weekly"),
    ]
    restore = {
        "metadata": {"namespace": "velero", "name": "trial"},
        "spec": {"backupName": "b"},
        "status": {"phase": "Completed"},
    }
    found = built(**VELERO, schedules=[schedule()], backups=backups, restores=[restore])
    record = the(found, "backup")
    assert (record.name, record.component) == ("nightly", "velero")
    assert told(record) == {
        "schedule": "0 3 * * *",
        "namespaces": ("*",),
        "paused": False,
        "last_good": "b",
        "last_good_at": "2026-11-22T03:05:00Z",
        "last": "c",
        "last_phase": "PartiallyFailed",
        "errors": 2,
        "warnings": 1,
        "restored": 1,
    }
    assert str(record.values["last_good_at"].evidence) == "Backup velero/b status.completionTimestamp"
    assert str(record.values["restored"].evidence) == "Restore velero/trial spec.backupName"
    component = found.component("velero")
    assert component is not None
    assert (component.get("last_backup"), component.get("last_backup_at")) == ("other", "2026-11-24T03:05:00Z")


@pytest.mark.parametrize(
    ("template", "narrowed"),
    [
        ({}, None),
        ({"labelSelector": {}, "orLabelSelectors": [], "includedResources": ["*"]}, None),
        ({"includedResources": [], "includedNamespaceScopedResources": "x"}, None),
        ({"labelSelector": {"matchLabels": {"app": "a"}}}, ("labelSelector",)),
        ({"orLabelSelectors": [{"matchLabels": {"app": "a"}}]}, ("orLabelSelectors",)),
        ({"includedResources": ["secrets"]}, ("includedResources",)),
        ({"includedNamespaceScopedResources": ["secrets"]}, ("includedNamespaceScopedResources",)),
    ],
)
def test_a_schedule_that_takes_only_some_things_says_by_what(
    template: dict[str, Any], narrowed: tuple[str, ...] | None
) -> None:
    found = built(**VELERO, schedules=[schedule(template=template)])
    (record,) = found.records_of("backup")
    assert record.get("narrowed") == narrowed
    if narrowed:
        assert record.values["narrowed"].evidence.field == f"spec.template.{narrowed[0]}"


@pytest.mark.parametrize(
    "phase", ["PartiallyFailed", "Failed", "InProgress", "FailedValidation", "Deleting", "", "New"]
)
def test_nothing_but_a_complete_backup_is_good(phase: str) -> None:
    record = the(built(**VELERO, schedules=[schedule()], backups=[made("a", phase, "2026-11-21")]), "backup")
    assert "last_good" not in record.values
    assert record.get("last") == "a"


def test_a_schedule_that_never_ran_says_nothing_of_backups() -> None:
    assert told(the(built(**VELERO, schedules=[schedule()]), "backup")) == {
        "schedule": "0 3 * * *",
        "namespaces": ("*",),
        "paused": False,
    }


@pytest.mark.parametrize(
    ("spec", "left_out"),
    [
        ({}, None),
        ({"template": {"includedNamespaces": ["*"]}}, None),
        ({"template": {"includedNamespaces": ["home"]}}, ("media", "photos")),
        ({"template": {"includedNamespaces": ["ho*", "media"]}}, ("photos",)),
        ({"template": {"excludedNamespaces": ["media", "x"]}}, ("media",)),
        ({"template": {"includedNamespaces": ["*"], "excludedNamespaces": ["ph*"]}}, ("photos",)),
        ({"paused": True}, ("home", "media", "photos")),
        ({"template": 7}, None),
    ],
)
def test_namespaces_with_volumes_that_a_schedule_leaves_out_are_told(spec: Any, left_out: Any) -> None:
    claims = [
        {"metadata": {"namespace": name, "name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
        for name in ("media", "home")
    ]
    photos = workload("photos", "photos", called="photos")
    photos["spec"]["volumeClaimTemplates"] = [
        {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    ]
    found = built(
        **VELERO, statefulsets=[photos, workload("web", called="web")], claims=claims, schedules=[schedule(**spec)]
    )
    assert the(found, "backup").get("not_covered") == left_out


def test_a_storage_location_says_whether_it_is_there_and_what_it_leads_to() -> None:
    location = {
        "metadata": {"namespace": "velero", "name": "default"},
        "spec": {"objectStorage": {"bucket": "b"}, "config": {"s3Url": "http://minio.minio.svc:9000"}},
        "status": {"phase": "Unavailable", "lastValidationTime": "2026-11-24T05:00:00Z", "message": "no such bucket"},
    }
    found = built(
        **VELERO, statefulsets=[runs("minio", "minio")], services=[service("minio", "minio")], locations=[location]
    )
    record = the(found, "storage_location")
    assert (record.component, told(record)) == (
        "velero",
        {
            "phase": "Unavailable",
            "bucket": "b",
            "url": "http://minio.minio.svc:9000",
            "last_validated": "2026-11-24T05:00:00Z",
            "message": "no such bucket",
            "store": "minio",
        },
    )


# --- OIDC clients

SIGN_IN: dict[str, Any] = {
    "deployments": [runs("authentik", "authentik"), runs("grafana", "monitoring")],
    "services": [service("authentik", "authentik"), service("grafana", "monitoring")],
    "ingresses": [
        ingress("authentik", "auth.local", namespace="authentik"),
        ingress("grafana", "grafana.local", namespace="monitoring"),
    ],
}
ISSUER = "https://auth.local/application/o/grafana/"
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://auth.local/application/o/authorize/",
    "token_endpoint": "https://auth.local/application/o/token/",
    "jwks_uri": f"{ISSUER}jwks/",
    "code_challenge_methods_supported": ["plain", "S256"],
    "id_token_signing_alg_values_supported": ["RS256"],
}


def signing_in(document: Any = DOCUMENT, keys: Any = ({"kid": "1"},), **entry: Any) -> dict[str, Any]:
    provider = {
        "pk": 3,
        "name": "grafana-provider",
        "client_id": "grafana",
        "issuer_mode": "per_provider",
        "assigned_application_slug": "grafana",
        "assigned_application_name": "Grafana",
        "redirect_uris": [{"matching_mode": "strict", "url": "https://grafana.local/login/generic_oauth"}],
        **entry,
    }
    answers = {f"{ISSUER}.well-known/openid-configuration": document, f"{ISSUER}jwks/": {"keys": list(keys)}}
    return {
        "authentik": {"url": "https://auth.local", "answers": {"/api/v3/providers/oauth2/": {"results": [provider]}}},
        "oidc": {"answers": answers},
    }


def test_a_client_on_which_both_sides_agree() -> None:
    record = the(built(**SIGN_IN, systems=signing_in()), "oidc_client")
    assert (record.name, record.component) == ("Grafana", "grafana")
    assert told(record) == {
        "application": "Grafana",
        "client_id": "grafana",
        "provider": "authentik",
        "issuer": ISSUER,
        "used_by": "grafana",
        "redirect_hosts": ("grafana.local",),
        "redirect_served": True,
        "discovery": True,
        "issuer_equal": True,
        "https": True,
        "keys": True,
        "s256": True,
    }


@pytest.mark.parametrize(
    ("systems", "checks"),
    [
        (signing_in({**DOCUMENT, "issuer": ISSUER.rstrip("/")}), {"issuer_equal": False, "https": True}),
        (signing_in({**DOCUMENT, "token_endpoint": "http://auth.local/token"}), {"https": False, "s256": True}),
        (signing_in({**DOCUMENT, "code_challenge_methods_supported": ["plain"]}), {"s256": False}),
        (signing_in({**DOCUMENT, "code_challenge_methods_supported": None}), {"s256": False}),
        (signing_in(keys=()), {"keys": False}),
        (signing_in({**DOCUMENT, "id_token_signing_alg_values_supported": ["HS256"]}, ()), {"keys": True}),
        (signing_in({"status": 404, "body": None}), {"discovery": False, "issuer_equal": None, "keys": None}),
        (signing_in({}), {"discovery": False, "issuer_equal": None}),
        (signing_in("<html>"), {"discovery": False}),
        (signing_in(redirect_uris=[{"url": "https://old.local/x"}]), {"redirect_served": False}),
        (
            signing_in(redirect_uris=[{"url": "https://grafana.local/x"}, {"url": "https://old.local/x"}]),
            {"redirect_served": False},
        ),
        (
            signing_in(redirect_uris=[{"url": "http://localhost:1/x"}]),
            {"redirect_served": None, "redirect_hosts": None},
        ),
        (signing_in(issuer_mode="global"), {"issuer": "https://auth.local/", "discovery": None}),
        (signing_in(assigned_application_slug="other"), {"discovery": None}),
    ],
)
def test_what_the_sides_do_not_agree_on_is_told(systems: Any, checks: dict[str, Any]) -> None:
    record = the(built(**SIGN_IN, systems=systems), "oidc_client")
    assert {key: record.get(key) for key in checks} == checks


def test_an_application_and_its_provider_s_entry_make_one_client() -> None:
    config = {
        "metadata": {"namespace": "monitoring", "name": "grafana"},
        "data": {
            "grafana.ini": {
                "auth.generic_oauth": {
                    "enabled": "true",
                    "client_id": "grafana",
                    "auth_url": "https://auth.local/application/o/authorize/",
                }
            }
        },
    }
    systems = signing_in()
    systems["configmaps"] = {"answers": {"/api/v1/namespaces/monitoring/configmaps/grafana": config}}
    record = the(built(**SIGN_IN, systems=systems), "oidc_client")
    assert (record.get("application"), record.get("issuer"), record.get("discovery")) == ("Grafana", ISSUER, True)
    where = 'ConfigMap monitoring/grafana data["grafana.ini"]["auth.generic_oauth"].client_id'
    assert str(record.values["client_id"].evidence) == where
    # Another client id makes it another client, that nobody uses any more.
    systems["authentik"]["answers"]["/api/v3/providers/oauth2/"]["results"][0]["client_id"] = "older"
    names = [
        (record.name, record.get("client_id")) for record in built(**SIGN_IN, systems=systems).records_of("oidc_client")
    ]
    assert names == [("Grafana", "older"), ("grafana", "grafana")]


@pytest.mark.parametrize("read_at", ["https://auth.local", "http://authentik.authentik.svc", "http://127.0.0.1:9000"])
def test_an_issuer_is_at_the_address_that_browsers_open(read_at: str) -> None:
    systems = signing_in()
    systems["authentik"]["url"] = read_at
    tls = [ingress("authentik", "auth.local", namespace="authentik", tls=[{"secretName": "wildcard"}])]
    lists = {**SIGN_IN, "ingresses": [*tls, SIGN_IN["ingresses"][1]]}
    assert the(built(**lists, systems=systems), "oidc_client").get("issuer") == ISSUER


def test_without_the_provider_s_word_applications_say_where_they_are_come_back_to() -> None:
    config = {
        "metadata": {"namespace": "monitoring", "name": "grafana"},
        "data": {
            "grafana.ini": {
                "server": {"root_url": "https://grafana.local"},
                "auth.generic_oauth": {"enabled": True, "auth_url": "https://auth.local/application/o/authorize/"},
            }
        },
    }
    issuer = "https://auth.local/application/o/vault/"
    uris = ["http://localhost:8250/oidc/callback", "https://vault.gone/ui/vault/auth/oidc/oidc/callback"]
    vault = {
        "/v1/auth/oidc/config": {"data": {"oidc_discovery_url": issuer}},
        "/v1/auth/oidc/role/ops": {"data": {"allowed_redirect_uris": uris}},
        "/v1/auth/other/role/ops": {"data": {"allowed_redirect_uris": ["https://auth.local/"]}},
    }
    found = built(
        **SIGN_IN,
        statefulsets=[runs("vault", "vault")],
        argocd={"/api/v1/settings": {"url": "https://argocd.gone", "oidcConfig": {"issuer": "https://auth.local/a/"}}},
        systems={
            "vault": {"url": "https://vault.local", "answers": vault},
            "configmaps": {"answers": {"/api/v1/namespaces/monitoring/configmaps/grafana": config}},
        },
    )
    hosts = {r.name: (r.get("redirect_hosts"), r.get("redirect_served")) for r in found.records_of("oidc_client")}
    assert hosts["grafana"] == (("grafana.local",), True)
    assert hosts["vault"] == (("vault.gone",), False)
    where = "https://vault.local/v1/auth/oidc/role/ops data.allowed_redirect_uris[1]"
    (record,) = (record for record in found.records_of("oidc_client") if record.name == "vault")
    assert str(record.values["redirect_served"].evidence) == where


def test_a_provider_that_is_not_ours_is_named_by_its_host() -> None:
    settings = {"oidcConfig": {"issuer": "https://accounts.example.com", "clientID": "a"}}
    found = built(
        deployments=[workload("argocd-server", called="argocd-server")], argocd={"/api/v1/settings": settings}
    )
    record = the(found, "oidc_client")
    assert (record.component, record.get("provider")) == ("argocd-server", "accounts.example.com")
    assert found.relations == ()


# --- dashboards, data sources, sync windows


def dashboards(*found: dict[str, Any], by: str = "grafana") -> dict[str, Any]:
    if by == "grafana":
        return {"grafana": {"url": "https://grafana.local", "answers": {"/api/search?type=dash-db": list(found)}}}
    items = [
        {"metadata": {"namespace": "monitoring", "name": f"d-{n}"}, "data": {"d.json": each}}
        for n, each in enumerate(found)
    ]
    key = "/api/v1/namespaces/monitoring/configmaps?labelSelector=grafana_dashboard"
    return {"configmaps": {"answers": {key: {"items": items}}}}


@pytest.mark.parametrize(
    ("title", "tags", "component"),
    [
        ("Anything", ["homelab", "Vault"], "vault"),
        ("Vault", [], "vault"),
        ("Secrets of Vault, by path", [], "vault"),
        ("The Big Store", [], "minio"),
        ("Default", [], ""),
        ("Vaults", [], ""),
        ("Home Assistant", [], "home-assistant"),
        ("", ["vault"], None),
    ],
)
@pytest.mark.parametrize("by", ["grafana", "configmaps"])
def test_a_dashboard_is_of_what_its_tag_or_title_names(
    by: str, title: str, tags: list[str], component: str | None
) -> None:
    settings = catalog(stated("vault"), stated("minio", title="Big Store"), stated("home"), stated("home-assistant"))
    found = built(
        settings, **SIGN_IN, systems=dashboards({"uid": "u", "title": title, "tags": tags, "url": "/d/u/x"}, by=by)
    )
    assert [record.component for record in found.records_of("dashboard")] == ([] if component is None else [component])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/d/u/vault", "http://grafana.local/d/u/vault"),
        ("//evil.example/d", None),
        ("https://evil.example/d", None),
        ("javascript:alert(1)", None),
        ("/d/\u202e", None),
        ("", None),
    ],
)
def test_a_dashboard_is_linked_within_its_grafana(url: str, expected: str | None) -> None:
    found = built(**SIGN_IN, systems=dashboards({"uid": "u", "title": "Vault", "url": url}))
    assert the(found, "dashboard").get("url") == expected


def test_a_provisioned_dashboard_is_of_the_application_that_owns_its_config_map() -> None:
    listed = [resource("ConfigMap", "d-0", "monitoring", ""), resource("Deployment", "web", "apps")]
    found = built(
        applications=[application("web", status={"resources": listed})],
        deployments=[*SIGN_IN["deployments"], workload("web", called="web")],
        ingresses=SIGN_IN["ingresses"],
        services=SIGN_IN["services"],
        systems=dashboards({"uid": "u", "title": "Requests"}, by="configmaps"),
    )
    record = the(found, "dashboard")
    assert (record.component, record.get("url")) == ("web", "http://grafana.local/d/u")


def test_a_data_source_says_its_grafana() -> None:
    source = {"name": "Prometheus", "uid": "p", "type": "prometheus", "url": "http://prometheus:9090"}
    systems = {"grafana": {"url": "https://g.local", "answers": {"/api/datasources": [source]}}}
    record = the(built(**MONITORING, systems=systems), "datasource")
    assert (record.name, record.component) == ("p", "prometheus")
    assert told(record) == {
        "title": "Prometheus",
        "type": "prometheus",
        "url": "http://prometheus:9090",
        "grafana": "grafana",
    }


@pytest.mark.parametrize("by", ["argocd", "kubernetes"])
def test_a_sync_window_is_of_argocd_s_project(by: str) -> None:
    window = {"kind": "deny", "schedule": "0 3 * * *", "duration": "1h", "applications": ["*"], "timeZone": "UTC"}
    project = {"metadata": {"namespace": "argocd", "name": "apps"}, "spec": {"syncWindows": [window, 7]}}
    lists: dict[str, Any] = {"projects": [project]}
    if by == "argocd":
        lists = {"argocd": {"/api/v1/projects": {"items": [project]}}}
    record = the(built(deployments=[workload("argocd-server", called="argocd-server")], **lists), "sync_window")
    assert (record.component, record.values["kind"].evidence.source) == ("argocd-server", by)
    assert told(record) == {
        "project": "apps",
        "kind": "deny",
        "schedule": "0 3 * * *",
        "time_zone": "UTC",
        "duration": "1h",
        "applications": ("*",),
    }


@pytest.mark.parametrize("text", ["<script>", "a|b`c", "x\u202ey", "\x1b[31m", "]( javascript:alert(1))"])
def test_hostile_text_is_kept_as_data(text: str) -> None:
    odd = alert(pod=text)
    odd["annotations"]["summary"] = text
    record = the(built(systems=alertmanager([odd])), "alert")
    assert (record.get("summary"), record.get("labels")) == (text, f"pod={text}")
