"""Proofs: what can be checked through the APIs of a block whose commands do not run.

That is so where a command's program is not installed, or where its writes may not run. Each command is read by the same
table as its verdict, and its tool's module asks the API: is the application there, may the account sync it, is the
mount a KV engine. The answers are claims. What can't be told is a claim with `holds=None` and the reason.

A command's flags are not checked beyond the table's knowing them; the last claim of a tool that is not installed says
so. A block of which nothing could be told has proved nothing: `standing` calls it unknown, never passed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from truebook.claims import worst
from truebook.model import Claim, ResultState
from truebook.runbooks.proofs import argocd, kubectl, vault, velero
from truebook.runbooks.proofs.client import Client
from truebook.runbooks.proofs.words import Command, Proof, read
from truebook.runbooks.shell import Problem

__all__ = ["PROOFS", "Client", "prove", "standing"]

PROOFS: dict[str, Proof] = {
    "argocd": argocd.prove,
    "vault": vault.prove,
    "bao": vault.prove,
    "kubectl": kubectl.prove,
    "oc": kubectl.prove,
    "velero": velero.prove,
}
"""One per tool, by the name that it is run by."""

UNPROVED = frozenset(("helm", "mc"))
"""Tools of clusters of which no claim can be checked."""


def prove(
    script: str,
    client: Client,
    *,
    aliases: Mapping[str, str] | None = None,
    variables: Mapping[str, str | None] | None = None,
    missing: Collection[str] = (),
) -> tuple[Claim, ...]:
    """The claims of a filled script's commands, in their order. `missing` are the tools that are not installed.

    `aliases` and `variables` as for `verdicts.judge`. Commands of other programs make no claims. Never raises.
    """
    try:
        commands = read(script, aliases=aliases or {}, variables=variables or {})
    except (Problem, RecursionError) as problem:
        return (Claim(f"the block was not understood: {problem}", None),)
    claims: list[Claim] = []
    earlier: list[Command] = []
    for command in commands:
        proof = PROOFS.get(command.tool)
        if proof is not None:
            claims += [claim for claim in proof(command, tuple(earlier), client) if claim not in claims]
        elif command.tool in UNPROVED:
            claims.append(Claim(f"what '{command}' needs can't be checked through an API", None))
        else:
            continue
        earlier.append(command)
    unchecked = sorted({command.tool for command in earlier} & set(missing))
    if unchecked:
        verb = "are" if len(unchecked) > 1 else "is"
        claims.append(Claim(f"{' and '.join(unchecked)} {verb} not installed: the flags were not checked", None))
    return tuple(claims)


def standing(claims: tuple[Claim, ...]) -> ResultState:
    """What claims make of their block: failed where one does not hold, passed where one holds, else unknown."""
    return {True: "passed", False: "failed", None: "unknown"}[worst(claims)]  # type: ignore[return-value]
