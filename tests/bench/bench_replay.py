"""A replay's answer to a list of 5,000 objects, against the same bytes served by the same server as a file would be.

Server and client share this process in both, so that only the making of the answer differs; the seconds are those of
its CPU, which the rest of the machine takes no part in.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.bench import Row
from truebook.recording import SCHEMA, Cluster, KubernetesData, Part, Recording, ResourceList, encode_kubernetes
from truebook.replay.serve import Replay, Server, listen, start

OBJECTS = 5_000
NAMESPACES = 50
REQUESTS = 20
"""Requests of one round."""

LIST = "/api/v1/pods"
PATHS = {
    f"list {OBJECTS:,} objects": (LIST, 1.25),
    f"list one namespace of {NAMESPACES}": (f"/api/v1/namespaces/namespace-07{LIST.removeprefix('/api/v1')}", 2.0),
    f"select 1 % of {OBJECTS:,} by label": (f"{LIST}?labelSelector=shard%3D42", None),
}


def pod(number: int) -> msgspec.Raw:
    """A Pod of about two kilobytes."""
    containers = [{"name": "main", "image": "registry.homelab.local/app:1", "args": ["--flag=value"] * 40}]
    conditions = [{"type": f"Condition{index}", "status": "True", "reason": "AsItShouldBe"} for index in range(6)]
    metadata = {
        "name": f"pod-{number:05}",
        "namespace": f"namespace-{number % NAMESPACES:02}",
        "uid": f"00000000-0000-0000-0000-{number:012}",
        "resourceVersion": str(1000 + number),
        "creationTimestamp": "2026-11-24T05:30:00Z",
        "labels": {"app.kubernetes.io/name": "app", "shard": str(number % 100)},
    }
    spec = {"nodeName": f"node-{number % 20}", "containers": containers}
    found = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": spec,
        "status": {"conditions": conditions},
    }
    return msgspec.Raw(msgspec.json.encode(found))


def recording() -> Recording:
    """The recording that is served."""
    resource = {"resource": "pods", "responseKind": {"kind": "Pod"}, "scope": "Namespaced", "verbs": ["get", "list"]}
    items = [{"metadata": {}, "versions": [{"version": "v1", "resources": [resource]}]}]
    document = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}
    pods = ResourceList("", "v1", "pods", "Pod", True, "9000", items=[pod(number) for number in range(OBJECTS)])
    discovery = {"/api": msgspec.Raw(json.dumps(document).encode())}
    data = encode_kubernetes(KubernetesData(discovery=discovery, lists={"pods": pods}))
    return Recording(SCHEMA, Cluster(), "2026-11-24T05:30:00Z", {"kubernetes": Part("fresh", data=data)})


def static(body: bytes) -> ASGIApp:
    """An app that always answers the same bytes."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(body, media_type="application/json")(scope, receive, send)

    return serve


def timed(fetch: Callable[[], httpx.Response]) -> float:
    """Seconds of CPU for one round."""
    began = time.process_time()
    for _ in range(REQUESTS):
        fetch()
    return time.process_time() - began


def measure(rounds: int) -> list[Row]:
    """Both in turn, `rounds` times, for each path."""
    with tempfile.TemporaryDirectory() as folder, start(recording(), directory=Path(folder)) as replay:
        return [_measure(replay, name, path, goal, rounds) for name, (path, goal) in PATHS.items()]


def _measure(replay: Replay, name: str, path: str, goal: float | None, rounds: int) -> Row:
    url = replay.urls["kubernetes"]
    with httpx.Client(trust_env=False) as client:
        began = time.process_time()
        body = client.get(url + path).raise_for_status().content
        first = time.process_time() - began
        server = Server("static", static(body), listen(0))
        try:
            client.get(server.url + path)
            ours, baseline = [], []
            for _ in range(rounds):
                baseline.append(timed(lambda: client.get(server.url + path)))
                ours.append(timed(lambda: client.get(url + path)))
        finally:
            server.close()
    facts = {"objects": len(json.loads(body)["items"]), "MB": len(body) / 1e6, "seconds at first": first}
    return Row(name=f"replay: {name}", ours=ours, baseline=baseline, goal=goal, facts=facts)
