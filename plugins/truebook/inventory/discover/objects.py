"""Raw objects, decoded one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from truebook.recording import KubernetesData


def objects(kubernetes: KubernetesData, key: str) -> Iterator[Any]:
    """The objects of `group/resource`. One that Python cannot hold (bytes that are not UTF-8, a number without
    end) is left out: it must not take the others with it."""
    found = kubernetes.lists.get(key)
    for raw in found.items if found else ():
        try:
            yield msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
