"""An inventory in which each view has something to show: records of every kind, and what joins them."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.pages_sample import EVIDENCE, arrow, component
from truebook.findings import Finding
from truebook.model import (
    Block,
    BlockResult,
    Filling,
    Inventory,
    Judgement,
    Planned,
    Record,
    ResultState,
    Scalar,
    SourceStatus,
    Value,
)
from truebook.pages.views import Checked, Tested

SITE = "https://docs.homelab.local/"
PAGES = {"argocd.md", "vault.md", "grafana.md", "velero.md", "prometheus.md", "runbooks/index.md"}
SOURCES = (
    "kubernetes",
    "argocd",
    "vault",
    "authentik",
    "oidc",
    "prometheus",
    "alertmanager",
    "grafana",
    "configmaps",
    "certificates",
)


def page_url(page: str) -> str | None:
    """The pages of a site."""
    return page if page in PAGES else None


def record(kind: str, name: str, of: str = "", /, **values: Scalar | tuple[str, ...]) -> Record:
    """A record whose values all have the same evidence."""
    return Record(kind, name, of, {key: Value(value, EVIDENCE) for key, value in values.items()})


RECORDS = (
    record("certificate", "vault.homelab.local", "vault", not_after="2026-12-09T05:30:00Z"),
    record(
        "alert",
        "VaultSealed",
        "vault",
        alertname="VaultSealed",
        state="firing",
        severity="critical",
        summary="Vault is sealed, nothing gets its secrets",
        runbook_url="https://docs.homelab.local/vault.html#when-it-isnt",
        since="2026-11-24T05:00:00Z",
    ),
    record(
        "alert",
        "SecretNotSynced",
        "vault",
        alertname="SecretNotSynced",
        state="silenced",
        severity="warning",
        silenced_by="8f2c",
        since="2026-11-21T05:30:00Z",
    ),
    record(
        "alert",
        "TargetDown",
        "grafana",
        alertname="TargetDown",
        state="firing",
        severity="warning",
        runbook_url="https://runbooks.example/target-down",
        since="2026-11-24T05:29:40Z",
    ),
    record(
        "silence",
        "8f2c",
        matchers=('alertname="SecretNotSynced"',),
        comment="known",
        created_by="ann",
        ends_at="2026-11-24T07:30:00Z",
    ),
    record(
        "rule",
        "vault/VaultSealed",
        "vault",
        alertname="VaultSealed",
        severity="critical",
        group="vault",
        state="firing",
        runbook_url="https://docs.homelab.local/vault.html#when-it-isnt",
    ),
    record("rule", "targets/TargetDown", alertname="TargetDown", severity="warning", group="targets", state="inactive"),
    record(
        "target", "vault/vault-0", "vault", job="vault", health="up", scrape_url="http://10.0.0.7:8200/v1/sys/metrics"
    ),
    record(
        "target",
        "grafana/0",
        "grafana",
        job="grafana",
        health="down",
        scrape_url="http://10.0.0.8:3000/metrics",
        last_error="connection refused",
    ),
    record(
        "backup",
        "nightly",
        "velero",
        schedule="0 3 * * *",
        namespaces=("*", "-monitoring", "-minio"),
        not_covered=("minio", "monitoring"),
        storage="default",
        paused=False,
        last_phase="PartiallyFailed",
        last_good="nightly-20261123",
        last_good_at="2026-11-23T03:00:00Z",
        errors=2,
    ),
    record(
        "storage_location",
        "default",
        "velero",
        store="minio",
        phase="Available",
        bucket="velero",
        url="http://minio.minio.svc:9000",
        last_validated="2026-11-24T05:29:00Z",
    ),
    record(
        "oidc_client",
        "grafana",
        "grafana",
        application="Grafana",
        client_id="grafana",
        provider="Grafana",
        issuer="https://auth.homelab.local/application/o/grafana/",
        discovery=True,
        issuer_equal=True,
        https=True,
        keys=True,
        s256=True,
        redirect_hosts=("grafana.homelab.local",),
        redirect_served=True,
        used_by="grafana",
    ),
    record(
        "oidc_client",
        "argocd",
        "argocd",
        application="ArgoCD",
        client_id="argocd",
        issuer_equal=False,
        keys=False,
        used_by="argocd",
        redirect_hosts=("argocd.homelab.local",),
    ),
    record(
        "secret",
        "a",
        "grafana",
        path="secret/grafana/admin",
        via="ExternalSecret monitoring/grafana-admin",
        secret_name="grafana-admin",
        workload="Deployment monitoring/grafana",
        mount="secret",
    ),
    record(
        "secret",
        "b",
        "argocd",
        path="secret/argocd/oidc",
        via="ExternalSecret argocd/argocd-oidc",
        secret_name="argocd-oidc",
    ),
    record(
        "dashboard", "v1", "vault", title="Vault", url="https://grafana.homelab.local/d/v1", uid="v1", tags=("vault",)
    ),
    record(
        "datasource",
        "p1",
        "prometheus",
        title="Prometheus",
        type="prometheus",
        url="http://prometheus.monitoring.svc:9090",
    ),
    record(
        "sync_window",
        "w",
        "argocd",
        project="media",
        kind="deny",
        schedule="0 18 * * *",
        duration="5h",
        applications=("*",),
    ),
)

COMPONENTS = (
    component("argocd", "ArgoCD", "GitOps", page="argocd.md", namespace="argocd", systems=("argocd",)),
    component("authentik", "Authentik", "Security", namespace="authentik"),
    component(
        "vault",
        "Vault",
        "Security",
        page="vault.md",
        namespace="vault",
        workloads=("StatefulSet vault/vault",),
        systems=("vault",),
        state="sealed",
        version="1.21.1",
        reported_version="1.20.4",
        targets_up=1,
        targets=1,
    ),
    component(
        "grafana",
        "Grafana",
        "Observability",
        page="grafana.md",
        namespace="monitoring",
        targets_up=0,
        targets=1,
        workloads=("Deployment monitoring/grafana",),
    ),
    component(
        "prometheus",
        "Prometheus",
        "Observability",
        page="prometheus.md",
        namespace="monitoring",
        workloads=("StatefulSet monitoring/prometheus",),
        systems=("prometheus", "alertmanager"),
        rules=2,
        alerts_firing=0,
        alerts_silenced=1,
    ),
    component("velero", "Velero", "Backup", page="velero.md", namespace="velero"),
    component("minio", "MinIO", "Backup", namespace="minio", shape="storage"),
)

RELATIONS = (
    arrow("argocd", "vault", "deploys", "deploys"),
    arrow("authentik", "grafana", "SSO", "sso"),
    arrow("vault", "grafana", "secrets", "secrets"),
    arrow("vault", "argocd", "secrets", "secrets"),
    arrow("prometheus", "vault", "scrapes", "scrapes"),
    arrow("prometheus", "grafana", "scrapes", "scrapes"),
    arrow("prometheus", "grafana", "", "datasource"),
    arrow("velero", "minio", "", "backup"),
)

FULL = Inventory(
    "homelab",
    "v1.36.3",
    "2026-11-24T05:30:00Z",
    "recording homelab.json",
    COMPONENTS,
    RELATIONS,
    tuple(SourceStatus(name, "fresh") for name in SOURCES),
    records=RECORDS,
)


def told(of: Inventory, *statuses: SourceStatus) -> Inventory:
    """The inventory with these in place of its sources of their names."""
    named = {status.name: status for status in statuses}
    return replace(of, sources=tuple(named.get(status.name, status) for status in of.sources))


def block(script: str, state: ResultState, heading: str, *, tab: str = "", at: str = "") -> tuple[Planned, BlockResult]:
    """A shell block of a page, and what came of it."""
    lines = script.split("\n")
    found = Block(
        "docs/a.md", 3, 4 + len(lines), heading, tab, "bash", script, script, tuple(range(4, 4 + len(lines))), 0
    )
    planned = Planned(found, Filling(script), Judgement("read", "it only reads"), "run", "it only reads")
    return planned, BlockResult("docs/a.md", 3, 0, state, "run", "read", "", started_at=at)


CHECKED = Checked(
    tested=(
        Tested("index.md", "Home", (block("vault status", "passed", "Quick"),)),
        Tested(
            "vault.md",
            "Vault",
            (
                block("kubectl get pods -A", "passed", "Is it well?", at="2026-11-24T05:31:00Z"),
                block("vault operator unseal", "not-run", "When it isn't", tab="Sealed"),
            ),
        ),
        Tested(
            "runbooks/index.md",
            "Rotate | secrets",
            (
                block("# not for Grafana\nvault kv put secret/<app>", "failed", "Write", at="2026-11-24T05:31:02Z"),
                block("kubectl get statefulset/vault-agent", "passed", "Not about it"),
            ),
        ),
    ),
    findings=(
        Finding("version", "warning", "docs/vault.md", 3, "vault.version", "the page says 1.20"),
        Finding("host", "note", "docs/vault.md", 9, "a.example", "nobody knows it"),
    ),
    drift="drift.md",
    verification="verification.md",
)
