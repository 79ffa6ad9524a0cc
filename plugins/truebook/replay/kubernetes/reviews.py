"""The reviews that callers ask for of themselves: `kubectl auth can-i` and `kubectl auth whoami`.

They are created by POST and are reads all the same: nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from truebook.replay.kubernetes import protobuf
from truebook.replay.kubernetes.request import Target
from truebook.replay.kubernetes.status import USER, bad_request

Permits = Callable[[Target], bool]
OPEN_PATHS = ("/api", "/apis", "/healthz", "/livez", "/openapi", "/readyz", "/version")

ACCESS = "selfsubjectaccessreviews"
REVIEWS = {("authorization.k8s.io", ACCESS), ("authentication.k8s.io", "selfsubjectreviews")}


def answer(target: Target, body: bytes, permits: Permits) -> dict[str, Any]:
    """The created review. `permits` says whether a resource may be read here. Raises Refused."""
    asked = _decode(body) if target.resource == ACCESS else {}
    api_version = f"{target.group}/{target.version}"
    if target.resource != ACCESS:
        user = {"username": USER, "groups": ["system:authenticated"]}
        return {
            "kind": "SelfSubjectReview",
            "apiVersion": api_version,
            "metadata": {"creationTimestamp": None},
            "status": {"userInfo": user},
        }
    spec = asked.get("spec") or {}
    allowed = _allowed(spec, permits)
    status = {"allowed": allowed} | ({"reason": "the recording holds it"} if allowed else {})
    head = {"kind": "SelfSubjectAccessReview", "apiVersion": api_version, "metadata": {"creationTimestamp": None}}
    return {**head, "spec": spec, "status": status}


def _decode(body: bytes) -> dict[str, Any]:
    try:
        if body.startswith(protobuf.MAGIC):
            return protobuf.decode_review(body)
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError) as error:
        raise bad_request(f"the object provided is unrecognized: {error}") from None


def _allowed(spec: dict[str, Any], permits: Permits) -> bool:
    path = spec.get("nonResourceAttributes")
    if path:
        top = "/" + str(path.get("path", "")).strip("/").partition("/")[0]
        return path.get("verb") == "get" and top in OPEN_PATHS
    asked = spec.get("resourceAttributes") or {}
    fields = ("verb", "group", "version", "resource", "namespace", "name", "subresource")
    return permits(Target(*(str(asked.get(field) or "") for field in fields)))
