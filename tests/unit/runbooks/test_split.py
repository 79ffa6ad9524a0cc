"""Blocks of which one part runs and another is proved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.runbooks_run.samples import planned as sample
from truebook.model import BlockResult, Claim, Expectation, Filling, Planned, RequestRecord
from truebook.runbooks.plan import plan
from truebook.runbooks.split import join, split
from truebook.runbooks.verdicts import judge

TOOLS = frozenset({"kubectl"})
ROTATE = """\
# Generate new secret in Vault
vault kv put secret/app/db password=$(openssl rand -base64 32)

# Restart pods to pick up new secret
kubectl rollout restart deployment/app -n apps"""


def planned(script: str, tools: frozenset[str] = TOOLS) -> Planned:
    """As the planner does it."""
    block = sample(script).block
    return plan(block, Filling(script), judge(script), policy="run", tools=tools)


def test_what_may_run_runs_and_the_rest_is_proved() -> None:
    whole = planned(ROTATE)
    proved, run = split(whole, tools=TOOLS)
    assert (proved.plan, run.plan) == ("prove", "dry-run")
    assert proved.filling.script.split("\n")[1].startswith("vault kv put")
    assert "kubectl" not in proved.filling.script
    assert run.filling.script.split("\n")[4] == "kubectl rollout restart deployment/app -n apps"
    assert "vault kv" not in run.filling.script
    assert [len(part.filling.script.split("\n")) for part in (proved, run)] == [5, 5]
    assert [command.line for command in run.judgement.commands] == [5]
    assert run.block == proved.block == whole.block


@pytest.mark.parametrize(
    "script",
    [
        "kubectl get pods",
        "argocd app sync vault\nargocd app wait vault",
        "argocd app list; kubectl get pods",  # one line
        "argocd app list | kubectl apply -f -",
        "X=$(argocd app list)\nkubectl get pods $X",
        "export X=$(vault token lookup)\nkubectl get pods",
        "cd overlays/prod && argocd app sync vault\nkubectl apply -f .",
        "argocd app sync vault || exit 0\nkubectl delete pod x",
        "argocd app list -o ${FORMAT:=wide}\nkubectl get pods -o $FORMAT",
        "argocd app list | read -r x\nkubectl get pods",
        "if argocd app get vault; then\n  kubectl get pods\nfi",
        "f() {\n  argocd app list\n}\nkubectl get pods",
    ],
)
def test_a_block_that_cannot_be_cut_stays_whole(script: str) -> None:
    one = planned(script)
    assert split(one, tools=TOOLS) == (one,)


def test_a_block_whose_output_or_exit_code_is_known_stays_whole() -> None:
    one = planned(ROTATE)
    expecting = replace(one, block=replace(one.block, expectations=(Expectation("literal", "x", 9),)))
    assert split(expecting, tools=TOOLS) == (expecting,)
    failing = replace(one, block=replace(one.block, options=replace(one.block.options, returncode=1)))
    assert split(failing, tools=TOOLS) == (failing,)


def test_nothing_is_run_that_was_not_judged_fit_to() -> None:
    """However a block is cut, its parts run only commands whose own plan is to run."""
    whole = planned(
        "argocd app sync vault\nkubectl get pods\nkubectl exec vault-0 -- ls\nsome-unknown\nkubectl get svc"
    )
    assert whole.plan == "refuse"
    assert split(whole, tools=TOOLS) == (whole,)


def result(one: Planned, **changes: object) -> BlockResult:
    made = BlockResult("docs/page.md", 10, 0, "passed", one.plan, "write", one.reason)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_result_is_that_of_the_worse_part() -> None:
    whole = planned(ROTATE)
    proved, run = split(whole, tools=TOOLS)
    claim, record = Claim("it is there", True), RequestRecord("kubernetes", "PATCH", "/x", "dry-run", 200)
    both = [
        result(proved, claims=(claim,), started_at="2026-11-24T05:30:00Z"),
        result(run, requests=(record,), exit_code=0, output="restarted\n", duration=0.5, tools={"kubectl": "v1"}),
    ]
    joined = join(whole, both)
    assert (joined.state, joined.plan, joined.reason) == ("passed", "prove", whole.reason)
    assert (joined.claims, joined.requests, joined.output) == ((claim,), (record,), "restarted\n")
    assert (joined.started_at, joined.tools) == ("2026-11-24T05:30:00Z", {"kubectl": "v1"})
    for place, state in ((0, "failed"), (1, "failed"), (0, "unknown"), (1, "unknown")):
        parts = list(both)
        parts[place] = replace(parts[place], state=state, reason="why")  # type: ignore[arg-type]
        assert (join(whole, parts).state, join(whole, parts).reason) == (state, "why")
    failed = replace(both[1], state="failed", reason="worse", failed_line=14)
    assert join(whole, [replace(both[0], state="unknown"), failed]).reason == "worse"
    assert not join(whole, [replace(both[0], cached=True), both[1]]).cached


def test_a_whole_block_keeps_its_result() -> None:
    one = planned("kubectl get pods")
    kept = result(one)
    assert join(one, [kept]) is kept
