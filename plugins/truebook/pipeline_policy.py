"""Whether the cluster itself keeps truebook's account from writing, and what that means for a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from truebook.claims import Reply
from truebook.errors import TruebookError
from truebook.guard import policy
from truebook.guard.policy import PolicyState
from truebook.settings import Settings
from truebook.state import kubeconfig


def find_out(settings: Settings, *, replayed: bool) -> PolicyState | None:
    """The state of `deploy/dry-run/policy.yaml` for truebook's account; None where there is no cluster to write to."""
    if replayed or not settings.kubernetes.enabled:
        return None
    try:
        connection = kubeconfig.connect(settings)
    except TruebookError as error:
        return PolicyState("unknown", error.message)
    with connection.client:
        return asyncio.run(policy.asked(_asking(connection)))


def _asking(connection: kubeconfig.Connection) -> Callable[[str, str, bytes], Awaitable[Reply]]:
    """Asks the API server; a failure is an answer of status 0."""

    async def ask(method: str, path: str, body: bytes) -> Reply:
        source = f"{method} {path}"
        try:
            headers = {"Accept": "application/json", "Content-Type": "application/json", **connection.headers()}
            answer = connection.client.request(
                method, path, content=body or None, headers=headers, extensions=dict(connection.extensions)
            )
        except (httpx.HTTPError, TruebookError):
            return Reply(0, source=source)
        return Reply.of(answer.status_code, answer.content, source)

    return ask


def note(found: PolicyState | None) -> str:
    """What to tell of it, empty where there is nothing to tell."""
    if found is None:
        return ""
    words = {"in-force": "in force", "absent": "not in force", "unknown": "not known to be in force"}
    return f"the cluster's own policy for dry runs is {words[found.state]}: {found.reason}"


def is_missed(found: PolicyState | None, settings: Settings) -> bool:
    """Whether the run can't count because the policy is required (`runbooks.require_policy`): exit code 2."""
    return settings.runbooks.require_policy and found is not None and found.state != "in-force"
