"""A large cluster that is not there: its answers are made once and served from memory by a process of its own.

    python -m tests.bench.cluster PODS APPLICATIONS      prints its URL and serves until its input ends

With a third word, `systems`, some of its deployments run the systems that truebook reads, and one signs in somewhere.

Objects look like those of a busy cluster: pods of about 2 KB with their managedFields on top, a third of them with a
secret reference, one in twenty with a password in plain text. Everything is derived from the object's number.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 500
SYSTEMS = (
    "grafana/grafana:12.4.2",
    "hashicorp/vault:1.21.1",
    "quay.io/prometheus/prometheus:v3.8.0",
    "quay.io/prometheus/alertmanager:v0.29.0",
    "grafana/loki:3.6.0",
    "ghcr.io/goauthentik/server:2026.8.1",
    "minio/minio:RELEASE.2026-09-07",
)
"""What the first deployments run, where the cluster has systems; none has an address at which it could be asked."""
ISSUER = {"name": "OIDC_ISSUER", "value": "https://login.homelab.local/application/o/app/"}
COLUMNS = [
    {"name": name, "type": "string", "format": "name" if name == "Name" else "", "description": name, "priority": 0}
    for name in ("Name", "Ready", "Status", "Age")
]


def identifier(number: int, kind: str) -> str:
    """A UID that looks like one."""
    digest = hashlib.sha256(f"{kind}{number}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def metadata(number: int, kind: str, name: str, **more: Any) -> dict[str, Any]:
    """Metadata as the API server gives it, managedFields included."""
    labels = {"app.kubernetes.io/name": f"app-{number % 400}", "app.kubernetes.io/instance": f"app-{number % 400}"}
    fields: dict[str, Any] = {
        f'k:{{"type":"{part}"}}': {".": {}, "f:status": {}, "f:type": {}} for part in ("Ready", "Available")
    }
    return {
        "name": name,
        "namespace": f"team-{number % 250:03}",
        "uid": identifier(number, kind),
        "resourceVersion": str(100_000 + number),
        "creationTimestamp": f"2026-10-{number % 28 + 1:02}T08:{number % 60:02}:00Z",
        "labels": labels,
        **more,
        "managedFields": [
            {
                "manager": manager,
                "operation": "Update",
                "apiVersion": "v1",
                "time": "2026-10-01T08:00:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:status": {"f:conditions": fields}},
            }
            for manager in ("kube-controller-manager", "kubelet")
        ],
    }


def container(number: int) -> dict[str, Any]:
    """A container of the application that the number stands for."""
    environment: list[dict[str, Any]] = [
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "UPSTREAM", "value": f"http://app-{(number + 1) % 400}.team-{number % 250:03}.svc:8080"},
    ]
    if number % 3 == 0:
        reference = {"secretKeyRef": {"name": f"app-{number % 400}", "key": "password"}}
        environment.append({"name": "DB_PASSWORD", "valueFrom": reference})
    if number % 20 == 1:
        environment.append({"name": "SMTP_PASSWORD", "value": f"hunter{number}"})
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10}
    return {
        "name": "app",
        "image": f"registry.homelab.local/app-{number % 400}:1.{number % 40}.2",
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "env": environment,
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "128Mi"}},
        "livenessProbe": probe,
        "readinessProbe": probe,
        "terminationMessagePath": "/dev/termination-log",
        "imagePullPolicy": "IfNotPresent",
    }


def pod(number: int) -> dict[str, Any]:
    """A running pod of about 2 KB without its managedFields."""
    name = f"app-{number % 400}-{identifier(number % 400, 'set')[:8]}-{identifier(number, 'pod')[:5]}{number}"
    volume = f"kube-api-access-{identifier(number, 'volume')[:5]}"
    mount = {"name": volume, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    digest = hashlib.sha256(str(number % 400).encode()).hexdigest()
    own = container(number)
    status = {
        "name": "app",
        "state": {"running": {"startedAt": "2026-10-01T08:00:04Z"}},
        "lastState": {},
        "ready": True,
        "restartCount": number % 3,
        "image": own["image"],
        "imageID": f"registry.homelab.local/app-{number % 400}@sha256:{digest}",
        "containerID": f"containerd://{hashlib.sha256(name.encode()).hexdigest()}",
        "started": True,
    }
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": name.rsplit("-", 1)[0],
        "uid": identifier(number % 400, "set"),
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {
        "metadata": metadata(number, "pod", name, ownerReferences=[owner]),
        "spec": {
            "volumes": [
                {
                    "name": volume,
                    "projected": {
                        "sources": [
                            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                        ],
                        "defaultMode": 420,
                    },
                }
            ],
            "containers": [{**own, "volumeMounts": [mount]}],
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default",
            "nodeName": f"node-{number % 40}",
            "schedulerName": "default-scheduler",
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}],
        },
        "status": {
            "phase": "Running",
            "conditions": [
                {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-10-01T08:00:05Z"}
                for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
            ],
            "podIP": f"10.{number // 65536 % 256}.{number // 256 % 256}.{number % 256}",
            "containerStatuses": [status],
            "qosClass": "Burstable",
        },
    }


def deployment(number: int) -> dict[str, Any]:
    """A deployment, half of them with the annotation of a client-side apply."""
    name = f"app-{number}"
    spec = {
        "replicas": 3,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container(number)]}},
    }
    annotations = {"deployment.kubernetes.io/revision": "4"}
    if number % 2:
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(
            {"kind": "Deployment", "spec": spec}
        )
    status = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 4}
    return {"metadata": metadata(number, "deployment", name, annotations=annotations), "spec": spec, "status": status}


def deployment_or_system(number: int) -> dict[str, Any]:
    """A deployment, the first of which run a system each."""
    found = deployment(number)
    if number < len(SYSTEMS):
        (own,) = found["spec"]["template"]["spec"]["containers"]
        own |= {"image": SYSTEMS[number], "env": [*own["env"], ISSUER]}
    return found


def service(number: int) -> dict[str, Any]:
    """A service."""
    ports = [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}]
    spec = {"type": "ClusterIP", "clusterIP": "10.96.0.1", "ports": ports, "selector": {"app": f"app-{number}"}}
    return {"metadata": metadata(number, "service", f"app-{number}"), "spec": spec, "status": {"loadBalancer": {}}}


def application(number: int) -> dict[str, Any]:
    """An Argo CD Application with a dozen resources."""
    repository = {
        "repoURL": "https://git.homelab.local/ops/apps.git",
        "path": f"apps/{number}",
        "targetRevision": "main",
    }
    helm = {"values": f"replicas: 3\nimage:\n  tag: 1.{number % 40}.2\ningress:\n  enabled: true\n"}
    revision = hashlib.sha256(str(number % 7).encode()).hexdigest()[:40]
    resources = [
        {
            "version": "v1",
            "kind": kind,
            "namespace": f"team-{number % 250:03}",
            "name": f"app-{number}",
            "status": "Synced",
        }
        for kind in ("Service", "ServiceAccount", "ConfigMap", "Deployment", "Ingress", "PodDisruptionBudget") * 2
    ]
    return {
        "metadata": {**metadata(number, "application", f"app-{number}"), "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {**repository, "helm": helm},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": f"team-{number % 250:03}"},
        },
        "status": {
            "sync": {"status": "Synced", "revision": revision},
            "health": {"status": "Healthy"},
            "resources": resources,
            "history": [{"id": 1, "revision": revision, "deployedAt": "2026-10-01T08:00:00Z"}],
        },
    }


def pages(kind: str, version: str, count: int, make: Callable[[int], dict[str, Any]]) -> list[bytes]:
    """The table pages of one list, in the order in which an API server keeps it."""
    found = []
    items = sorted(
        ({"kind": kind, "apiVersion": version, **make(number)} for number in range(count)),
        key=lambda item: f"{item['metadata']['namespace']}/{item['metadata']['name']}",
    )
    for start in range(0, count, PAGE):
        end = min(count, start + PAGE)
        rows = [
            {"cells": [item["metadata"]["name"], "1/1", "Running", "53d"], "object": item} for item in items[start:end]
        ]
        listed = {"resourceVersion": "900000"} | ({"continue": str(end)} if end < count else {})
        head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": listed}
        body = {**head, "columnDefinitions": COLUMNS, "rows": rows}
        found.append(json.dumps(body, separators=(",", ":")).encode())
    return found


def answers(pods: int, applications: int, *, systems: bool = False) -> dict[str, list[bytes]]:
    """All answers by path: for each hundred pods there are 14 deployments and 14 services."""
    others = pods * 14 // 100
    lists = {
        "/api/v1/pods": pages("Pod", "v1", pods, pod),
        "/api/v1/services": pages("Service", "v1", others, service),
        "/apis/apps/v1/deployments": pages(
            "Deployment", "apps/v1", others, deployment_or_system if systems else deployment
        ),
        "/apis/argoproj.io/v1alpha1/applications": pages(
            "Application", "argoproj.io/v1alpha1", applications, application
        ),
    }
    groups = {"": ("v1", ("pods", "services")), "apps": ("v1", ("deployments",))}
    groups["argoproj.io"] = ("v1alpha1", ("applications",))
    kinds = {"pods": "Pod", "services": "Service", "deployments": "Deployment", "applications": "Application"}

    def document(names: list[str]) -> list[bytes]:
        items = [
            {
                "metadata": {"name": name} if name else {},
                "versions": [
                    {
                        "version": groups[name][0],
                        "resources": [
                            {
                                "resource": resource,
                                "responseKind": {"group": name, "version": groups[name][0], "kind": kinds[resource]},
                                "scope": "Namespaced",
                                "verbs": ["get", "list"],
                            }
                            for resource in groups[name][1]
                        ],
                        "freshness": "Current",
                    }
                ],
            }
            for name in names
        ]
        return [json.dumps({"kind": "APIGroupDiscoveryList", "items": items}).encode()]

    version = [json.dumps({"major": "1", "minor": "36", "gitVersion": "v1.36.3"}).encode()]
    return {**lists, "/version": version, "/api": document([""]), "/apis": document(["apps", "argoproj.io"])}


class Handler(BaseHTTPRequestHandler):
    """Sends what is in memory."""

    protocol_version = "HTTP/1.1"
    found: dict[str, list[bytes]]

    def do_GET(self) -> None:
        """Answer one page."""
        parts = urlsplit(self.path)
        found = self.found.get(parts.path)
        body = b"{}" if found is None else found[int(parse_qs(parts.query).get("continue", ["0"])[0]) // PAGE]
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Be quiet."""


@contextmanager
def serving(pods: int, applications: int, *, systems: bool = False) -> Iterator[str]:
    """The URL of such a cluster in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.cluster", str(pods), str(applications)]
    command += ["systems"] if systems else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def main() -> None:
    """Serve until the input ends."""
    Handler.found = answers(int(sys.argv[1]), int(sys.argv[2]), systems=sys.argv[3:] == ["systems"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
