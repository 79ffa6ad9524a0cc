"""The replay of the ArgoCD REST API."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from truebook.recording import Recording
from truebook.replay.system import System, json_answer


def app(recording: Recording) -> ASGIApp:
    """The ASGI app."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await json_answer({"error": "not yet", "code": 12, "message": "not yet"}, 501)(scope, receive, send)

    return serve


def environment(url: str, directory: Path) -> Mapping[str, str]:
    """The variables for the argocd CLI."""
    return {}


SYSTEM = System(app, environment)
