"""A small recording with discovery and tables, as the source `kubernetes` makes them, for the replay's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tests.unit.recordings import raw
from truebook.recording import (
    SCHEMA,
    Cluster,
    Column,
    HttpAnswer,
    HttpData,
    KubernetesData,
    Part,
    Recording,
    ResourceList,
    encode_http,
    encode_kubernetes,
)

Json = dict[str, Any]

VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.3", "platform": "linux/amd64"}
ALL_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
STATUS = {"status": (["get", "patch", "update"], None)}
SCALE = {**STATUS, "scale": (["get", "patch", "update"], {"group": "autoscaling", "version": "v1", "kind": "Scale"})}
POD = {
    **STATUS,
    "log": (["get"], None),
    "exec": (["create", "get"], {"group": "", "version": "", "kind": "PodExecOptions"}),
    "proxy": (["create", "get"], None),
    "eviction": (["create"], {"group": "policy", "version": "v1", "kind": "Eviction"}),
}
# Group, version, resource, kind, namespaced, short name, subresources.
SERVED: tuple[tuple[str, str, str, str, bool, str, dict[str, Any]], ...] = (
    ("", "v1", "configmaps", "ConfigMap", True, "cm", {}),
    ("", "v1", "events", "Event", True, "ev", {}),
    ("", "v1", "namespaces", "Namespace", False, "ns", STATUS),
    ("", "v1", "nodes", "Node", False, "no", STATUS),
    ("", "v1", "pods", "Pod", True, "po", POD),
    ("", "v1", "replicationcontrollers", "ReplicationController", True, "rc", SCALE),
    ("", "v1", "secrets", "Secret", True, "", {}),
    ("", "v1", "services", "Service", True, "svc", STATUS),
    ("apps", "v1", "daemonsets", "DaemonSet", True, "ds", STATUS),
    ("apps", "v1", "deployments", "Deployment", True, "deploy", SCALE),
    ("apps", "v1", "replicasets", "ReplicaSet", True, "rs", SCALE),
    ("apps", "v1", "statefulsets", "StatefulSet", True, "sts", SCALE),
    ("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, "", {}),
    ("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", False, "", {}),
    ("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, "hpa", STATUS),
    ("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, "hpa", STATUS),
    ("batch", "v1", "cronjobs", "CronJob", True, "cj", STATUS),
    ("batch", "v1", "jobs", "Job", True, "", STATUS),
    ("coordination.k8s.io", "v1", "leases", "Lease", True, "", {}),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, "", {}),
    ("networking.k8s.io", "v1", "ingresses", "Ingress", True, "ing", STATUS),
    ("argoproj.io", "v1alpha1", "applications", "Application", True, "app", {}),
    ("velero.io", "v1", "backups", "Backup", True, "bk", {}),
)
CUSTOM = ("argoproj.io", "velero.io")
NOT_IN_ALL = ("configmaps", "events", "namespaces", "nodes", "secrets", "leases", "endpointslices", "ingresses")


def ago(**how_long: float) -> str:
    """A timestamp that long ago."""
    return (datetime.now(UTC) - timedelta(**how_long)).strftime("%Y-%m-%dT%H:%M:%SZ")


def discovery() -> dict[str, msgspec.Raw]:
    """The aggregated documents of all that is served."""
    groups: dict[str, dict[str, list[Json]]] = {}
    for group, version, resource, kind, namespaced, short, subresources in SERVED:
        own = {"group": group, "version": version} if group in CUSTOM else {"group": "", "version": ""}
        entry = {
            "resource": resource,
            "responseKind": {**own, "kind": kind},
            "scope": "Namespaced" if namespaced else "Cluster",
            "singularResource": kind.lower(),
            "verbs": ["create"] if resource.endswith("reviews") else ALL_VERBS,
            "subresources": [
                {"subresource": name, "responseKind": other or {**own, "kind": kind}, "verbs": verbs}
                for name, (verbs, other) in subresources.items()
            ],
        }
        if short:
            entry["shortNames"] = [short]
        if resource not in NOT_IN_ALL and group not in CUSTOM and not resource.endswith("reviews"):
            entry["categories"] = ["all"]
        groups.setdefault(group, {}).setdefault(version, []).append(entry)
    head = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}}
    items = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [
                {"version": version, "resources": resources, "freshness": "Current"}
                for version, resources in versions.items()
            ],
        }
        for group, versions in groups.items()
    ]
    return {"/api": raw({**head, "items": items[:1]}), "/apis": raw({**head, "items": items[1:]})}


def column(text: str) -> Column:
    """A column from `Name:type` or `Name:type:description`."""
    name, kind, description = (*text.split(":", 2), "")[:3]
    return Column(name, kind, "name" if name == "Name" else "", description)


def resource(
    group: str,
    version: str,
    name: str,
    kind: str,
    columns: str,
    rows: Sequence[tuple[Json, list[Any]]],
    *,
    namespaced: bool = True,
) -> ResourceList:
    """A list with its table; `columns` are separated by `|`, see `column`."""
    api = f"{group}/{version}" if group else version
    defined = [column(text) for text in columns.split("|") if text]
    ordered = sorted(rows, key=lambda row: (row[0]["metadata"].get("namespace", ""), row[0]["metadata"]["name"]))
    items = [{"apiVersion": api, "kind": kind, **found} for found, _ in ordered]
    newest = max((int(item["metadata"].get("resourceVersion", 1)) for item in items), default=1)
    cells = [raw(row) for _, row in ordered]
    return ResourceList(
        *(group, version, name, kind, namespaced, str(newest), defined),
        items=list(map(raw, items)),
        cells=cells if defined else [],
    )


def meta(name: str, namespace: str = "", version: int = 10, **more: Any) -> Json:
    """An object's metadata, three hours old."""
    where = {"namespace": namespace} if namespace else {}
    return {
        **{"name": name, **where, "uid": f"uid-{namespace}-{name}", "resourceVersion": str(version)},
        **{"creationTimestamp": ago(hours=3, minutes=5), **more},
    }


def pod(name: str, namespace: str, phase: str, node: str = "node-a", version: int = 10, **labels: str) -> Json:
    """A Pod of one container."""
    image = "registry.homelab.local/app:1"
    return {
        "metadata": meta(name, namespace, version, labels=labels),
        "spec": {"nodeName": node, "restartPolicy": "Always", "containers": [{"name": "main", "image": image}]},
        "status": {
            "phase": phase,
            "containerStatuses": [
                {
                    **{"name": "main", "image": image, "imageID": "", "ready": phase == "Running", "restartCount": 2},
                    **{"state": {}, "lastState": {"terminated": {"exitCode": 1, "finishedAt": ago(minutes=30)}}},
                }
            ],
        },
    }


POD_COLUMNS = "Name:string|Ready:string|Status:string|Restarts:string|Age:string"


def pods() -> ResourceList:
    """Four pods in three namespaces; `vault-b` stands before `vault` in storage order."""
    return resource(
        *("", "v1", "pods", "Pod", POD_COLUMNS),
        [
            (pod("web-1", "default", "Running", app="web"), ["web-1", "1/1", "Running", "2 (5s ago)", "1s"]),
            (pod("web-2", "default", "Pending", "", app="web"), ["web-2", "0/1", "Pending", "0", "1s"]),
            (pod("vault-0", "vault", "Running", version=30, app="vault"), ["vault-0", "1/1", "Running", "0", "1s"]),
            (pod("other-0", "vault-b", "Running", app="vault"), ["other-0", "1/1", "Running", "0", "1s"]),
        ],
    )


def workload(name: str, namespace: str, replicas: int) -> Json:
    """A workload that is wholly rolled out."""
    labels = {"app": name}
    containers = [{"name": "main", "image": "registry.homelab.local/app:1"}]
    counts = ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas", "currentReplicas")
    condition = {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}
    return {
        "metadata": meta(name, namespace, labels=labels, generation=1),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "RollingUpdate"},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
        "status": {"observedGeneration": 1, **dict.fromkeys(counts, replicas), "conditions": [condition]},
    }


def applications() -> ResourceList:
    """One Application."""
    spec = {"project": "default", "source": {"repoURL": "https://git.homelab.local/a.git", "path": "vault"}}
    found = {"metadata": meta("vault", "argocd", labels={"team": "sec"}), "spec": spec, "status": {}}
    columns = "Name:string|Sync Status:string"
    rows = [(found, ["vault", "Synced"])]
    return resource("argoproj.io", "v1alpha1", "applications", "Application", columns, rows)


def lists() -> list[ResourceList]:
    """All that is recorded. ConfigMaps, leases and events are not."""
    backup = {"metadata": meta("nightly", "vault"), "spec": {}, "status": {"completionTimestamp": ago(days=4, hours=5)}}
    path = "Custom resource definition column (in JSONPath format)"
    done = f"Done:date:{path}: .status.completionTimestamp"
    port = {"number": 8200}
    backend = {"service": {"name": "vault", "port": port}}
    rule = {"host": "vault.homelab.local", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    service = {"type": "ClusterIP", "clusterIP": "10.0.0.9", "selector": {"app": "vault"}, "ports": [{"port": 8200}]}
    named = "Name:string|Age:string"
    return [
        pods(),
        applications(),
        resource(
            *("", "v1", "namespaces", "Namespace", "Name:string|Status:string|Age:string"),
            [
                ({"metadata": meta(n), "spec": {}, "status": {"phase": "Active"}}, [n, "Active", "1s"])
                for n in ("default", "vault", "vault-b")
            ],
            namespaced=False,
        ),
        resource(
            *("", "v1", "nodes", "Node", "Name:string|Status:string|Age:string"),
            [({"metadata": meta("node-a"), "spec": {}, "status": {"conditions": []}}, ["node-a", "Ready", "1s"])],
            namespaced=False,
        ),
        resource(
            *("", "v1", "services", "Service", "Name:string|Type:string|Age:string"),
            [({"metadata": meta("vault", "vault"), "spec": service, "status": {}}, ["vault", "ClusterIP", "1s"])],
        ),
        resource("", "v1", "replicationcontrollers", "ReplicationController", named, []),
        resource(
            *("apps", "v1", "deployments", "Deployment", "Name:string|Ready:string|Age:string|Images:string"),
            [(workload("web", "default", 2), ["web", "2/2", "1s", "app:1"])],
        ),
        resource(
            *("apps", "v1", "statefulsets", "StatefulSet", "Name:string|Ready:string|Age:string"),
            [(workload("vault", "vault", 1), ["vault", "1/1", "1s"])],
        ),
        resource("apps", "v1", "daemonsets", "DaemonSet", named, []),
        resource("apps", "v1", "replicasets", "ReplicaSet", named, []),
        resource("batch", "v1", "jobs", "Job", named, []),
        resource("batch", "v1", "cronjobs", "CronJob", named, []),
        resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", named, []),
        resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", named, []),
        resource(
            *("networking.k8s.io", "v1", "ingresses", "Ingress", "Name:string|Hosts:string|Age:string"),
            [({"metadata": meta("vault", "vault"), "spec": {"rules": [rule]}, "status": {}}, ["vault", "*", "1s"])],
        ),
        resource(
            *("velero.io", "v1", "backups", "Backup", f"Name:string|{done}"),
            [(backup, ["nightly", "1s"])],
        ),
    ]


def recording(
    found: Sequence[ResourceList] | None = None, *, argocd: dict[str, Any] | None = None, served: bool = True
) -> Recording:
    """The recording; `argocd` are answers by path, without it that part is absent."""
    data = KubernetesData(
        version=VERSION,
        discovery=discovery() if served else {},
        lists={one.key: one for one in (lists() if found is None else found)},
    )
    parts = {"kubernetes": Part("fresh", "2026-11-24T05:30:00Z", data=encode_kubernetes(data))}
    if argocd is not None:
        answers = {path: HttpAnswer(200, raw(body)) for path, body in argocd.items()}
        parts["argocd"] = Part("fresh", data=encode_http(HttpData("https://argocd.homelab.local", answers)))
    return Recording(SCHEMA, Cluster("homelab", "v1.36.3"), "2026-11-24T05:30:00Z", parts)
