"""The three reads: list, get and watch, from recorded objects to the bytes of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from truebook.replay import labels
from truebook.replay.kubernetes import ages, fields
from truebook.replay.kubernetes.media import Media
from truebook.replay.kubernetes.options import Options, Position, check_version, decode_position, encode_position
from truebook.replay.kubernetes.request import Target
from truebook.replay.kubernetes.status import (
    Refused,
    bad_request,
    expired,
    no_such_object,
    not_acceptable,
    too_large_version,
)
from truebook.replay.kubernetes.store import Item, Objects, Store, selects, version_of
from truebook.replay.quoting import quote

TOO_OLD_TO_CONTINUE = (
    "the continue token is of another state than the recorded one: list again without it, or go on with the token "
    "in this answer, whose rest may not fit the pages before"
)
Body = tuple[bytes, ...]
"""An answer in pieces: put together, a long list would be copied once more for every answer."""

INCLUDES = ("", "Metadata", "Object", "None")


@dataclass(frozen=True, slots=True)
class Read:
    """One read: what is asked for, of which objects, in which form. `include` is the table's includeObject."""

    target: Target
    objects: Objects
    store: Store
    media: Media
    include: str = ""

    @property
    def kind(self) -> str:
        """The kind of the objects."""
        return self.objects.list.kind


def get(read: Read, params: Mapping[str, str]) -> bytes:
    """One object. Raises Refused where it does not exist."""
    asked = params.get("resourceVersion", "")
    if asked and (problem := check_version(asked)):
        raise Refused(500, "", problem)
    if asked and int(asked) > read.store.newest:
        raise too_large_version(int(asked), read.store.newest)
    item = read.objects.get(read.target.namespace, read.target.name)
    if item is None:
        raise no_such_object(read.target)
    match read.media.form:
        case "Table":
            _check_include(read)
            return _table(read, [item], {"resourceVersion": item.meta.resourceVersion})
        case "PartialObjectMetadata":
            return item.partial(read.media.version)
        case "PartialObjectMetadataList":
            raise not_acceptable(f"you requested {read.media.form}, but the requested object is not a list")
    return item.raw


def list_(read: Read, options: Options) -> Body:
    """A list, or a page of one. Raises Refused."""
    objects, newest = read.objects, read.objects.newest
    position = _position(read, options)
    if options.version is not None and options.version > read.store.newest:
        raise too_large_version(options.version, read.store.newest)
    exact = options.match == "Exact" or (options.limit and not options.match and options.version)
    if exact and options.version and options.version < newest:
        raise expired("The resourceVersion for the provided list is too old.")

    namespace = read.target.namespace
    start = f"{namespace}/{position.start}" if namespace and position else position.start if position else ""
    candidates = objects.within(namespace, start)
    selected = _selection(read, options)
    # A list that may come from the cache, or of one name, comes whole.
    one_name = selected is not None and selected.one_name and bool(namespace or not objects.list.namespaced)
    limit = 0 if options.version == 0 or one_name else options.limit
    chosen, rest = _page(candidates, selected, limit)

    metadata: dict[str, object] = {"resourceVersion": str(newest)}
    if rest:
        key = chosen[-1].key.removeprefix(f"{namespace}/") if namespace else chosen[-1].key
        metadata["continue"] = encode_position(Position(newest, f"/{key}\0"))
        if selected is None:
            metadata["remainingItemCount"] = rest

    match read.media.form:
        case "Table":
            _check_include(read)
            return (_table(read, chosen, metadata),)
        case "PartialObjectMetadataList":
            partial = [item.partial(read.media.version) for item in chosen]
            return _envelope(
                "PartialObjectMetadataList", f"meta.k8s.io/{read.media.version}", metadata, b",".join(partial)
            )
        case "PartialObjectMetadata":
            raise not_acceptable(f"you requested {read.media.form}, but the requested object is a list")
    body = objects.joined if chosen is objects.items else b",".join([item.listed for item in chosen])
    return _envelope(f"{read.kind}List", objects.api_version, metadata, body)


def selected(read: Read, options: Options) -> list[Item]:
    """The objects that a collection's selectors select, all of them."""
    chosen = _selection(read, options)
    return [item for item in read.objects.within(read.target.namespace) if chosen is None or chosen(item)]


def watch(read: Read, options: Options) -> Iterator[bytes]:
    """The events of a watch, a line each. A recording has no future: what is there is sent, then it ends."""
    selected = _selection(read, options)
    items = [item for item in read.objects.within(read.target.namespace) if selected is None or selected(item)]
    if read.media.form == "PartialObjectMetadataList":
        raise not_acceptable()
    if read.media.form == "Table":
        _check_include(read)
    since = options.version or 0
    if since and not options.initial_events:
        newer = [item for item in items if version_of(item) > since]
        # Whether these were added or changed since then is not known.
        return iter([_too_old(since, read.objects.newest)] if newer else [])
    return _initial_events(read, items, bookmark=bool(options.initial_events and options.bookmarks))


def _initial_events(read: Read, items: Iterable[Item], *, bookmark: bool) -> Iterator[bytes]:
    first = True
    for item in items:
        if read.media.form == "Table":
            body = _table(read, [item], {"resourceVersion": item.meta.resourceVersion}, head=first)
        elif read.media.form == "PartialObjectMetadata":
            body = item.partial(read.media.version)
        else:
            body = item.raw
        yield b'{"type":"ADDED","object":' + body + b"}\n"
        first = False
    if bookmark:
        yield msgspec.json.encode({"type": "BOOKMARK", "object": _bookmark(read)}) + b"\n"


def _bookmark(read: Read) -> dict[str, object]:
    version = str(read.objects.newest)
    metadata = {"resourceVersion": version, "annotations": {"k8s.io/initial-events-end": "true"}}
    group_version = f"meta.k8s.io/{read.media.version}"
    partial: dict[str, object] = {"kind": "PartialObjectMetadata", "apiVersion": group_version, "metadata": metadata}
    if read.media.form == "Table":
        head = {"kind": "Table", "apiVersion": group_version}
        rows = [{"cells": [], "object": partial}]
        return {**head, "metadata": {"resourceVersion": version}, "columnDefinitions": None, "rows": rows}
    if read.media.form:
        return partial
    return {"kind": read.kind, "apiVersion": read.objects.api_version, "metadata": metadata}


def _too_old(since: int, newest: int) -> bytes:
    error = expired(f"too old resource version: {since} ({newest})")
    return msgspec.json.encode({"type": "ERROR", "object": error.status}) + b"\n"


def _position(read: Read, options: Options) -> Position | None:
    if not options.token:
        return None
    position = decode_position(options.token)
    if options.version:
        raise bad_request("specifying resource version is not allowed when using continue")
    newest = read.objects.newest
    if position.version >= 0 and position.version != newest:
        raise expired(TOO_OLD_TO_CONTINUE, encode_position(Position(-1, f"/{position.start}")))
    return position


class _Selection:
    """Both selectors of a request."""

    def __init__(self, by_labels: labels.Predicate | None, by_fields: fields.Selector | None) -> None:
        self.by_labels = by_labels
        self.by_fields = by_fields
        self.one_name = by_fields is not None and bool(by_fields.name)

    def __call__(self, item: Item) -> bool:
        if self.by_labels is not None and not self.by_labels(item.meta.labels or {}):
            return False
        return self.by_fields is None or selects(self.by_fields, item)


def _selection(read: Read, options: Options) -> _Selection | None:
    """The selectors, or None where all is selected. Raises Refused."""
    if not options.labels and not options.fields:
        return None
    key = read.target.key
    selectable = read.store.selectable.get(key, ()) if read.objects.custom else ()
    try:
        by_labels = labels.parse(options.labels) if options.labels else None
        by_fields = fields.parse(options.fields, key, read.objects.custom, selectable) if options.fields else None
    except labels.SelectorError as error:
        raise bad_request(str(error)) from None
    return _Selection(by_labels, by_fields)


def _page(items: Sequence[Item], selected: Callable[[Item], bool] | None, limit: int) -> tuple[Sequence[Item], int]:
    """The items of a page and how many stored ones are left after it."""
    if selected is None:
        return (items[:limit], max(len(items) - limit, 0)) if limit else (items, 0)
    chosen = []
    for index, item in enumerate(items):
        if selected(item):
            chosen.append(item)
            if len(chosen) == limit:
                return chosen, len(items) - index - 1
    return chosen, 0


def _envelope(kind: str, api_version: str, metadata: object, items: bytes) -> Body:
    head = msgspec.json.encode({"kind": kind, "apiVersion": api_version, "metadata": metadata})
    return head[:-1] + b',"items":[', items, b"]}"


def _check_include(read: Read) -> None:
    if read.include not in INCLUDES:
        raise bad_request(
            f"Unable to convert to Table as requested: includeObject: Invalid value: {quote(read.include)}: "
            "must be 'Metadata', 'Object', 'None', or empty"
        )


def _table(read: Read, items: Sequence[Item], metadata: object, *, head: bool = True) -> bytes:
    """A Table. `head` says whether it defines its columns: in a watch only the first one does."""
    columns = read.objects.list.columns
    definitions = [{name: getattr(column, name) for name in COLUMN} for column in columns]
    start = msgspec.json.encode(
        {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{read.media.version}",
            "metadata": metadata,
            "columnDefinitions": definitions if head else None,
        }
    )
    key, now = read.target.key, datetime.now(UTC)
    printers = ages.printers(key, columns)
    shallow = ages.only_metadata(key, columns)
    rows = []
    for item in items:
        cells: Sequence[object] = msgspec.json.decode(item.cells) if item.cells is not None else []
        found = item.decode_metadata() if shallow else item.decode()
        printed = [printers[index](found, cell, now) if index in printers else cell for index, cell in enumerate(cells)]
        rows.append(b'{"cells":%s,"object":%s}' % (msgspec.json.encode(printed), _row_object(read, item)))
    return b'%s,"rows":[%s]}' % (start[:-1], b",".join(rows))


COLUMN = ("name", "type", "format", "description", "priority")


def _row_object(read: Read, item: Item) -> bytes:
    match read.include:
        case "None":
            return b"null"
        case "Object":
            return item.raw
    return item.partial(read.media.version)


def offers_tables(objects: Objects) -> bool:
    """Whether the recording holds the table that the API server printed of these objects."""
    return bool(objects.list.columns) and len(objects.list.cells) == len(objects.list.items)
