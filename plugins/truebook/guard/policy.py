"""The cluster's own guard: whether an admission policy denies truebook's account every write that is not a dry run.

`deploy/dry-run/policy.yaml` holds it. It is read and compared; a write that would have to be denied is never tried.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from truebook.claims import Reply, dig, items, text
from truebook.guard.kubernetes import HEADERS
from truebook.guard.request import GuardRequest
from truebook.guard.upstream import Upstream

NAME = "truebook-dry-runs-only"
GROUP = "/apis/admissionregistration.k8s.io/v1"
POLICY = f"{GROUP}/validatingadmissionpolicies/{NAME}"
BINDING = f"{GROUP}/validatingadmissionpolicybindings/{NAME}"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

DRY_RUN_ONLY = frozenset(
    (
        "has(request.dryRun)&&request.dryRun==true",
        "has(request.dryRun)&&request.dryRun",
    )
)
"""Expressions, without their spaces, that hold for dry runs alone."""

State = Literal["in-force", "absent", "unknown"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PolicyState:
    """Whether the policy is in force for an account, and why not or why that is not known."""

    state: State
    reason: str
    account: str = ""


def judge(policy: Reply, binding: Reply, account: str) -> PolicyState:
    """What the answers for the policy and its binding say of the account (its username)."""
    for name, reply in (("policy", policy), ("binding", binding)):
        if reply.status == 404:
            return PolicyState("absent", f"the {name} {NAME} is not installed", account)
        if reply.status in (401, 403):
            return PolicyState("unknown", f"the account may not read the {name} {NAME}", account)
        if not reply.ok:
            return PolicyState("unknown", f"the {name} {NAME} could not be read (status {reply.status})", account)
    if not account:
        return PolicyState("unknown", "the API server does not say who the account is", account)
    gap = _policy_gap(policy.get("spec"), account) or _binding_gap(binding.get("spec"))
    if gap:
        return PolicyState("absent", gap, account)
    if policy.get("metadata", "deletionTimestamp") or binding.get("metadata", "deletionTimestamp"):
        return PolicyState("absent", "the policy or its binding is being deleted", account)
    seen, generation = policy.get("status", "observedGeneration"), policy.get("metadata", "generation")
    if isinstance(seen, int) and seen != generation:
        return PolicyState("unknown", "the API server has not yet read the policy's latest version", account)
    return PolicyState("in-force", f"writes of {account} that are no dry runs are denied", account)


def _policy_gap(spec: object, account: str) -> str:
    """What the policy leaves open, empty where nothing."""
    if dig(spec, "failurePolicy") not in (None, "Fail"):
        return "the policy lets writes pass when it fails"
    if dig(spec, "paramKind") is not None:
        return "the policy depends on parameters"
    constraints = dig(spec, "matchConstraints")
    if not any(_is_everything(rule) for rule in items(dig(constraints, "resourceRules"))):
        return "the policy does not match all operations on all resources"
    selective = ("namespaceSelector", "objectSelector")
    if items(dig(constraints, "excludeResourceRules")) or any(dig(constraints, name) for name in selective):
        return "the policy leaves some objects out"
    conditions = [text(dig(condition, "expression")) for condition in items(dig(spec, "matchConditions"))]
    if any(_bare(expression) not in _speaks_of(account) for expression in conditions):
        return f"the policy is not about {account} alone, or about another account"
    wanted = [text(dig(validation, "expression")) for validation in items(dig(spec, "validations"))]
    if not any(_bare(expression) in DRY_RUN_ONLY for expression in wanted):
        return "the policy does not ask for dry runs"
    return ""


def _binding_gap(spec: object) -> str:
    """What the binding leaves open, empty where nothing."""
    if dig(spec, "policyName") != NAME:
        return "the binding is of another policy"
    if "Deny" not in items(dig(spec, "validationActions")):
        return "the binding does not deny"
    if dig(spec, "paramRef") is not None or dig(spec, "matchResources"):
        return "the binding leaves some objects out"
    return ""


def _is_everything(rule: object) -> bool:
    """Whether a rule matches every operation on every resource and subresource."""
    names = items(dig(rule, "resourceNames"))
    parts = [items(dig(rule, name)) for name in ("apiGroups", "apiVersions", "operations")]
    scope = dig(rule, "scope")
    return (
        all("*" in part for part in parts) and dig(rule, "resources") == ["*/*"] and not names and scope in (None, "*")
    )


def _speaks_of(account: str) -> frozenset[str]:
    name = "request.userInfo.username"
    return frozenset(
        form for quote in "'\"" for form in (f"{name}=={quote}{account}{quote}", f"{quote}{account}{quote}=={name}")
    )


def _bare(expression: str) -> str:
    return re.sub(r"\s+", "", expression)


def judged(policy: Reply, binding: Reply, who: Reply) -> PolicyState:
    """The same from the answer to a SelfSubjectReview."""
    return judge(policy, binding, text(who.get("status", "userInfo", "username")))


async def check(upstream: Upstream) -> PolicyState:
    """Ask the API server. Never raises for what it answers: what can't be told is unknown."""

    async def ask(method: str, path: str, body: bytes = b"") -> Reply:
        headers = (
            ("accept", "application/json"),
            ("accept-encoding", "identity"),
            ("content-type", "application/json"),
        )
        answer = await upstream.look(GuardRequest(method, path, path, headers=headers, body=body), HEADERS)
        return Reply.of(answer.status, answer.body, f"{method} {path}")

    return await asked(ask)


async def asked(ask: Callable[..., Awaitable[Reply]]) -> PolicyState:
    """The state by any way of asking: `ask(method, path, body)`."""
    review = b'{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}'
    who = await ask("POST", WHO, review)
    return judged(await ask("GET", POLICY, b""), await ask("GET", BINDING, b""), who)
