"""Whether the cluster's own policy is in force, from what the API server answers. tests/real has a real one."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from truebook.claims import Reply
from truebook.guard import policy

DEPLOY = Path(__file__).parents[3] / "deploy"
ACCOUNT = "system:serviceaccount:truebook:truebook"
SHIPPED: list[dict[str, Any]] = list(yaml.safe_load_all((DEPLOY / "dry-run" / "policy.yaml").read_text()))


def judge(policy_: dict[str, Any], binding: dict[str, Any], account: str = ACCOUNT) -> policy.PolicyState:
    return policy.judge(Reply(200, policy_), Reply(200, binding), account)


def test_what_deploy_holds_is_in_force() -> None:
    policy_, binding = SHIPPED
    assert judge(policy_, binding).state == "in-force"


@pytest.mark.parametrize(
    ("which", "path", "value", "words"),
    [
        (0, "spec.failurePolicy", "Ignore", "lets writes pass when it fails"),
        (0, "spec.paramKind", {"kind": "ConfigMap"}, "depends on parameters"),
        (0, "spec.matchConstraints.resourceRules.0.operations", ["CREATE"], "does not match all operations"),
        (0, "spec.matchConstraints.resourceRules.0.resources", ["*"], "does not match all operations"),
        (0, "spec.matchConstraints.resourceRules.0.apiGroups", ["apps"], "does not match all operations"),
        (0, "spec.matchConstraints.resourceRules.0.resourceNames", ["web"], "does not match all operations"),
        (0, "spec.matchConstraints.resourceRules.0.scope", "Namespaced", "does not match all operations"),
        (0, "spec.matchConstraints.resourceRules", [], "does not match all operations"),
        (0, "spec.matchConstraints.excludeResourceRules", [{"resources": ["pods"]}], "leaves some objects out"),
        (0, "spec.matchConstraints.namespaceSelector", {"matchLabels": {"a": "b"}}, "leaves some objects out"),
        (0, "spec.matchConditions.0.expression", "request.userInfo.username == 'other'", "about another account"),
        (0, "spec.matchConditions.0.expression", "false", "about another account"),
        (0, "spec.validations.0.expression", "true", "does not ask for dry runs"),
        (0, "spec.validations.0.expression", "!has(request.dryRun) || request.dryRun == true", "does not ask"),
        (0, "spec.validations", [], "does not ask for dry runs"),
        (0, "metadata.deletionTimestamp", "2026-11-24T00:00:00Z", "is being deleted"),
        (1, "spec.validationActions", ["Warn", "Audit"], "does not deny"),
        (1, "spec.policyName", "other", "of another policy"),
        (1, "spec.matchResources", {"namespaceSelector": {"matchLabels": {"a": "b"}}}, "leaves some objects out"),
        (1, "spec.paramRef", {"name": "x"}, "leaves some objects out"),
        (1, "metadata.deletionTimestamp", "2026-11-24T00:00:00Z", "is being deleted"),
    ],
)
def test_what_leaves_a_gap_is_not_in_force(which: int, path: str, value: Any, words: str) -> None:
    changed = deepcopy(SHIPPED)
    *steps, last = path.split(".")
    place: Any = changed[which]
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[last] = value
    found = judge(changed[0], changed[1])
    assert (found.state, words in found.reason) == ("absent", True)


def test_it_may_be_about_everybody() -> None:
    changed = deepcopy(SHIPPED)
    del changed[0]["spec"]["matchConditions"]
    assert judge(changed[0], changed[1], "somebody").state == "in-force"
    assert judge(SHIPPED[0], SHIPPED[1], "somebody").state == "absent"


@pytest.mark.parametrize(
    ("policy_", "binding", "state"),
    [
        (404, 200, "absent"),
        (200, 404, "absent"),
        (403, 403, "unknown"),
        (401, 200, "unknown"),
        (0, 0, "unknown"),
        (500, 200, "unknown"),
        (501, 501, "unknown"),
    ],
)
def test_what_cannot_be_read_is_not_in_force(policy_: int, binding: int, state: str) -> None:
    replies = [
        Reply(code, body if code == 200 else None) for code, body in zip((policy_, binding), SHIPPED, strict=True)
    ]
    assert policy.judge(replies[0], replies[1], ACCOUNT).state == state


@pytest.mark.parametrize("body", [None, [], 5, "x", {"spec": 5}, {"spec": {"matchConstraints": [], "validations": 5}}])
def test_odd_answers_are_no_policy(body: Any) -> None:
    assert policy.judge(Reply(200, body), Reply(200, body), ACCOUNT).state != "in-force"


def test_a_version_that_the_api_server_has_not_read_is_not_known() -> None:
    late = {**SHIPPED[0], "metadata": {"generation": 2}, "status": {"observedGeneration": 1}}
    assert judge(late, SHIPPED[1]).state == "unknown"


def test_who_it_is_about_is_asked_first() -> None:
    asked = []

    async def ask(method: str, path: str, _: bytes) -> Reply:
        asked.append(f"{method} {path}")
        if path == policy.WHO:
            return Reply(201, {"status": {"userInfo": {"username": ACCOUNT}}})
        return Reply(200, SHIPPED[0] if path == policy.POLICY else SHIPPED[1])

    assert asyncio.run(policy.asked(ask)).state == "in-force"
    assert asked == [f"POST {policy.WHO}", f"GET {policy.POLICY}", f"GET {policy.BINDING}"]


# --- the roles beside it --------------------------------------------------------------------------------------------


def rules(name: str) -> list[dict[str, Any]]:
    return [
        rule
        for document in yaml.safe_load_all((DEPLOY / name).read_text())
        if document["kind"] == "ClusterRole"
        for rule in document["rules"]
    ]


def test_reading_is_the_least_that_a_reader_needs() -> None:
    from tests.real.servers.access import READER_RULES

    *found, last = rules("base/read.yaml")
    assert found == [{name: list(part) for name, part in rule.items()} for rule in READER_RULES]
    assert last["resourceNames"] == [policy.NAME]
    assert last["verbs"] == ["get"]


def test_nothing_is_granted_that_gets_around_the_policy() -> None:
    for rule in (*rules("base/read.yaml"), *rules("dry-run/roles.yaml")):
        words = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        assert not words & {"*", "escalate", "bind", "impersonate", "secrets", "configmaps", "serviceaccounts/token"}
        assert not words & {
            "pods/exec",
            "pods/attach",
            "pods/portforward",
            "pods/proxy",
            "services/proxy",
            "nodes/proxy",
        }
        assert not words & {"rbac.authorization.k8s.io", "certificates.k8s.io", "authentication.k8s.io"}
        if "admissionregistration.k8s.io" in words:
            assert rule["verbs"] == ["get"]
            assert rule["resourceNames"] == [policy.NAME]
