"""What the homelab's Prometheus scrapes: whatever its ServiceMonitors select, as its operator would have it.

`targets` joins ServiceMonitors, Services and EndpointSlices to pods' addresses; `configuration` is a
prometheus.yml with them. A pod's address is reached through the forge, so that Prometheus calls its targets by the
homelab's addresses.

`WORDS` has the metrics of the controllers that are played (standins.py): of each the few that the homelab's rules ask
for, made of the objects whose statuses its controller writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.real.servers.cluster import Cluster

Object = dict[str, Any]
SERVICE = "kubernetes.io/service-name"
SCRAPED, EVALUATED = "15s", "5s"
"""How often: the homelab's own half minute would be waited for. A target that is slow on a busy machine is not down."""


@dataclass(frozen=True)
class Target:
    """One address that is scraped, and the endpoint of the ServiceMonitor that selects it."""

    pool: str  # serviceMonitor/NAMESPACE/NAME/INDEX
    endpoint: Object
    namespace: str
    service: str
    pod: str
    address: str  # IP:PORT

    @property
    def labels(self) -> dict[str, str]:
        """What the operator's relabelling makes of it."""
        port = self.endpoint["port"]
        return {
            "job": self.service,
            "namespace": self.namespace,
            "service": self.service,
            "pod": self.pod,
            "endpoint": port,
        }


def targets(cluster: Cluster) -> list[Target]:
    """All that the cluster's ServiceMonitors select."""
    monitors = cluster.get("/apis/monitoring.coreos.com/v1/servicemonitors")["items"]
    services = cluster.get("/api/v1/services")["items"]
    slices = cluster.get("/apis/discovery.k8s.io/v1/endpointslices")["items"]
    return [target for monitor in monitors for target in _selected(monitor, services, slices)]


def _selected(monitor: Object, services: list[Object], slices: list[Object]) -> Iterator[Target]:
    meta, spec = monitor["metadata"], monitor["spec"]
    spaces = spec.get("namespaceSelector", {}).get("matchNames", [meta["namespace"]])
    for index, endpoint in enumerate(spec["endpoints"]):
        pool = f"serviceMonitor/{meta['namespace']}/{meta['name']}/{index}"
        for service in services:
            space, name = service["metadata"]["namespace"], service["metadata"]["name"]
            if space in spaces and _matches(spec["selector"], service["metadata"].get("labels", {})):
                own = [each for each in slices if _of(each, space, name)]
                for pod, address in _addresses(own, endpoint["port"]):
                    yield Target(pool, endpoint, space, name, pod, address)


def _of(found: Object, namespace: str, service: str) -> bool:
    meta = found["metadata"]
    return (meta["namespace"], meta.get("labels", {}).get(SERVICE)) == (namespace, service)


def _addresses(slices: Iterable[Object], port: str) -> Iterator[tuple[str, str]]:
    for found in slices:
        numbers = [each["port"] for each in found.get("ports") or () if each.get("name") == port]
        for endpoint in found.get("endpoints") or () if numbers else ():
            yield endpoint["targetRef"]["name"], f"{endpoint['addresses'][0]}:{numbers[0]}"


def _matches(selector: Object, labels: Mapping[str, str]) -> bool:
    wanted = {key: [value] for key, value in selector.get("matchLabels", {}).items()}
    for expression in selector.get("matchExpressions", []):
        if expression["operator"] != "In":
            raise ValueError(f"a selector that is not understood here: {expression}")
        wanted[expression["key"]] = expression["values"]
    return all(labels.get(key) in values for key, values in wanted.items())


def configuration(own: Object, found: Iterable[Target], rules: Iterable[str], proxy: str) -> Object:
    """The homelab's own prometheus.yml with these targets and rule files.

    Its `kubelet` job is left out, as kwok's nodes have no kubelets.
    """
    pools: dict[str, Object] = {}
    for target in found:
        endpoint = target.endpoint
        pool = pools.setdefault(
            target.pool,
            {
                "job_name": target.pool,
                "metrics_path": endpoint.get("path", "/metrics"),
                "params": endpoint.get("params", {}),
                "honor_labels": endpoint.get("honorLabels", False),
                "proxy_url": proxy,
                "static_configs": [],
            },
        )
        pool["static_configs"].append({"targets": [target.address], "labels": target.labels})
    managers = [{**each, "proxy_url": proxy} for each in own["alerting"]["alertmanagers"]]
    return {
        "global": {
            **own["global"],
            "scrape_interval": SCRAPED,
            "scrape_timeout": SCRAPED,
            "evaluation_interval": EVALUATED,
        },
        "rule_files": list(rules),
        "alerting": {"alertmanagers": managers},
        "scrape_configs": list(pools.values()),
    }


# --- the metrics of controllers that are played -------------------------------------------------------------------


def _velero(cluster: Cluster) -> Iterator[str]:
    backups = cluster.get("/apis/velero.io/v1/backups")["items"]
    schedules = sorted({each["metadata"]["labels"]["velero.io/schedule-name"] for each in backups})
    for schedule in schedules:
        own = [each for each in backups if each["metadata"]["labels"]["velero.io/schedule-name"] == schedule]
        ended = [each["status"]["completionTimestamp"] for each in own if each["status"]["phase"] == "Completed"]
        yield _sample("velero_backup_last_successful_timestamp", _seconds(max(ended)), schedule=schedule)
        for metric, phase in (("failure", "Failed"), ("partial_failure", "PartiallyFailed")):
            count = sum(each["status"]["phase"] == phase for each in own)
            yield _sample(f"velero_backup_{metric}_total", count, schedule=schedule)


def _external_secrets(cluster: Cluster) -> Iterator[str]:
    for secret in cluster.get("/apis/external-secrets.io/v1/externalsecrets")["items"]:
        meta = secret["metadata"]
        for condition in secret.get("status", {}).get("conditions", []):
            labels = {"condition": condition["type"], "status": condition["status"]}
            name = {"name": meta["name"], "namespace": meta["namespace"]}
            yield _sample("externalsecret_status_condition", 1, **name, **labels)


def _traefik(cluster: Cluster) -> Iterator[str]:
    routers = cluster.get("/apis/networking.k8s.io/v1/ingresses")["items"]
    yield _sample("traefik_router_count", len(routers), provider="kubernetes")


def _sample(metric: str, value: float, **labels: str) -> str:
    return f"{metric}{{{','.join(f'{name}={json.dumps(text)}' for name, text in labels.items())}}} {value}\n"


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


WORDS: Mapping[tuple[str, str], Callable[[Cluster], Iterator[str]]] = {
    ("velero", "velero"): _velero,
    ("external-secrets", "external-secrets-metrics"): _external_secrets,
    ("traefik", "traefik-metrics"): _traefik,
}
"""Whose metrics are made up here, by namespace and Service."""
