"""What happens to a block: one pure decision, from its filling, its verdict and the policy.

| the worst of its commands | plan |
|---|---|
| reads, or writes files here | run: in the sandbox nothing of it stays |
| writes or destroys by kubectl | dry-run: the guard makes its requests server-side dry runs |
| writes or destroys by a tool whose claims can be checked | prove; so too where the program is not installed |
| writes or destroys by another tool, asks the network or the machine, or is unknown | parse |
| runs in a container, waits for somebody, prints a secret | refuse |

A block with a placeholder that is not filled is parsed at every policy. The plan of a block is that of its worst
command, and never milder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from truebook.model import Block, CommandVerdict, Filling, Judgement, PlanKind, Planned
from truebook.runbooks.blocks.commands import first_word

Policy = Literal["run", "list", "off"]

ORDER: tuple[PlanKind, ...] = ("run", "dry-run", "prove", "parse", "skip", "refuse")
"""From the one that does most to the one that does least."""

DRY_RUN = frozenset({"kubectl", "oc"})
"""Programs whose writes the guard makes dry runs."""

PROVED = DRY_RUN | {"argocd", "vault", "bao", "velero", "helm", "mc"}
"""Programs whose claims can be checked in place of running them."""

_NOT_HERE = frozenset(
    (
        *("dig", "getent", "host", "netstat", "nslookup", "ping", "ss", "traceroute"),
        *("crictl", "ctr", "docker", "nerdctl", "podman"),
        *("df", "free", "journalctl", "lsblk", "pgrep", "ps", "systemctl", "uptime"),
    )
)
"""Programs that ask for names, the network or the machine: a sandbox has none of these, and it is not the machine that
builds the pages that is meant."""

_REFUSED = frozenset({"exec", "interactive", "secret"})
_WRITES = frozenset({"write", "destructive"})


def plan(
    block: Block,
    filling: Filling,
    judgement: Judgement,
    *,
    policy: Policy,
    tools: Collection[str] | None = None,
    aliases: Mapping[str, str] | None = None,
) -> Planned:
    """What happens to `block`. `tools` are the programs that are installed, None where that does not matter."""
    kind, reason = _decide(block, filling, judgement, policy, tools, aliases or {})
    return Planned(block, filling, judgement, kind, reason)


def _decide(
    block: Block,
    filling: Filling,
    judgement: Judgement,
    policy: Policy,
    tools: Collection[str] | None,
    aliases: Mapping[str, str],
) -> tuple[PlanKind, str]:
    if block.options.skip is not None:
        return "skip", block.options.skip or "its author says so"
    if policy == "off":
        return "skip", "runbooks are off"
    if filling.missing:
        return "parse", _unfilled(filling.missing)
    if not judgement.commands:
        # A verdict without commands is one on the whole text: a script that could not be read.
        if judgement.verdict in ("read", "local"):
            return "parse", "holds no command"
        return ("refuse" if judgement.verdict in _REFUSED else "parse"), judgement.reason
    decided = [of_command(command, tools, aliases) for command in judgement.commands]
    kind, reason = max(decided, key=lambda one: ORDER.index(one[0]))
    floor = _verdict(judgement)
    if ORDER.index(floor[0]) > ORDER.index(kind):
        kind, reason = floor
    if policy == "list" and kind != "refuse":
        return "parse", f"the policy is to run nothing; {reason}"
    return kind, reason


def _unfilled(missing: tuple[str, ...]) -> str:
    *first, last = missing
    return f"not run: {', '.join(first)} and {last} are not filled" if first else f"not run: {last} is not filled"


def _verdict(judgement: Judgement) -> tuple[PlanKind, str]:
    """The mildest plan that the block's verdict allows, whatever its commands are said to be."""
    if judgement.verdict in _REFUSED:
        return "refuse", judgement.reason
    if judgement.verdict == "unknown":
        return "parse", judgement.reason
    return ("dry-run" if judgement.verdict in _WRITES else "run"), judgement.reason


def of_command(
    command: CommandVerdict, tools: Collection[str] | None, aliases: Mapping[str, str]
) -> tuple[PlanKind, str]:
    """The plan for one command alone, and why."""
    if command.verdict in _REFUSED:
        return "refuse", command.reason
    if command.verdict == "unknown":
        return "parse", command.reason
    program = program_of(command.text, aliases)
    installed = tools is None or program in tools or program not in PROVED
    if command.verdict in _WRITES:
        if program in DRY_RUN and installed:
            return "dry-run", command.reason
        if program in PROVED:
            return "prove", command.reason if installed else f"{program} is not installed; {command.reason}"
        return "parse", f"nothing can stand in for a write by {program or 'this command'}; {command.reason}"
    if not installed:
        return "prove", f"{program} is not installed; {command.reason}"
    if program in _NOT_HERE or (program == "openssl" and "s_client" in command.text.split()):
        return "parse", f"asks the network or the machine, of which a sandbox shows nothing; {command.reason}"
    return "run", command.reason


def program_of(text: str, aliases: Mapping[str, str]) -> str:
    """The program that a simple command starts, past assignments, without its folder; aliases are followed."""
    word = first_word(text)
    return first_word(aliases.get(word, word)).rpartition("/")[2]
