"""The source `kubernetes`: the objects that components and relations are made of, read page by page.

Each list is asked for as a server-side table with whole objects, so that one read gives what `kubectl get` prints and
what the inventory needs. Objects stay bytes from the wire to the file: only their metadata is opened, to drop
`managedFields` and the last-applied annotation; redaction looks inside where something may be a secret.
Secrets are never asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import msgspec

from truebook.errors import BadAnswer, ConfigError, Denied, NotServed
from truebook.recording import Block, Cluster, Column, KubernetesData, Part, Read, ResourceList, encode_kubernetes
from truebook.redact import redact_json
from truebook.settings import Settings
from truebook.state import discovery, kubeconfig
from truebook.state.discovery import Resource
from truebook.state.fetch import Expired, Fetcher, Forbidden
from truebook.state.sources import Context, Reading
from truebook.state.tidy import Fields, tidy

RESOURCES = (
    "namespaces",
    "nodes",
    "pods",
    "services",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
    "limitranges",
    "apps/deployments",
    "apps/statefulsets",
    "apps/daemonsets",
    "apps/replicasets",
    "batch/jobs",
    "batch/cronjobs",
    "autoscaling/horizontalpodautoscalers",
    "networking.k8s.io/ingresses",
    "networking.k8s.io/ingressclasses",
    "discovery.k8s.io/endpointslices",
    "storage.k8s.io/storageclasses",
    "apiextensions.k8s.io/customresourcedefinitions",
    "gateway.networking.k8s.io/gateways",
    "gateway.networking.k8s.io/gatewayclasses",
    "gateway.networking.k8s.io/httproutes",
    "argoproj.io/applications",
    "argoproj.io/applicationsets",
    "argoproj.io/appprojects",
    "velero.io/backups",
    "velero.io/schedules",
    "velero.io/restores",
    "velero.io/backupstoragelocations",
    "external-secrets.io/externalsecrets",
    "external-secrets.io/secretstores",
    "external-secrets.io/clustersecretstores",
    "secrets.hashicorp.com/vaultstaticsecrets",
    "secrets.hashicorp.com/vaultdynamicsecrets",
    "secrets.hashicorp.com/vaultauths",
    "secrets.hashicorp.com/vaultconnections",
    "monitoring.coreos.com/prometheusrules",
    "monitoring.coreos.com/servicemonitors",
)
"""What is read wherever it is served, as `group/resource`; the preferred version is taken."""

NEVER = frozenset(("secrets", "core/secrets", "v1/secrets"))
NAMESPACED = frozenset(("configmaps", "core/configmaps", "v1/configmaps"))
"""What the source `configmaps` reads, where it is needed and no further."""
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json"
PAGE = 500
"""Objects of one page. What kubectl asks for, and a size at which etcd and API server stay calm."""
RESTARTS = 3
"""How often one list may start again because its continue token expired."""
PARALLEL = 6


class _ListMeta(msgspec.Struct):
    resource_version: str = msgspec.field(default="", name="resourceVersion")
    token: str = msgspec.field(default="", name="continue")


class _Row(msgspec.Struct):
    object: Fields
    cells: msgspec.Raw = msgspec.Raw(b"[]")


class _Page(msgspec.Struct):
    """A Table or a List: the one has rows, the other items."""

    metadata: _ListMeta
    columns: list[Column] | None = msgspec.field(default=None, name="columnDefinitions")
    rows: list[_Row] | None = None
    items: list[Fields] | None = None


_PAGE = msgspec.json.Decoder(_Page)
_FIELDS = msgspec.json.Decoder(Fields)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])

_Entry = tuple[bytes, bytes, bytes]
"""One object: its place in the order, itself, its table cells."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """One list: what is said about it, and its objects in blocks of a page each."""

    head: ResourceList
    blocks: list[Block]
    count: int


@dataclass(slots=True)
class _Pages:
    """One list as it comes in."""

    resource: Resource
    columns: list[Column] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    count: int = 0
    newest: int = 1
    last: bytes = b""
    sorted: bool = True

    def add(self, page: _Page) -> None:
        """Take over a page; nothing of its buffer is kept."""
        self.columns = self.columns or page.columns or []
        # An empty table may come with rows: null.
        entries = [self._entry(row.object, redact_json(bytes(row.cells))) for row in page.rows or ()]
        entries += [self._entry(item, b"[]") for item in page.items or ()]
        if not entries:
            return
        entries.sort()
        self.sorted = self.sorted and self.last <= entries[0][0]
        self.last = entries[-1][0]
        self.count += len(entries)
        self.blocks.append(_block(entries))

    def _entry(self, found: Fields, cells: bytes) -> _Entry:
        who = tidy(found)
        self.newest = max(self.newest, who.version)
        whole = {"apiVersion": self.resource.api_version, "kind": self.resource.kind, **found}
        return who.place, redact_json(msgspec.json.encode(whole)), cells

    def finish(self) -> _Listed:
        """The whole list by `namespace/name`, which is the order in which the API server keeps it.

        Its resourceVersion is its newest object's rather than the server's counter, which leases move on every few
        seconds: an unchanged cluster gives the same bytes.
        """
        if not self.sorted:
            self.blocks = [_block(sorted(_entries(self.blocks)))]
        resource = self.resource
        head = ResourceList(
            group=resource.group,
            version=resource.version,
            resource=resource.name,
            kind=resource.kind,
            namespaced=resource.namespaced,
            resource_version=str(self.newest),
            columns=self.columns,
        )
        return _Listed(head, self.blocks, self.count)


def _block(entries: list[_Entry]) -> Block:
    return Block(b",\n".join(entry[1] for entry in entries), b",\n".join(entry[2] for entry in entries))


def _entries(blocks: list[Block]) -> Iterator[_Entry]:
    """The single objects of blocks again, for a server whose pages are not in order."""
    for block in blocks:
        items = _RAWS.decode(b"[" + block.items + b"]")
        cells = _RAWS.decode(b"[" + block.cells + b"]")
        for item, row in zip(items, cells, strict=True):
            yield tidy(_FIELDS.decode(item)).place, bytes(item), bytes(row)


def wanted(settings: Settings) -> tuple[str, ...]:
    """The table and what the settings add. Raises ConfigError where they ask for Secrets or all ConfigMaps."""
    for key in settings.kubernetes.resources:
        if key.strip("/").lower() in NAMESPACED:
            raise ConfigError(
                "kubernetes.resources: ConfigMaps are never read cluster-wide, as they may hold anything; those that "
                f"Grafana is provisioned with are read in its namespace: '{key}'",
                path=settings.path,
            )
        if key.strip("/").lower() in NEVER:
            raise ConfigError(
                "kubernetes.resources: Secrets are never read; name an ExternalSecret or the workload that mounts it "
                f"instead of '{key}'",
                path=settings.path,
            )
    return tuple(dict.fromkeys((*RESOURCES, *settings.kubernetes.resources)))


def read(context: Context) -> Reading:
    """Read the cluster. Raises SourceError where nothing can be said, ConfigError for a wrong kubeconfig."""
    settings = context.settings
    keys = wanted(settings)
    connection = kubeconfig.connect(settings)
    with connection.client:
        fetcher = Fetcher(
            connection.client,
            system="kubernetes",
            timeout=settings.kubernetes.timeout,
            headers=connection.headers,
            extensions=connection.extensions,
        )
        return _read(context, fetcher, settings.cluster or connection.cluster, keys)


def _read(context: Context, fetcher: Fetcher, name: str, keys: Iterable[str]) -> Reading:
    version = _version(fetcher)
    documents = discovery.discover(fetcher)
    served = discovery.resources(documents)
    stale = discovery.stale_groups(documents)
    stop = threading.Event()

    def one(key: str) -> tuple[Read, _Listed | None]:
        resource = served.get(key)
        if resource is None and key.rpartition("/")[0] in stale:
            return Read(key, "failed", reason="its API group did not answer the API server"), None
        if resource is None:
            return Read(key, "absent", reason="not installed"), None
        try:
            found = _list(context, fetcher, resource, stop)
        except Forbidden as error:
            return Read(key, "forbidden", reason=error.message), None
        except NotServed as error:
            return Read(key, "absent", reason=error.message), None
        except BadAnswer as error:
            return Read(key, "failed", reason=error.message), None
        return Read(key, "read", count=found.count), found

    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="kubernetes") as pool:
        futures = [pool.submit(one, key) for key in keys]
        try:
            results = [future.result() for future in futures]
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    listed = {found.head.key: found for _, found in results if found is not None}
    lists = {key: found.head for key, found in listed.items()}
    reads = tuple(result for result, _ in results)
    if not lists and any(result.state == "forbidden" for result in reads):
        raise Denied("kubernetes: not permitted to list anything; see the least ClusterRole in the documentation")
    failed = [result.what for result in reads if result.state == "failed"]
    lists.update(_kept(context.previous, failed))
    data = KubernetesData(
        version=version,
        discovery={path: msgspec.Raw(msgspec.json.encode(document)) for path, document in documents.items()},
        lists=lists,
    )
    return Reading(
        data=encode_kubernetes(data, {key: found.blocks for key, found in listed.items()}),
        reads=reads,
        cluster=Cluster(name, str(version.get("gitVersion") or "")),
        problem="; ".join(result.reason for result in reads if result.state == "failed"),
    )


def _version(fetcher: Fetcher) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(fetcher.get("/version").body)
    except Forbidden:
        return {}
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadAnswer("kubernetes: GET /version: the answer is not JSON") from error
    if not isinstance(found, dict):
        raise BadAnswer("kubernetes: GET /version: not a version")
    return found


def _list(context: Context, fetcher: Fetcher, resource: Resource, stop: threading.Event) -> _Listed:
    """The whole list. An expired continue token starts it again from the first page."""
    if resource.kind == "Secret":
        raise BadAnswer(f"kubernetes: {resource.key}: Secrets are never read")
    for attempt in range(1, RESTARTS + 1):
        pages = _Pages(resource)
        try:
            _pages(context, fetcher, pages, stop)
        except Expired:
            if attempt == RESTARTS:
                raise
            continue
        return pages.finish()
    raise AssertionError("unreachable")  # pragma: no cover - the loop returns or raises


def _pages(context: Context, fetcher: Fetcher, pages: _Pages, stop: threading.Event) -> None:
    params = {"limit": str(PAGE), "includeObject": "Object"}
    path = pages.resource.path
    while not stop.is_set():
        body = fetcher.get(path, params=params, accept=TABLE).body
        try:
            page = _PAGE.decode(body)
            pages.add(page)
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
            raise BadAnswer(f"kubernetes: GET {path}: the answer is not a list") from error
        context.progress(pages.resource.key, pages.count)
        token = page.metadata.token
        if not token:
            return
        if token == params.get("continue"):
            raise BadAnswer(f"kubernetes: GET {path}: the list does not end")
        params["continue"] = token


def _kept(previous: Part | None, keys: list[str]) -> dict[str, ResourceList]:
    """The lists of the part before that could not be read this time."""
    if previous is None or not keys:
        return {}
    before = msgspec.json.decode(previous.data, type=KubernetesData)
    return {key: before.lists[key] for key in keys if key in before.lists}
