"""The plan of a block: a table."""

from __future__ import annotations

import pytest

from truebook.model import Block, BlockOptions, CommandVerdict, Filling, Judgement, PlanKind, VerdictKind
from truebook.runbooks import show
from truebook.runbooks.plan import ORDER, Policy, plan
from truebook.runbooks.verdicts import judge

ALL = frozenset({"kubectl", "argocd", "vault", "velero", "helm"})


def decide(
    script: str,
    *,
    policy: Policy = "run",
    tools: frozenset[str] | None = ALL,
    skip: str | None = None,
    missing: tuple[str, ...] = (),
    aliases: dict[str, str] | None = None,
) -> tuple[PlanKind, str]:
    block = Block("p.md", 1, 3, "", "", "bash", script, script, (2,), 0, options=BlockOptions(skip=skip))
    judgement = judge(script, aliases=aliases)
    found = plan(block, Filling(script, (), missing), judgement, policy=policy, tools=tools, aliases=aliases)
    assert (found.block, found.judgement) == (block, judgement)
    return found.plan, found.reason


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("kubectl get pods", "run"),
        ("date", "run"),
        ("kubectl get pods > out.txt", "run"),
        ("kubectl apply -f x.yaml", "dry-run"),
        ("kubectl delete pod x", "dry-run"),
        ("time kubectl delete pod x", "dry-run"),
        ("argocd app sync vault", "prove"),
        ("vault kv put secret/x a=b", "prove"),
        ("kubectl get pods\nkubectl scale deploy x --replicas=2", "dry-run"),
        ("kubectl scale deploy x --replicas=2\nargocd app sync x", "prove"),
        ("argocd app sync x\nkubectl get pods", "prove"),
        ("kubectl get pods\ngit push", "parse"),
        ("git push\nkubectl exec x -- ls", "refuse"),
        ("git push origin 'kubectl apply'", "parse"),
        ("./script.sh", "parse"),
        ("dig +short vault.homelab.local", "parse"),
        ("kubectl get nodes\nping -c 1 node-1", "parse"),
        ("/usr/bin/systemctl status k3s", "parse"),
        ("df -h | grep longhorn", "parse"),
        ("openssl s_client -connect vault:443 </dev/null | openssl x509 -noout -dates", "parse"),
        ("openssl x509 -in x.crt -noout -dates", "run"),
        ("kubectl get pods\n./script.sh", "parse"),
        ("kubectl exec -it x -- bash", "refuse"),
        ("kubectl port-forward svc/x 80", "refuse"),
        ("kubectl get secret x -o yaml", "refuse"),
        ("if (", "parse"),
        ("# a comment", "parse"),
        ("", "parse"),
    ],
)
def test_by_verdict(script: str, kind: PlanKind) -> None:
    assert decide(script)[0] == kind


@pytest.mark.parametrize(
    ("script", "kind", "reason"),
    [
        ("kubectl get pods", "prove", "kubectl is not installed; "),
        ("kubectl apply -f x.yaml", "prove", "kubectl is not installed; "),
        ("argocd app get x", "prove", "argocd is not installed; "),
        ("date", "run", ""),
        ("kubectl exec x -- ls", "refuse", ""),
    ],
)
def test_without_programs(script: str, kind: PlanKind, reason: str) -> None:
    found = decide(script, tools=frozenset())
    assert found[0] == kind
    assert found[1].startswith(reason)


def test_aliases() -> None:
    assert decide("k get pods", aliases={"k": "kubectl"}, tools=frozenset())[0] == "prove"
    assert decide("k delete pod x", aliases={"k": "kubectl -n y"})[0] == "dry-run"
    assert decide("k get pods")[0] == "parse"


@pytest.mark.parametrize("policy", ["run", "list"])
@pytest.mark.parametrize(
    "script", ["kubectl get pods -n <x>", "kubectl delete ns <x>", "date", "./x", "argocd app sync x"]
)
def test_an_unfilled_block_is_never_run(script: str, policy: Policy) -> None:
    assert decide(script, policy=policy, missing=("<x>",)) == ("parse", "not run: <x> is not filled")
    found = decide(script, policy=policy, missing=("<x>", "<y>", "$Z"))
    assert found == ("parse", "not run: <x>, <y> and $Z are not filled")


@pytest.mark.parametrize("policy", ["run", "list", "off"])
def test_a_skipped_block_is_skipped(policy: Policy) -> None:
    assert decide("kubectl get pods <x>", policy=policy, skip="needs hardware", missing=("<x>",)) == (
        "skip",
        "needs hardware",
    )
    assert decide("date", policy=policy, skip="") == ("skip", "its author says so")


def test_policies() -> None:
    assert decide("date", policy="off") == ("skip", "runbooks are off")
    assert decide("kubectl exec x -- ls", policy="off")[0] == "skip"
    for script in ("date", "kubectl apply -f x", "argocd app sync x", "./x"):
        assert decide(script, policy="list")[0] == "parse"
    assert decide("kubectl exec x -- ls", policy="list")[0] == "refuse"


VERDICTS: tuple[VerdictKind, ...] = (
    "read", "write", "destructive", "exec", "interactive", "secret", "local", "unknown",
)  # fmt: skip
FLOOR: dict[VerdictKind, PlanKind] = {
    "read": "run", "local": "run", "write": "dry-run", "destructive": "dry-run",
    "exec": "refuse", "interactive": "refuse", "secret": "refuse", "unknown": "parse",
}  # fmt: skip


@pytest.mark.parametrize("whole", VERDICTS)
@pytest.mark.parametrize("single", VERDICTS)
@pytest.mark.parametrize("program", ["kubectl", "argocd", "date"])
def test_a_plan_is_never_milder_than_a_verdict(whole: VerdictKind, single: VerdictKind, program: str) -> None:
    """Whatever the commands are said to be, the block's own verdict holds, and the other way round."""
    block = Block("p.md", 1, 3, "", "", "bash", "x", "x", (2,), 0)
    judgement = Judgement(whole, "whole", (CommandVerdict(1, f"{program} x", single, "single"),))
    found = plan(block, Filling("x"), judgement, policy="run", tools=ALL)
    least = max(ORDER.index(FLOOR[whole]), ORDER.index(FLOOR[single]))
    assert ORDER.index(found.plan) >= least
    if program != "kubectl" and single in ("write", "destructive"):
        assert found.plan not in ("run", "dry-run")


def test_a_secret_that_was_filled_in_is_not_shown() -> None:
    script = "vault login hvs.not-to-be-shown"
    block = Block("p.md", 1, 3, "", "", "bash", "vault login <token>", "vault login <token>", (2,), 0)
    filling = Filling(script, (), secrets=("hvs.not-to-be-shown",))
    found = plan(block, filling, judge(script), policy="run", tools=ALL)
    assert found.judgement.commands[0].text == script
    assert "not-to-be-shown" not in show.explain(found) + str(show.as_json([found]))
    assert show.as_json([found])[0]["script"] == "vault login REDACTED"
