"""The recording: everything the sources said, redacted at birth, as one JSON file.

    {"schema": 1,
     "cluster": {"name": "homelab", "version": "v1.36.3"},
     "recorded_at": "2026-11-24T05:30:00Z",
     "parts": {"kubernetes": PART, "argocd": PART, "git": PART}}

    PART = {"state": "fresh", "read_at": "…Z", "reason": "",
            "reads": [{"what": "apps/deployments", "state": "read", "count": 12, "reason": ""}],
            "data": …}           the source's own shape: KubernetesData, HttpData or GitData

Objects are kept as raw JSON (`msgspec.Raw`): a hundred thousand of them cost their bytes, not a tree of
dicts, and a reader decodes the kinds it wants. The writer puts one object on a line, in a stable order,
so that two recordings can be compared with `diff`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from truebook.errors import RecordingError
from truebook.model import SourceState, SourceStatus, Unread

SCHEMA = 1
SWITCHED_OFF = "switched off in the settings"
"""The reason of a part that is absent because the settings want it so."""

ReadState = Literal["read", "absent", "forbidden", "failed"]
"""absent: not installed there. forbidden: not permitted. failed: anything else, see the reason."""


class Read(msgspec.Struct, frozen=True):
    """One thing that was asked for: an API resource (`apps/deployments`), a path or a repository."""

    what: str
    state: ReadState
    count: int = 0
    reason: str = ""


class Part(msgspec.Struct, frozen=True):
    """What one source said. `data` is raw JSON, empty object where nothing is known. `stand_in` says, where what
    answered was not the system itself, what it was."""

    state: SourceState
    read_at: str = ""
    reason: str = ""
    reads: list[Read] = []
    stand_in: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Cluster(msgspec.Struct, frozen=True):
    """The cluster's name (settings, else the kubeconfig's) and gitVersion."""

    name: str = ""
    version: str = ""


class Column(msgspec.Struct, frozen=True):
    """A column of a server-side table, as the API server defines it."""

    name: str
    type: str
    format: str = ""
    description: str = ""
    priority: int = 0


class ResourceList(msgspec.Struct, frozen=True):
    """All objects of one resource, sorted by namespace and name.

    `cells[i]` are the table cells of `items[i]` as the server printed them at `read_at`; both `columns` and
    `cells` are empty where the server offers no table. `version` is the one it was read in.
    """

    group: str
    version: str
    resource: str
    kind: str
    namespaced: bool
    resource_version: str = ""
    columns: list[Column] = []
    items: list[msgspec.Raw] = []
    cells: list[msgspec.Raw] = []

    @property
    def key(self) -> str:
        """`group/resource`, or the bare resource for the core group: `apps/deployments`, `pods`."""
        return f"{self.group}/{self.resource}" if self.group else self.resource


class KubernetesData(msgspec.Struct, frozen=True):
    """Data of the source `kubernetes`.

    `version` is the answer of `/version`; `discovery` holds the aggregated discovery documents of `/api` and
    `/apis` as they came; `lists` is keyed by `ResourceList.key`.
    """

    version: dict[str, Any] = {}
    discovery: dict[str, msgspec.Raw] = {}
    lists: dict[str, ResourceList] = {}

    def objects(self, key: str) -> Iterator[dict[str, Any]]:
        """Decode the objects of `group/resource` one by one; nothing where it was not read."""
        found = self.lists.get(key)
        for raw in found.items if found else ():
            yield msgspec.json.decode(raw)


class HttpAnswer(msgspec.Struct, frozen=True):
    """One recorded HTTP answer; `body` is redacted JSON."""

    status: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class HttpData(msgspec.Struct, frozen=True):
    """Data of a source that is read by plain GETs (`argocd`): `url` is its base (no credentials, no trailing
    slash), `answers` is keyed by path, query included: `/api/v1/applications`. A source that asks several hosts
    (`oidc`) has no `url` and is keyed by whole URLs. What is asked by another method has it in front: `HEAD /velero`.
    A body that is not JSON is kept as a string."""

    url: str = ""
    answers: dict[str, HttpAnswer] = {}

    def json(self, path: str) -> Any:
        """The decoded body of a 200 answer to `path`, or None."""
        found = self.answers.get(path)
        return msgspec.json.decode(found.body) if found is not None and found.status == 200 else None


class GitRemote(msgspec.Struct, frozen=True):
    """What `git ls-remote --symref` said of one repository. `refs` maps full ref names to object ids, peeled
    tags under their own name; `head` is the ref HEAD points to; `error` says why there is nothing.

    `distances` is keyed by `<deployed>..<head>` (object ids), where both were to be had: `ahead` are the commits of
    the head that are not deployed, `behind` those deployed that the head does not have."""

    url: str
    head: str = ""
    refs: dict[str, str] = {}
    error: str = ""
    distances: dict[str, dict[str, int]] = {}


class GitData(msgspec.Struct, frozen=True):
    """Data of the source `git`, keyed by the repository's URL without credentials."""

    remotes: dict[str, GitRemote] = {}


class Recording(msgspec.Struct, frozen=True):
    """The whole recording. See the module's docstring for its shape on disk."""

    schema: int
    cluster: Cluster
    recorded_at: str
    parts: dict[str, Part] = {}

    def _data(self, source: str, shape: type[Any]) -> Any:
        part = self.parts.get(source)
        if part is None:
            return shape()
        try:
            return msgspec.json.decode(part.data, type=shape)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise RecordingError(f"part '{source}' is not of schema {SCHEMA}: {error}") from error

    def kubernetes(self) -> KubernetesData:
        """The part `kubernetes`, empty where it was not read."""
        data: KubernetesData = self._data("kubernetes", KubernetesData)
        return data

    def http(self, source: str) -> HttpData:
        """The part of a source of the HttpData shape, empty where it was not read."""
        data: HttpData = self._data(source, HttpData)
        return data

    def git(self) -> GitData:
        """The part `git`, empty where it was not read."""
        data: GitData = self._data("git", GitData)
        return data

    def statuses(self) -> tuple[SourceStatus, ...]:
        """How each source fared, in the order of their names."""
        return tuple(
            SourceStatus(name, part.state, part.reason, part.read_at, part.stand_in, tuple(self._unread(name, part)))
            for name, part in sorted(self.parts.items())
        )

    def _unread(self, name: str, part: Part) -> Iterator[Unread]:
        """What there is nothing of in the part: what failed may still be there as it was before."""
        missing = [read for read in part.reads if read.state != "read"]
        kept: Container[str] = ()
        if any(read.state == "failed" for read in missing) and name != "git":
            kept = self.kubernetes().lists if name == "kubernetes" else self.http(name).answers
        for read in missing:
            if read.state != "read" and (read.state != "failed" or read.what not in kept):
                yield Unread(read.what, read.state, read.reason)


class Block(msgspec.Struct, frozen=True):
    """Consecutive objects of a list and their table cells, already JSON: one on a line, joined by `,\\n`."""

    items: bytes
    cells: bytes = b""


def encode_kubernetes(data: KubernetesData, blocks: Mapping[str, Sequence[Block]] | None = None) -> msgspec.Raw:
    """The source's data as the writer wants it: lists sorted by key, one object on a line.

    A list that has `blocks` is made of them in place of its own items and cells: a large one is never in memory as
    single objects. One join makes the whole, so that at most two copies of it exist.
    """
    chunks: list[bytes | msgspec.Raw] = [
        *(b'{"version":', msgspec.json.encode(data.version), b',"discovery":', msgspec.json.encode(data.discovery)),
        b',"lists":{',
    ]
    for place, key in enumerate(sorted(data.lists)):
        found = data.lists[key]
        made = None if blocks is None else blocks.get(key)
        items: Sequence[bytes | msgspec.Raw] = found.items if made is None else [block.items for block in made]
        cells: Sequence[bytes | msgspec.Raw] = found.cells if made is None else [block.cells for block in made]
        head = {name: getattr(found, name) for name in ResourceList.__struct_fields__[:7]}
        chunks += (b"," if place else b"", b"\n", msgspec.json.encode(key), b":", msgspec.json.encode(head)[:-1])
        chunks += (b',"items":[', *_on_lines(items), b'],"cells":[', *_on_lines(cells if found.columns else ()), b"]}")
    chunks.append(b"}}")
    return msgspec.Raw(b"".join(chunks))


def _on_lines(values: Sequence[bytes | msgspec.Raw]) -> Iterator[bytes | msgspec.Raw]:
    """The values of an array, each on a line of its own."""
    for number, value in enumerate(values):
        yield b",\n" if number else b"\n"
        yield value
    if values:
        yield b"\n"


def encode_http(data: HttpData) -> msgspec.Raw:
    """The source's data as the writer wants it: answers sorted by path, each on a line of its own."""
    answers = {path: data.answers[path] for path in sorted(data.answers)}
    body = b",\n".join(
        msgspec.json.encode(path) + b":" + msgspec.json.encode(answer) for path, answer in answers.items()
    )
    return msgspec.Raw(b'{"url":' + msgspec.json.encode(data.url) + b',"answers":{\n' + body + b"\n}}")


def encode_git(data: GitData) -> msgspec.Raw:
    """The source's data as the writer wants it: remotes and refs sorted."""
    remotes = {url: data.remotes[url] for url in sorted(data.remotes)}
    return msgspec.Raw(msgspec.json.encode({"remotes": remotes}, order="deterministic"))


def load(path: Path) -> Recording:
    """Read a recording. Raises RecordingError with the path and what is wrong."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Recording)
    except OSError as error:
        raise RecordingError(f"cannot read the recording: {error.strerror}", path=path) from error
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise RecordingError(f"not a truebook recording: {error}", path=path) from error
    if found.schema != SCHEMA:
        raise RecordingError(
            f"schema {found.schema} is not the one this truebook reads; record again for schema {SCHEMA}", path=path
        )
    return found


def _chunks(recording: Recording) -> Iterator[bytes | msgspec.Raw]:
    """The file's bytes in order; the data of the parts as it is, uncopied."""
    head = {"schema": recording.schema, "cluster": recording.cluster, "recorded_at": recording.recorded_at}
    yield msgspec.json.encode(head)[:-1] + b',"parts":{'
    for place, name in enumerate(sorted(recording.parts)):
        part = recording.parts[name]
        described = msgspec.json.encode(msgspec.structs.replace(part, data=msgspec.Raw(b"")))
        yield (b"," if place else b"") + msgspec.json.encode(name) + b":" + described.removesuffix(b"}")
        yield part.data
        yield b"}"
    yield b"}}\n"


def dump(recording: Recording) -> bytes:
    """The recording as bytes: the same recording gives the same bytes."""
    return b"".join(_chunks(recording))


class _Outline(msgspec.Struct):
    """What recordings of all schemas have in common."""

    schema: int
    parts: msgspec.Raw


def require_replaceable(path: Path) -> None:
    """Raise RecordingError where `save` could not write `path`, or would erase what truebook has not written: asked
    before the minutes that reading may take, and before somebody's catalog is gone for a slip of the hand."""
    if path.is_dir():
        raise RecordingError("is a folder; name a file", path=path)
    if path.exists() and path.stat().st_size:
        try:
            msgspec.json.decode(path.read_bytes(), type=_Outline)
        except OSError as error:
            raise RecordingError(f"cannot read what it would replace: {error.strerror}", path=path) from error
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise RecordingError(
                "is not a recording, and is not overwritten; name another file or remove it", path=path
            ) from error
    handle, name = _temporary(path)
    os.close(handle)
    Path(name).unlink()


def _temporary(path: Path) -> tuple[int, str]:
    """An open file beside `path`, to take its place when it is whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise RecordingError(f"cannot write the recording: {error.strerror}", path=path) from error


def save(recording: Recording, path: Path) -> None:
    """Write atomically: a reader sees the old file or the new one, a crash leaves the old one."""
    handle, name = _temporary(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(_chunks(recording))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise RecordingError(f"cannot write the recording: {error.strerror}", path=path) from error
    finally:
        Path(name).unlink(missing_ok=True)
