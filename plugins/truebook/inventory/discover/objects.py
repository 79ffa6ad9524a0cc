"""Raw objects, decoded one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from truebook.recording import HttpData, KubernetesData


def objects(kubernetes: KubernetesData, key: str) -> Iterator[Any]:
    """The objects of `group/resource`. One that Python cannot hold (bytes that are not UTF-8, a number without
    end) is left out: it must not take the others with it."""
    found = kubernetes.lists.get(key)
    for raw in found.items if found else ():
        try:
            yield msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue


def body(answers: HttpData, path: str) -> Any:
    """The decoded body of a 200 answer, or None."""
    try:
        return answers.json(path)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
