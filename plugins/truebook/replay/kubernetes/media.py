"""Which form of an answer the Accept header asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from truebook.replay.kubernetes.status import not_acceptable

Form = Literal["", "Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList"]


@dataclass(frozen=True, slots=True)
class Media:
    """A form that can be served: `form` is empty for the objects as they are; `group` and `version` are those
    of the form's kind."""

    form: Form = ""
    group: str = ""
    version: str = ""


PLAIN = Media()
TABLES = tuple(Media("Table", "meta.k8s.io", version) for version in ("v1", "v1beta1"))
PARTIAL = tuple(Media("PartialObjectMetadata", "meta.k8s.io", version) for version in ("v1", "v1beta1"))
PARTIAL_LISTS = tuple(Media("PartialObjectMetadataList", "meta.k8s.io", version) for version in ("v1", "v1beta1"))


def negotiate(accept: str, offered: tuple[Media, ...]) -> Media:
    """The first form asked for that is offered. Raises Refused (406) where there is none: a recording is JSON,
    so that YAML, protobuf and CBOR can't be had."""
    if not accept.strip():
        return PLAIN
    for mime, params in _clauses(accept):
        if mime not in ("application/json", "*/*"):
            continue
        asked = (params.get("as", ""), params.get("g", ""), params.get("v", ""))
        for media in offered:
            if asked == (media.form, media.group, media.version) or (media == PLAIN and not asked[0]):
                return media
    raise not_acceptable()


def _clauses(accept: str) -> Iterator[tuple[str, dict[str, str]]]:
    clauses = []
    for clause in accept.split(","):
        mime, *rest = (part.strip() for part in clause.split(";"))
        params = dict(part.partition("=")[::2] for part in rest)
        try:
            quality = float(params.pop("q", "1"))
        except ValueError:
            quality = 0.0
        if quality > 0:
            clauses.append((quality, mime, params))
    for _, mime, params in sorted(clauses, key=lambda clause: -clause[0]):
        yield mime, params
