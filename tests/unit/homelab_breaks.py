"""Ways in which the homelab's documentation and the homelab itself drift, each with exactly what a check must find.

A break of the docs replaces a text on a page. A break of the homelab changes its recording as the systems would have
told it. Findings are `path rule subject`; their lines are looked up in the page, so that the docs may grow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Recorded = dict[str, Any]
"""A recording, decoded."""


@dataclass(frozen=True)
class DocsBreak:
    """`before` becomes `after` on `page`, once. `sealed`: the region keeps its checksum, as if edited by hand."""

    page: str
    before: str
    after: str
    found: tuple[str, ...]
    sealed: bool = False


@dataclass(frozen=True)
class HomelabBreak:
    """A change of the recording."""

    change: Callable[[Recorded], None]
    found: tuple[str, ...]


INDEX, VELERO, VAULT, PROM = "docs/index.md", "docs/velero.md", "docs/vault.md", "docs/prometheus.md"

DOCS: Mapping[str, DocsBreak] = {
    "a component that was never there": DocsBreak(
        INDEX, "| [Vault](vault.md) | Secrets", "| Redis | Cache | — |\n| [Vault](vault.md) | Secrets",
        (f"{INDEX} row-not-live Redis",),
    ),
    "a row is lost": DocsBreak(
        INDEX, "| [Loki](loki.md) | Log storage | — |\n", "", (f"{INDEX} row-not-documented Loki",),
    ),
    "another purpose": DocsBreak(
        INDEX, "| Secrets management |", "| Passwords |", (f"{INDEX} cell-differs Vault.Purpose",),
    ),
    "another address": DocsBreak(
        INDEX, "[vault.homelab.local](https://vault.homelab.local) |", "[v.homelab.local](https://v.homelab.local) |",
        (f"{INDEX} cell-differs Vault.URL",),
    ),
    "a link that leads elsewhere": DocsBreak(
        INDEX, "(https://auth.homelab.local)", "(https://auth.example.com)", (f"{INDEX} cell-differs Authentik.URL",),
    ),
    "another storage": DocsBreak(
        INDEX, "| data 500Gi |", "| data 2Ti |", (f"{INDEX} cell-differs MinIO.Storage",),
    ),
    "a lost column": DocsBreak(
        INDEX, "| Component | Purpose | Storage |", "| Component | Purpose | Room |",
        (f"{INDEX} column-missing Storage",),
    ),
    "a node too many": DocsBreak(
        INDEX, '        n4["Vault"]\n', '        n4["Vault"]\n        n99["Redis"]\n',
        (f"{INDEX} node-not-live Redis",),
    ),
    "a node in another group": DocsBreak(
        INDEX, 'subgraph g4["Backup"]', 'subgraph g4["Storage"]',
        (f"{INDEX} node-differs MinIO", f"{INDEX} node-differs Velero"),
    ),
    "an arrow too many": DocsBreak(
        INDEX, "    n8 --> n9\n", "    n8 --> n9\n    n9 --> n8\n", (f"{INDEX} arrow-not-live MinIO -> Velero",),
    ),
    "an arrow is lost": DocsBreak(
        INDEX, "    n8 --> n9\n", "", (f"{INDEX} arrow-not-documented Velero -> MinIO",),
    ),
    "another label": DocsBreak(
        INDEX, '|"SSO"|', '|"login"|', (f"{INDEX} arrow-differs Authentik -> Grafana",),
    ),
    "another version in a line": DocsBreak(
        VELERO, "truebook:value velero.version -->v", "truebook:value velero.version -->v0.",
        (f"{VELERO} value-differs velero.version",),
    ),
    "another namespace in a line": DocsBreak(
        VELERO, "velero.namespace -->velero<", "velero.namespace -->backup<",
        (f"{VELERO} value-differs velero.namespace",),
    ),
    "another schedule": DocsBreak(
        VELERO, "daily at 03:00", "daily at 04:00", (f"{VELERO} cell-differs nightly.When",),
    ),
    "a schedule that is not there": DocsBreak(
        VELERO, "| weekly | 90 days",
        "| monthly | 1 year | the 1st | all | — |\n| weekly | 90 days",
        (f"{VELERO} row-not-live monthly",),
    ),
    "another bucket": DocsBreak(
        VELERO, "| default | velero |", "| default | backups |", (f"{VELERO} cell-differs default.Bucket",),
    ),
    "a secret's path": DocsBreak(
        VAULT, "| secret/grafana/admin |", "| secret/grafana/root |",
        (f"{VAULT} row-not-documented secret/grafana/admin", f"{VAULT} row-not-live secret/grafana/root"),
    ),
    "another redirect": DocsBreak(
        "docs/oidc.md", "| grafana | grafana.homelab.local |", "| grafana | graphs.homelab.local |",
        ("docs/oidc.md cell-differs Grafana.Redirects to",),
    ),
    "an edit by hand": DocsBreak(
        INDEX, "| Secrets management |", "| Passwords |", (f"{INDEX} hand-edited Vault.Purpose",), sealed=True,
    ),
    "a region's option": DocsBreak(
        INDEX, "columns=component,purpose,storage live", "columns=component,purpose,store live",
        (f"{INDEX} region-error components group=Backup columns=component,purpose,store live=status,version",),
    ),
    "a region of an unknown component": DocsBreak(
        VELERO, "truebook:value velero.storage", "truebook:value valero.storage",
        (f"{VELERO} region-error value valero.storage",),
    ),
    "a host that nothing serves": DocsBreak(
        VAULT, "https://vault.homelab.local/v1/sys/health", "https://secrets.homelab.local/v1/sys/health",
        (f"{VAULT} unknown-host secrets.homelab.local",),
    ),
    "a namespace that is not there": DocsBreak(
        VELERO, "## Is it well?", "All of it is in the namespace `valero`.\n\n## Is it well?",
        (f"{VELERO} unknown-name namespace valero",),
    ),
    "a heading that alerts lead to": DocsBreak(
        VELERO, "## When it isn't", "## When it is not",
        (f"{VELERO} broken-runbook-link BackupFailed", f"{VELERO} broken-runbook-link BackupTooOld"),
    ),
}  # fmt: skip


# Ways into a recording


def listed(recorded: Recorded, key: str) -> list[Any]:
    """The objects of `group/resource`."""
    found: list[Any] = recorded["parts"]["kubernetes"]["data"]["lists"][key]["items"]
    return found


def one(recorded: Recorded, key: str, name: str) -> Any:
    """The object of this name."""
    return next(obj for obj in listed(recorded, key) if obj["metadata"]["name"] == name)


def drop(recorded: Recorded, key: str, name: str) -> None:
    """Take the object of this name away."""
    listed(recorded, key).remove(one(recorded, key, name))
    recorded["parts"]["kubernetes"]["data"]["lists"][key].update(cells=[], columns=[])


def answer(recorded: Recorded, part: str, path: str) -> Any:
    """A recorded answer's body."""
    return recorded["parts"][part]["data"]["answers"][path]["body"]


def application(recorded: Recorded, name: str) -> list[Any]:
    """The Application as the API and as the cluster have it."""
    items = answer(recorded, "argocd", "/api/v1/applications")["items"]
    ours = next(item for item in items if item["metadata"]["name"] == name)
    return [ours, one(recorded, "argoproj.io/applications", name)]


def rules(recorded: Recorded) -> dict[str, Any]:
    """Alerting rules by name."""
    groups = answer(recorded, "prometheus", "/api/v1/rules?type=alert")["data"]["groups"]
    return {rule["name"]: rule for group in groups for rule in group["rules"]}


# The breaks


def ingress_is_gone(recorded: Recorded) -> None:
    drop(recorded, "networking.k8s.io/ingresses", "vault")
    for found in application(recorded, "vault"):
        found["status"]["summary"].pop("externalURLs", None)


def host_is_renamed(recorded: Recorded) -> None:
    for route in listed(recorded, "gateway.networking.k8s.io/httproutes"):
        if route["metadata"]["name"] == "jellyfin":
            route["spec"]["hostnames"] = ["films.homelab.local"]
            route["metadata"]["annotations"].pop("gethomepage.dev/href", None)
    for found in application(recorded, "jellyfin"):
        found["status"]["summary"].pop("externalURLs", None)


def application_is_gone(recorded: Recorded) -> None:
    items = answer(recorded, "argocd", "/api/v1/applications")["items"]
    items.remove(application(recorded, "homepage")[0])
    drop(recorded, "argoproj.io/applications", "homepage")
    for key in ("apps/deployments", "services", "networking.k8s.io/ingresses"):
        drop(recorded, key, "homepage")


def application_is_new(recorded: Recorded) -> None:
    import copy

    for key in ("apps/deployments", "services", "networking.k8s.io/ingresses"):
        added = copy.deepcopy(one(recorded, key, "homepage"))
        text = repr(added).replace("homepage.homelab", "wiki.homelab").replace("'homepage'", "'wiki'")
        text = text.replace("'Homepage'", "'Wiki'").replace("homepage:", "wiki:").replace("/homepage'", "/wiki'")
        listed(recorded, key).append(eval(text))
        recorded["parts"]["kubernetes"]["data"]["lists"][key].update(cells=[], columns=[])


def storage_grows(recorded: Recorded) -> None:
    claim = one(recorded, "apps/statefulsets", "minio")["spec"]["volumeClaimTemplates"][0]
    claim["spec"]["resources"]["requests"]["storage"] = "900Gi"
    for found in listed(recorded, "persistentvolumeclaims"):
        if found["metadata"]["namespace"] == "minio":
            found["spec"]["resources"]["requests"]["storage"] = "900Gi"
            found["status"]["capacity"]["storage"] = "900Gi"


def image_is_updated(recorded: Recorded) -> None:
    container = one(recorded, "apps/statefulsets", "vault")["spec"]["template"]["spec"]["containers"][0]
    container["image"] = container["image"].rpartition(":")[0] + ":9.9.9"


def image_is_latest(recorded: Recorded) -> None:
    container = one(recorded, "apps/deployments", "vaultwarden")["spec"]["template"]["spec"]["containers"][0]
    container["image"] = container["image"].rpartition(":")[0] + ":latest"


def git_moved_on(recorded: Recorded) -> None:
    import copy

    target = copy.deepcopy(one(recorded, "velero.io/backupstoragelocations", "default"))
    target["spec"]["objectStorage"]["bucket"] = "backups"
    key = {"group": "velero.io", "kind": "BackupStorageLocation", "namespace": "velero", "name": "default"}
    path = "/api/v1/applications/velero/managed-resources?appNamespace=argocd"
    answers = recorded["parts"]["argocd"]["data"]["answers"]
    answers[path] = {"status": 200, "body": {"items": [{**key, "targetState": target}]}}


def cluster_was_changed_by_hand(recorded: Recorded) -> None:
    git_moved_on(recorded)
    answers = recorded["parts"]["argocd"]["data"]["answers"]
    path = "/api/v1/applications/velero/managed-resources?appNamespace=argocd"
    answers[path]["body"]["items"][0]["targetState"]["spec"]["objectStorage"]["bucket"] = "velero"
    one(recorded, "velero.io/backupstoragelocations", "default")["spec"]["objectStorage"]["bucket"] = "elsewhere"


def store_is_elsewhere(recorded: Recorded) -> None:
    one(recorded, "velero.io/backupstoragelocations", "default")["spec"]["config"]["s3Url"] = "https://s3.example.com"


def secret_is_moved(recorded: Recorded) -> None:
    data = one(recorded, "external-secrets.io/externalsecrets", "grafana")["spec"]["data"]
    next(entry for entry in data if entry["remoteRef"]["key"] == "grafana/admin")["remoteRef"]["key"] = "grafana/root"


def datasource_is_gone(recorded: Recorded) -> None:
    found = answer(recorded, "grafana", "/api/datasources")
    found[:] = [entry for entry in found if entry["type"] != "prometheus"]


def alertmanager_is_lost(recorded: Recorded) -> None:
    answer(recorded, "prometheus", "/api/v1/alertmanagers")["data"]["activeAlertmanagers"] = []


def dashboard_is_gone(recorded: Recorded) -> None:
    found = answer(recorded, "grafana", "/api/search?type=dash-db")
    found[:] = [entry for entry in found if entry["title"] != "Logs"]


def runbook_leads_nowhere(recorded: Recorded) -> None:
    rules(recorded)["TargetDown"]["annotations"]["runbook_url"] = "https://docs.homelab.local/nowhere.html"


def anchor_leads_nowhere(recorded: Recorded) -> None:
    rules(recorded)["TargetDown"]["annotations"]["runbook_url"] = "https://docs.homelab.local/prometheus.html#nowhere"


def runbook_is_gone(recorded: Recorded) -> None:
    del rules(recorded)["TargetDown"]["annotations"]["runbook_url"]


def rule_is_gone(recorded: Recorded) -> None:
    for group in answer(recorded, "prometheus", "/api/v1/rules?type=alert")["data"]["groups"]:
        group["rules"] = [rule for rule in group["rules"] if rule["name"] != "TargetDown"]


def redirect_is_renamed(recorded: Recorded) -> None:
    for provider in answer(recorded, "authentik", "/api/v3/providers/oauth2/")["results"]:
        if provider["client_id"] == "paperless":
            provider["redirect_uris"] = [{"matching_mode": "strict", "url": "https://docs2.homelab.local/callback"}]


def certificate_ends(recorded: Recorded) -> None:
    answer(recorded, "certificates", "https://vault.homelab.local")["not_after"] = "2026-11-30T00:00:00Z"


def out_of_sync(recorded: Recorded) -> None:
    for found in application(recorded, "jellyfin"):
        found["status"]["sync"]["status"] = "OutOfSync"


def degraded(recorded: Recorded) -> None:
    for found in application(recorded, "jellyfin"):
        found["status"]["health"] = {"status": "Degraded", "message": "no disk"}


def repository_is_moved(recorded: Recorded) -> None:
    for found in application(recorded, "loki"):
        source = found["spec"].get("source") or found["spec"]["sources"][0]
        source["repoURL"] = "https://git.example.com/loki.git"


def schedule_is_gone(recorded: Recorded) -> None:
    drop(recorded, "velero.io/schedules", "nightly")


def sync_window_is_new(recorded: Recorded) -> None:
    window = {"kind": "deny", "schedule": "0 22 * * *", "duration": "8h", "applications": ["*"]}
    for item in answer(recorded, "argocd", "/api/v1/projects")["items"]:
        if item["metadata"]["name"] == "default":
            item["spec"]["syncWindows"] = [window]


YML = "truebook.yml"

HOMELAB: Mapping[str, HomelabBreak] = {
    "an Ingress is gone": HomelabBreak(ingress_is_gone, (
        "docs/about.md unknown-host vault.homelab.local", f"{INDEX} cell-differs Vault.URL",
        f"{VAULT} value-differs vault.url", f"{VAULT} unknown-host vault.homelab.local",
        "docs/stack.md cell-differs vault.homelab.local.Component",
    )),
    "a host is renamed": HomelabBreak(host_is_renamed, (
        f"{INDEX} cell-differs Jellyfin.URL", "docs/stack.md cell-differs jellyfin.homelab.local.Component",
    )),
    "an Application is gone": HomelabBreak(application_is_gone, (
        "docs/argocd.md cell-differs Arrows out.Now", f"{INDEX} row-not-live Homepage",
        "docs/incident/index.md row-not-live Homepage", "docs/stack.md cell-differs homepage.homelab.local.Component",
    )),
    "an app is new": HomelabBreak(application_is_new, (
        f"{INDEX} row-not-documented Wiki", "docs/incident/index.md row-not-documented Wiki",
    )),
    "a volume grows": HomelabBreak(storage_grows, (f"{INDEX} cell-differs MinIO.Storage",)),
    "an image is updated": HomelabBreak(image_is_updated, (f"{VAULT} value-differs vault.version",)),
    "an image by latest": HomelabBreak(image_is_latest, (
        f"{YML} moving-image vaultwarden docker.io/vaultwarden/server:latest",
    )),
    "Git has moved on": HomelabBreak(git_moved_on, (f"{VELERO} not-deployed default.Bucket",)),
    "somebody changed the cluster by hand": HomelabBreak(cluster_was_changed_by_hand, (
        f"{VELERO} cell-differs default.Bucket",
    )),
    "backups go elsewhere": HomelabBreak(store_is_elsewhere, (
        f"{INDEX} arrow-not-live Velero -> MinIO", "docs/minio.md cell-differs Arrows in.Now",
        "docs/stack.md arrow-not-live Velero -> MinIO", "docs/stack.md node-not-live Velero",
        "docs/stack.md node-not-live MinIO", "docs/stack.md arrow-not-live Velero -> MinIO",
        f"{VELERO} row-not-live Arrows out", f"{VELERO} cell-differs default.At",
        f"{VELERO} cell-differs default.Kept by",
    )),
    "a secret is moved": HomelabBreak(secret_is_moved, (
        "docs/grafana.md cell-differs Secrets.Now", f"{VAULT} row-not-documented secret/grafana/root",
        f"{VAULT} row-not-live secret/grafana/admin",
    )),
    "a data source is gone": HomelabBreak(datasource_is_gone, (
        "docs/grafana.md cell-differs Arrows in.Now", "docs/grafana.md row-not-live Prometheus",
        f"{INDEX} arrow-not-live Prometheus -> Grafana", f"{PROM} cell-differs Arrows out.Now",
    )),
    "Prometheus lost its Alertmanager": HomelabBreak(alertmanager_is_lost, (
        "docs/alertmanager.md cell-differs Arrows in.Now", f"{INDEX} arrow-not-live Prometheus -> Alertmanager",
        f"{PROM} cell-differs Arrows out.Now",
    )),
    "a dashboard is gone": HomelabBreak(dashboard_is_gone, (
        "docs/grafana.md row-not-live Logs", "docs/loki.md row-not-live Dashboards",
    )),
    "a runbook's page is not there": HomelabBreak(runbook_leads_nowhere, (
        f"{PROM} cell-differs TargetDown.Component", f"{PROM} cell-differs TargetDown.Runbook",
        f"{YML} broken-runbook-link TargetDown",
    )),
    "a runbook's heading is not there": HomelabBreak(anchor_leads_nowhere, (f"{PROM} broken-runbook-link TargetDown",)),
    "an alert has no runbook": HomelabBreak(runbook_is_gone, (
        f"{PROM} cell-differs TargetDown.Component", f"{PROM} cell-differs TargetDown.Runbook",
        f"{YML} alert-without-runbook TargetDown",
    )),
    "a rule is gone": HomelabBreak(rule_is_gone, (f"{PROM} row-not-live TargetDown",)),
    "a redirect is renamed": HomelabBreak(redirect_is_renamed, ("docs/oidc.md cell-differs Paperless.Redirects to",)),
    "a certificate ends": HomelabBreak(certificate_ends, (f"{VAULT} certificate-ends vault.homelab.local",)),
    "an Application is OutOfSync": HomelabBreak(out_of_sync, (f"{YML} out-of-sync jellyfin",)),
    "an Application is Degraded": HomelabBreak(degraded, (f"{YML} unhealthy jellyfin",)),
    "an Application comes from another repository": HomelabBreak(repository_is_moved, (
        "docs/argocd.md cell-differs Arrows in.Now", "docs/git.md row-not-documented git.example.com-loki",
        "docs/git.md cell-differs Loki.Repository", f"{INDEX} row-not-documented git.example.com-loki",
        "docs/incident/index.md row-not-documented git.example.com-loki",
        *2 * ("docs/stack.md arrow-not-documented git.example.com-loki -> ArgoCD",
              "docs/stack.md node-not-documented git.example.com-loki"),
    )),
    "a schedule is gone": HomelabBreak(schedule_is_gone, (
        "docs/authentik.md cell-differs Backed up by.Now", f"{VAULT} cell-differs Backed up by.Now",
        f"{VELERO} row-not-live nightly",
    )),
    "a sync window is new": HomelabBreak(sync_window_is_new, ("docs/argocd.md row-not-documented default",)),
}  # fmt: skip
