"""What the state of the cluster's own policy means for a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from truebook import pipeline_policy
from truebook.guard import policy
from truebook.guard.policy import PolicyState
from truebook.model import BlockResult, Inventory, RequestRecord
from truebook.pipeline_blame import fair
from truebook.pipeline_run import Run, as_json
from truebook.settings import KubernetesSettings, RunbookSettings, Settings

REQUIRED = Settings(runbooks=RunbookSettings(require_policy=True))
ACCOUNT = "system:serviceaccount:truebook:truebook"
DEPLOY = Path(__file__).parents[2] / "deploy"
SHIPPED: list[Any] = list(yaml.safe_load_all((DEPLOY / "dry-run" / "policy.yaml").read_text()))


def test_there_is_none_where_nothing_can_be_written() -> None:
    assert pipeline_policy.find_out(REQUIRED, replayed=True) is None
    off = Settings(kubernetes=KubernetesSettings(enabled=False))
    assert pipeline_policy.find_out(off, replayed=False) is None
    assert not pipeline_policy.is_missed(None, REQUIRED)
    assert pipeline_policy.note(None) == ""


@pytest.mark.parametrize(("state", "missed"), [("in-force", False), ("absent", True), ("unknown", True)])
def test_what_is_required_is_missed(state: policy.State, missed: bool) -> None:
    found = PolicyState(state, "because")
    assert pipeline_policy.is_missed(found, REQUIRED) is missed
    assert not pipeline_policy.is_missed(found, Settings())
    assert pipeline_policy.note(found).endswith(": because")


@dataclass
class Connection:
    """What the run asks through."""

    client: httpx.Client
    extensions: dict[str, object]

    def headers(self) -> dict[str, str]:
        return {"Authorization": "Bearer only-for-this-test"}


def answer(request: httpx.Request) -> httpx.Response:
    if "authorization" not in request.headers:
        return httpx.Response(401)
    if request.method == "POST" and request.url.path == policy.WHO:
        return httpx.Response(201, json={"status": {"userInfo": {"username": ACCOUNT}}})
    known = {policy.POLICY: SHIPPED[0], policy.BINDING: SHIPPED[1]}
    return httpx.Response(200, json=known[request.url.path])


def out_of_reach(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(("served", "state"), [(answer, "in-force"), (out_of_reach, "unknown")])
def test_the_api_is_asked(
    monkeypatch: pytest.MonkeyPatch, served: Callable[[httpx.Request], httpx.Response], state: policy.State
) -> None:
    client = httpx.Client(transport=httpx.MockTransport(served), base_url="https://cluster.invalid")
    monkeypatch.setattr("truebook.state.kubeconfig.connect", lambda settings: Connection(client, {}))
    found = pipeline_policy.find_out(Settings(), replayed=False)
    assert found is not None
    assert found.state == state
    assert found.account == (ACCOUNT if state == "in-force" else "")


def test_without_a_kubeconfig_it_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere/config")
    found = pipeline_policy.find_out(Settings(), replayed=False)
    assert found is not None
    assert found.state == "unknown"


def test_a_run_that_misses_a_required_policy_is_not_green() -> None:
    passed = BlockResult("page.md", 1, 0, "passed", "run", "read", "")
    inventory = Inventory("homelab", "v1.36.3", "2026-11-24T05:30:00Z", "a cluster", (), ())
    found = Run((), (passed,), inventory, replayed=False, policy=PolicyState("absent", "because"))
    assert found.exit_code == 0
    assert replace(found, unguarded=True).exit_code == 2
    assert as_json(replace(found, results=()), 2)["policy"] == {"state": "absent", "reason": "because"}


@pytest.mark.parametrize(("replayed", "state"), [(True, "unknown"), (False, "failed")])
def test_what_a_recording_does_not_tell_is_not_the_blocks_fault(replayed: bool, state: str) -> None:
    record = RequestRecord("kubernetes", "PATCH", "/apis/apps/v1/namespaces/a/deployments/b", "dry-run", 501)
    result = BlockResult("page.md", 1, 0, "failed", "dry-run", "write", "", requests=(record,))
    assert fair(result, replayed=replayed).state == state
