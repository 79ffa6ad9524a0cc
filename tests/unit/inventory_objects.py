"""Small objects for the tests of the inventory; what a test is about it writes itself."""

from __future__ import annotations

from typing import Any

from tests.unit.recordings import recording
from truebook.inventory import build
from truebook.model import Component, Inventory
from truebook.settings import CatalogComponent, CatalogRelation, Find, Settings

LABEL = "app.kubernetes.io/"
TRACKING = "argocd.argoproj.io/tracking-id"
SHA = "0123456789abcdef0123456789abcdef01234567"


def workload(
    name: str,
    namespace: str = "apps",
    *,
    called: str | None = None,
    labels: dict[str, str] | None = None,
    pod: dict[str, str] | None = None,
    image: str = "registry/image:1.0",
    **metadata: Any,
) -> dict[str, Any]:
    """A workload whose one container has the workload's name; `called` is its name label."""
    named = {} if called is None else {f"{LABEL}name": called}
    return {
        "metadata": {"namespace": namespace, "name": name, "labels": named | (labels or {}), **metadata},
        "spec": {
            "template": {
                "metadata": {"labels": pod or {"app": name}},
                "spec": {"containers": [{"name": name, "image": image}]},
            }
        },
    }


def application(name: str, namespace: str = "apps", *, spec: Any = None, status: Any = None) -> dict[str, Any]:
    """An Application in `argocd` that deploys to a namespace of this cluster."""
    destination = {"server": "https://kubernetes.default.svc", "namespace": namespace}
    return {
        "metadata": {"namespace": "argocd", "name": name},
        "spec": {"destination": destination, **(spec or {})},
        "status": status or {},
    }


def resource(kind: str, name: str, namespace: str = "apps", group: str = "apps", **more: Any) -> dict[str, Any]:
    """An entry of an Application's `status.resources`."""
    return {"group": group, "kind": kind, "namespace": namespace, "name": name, **more}


def service(name: str, namespace: str = "apps", **selector: str) -> dict[str, Any]:
    """A Service; without a selector that of the workload of its name."""
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {"selector": selector or {"app": name}}}


def ingress(name: str, *hosts: str, namespace: str = "apps", to: str | None = None, **spec: Any) -> dict[str, Any]:
    """An Ingress of hosts that lead to one Service, by default that of its name."""
    paths = [{"path": "/", "backend": {"service": {"name": to or name}}}]
    rules = [{"host": host, "http": {"paths": paths}} for host in hosts]
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {"rules": rules, **spec}}


KEYS = {
    "applications": "argoproj.io/applications Application",
    "deployments": "apps/deployments Deployment",
    "statefulsets": "apps/statefulsets StatefulSet",
    "daemonsets": "apps/daemonsets DaemonSet",
    "services": "services Service",
    "ingresses": "networking.k8s.io/ingresses Ingress",
    "httproutes": "gateway.networking.k8s.io/httproutes HTTPRoute",
    "gateways": "gateway.networking.k8s.io/gateways Gateway",
    "external_secrets": "external-secrets.io/externalsecrets ExternalSecret",
    "stores": "external-secrets.io/secretstores SecretStore",
    "cluster_stores": "external-secrets.io/clustersecretstores ClusterSecretStore",
    "static_secrets": "secrets.hashicorp.com/vaultstaticsecrets VaultStaticSecret",
    "connections": "secrets.hashicorp.com/vaultconnections VaultConnection",
    "auths": "secrets.hashicorp.com/vaultauths VaultAuth",
    "monitors": "monitoring.coreos.com/servicemonitors ServiceMonitor",
    "prometheus_rules": "monitoring.coreos.com/prometheusrules PrometheusRule",
    "prometheuses": "monitoring.coreos.com/prometheuses Prometheus",
    "locations": "velero.io/backupstoragelocations BackupStorageLocation",
    "schedules": "velero.io/schedules Schedule",
    "backups": "velero.io/backups Backup",
    "restores": "velero.io/restores Restore",
    "claims": "persistentvolumeclaims PersistentVolumeClaim",
    "slices": "discovery.k8s.io/endpointslices EndpointSlice",
    "projects": "argoproj.io/appprojects AppProject",
}


def built(
    settings: Settings | None = None,
    *,
    git: Any = None,
    argocd: Any = None,
    states: Any = None,
    systems: Any = None,
    **lists: Any,
) -> Inventory:
    """The inventory of lists of objects, keyed as in `KEYS`."""
    objects = {KEYS[name]: items for name, items in lists.items()}
    found = recording(objects, git=git, argocd=argocd, states=states, systems=systems)
    return build(found, settings or Settings(), origin="a test")


def catalog(*components: CatalogComponent, relations: tuple[CatalogRelation, ...] = (), groups: Any = ()) -> Settings:
    """Settings of just a catalog."""
    return Settings(components=components, relations=relations, groups=groups)


def stated(name: str, *, find: dict[str, str] | None = None, **fields: Any) -> CatalogComponent:
    """A component of the catalog on line 7."""
    return CatalogComponent(name, 7, find=Find(**(find or {})), **fields)


def components(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """Component → its workloads, repositories left out."""
    found = {}
    for component in inventory.components:
        workloads = component.get("workloads") or ()
        assert isinstance(workloads, tuple)
        if workloads or component.get("application") or not component.get("repository"):
            found[component.name] = tuple(name.partition("/")[2] for name in workloads)
    return found


def only(settings: Settings | None = None, **lists: Any) -> Component:
    """The first component that is not merely a repository."""
    found = [
        c for c in built(settings, **lists).components if set(c.values) - {"repository", "url", "urls", "branch_head"}
    ]
    return found[0]


def runs(system: str, namespace: str, name: str | None = None, **more: Any) -> dict[str, Any]:
    """A Deployment that runs a system's program, called like it; a Service of its name leads to it."""
    name = name or system
    found = workload(name, namespace, called=name, image=f"{IMAGES[system]}:1", **more)
    found["spec"]["template"]["metadata"]["labels"] = {"app": name}
    return found


IMAGES = {
    "vault": "hashicorp/vault",
    "authentik": "ghcr.io/goauthentik/server",
    "prometheus": "prom/prometheus",
    "alertmanager": "prom/alertmanager",
    "grafana": "grafana/grafana",
    "loki": "grafana/loki",
    "velero": "velero/velero",
    "minio": "minio/minio",
    "argocd": "argoproj/argocd",
}


def pod_of(found: dict[str, Any]) -> dict[str, Any]:
    """The pod's spec of a workload, to be completed."""
    spec: dict[str, Any] = found["spec"]["template"]["spec"]
    return spec
