"""The source `configmaps`: what Grafana is provisioned with, where its API is not asked.

Only in the namespaces where Grafana stands, never cluster-wide: the ConfigMaps with its sidecars' labels, and those
that it mounts. A ConfigMap may hold anything, so only the fields that `grafana_files` names are kept of it. What the
account may not read is said, and is no failure: `get` and `list` of ConfigMaps by a Role in that namespace is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from truebook.errors import BadAnswer, NotServed, Unreachable
from truebook.inventory import look
from truebook.inventory.programs import programs
from truebook.recording import HttpAnswer, HttpData, Read, encode_http
from truebook.redact import redact_json
from truebook.state import kubeconfig
from truebook.state.fetch import Fetcher, Forbidden
from truebook.state.grafana_files import reduce
from truebook.state.source import Context, NotSetUp, Reading

LABELS = ("grafana_datasource", "grafana_dashboard")
"""What the sidecars of Grafana's chart look for."""
PAGE = 50
"""ConfigMaps of one page: a dashboard may fill a MiB."""
PAGES = 200

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_LISTS = {
    "Deployment": "apps/deployments",
    "StatefulSet": "apps/statefulsets",
    "DaemonSet": "apps/daemonsets",
}
"""Kinds of workload → where their objects stand in the part `kubernetes`."""


def read(context: Context) -> Reading:
    """Read the ConfigMaps. Raises NotSetUp where nothing runs Grafana, Unreachable where that is not known."""
    paths = _paths(context)
    connection = kubeconfig.connect(context.settings)
    with connection.client:
        fetcher = Fetcher(
            connection.client,
            system="configmaps",
            timeout=context.settings.kubernetes.timeout,
            headers=connection.headers,
            extensions=connection.extensions,
        )
        results = [_one(context, fetcher, path, label) for path, label in paths]
    answers = {read.what: answer for read, answer in results if answer is not None}
    return Reading(data=encode_http(HttpData(answers=answers)), reads=tuple(read for read, _ in results))


def _paths(context: Context) -> list[tuple[str, str]]:
    """The paths to ask for, each with the label to look for, which is empty for a single object."""
    part = context.parts.get("kubernetes")
    if part is None or part.state == "absent":
        raise NotSetUp("the cluster is not read")
    if part.state == "failed":
        raise Unreachable("configmaps: where Grafana stands is not known: the cluster could not be read")
    found: dict[tuple[str, str], None] = {}
    for namespace, names in _grafanas(context):
        space = f"/api/v1/namespaces/{namespace}/configmaps"
        found |= dict.fromkeys((space, label) for label in LABELS)
        found |= dict.fromkeys((f"{space}/{name}", "") for name in sorted(names))
    if not found:
        raise NotSetUp("no component runs Grafana")
    return list(found)


def _grafanas(context: Context) -> Iterator[tuple[str, set[str]]]:
    """The namespace of each workload that runs Grafana, and the ConfigMaps that it mounts."""
    known = context.known
    if "grafana" not in known.mentioned:
        return
    running = {
        workload.ref
        for subject in known.joined.subjects
        for workload in subject.workloads
        if "grafana" in programs(workload)
    }
    for ref in sorted(running, key=str):
        for found in known.objects(_LISTS.get(ref.kind, ""), {(ref.namespace, ref.name)}):
            yield ref.namespace, set(_mounted(found))


def _mounted(workload: Any) -> Iterator[str]:
    """The names of the ConfigMaps among the volumes of a workload's pods."""
    for _, volume in look.entries(workload, "spec", "template", "spec", "volumes"):
        for source in (volume, *(each for _, each in look.entries(volume, "projected", "sources"))):
            name = look.text(source, "configMap", "name")
            if _NAME.fullmatch(name):  # it becomes a part of a path
                yield name


class _Metadata(msgspec.Struct):
    name: str
    namespace: str = ""
    labels: dict[str, str] | None = None


class _ConfigMap(msgspec.Struct):
    metadata: _Metadata
    data: dict[str, str] | None = None


class _ListMeta(msgspec.Struct):
    token: str = msgspec.field(default="", name="continue")


class _Page(msgspec.Struct):
    metadata: _ListMeta
    items: list[_ConfigMap] | None = None


def _one(context: Context, fetcher: Fetcher, path: str, label: str) -> tuple[Read, HttpAnswer | None]:
    what = f"{path}?labelSelector={label}" if label else path
    try:
        found = _list(fetcher, path, label) if label else [_decoded(fetcher, path, {}, _ConfigMap)]
    except Forbidden as error:
        return Read(what, "forbidden", reason=error.message), None
    except NotServed as error:
        return Read(what, "absent", reason=error.message), None
    context.progress(what, len(found))
    items = [_reduced(each) for each in sorted(found, key=lambda each: each.metadata.name)]
    body = redact_json(msgspec.json.encode({"items": items} if label else items[0], order="deterministic"))
    return Read(what, "read", count=len(items)), HttpAnswer(200, msgspec.Raw(body))


def _list(fetcher: Fetcher, path: str, label: str) -> list[_ConfigMap]:
    found: list[_ConfigMap] = []
    params = {"labelSelector": label, "limit": str(PAGE)}
    for _ in range(PAGES):
        page = _decoded(fetcher, path, params, _Page)
        found += page.items or ()
        if not page.metadata.token:
            return found
        params = {**params, "continue": page.metadata.token}
    raise BadAnswer(f"configmaps: GET {path}: the list does not end")


def _decoded(fetcher: Fetcher, path: str, params: Mapping[str, str], shape: type[Any]) -> Any:
    body = fetcher.get(path, params=params).body
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadAnswer(f"configmaps: GET {path}: the answer is not a ConfigMap") from error


def _reduced(found: _ConfigMap) -> dict[str, Any]:
    """What is recorded of a ConfigMap: whose it is, and the known fields of known files."""
    files = {name: reduce(name, text) for name, text in sorted((found.data or {}).items())}
    return {
        "metadata": {
            "name": found.metadata.name,
            "namespace": found.metadata.namespace,
            "labels": found.metadata.labels or {},
        },
        "data": {name: kept for name, kept in files.items() if kept is not None},
    }
