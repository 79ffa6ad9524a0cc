"""The API server's errors: Status objects, with its own words where it has some."""

from __future__ import annotations

from typing import Any

from starlette.responses import PlainTextResponse, Response

from truebook.replay.kubernetes.request import Target
from truebook.replay.quoting import quote, readable
from truebook.replay.system import json_answer

USER = "truebook-replay"
"""Whom the replay takes every caller for: a reader of what was recorded, and of nothing else."""


class Refused(Exception):
    """A request that is answered with an error. `details` and `metadata` are the Status object's own."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        message = readable(message)
        super().__init__(message)
        self.code = code
        self.status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": metadata or {},
            "status": "Failure",
            "message": message,
        }
        if reason:
            self.status["reason"] = reason
        if details is not None:
            self.status["details"] = details
        self.status["code"] = code

    def answer(self) -> Response:
        """The error as an HTTP answer."""
        return json_answer(self.status, self.code)


class PageNotFound(Refused):
    """A path below no API at all: the API server answers in plain text."""

    def __init__(self) -> None:
        super().__init__(404, "NotFound", "404 page not found")

    def answer(self) -> Response:
        """The error as an HTTP answer."""
        return PlainTextResponse("404 page not found\n", 404)


def bad_request(message: str) -> Refused:
    """A parameter that makes no sense."""
    return Refused(400, "BadRequest", message)


def no_such_resource() -> Refused:
    """A version, resource or subresource that discovery does not know."""
    return Refused(404, "NotFound", "the server could not find the requested resource", details={})


def method_not_allowed() -> Refused:
    """A verb that the resource does not have."""
    return Refused(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource", details={}
    )


def no_such_object(target: Target) -> Refused:
    """An object that is not in the recording, of a kind that is."""
    return Refused(404, "NotFound", f"{target.qualified} {quote(target.name)} not found", details=_details(target))


def forbidden(target: Target, why: str = "") -> Refused:
    """What a reader of the recorded resources may not do; `why` is said last."""
    resource = f"{target.resource}/{target.subresource}" if target.subresource else target.resource
    what = f"{target.qualified} {quote(target.name)}" if target.name else target.qualified
    # The API server takes a Namespace to be in itself.
    namespace = target.name if target.resource == "namespaces" and not target.group else target.namespace
    where = f"in the namespace {quote(namespace)}" if namespace else "at the cluster scope"
    message = (
        f"{what} is forbidden: User {quote(USER)} cannot {target.verb} resource {quote(resource)} "
        f"in API group {quote(target.group)} {where}{why and ': '}{why}"
    )
    return Refused(403, "Forbidden", message, details=_details(target))


def forbidden_path(verb: str, path: str, why: str = "") -> Refused:
    """A path outside of the API resources that a reader may not have."""
    message = f"forbidden: User {quote(USER)} cannot {verb} path {quote(path)}{why and ': '}{why}"
    return Refused(403, "Forbidden", message, details={})


def not_acceptable(message: str = "only the following media types are accepted: application/json") -> Refused:
    """None of the asked media types can be had."""
    return Refused(406, "NotAcceptable", message)


def invalid_options(field: str, reason: str, message: str) -> Refused:
    """List options that contradict each other."""
    causes = [{"reason": reason, "message": message, "field": field}]
    return Refused(
        422,
        "Invalid",
        f'ListOptions.meta.k8s.io "" is invalid: {field}: {message}',
        details={"group": "meta.k8s.io", "kind": "ListOptions", "causes": causes},
    )


def too_large_version(asked: int, current: int) -> Refused:
    """A resourceVersion later than anything recorded."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    return Refused(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        details={"causes": causes, "retryAfterSeconds": 1},
    )


def expired(message: str, token: str = "") -> Refused:
    """A state that is not kept: a recording holds one state only. `token` continues from there all the same."""
    return Refused(410, "Expired", message, metadata={"continue": token} if token else None)


def _details(target: Target) -> dict[str, str]:
    details = {"name": target.name, "group": target.group, "kind": target.resource}
    return {name: readable(value) for name, value in details.items() if value}
