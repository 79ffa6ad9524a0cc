"""The statuses that the homelab's own controllers would write, for those that cannot be had here.

Deployments, volumes and pods are looked after by the real Kubernetes controllers, Applications by the real ArgoCD.
But kwok's pods hold no program, so that nobody answers for kube-vip, Traefik, external-secrets and Velero. Each
function here plays one of them: it reads what its controller watches and writes what that would report, through the
API as the controller does, and only while the controller's own Deployment is available. None of them makes or reads
a Secret, and nothing here is of a shape that its controller does not write.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx

from tests.real.servers.cluster import Cluster

Object = dict[str, Any]
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


class StandIns:
    """Plays the controllers in a thread until it is left; an error of the thread is raised there."""

    def __init__(self, cluster: Cluster) -> None:
        self._api = cluster.client()
        self._over = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="stand-ins", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(timeout=30)
        self._api.close()
        if self._error is not None and not isinstance(error, KeyboardInterrupt):
            raise self._error from error  # why nothing became ready, where that is what went wrong

    def _run(self) -> None:
        try:
            while not self._over.wait(0.5):
                with contextlib.suppress(httpx.TransportError):  # a slow machine's API server; asked again soon
                    for deployment, play in CONTROLLERS.items():
                        if _available(self._api, deployment):
                            play(self._api)
        except Exception as error:
            self._error = error


def kube_vip(api: httpx.Client) -> None:
    """Give each Service of the type LoadBalancer the address that its annotation asks for."""
    for service in _objects(api, "/api/v1/services"):
        address = service["metadata"].get("annotations", {}).get("kube-vip.io/loadbalancerIPs")
        if service["spec"]["type"] == "LoadBalancer" and address:
            _report(api, service, {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}})


def traefik(api: httpx.Client) -> None:
    """Accept routes and classes, and publish the address of Traefik's Service on them."""
    service = api.get("/api/v1/namespaces/traefik/services/traefik").raise_for_status().json()
    addresses = [each["ip"] for each in service["status"]["loadBalancer"].get("ingress", [])]
    if not addresses:
        return
    for ingress in _objects(api, "/apis/networking.k8s.io/v1/ingresses"):
        if ingress["spec"].get("ingressClassName") == "traefik":
            _report(api, ingress, {"loadBalancer": {"ingress": [{"ip": address} for address in addresses]}})
    group = "/apis/gateway.networking.k8s.io/v1"
    routes = list(_objects(api, f"{group}/httproutes"))
    for a_class in _objects(api, f"{group}/gatewayclasses"):
        _report(api, a_class, {"conditions": [_condition(a_class, "Accepted", "Handled by Traefik controller")]})
    for gateway in _objects(api, f"{group}/gateways"):
        _report(api, gateway, _gateway_status(gateway, routes, addresses))
    for route in routes:
        conditions = [_condition(route, "Accepted"), _condition(route, "ResolvedRefs")]
        parents = [
            {"parentRef": parent, "controllerName": "traefik.io/gateway-controller", "conditions": conditions}
            for parent in route["spec"]["parentRefs"]
        ]
        _report(api, route, {"parents": parents})


def _gateway_status(gateway: Object, routes: list[Object], addresses: list[str]) -> Object:
    attached = [parent.get("sectionName") for route in routes for parent in route["spec"]["parentRefs"]]
    listeners = [
        {
            "name": listener["name"],
            "attachedRoutes": attached.count(listener["name"]),
            "supportedKinds": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}],
            "conditions": [_condition(gateway, kind) for kind in ("Accepted", "Programmed", "ResolvedRefs")],
        }
        for listener in gateway["spec"]["listeners"]
    ]
    return {
        "addresses": [{"type": "IPAddress", "value": address} for address in addresses],
        "conditions": [_condition(gateway, "Accepted"), _condition(gateway, "Programmed")],
        "listeners": listeners,
    }


def external_secrets(api: httpx.Client) -> None:
    """Find the store valid once Vault runs, then every ExternalSecret synced. The Secrets are not made."""
    vault = api.get("/apis/apps/v1/namespaces/vault/statefulsets/vault")
    if vault.status_code != 200 or not vault.json()["status"].get("readyReplicas"):
        return
    group = "/apis/external-secrets.io/v1"
    for store in _objects(api, f"{group}/clustersecretstores"):
        ready = _condition(store, "Ready", "store validated", reason="Valid", observed=False)
        _report(api, store, {"capabilities": "ReadWrite", "conditions": [ready]})
    for secret in _objects(api, f"{group}/externalsecrets"):
        ready = _condition(secret, "Ready", "secret synced", reason="SecretSynced", observed=False)
        binding = {"name": secret["spec"]["target"]["name"]}
        _report(api, secret, {"binding": binding, "conditions": [ready], "refreshTime": _time(datetime.now(UTC))})


def velero(api: httpx.Client) -> None:
    """Validate the storage location, enable the schedules, and have made their last backups."""
    group = "/apis/velero.io/v1"
    now = datetime.now(UTC)
    for location in _objects(api, f"{group}/backupstoragelocations"):
        times = {"lastValidationTime": _time(now), "lastSyncedTime": _time(now)}
        _report(api, location, {"phase": "Available", **times})
    for schedule in _objects(api, f"{group}/schedules"):
        runs = past_runs(schedule["spec"]["schedule"], now, 4)
        for number, started in enumerate(runs):
            # The third last nightly one missed a volume: a history without a bad night is no history.
            bad = schedule["metadata"]["name"] == "nightly" and number == 2
            _have_made(api, _backup(schedule, started, errors=1 if bad else 0))
        _report(api, schedule, {"phase": "Enabled", "lastBackup": _time(runs[0])})
    weekly = [
        backup
        for backup in _objects(api, f"{group}/backups")
        if backup["metadata"].get("labels", {}).get("velero.io/schedule-name") == "weekly" and "status" in backup
    ]
    if weekly:
        _have_made(api, _restore(weekly[-1]))  # sorted by name, and so by time


def _backup(schedule: Object, started: datetime, *, errors: int) -> Object:
    template = schedule["spec"]["template"]
    ended = started + timedelta(minutes=7, seconds=42)
    hours = int(template["ttl"].partition("h")[0])
    status = {
        "phase": "PartiallyFailed" if errors else "Completed",
        "formatVersion": "1.1.0",
        "version": 1,
        "startTimestamp": _time(started),
        "completionTimestamp": _time(ended),
        "expiration": _time(started + timedelta(hours=hours)),
        "progress": {"itemsBackedUp": 214, "totalItems": 214},
        **({"errors": errors} if errors else {}),
    }
    name = schedule["metadata"]["name"]
    labels = {"velero.io/schedule-name": name, "velero.io/storage-location": template["storageLocation"]}
    meta = {"name": f"{name}-{started:%Y%m%d%H%M%S}", "namespace": "velero", "labels": labels}
    return {"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": meta, "spec": template, "status": status}


def _restore(backup: Object) -> Object:
    """The owner's trial: the passwords, restored into a namespace beside the living one."""
    ended = backup["status"]["completionTimestamp"]
    spec = {
        "backupName": backup["metadata"]["name"],
        "includedNamespaces": ["apps"],
        "namespaceMapping": {"apps": "restore-trial"},
    }
    status = {"phase": "Completed", "startTimestamp": ended, "completionTimestamp": ended}
    meta = {"name": f"trial-{backup['metadata']['name']}", "namespace": "velero"}
    return {"apiVersion": "velero.io/v1", "kind": "Restore", "metadata": meta, "spec": spec, "status": status}


def past_runs(cron: str, now: datetime, count: int) -> list[datetime]:
    """The last times that a cron line `minute hour * * weekday` named, newest first."""
    minute, hour, _, _, weekday = cron.split()
    day = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    found: list[datetime] = []
    while len(found) < count:
        if day <= now and weekday in ("*", str(day.isoweekday() % 7)):
            found.append(day)
        day -= timedelta(days=1)
    return found


CONTROLLERS: dict[str, Callable[[httpx.Client], None]] = {
    "kube-system/kube-vip-cloud-provider": kube_vip,
    "traefik/traefik": traefik,
    "external-secrets/external-secrets": external_secrets,
    "velero/velero": velero,
}
"""Who is played, by the Deployment that must be available for it."""


def _available(api: httpx.Client, deployment: str) -> bool:
    namespace, name = deployment.split("/")
    answer = api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
    return answer.status_code == 200 and bool(answer.json()["status"].get("availableReplicas"))


def _objects(api: httpx.Client, path: str) -> Iterator[Object]:
    answer = api.get(path)
    if answer.status_code == 404:  # its definition is not there yet
        return
    found = answer.raise_for_status().json()
    for item in found["items"]:
        yield {"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List"), **item}


def _report(api: httpx.Client, thing: Object, status: Object) -> None:
    """Write a status where it says something new; a time alone is nothing new."""
    if _timeless(status).items() <= _timeless(thing.get("status", {})).items():
        return
    answer = api.patch(f"{_path(thing)}/status", json={"status": status}, headers=MERGE_PATCH)
    if answer.status_code != 404:  # it may just have been deleted
        answer.raise_for_status()


def _have_made(api: httpx.Client, thing: Object) -> None:
    """Make an object with its status, unless it is there."""
    if api.get(_path(thing)).status_code == 404:
        api.post(_path(thing).rpartition("/")[0], json=thing).raise_for_status()
        api.patch(f"{_path(thing)}/status", json={"status": thing["status"]}, headers=MERGE_PATCH).raise_for_status()


def _path(thing: Object) -> str:
    version, meta = thing["apiVersion"], thing["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    kind = thing["kind"].lower()
    plural = f"{kind}es" if kind.endswith("s") else f"{kind}s"
    space = f"/namespaces/{meta['namespace']}" if "namespace" in meta else ""
    return f"{root}{space}/{plural}/{meta['name']}"


def _condition(
    thing: Object, kind: str, message: str = "", *, reason: str | None = None, observed: bool = True
) -> Object:
    found = {
        "type": kind,
        "status": "True",
        "reason": reason or kind,
        "message": message,
        "lastTransitionTime": _time(datetime.now(UTC)),
    }
    return {**found, "observedGeneration": thing["metadata"]["generation"]} if observed else found


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        times = ("lastTransitionTime", "refreshTime", "lastValidationTime", "lastSyncedTime")
        return {key: _timeless(each) for key, each in value.items() if key not in times}
    return [_timeless(each) for each in value] if isinstance(value, list) else value


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
