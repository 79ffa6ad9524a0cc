"""Answers in the API server's own error shape."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from truebook.guard.request import Answer, GuardRequest, Refuse

REASONS = {
    400: "BadRequest",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    503: "ServiceUnavailable",
    504: "Timeout",
}
JSON = (("content-type", "application/json"),)


def status(code: int, message: str) -> Answer:
    """A failed `Status` with that code and message."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": REASONS.get(code, "Forbidden"),
        "code": code,
    }
    return Answer(code, JSON, msgspec.json.encode(body))


def refuse(request: GuardRequest | None, refusal: Refuse) -> Answer:
    """The refusal as a client of the API shows it."""
    return status(refusal.status, f"refused by truebook's guard: {refusal.reason}")


def gone(request: GuardRequest) -> Answer:
    """What the API server would say of an object that the block's dry run would have removed."""
    name = request.path.rpartition("/")[2]
    why = "truebook's guard takes it for gone, as this block's dry run would have removed it"
    return replace(status(404, f'"{name}" not found: {why}'), reason="gone, had the block's dry run been real")
