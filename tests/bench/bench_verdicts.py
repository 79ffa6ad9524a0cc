"""Verdicts over 20,000 generated blocks, against parsing the same blocks with the same grammar and no more.

The blocks are as varied as those that were measured in public runbooks: a pipeline in a fifth of them, variables in a
fifth, `$( )` in 7 %, a heredoc in 2.5 %. Names are drawn from as many as a homelab has, as filled placeholders are;
fewer than one block in ten is the same as another.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import tree_sitter_bash
from tree_sitter import Language, Parser

from tests.bench import Row
from truebook.runbooks.verdicts import judge
from truebook.runbooks.verdicts.commands import rule
from truebook.runbooks.verdicts.plain import judge_line

BLOCKS = 20_000

_FIRST = "api web db cache auth vault argo grafana loki tempo mail git build".split()  # noqa: SIM905
_SECOND = "server worker main edge core blue primary replica operator agent".split()  # noqa: SIM905
_PLAIN: list[Callable[[Callable[[], str], random.Random], str]] = [
    lambda name, _: f"kubectl get pods -n {name()}",
    lambda name, chance: f"kubectl describe pod {name()}-{chance.randrange(99_999)} -n {name()}",
    lambda name, chance: f"kubectl logs -n {name()} deploy/{name()} --tail={chance.randrange(500)}",
    lambda name, _: f"kubectl get deploy,svc -n {name()} -o wide",
    lambda name, _: f"kubectl rollout restart deployment/{name()} -n {name()}",
    lambda name, chance: f"kubectl scale deployment/{name()} --replicas={chance.randrange(9)} -n {name()}",
    lambda name, _: f"kubectl delete pod {name()}-0 -n {name()}",
    lambda name, _: f"kubectl apply -f apps/{name()}/manifests.yaml",
    lambda name, _: f"kubectl exec -n {name()} {name()}-0 -- vault status",
    lambda name, _: f"argocd app sync {name()}",
    lambda name, _: f"argocd app get {name()}",
    lambda name, _: f"vault kv get secret/{name()}/{name()}",
    lambda name, chance: (
        f"helm upgrade --install {name()} charts/{name()} -n {name()} --set tag=v{chance.randrange(99)}"
    ),
    lambda name, chance: f"git log --oneline -{chance.randrange(1, 20)}",
    lambda name, _: f"curl -s https://{name()}.example.com/health",
    lambda name, chance: f"velero backup create {name()}-{chance.randrange(9999)} --include-namespaces {name()} --wait",
    lambda name, _: f"ssh {name()}.example.com uptime",
    lambda name, _: f"sudo systemctl restart {name()}",
]
_PIPED: list[Callable[[Callable[[], str]], str]] = [
    lambda name: f"kubectl get events -n {name()} --sort-by=.lastTimestamp | tail -20",
    lambda name: f"kubectl get secret {name()} -n {name()} -o jsonpath='{{.data.password}}' | base64 -d",
    lambda name: f"curl -s https://{name()}.example.com/health | jq .status",
    lambda name: f"kubectl get pods -A | grep {name()}",
]
_VARIABLE: list[Callable[[Callable[[], str]], str]] = [
    lambda name: f"kubectl get pods -n $NAMESPACE -l app={name()}",
    lambda name: f'kubectl logs "$POD" -n {name()}',
    lambda name: f"export NS={name()}",
]


def blocks(count: int) -> list[str]:
    """`count` blocks, the same each time."""
    chance = random.Random(4)

    def name() -> str:
        return f"{chance.choice(_FIRST)}-{chance.choice(_SECOND)}"

    def block() -> str:
        lines = [chance.choice(_PLAIN)(name, chance) for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4)))]
        if chance.random() < 0.20:
            lines.append(chance.choice(_PIPED)(name))
        if chance.random() < 0.20:
            lines.append(chance.choice(_VARIABLE)(name))
        if chance.random() < 0.07:
            lines.append(f"vault kv put secret/{name()} password=$(openssl rand -base64 32)")
        if chance.random() < 0.025:
            lines.append(f"cat <<EOF | kubectl apply -f -\nkind: Namespace\nmetadata:\n  name: {name()}\nEOF")
        if chance.random() < 0.02:
            lines.append(f"for p in $(kubectl get pods -n {name()} -o name); do\n  kubectl describe $p\ndone")
        if chance.random() < 0.3:
            lines.insert(0, f"# Look at {name()}")
        return "\n".join(lines)

    return [block() for _ in range(count)]


def measure(rounds: int) -> list[Row]:
    """Parsing and judging in turn, `rounds` times; judging starts with nothing remembered."""
    scripts = blocks(BLOCKS)
    parser = Parser(Language(tree_sitter_bash.language()))
    ours: list[float] = []
    baseline: list[float] = []
    judge("ls; ls")
    for _ in range(rounds):
        began = time.process_time()
        for script in scripts:
            _ = parser.parse(script.encode()).root_node
        baseline.append(time.process_time() - began)
        rule.cache_clear()
        judge_line.cache_clear()
        began = time.process_time()
        for script in scripts:
            judge(script)
        ours.append(time.process_time() - began)
    return [
        Row(
            name=f"verdicts over {BLOCKS:,} blocks",
            ours=ours,
            baseline=baseline,
            goal=3.0,
            facts={"blocks": BLOCKS, "different blocks": len(set(scripts))},
        )
    ]
