"""A report with one of everything, hostile text included."""

from __future__ import annotations

from typing import Any

from truebook.findings import Compared, Finding, IgnoredFinding, Report, RuleInfo, Severity, TestedBlock
from truebook.model import BlockResult, CommandVerdict, Evidence

HOSTILE = 'a`|<script>alert(1)</script>\n::error::x, y: z%0A]]> & "quoted" \x1b[31m\u202e'

_SEVERITIES: dict[str, Severity] = {"different-value": "warning", "not-live": "error", "unhealthy": "note"}
RULES = {
    name: RuleInfo(name, f"The title of {name}", f"What to do about **{name}**.", severity)
    for name, severity in _SEVERITIES.items()
}

FINDINGS = (
    Finding(
        "not-live",
        "error",
        "docs/index.md",
        12,
        "redis",
        "Redis is documented, and nothing of that name is live",
        documented="Redis",
        hint="remove the row, or add it to components",
    ),
    Finding(
        "different-value",
        "warning",
        "docs/index.md",
        14,
        "vault.url",
        "the URL of Vault differs",
        documented="https://v.homelab.local",
        live="https://vault.homelab.local",
        declared="https://vault.homelab.local",
        odd="documented",
        evidence=(Evidence("kubernetes", "Ingress vault/vault", "spec.rules[0].host"),),
    ),
    Finding("unhealthy", "note", "docs/vault.md", 0, "ollama", "Ollama is Degraded", live="Degraded"),
)

BLOCKS = (
    TestedBlock(
        BlockResult("docs/index.md", 40, 0, "passed", "run", "read", "it ran", "2026-11-24T05:31:00Z", 0.21, "homelab"),
        42,
        "Is it well?",
        "",
        "status",
        commands=(CommandVerdict(41, "kubectl get pods", "read", "get reads"),),
    ),
    TestedBlock(
        BlockResult("docs/index.md", 50, 1, "failed", "dry-run", "write", "exit code 1", "2026-11-24T05:31:00Z", 1.5,
                    failed_line=52, output="no such deployment\n\x1b[31mred"),
        53,
        "Scale",
        "By hand",
    ),
    TestedBlock(BlockResult("docs/vault.md", 9, 0, "unknown", "prove", "write", "Vault could not be reached"), 11),
    TestedBlock(BlockResult("docs/vault.md", 20, 1, "not-run", "refuse", "exec", "not run: exec is refused"), 22),
)  # fmt: skip

COMPARED = (
    Compared("region", "docs/index.md", 10, 20, "components group=Security"),
    Compared("region", "docs/index.md", 30, 36, "stack"),
    Compared("claim", "docs/vault.md", 5, 5, "vault.homelab.local"),
)


def report(**changes: Any) -> Report:
    """The sample, with some of its fields changed."""
    fields: dict[str, Any] = {
        "cluster": "homelab",
        "origin": "the embedded homelab",
        "recorded_at": "2026-11-24T05:30:00Z",
        "generated_at": "2026-11-24T05:32:00Z",
        "findings": FINDINGS,
        "ignored": (
            IgnoredFinding(
                Finding("different-value", "warning", "docs/old.md", 3, "x.url", "the URL of X differs"),
                "moved next week",
                "truebook.yml:9",
            ),
        ),
        "known": (Finding("different-value", "warning", "docs/old.md", 4, "y.url", "the URL of Y differs"),),
        "blocks": BLOCKS,
        "compared": COMPARED,
        "problems": ("grafana could not be read: connection refused",),
    }
    return Report(**{**fields, **changes})


def hostile() -> Report:
    """A report whose every text means harm."""
    finding = Finding("not-live", "error", HOSTILE, 3, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, "live", HOSTILE)
    block = TestedBlock(
        BlockResult(HOSTILE, 1, 0, "failed", "run", "read", HOSTILE, output=HOSTILE), 2, HOSTILE, HOSTILE, HOSTILE
    )
    return report(
        findings=(finding,),
        blocks=(block,),
        problems=(HOSTILE,),
        origin=HOSTILE,
        cluster=HOSTILE,
        compared=(Compared("region", HOSTILE, 1, 9, HOSTILE),),
        ignored=(IgnoredFinding(finding, HOSTILE, HOSTILE),),
    )
