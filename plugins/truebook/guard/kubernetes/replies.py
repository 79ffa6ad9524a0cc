"""Answers that can't be passed on as they are: what a Secret holds, and what makes a client wait for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from truebook.guard.kubernetes.paths import ResourcePath
from truebook.guard.kubernetes.status import JSON, status
from truebook.guard.request import Forward, ForwardAsDryRun, UpstreamAnswer

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
UID = "00000000-0000-0000-0000-000000000000"

_KEPT_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generateName")

Sent = TypeVar("Sent", bound=Forward)


def guarded(decision: ForwardAsDryRun, path: ResourcePath) -> ForwardAsDryRun:
    """A write whose answer would show a Secret's data is answered without them."""
    if path.group or path.resource != "secrets":
        return decision
    return with_reply(decision, without_data)


def unawaited(decision: ForwardAsDryRun) -> ForwardAsDryRun:
    """A delete that the guard made dry, for a client that did not ask for that and waits for the object's end. It
    takes an object that has another UID than the answer said for one that was made since, and waits no more."""
    return with_reply(decision, _another_uid)


def with_reply(decision: Sent, reply: Callable[[UpstreamAnswer], UpstreamAnswer]) -> Sent:
    """The decision with one more look at its answer, which then has to come in plain JSON."""
    before = decision.reply
    sent = decision.request.with_header("accept-encoding", "identity").with_header("accept", "application/json")
    both = reply if before is None else lambda answer: reply(before(answer))
    return replace(decision, request=sent, reply=both)


def without_data(answer: UpstreamAnswer) -> UpstreamAnswer:
    """Secrets, or a list of them, with nothing but their names and types; failures as they are."""
    found = _decode(answer)
    if found is None:
        return _withheld()
    if found.get("kind") == "Status":
        return answer
    if found.get("kind") == "Secret":
        return _encode(answer, _bare(found))
    if found.get("kind") == "SecretList":
        items = found.get("items") or []
        return _encode(answer, {**found, "items": [_bare(item) for item in items if isinstance(item, dict)]})
    return _withheld()


def table_only(answer: UpstreamAnswer) -> UpstreamAnswer:
    """A table, of whose objects nothing is left but which they are."""
    found = _decode(answer)
    if found is None:
        return _withheld()
    if found.get("kind") == "Status":
        return answer
    if found.get("kind") != "Table":
        return _withheld()
    rows = [
        {"cells": row.get("cells"), "object": _bare(row.get("object") or {})}
        for row in found.get("rows") or []
        if isinstance(row, dict)
    ]
    return _encode(answer, {**found, "rows": rows})


def _another_uid(answer: UpstreamAnswer) -> UpstreamAnswer:
    found = _decode(answer)
    if found is None or not 200 <= answer.status < 300:
        return answer
    for holder in ("metadata", "details"):
        if isinstance(found.get(holder), dict) and found[holder].get("uid"):
            found[holder]["uid"] = UID
    return _encode(answer, found)


def _bare(secret: dict[str, Any]) -> dict[str, Any]:
    metadata = secret.get("metadata") or {}
    kept = {key: metadata[key] for key in _KEPT_METADATA if key in metadata}
    return {**{key: secret[key] for key in ("kind", "apiVersion", "type") if key in secret}, "metadata": kept}


def _withheld() -> UpstreamAnswer:
    answer = status(403, "refused by truebook's guard: the answer could hold a Secret's data")
    return UpstreamAnswer(answer.status, answer.headers, answer.body)


def _decode(answer: UpstreamAnswer) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _encode(answer: UpstreamAnswer, body: dict[str, Any]) -> UpstreamAnswer:
    kept = tuple(pair for pair in answer.headers if pair[0] not in ("content-type", "content-length"))
    return UpstreamAnswer(answer.status, (*kept, *JSON), msgspec.json.encode(body))
