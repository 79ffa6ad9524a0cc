"""The arrows of a stack: those that a marker names, and those for which there is no evidence."""

from __future__ import annotations

import re

from tests.unit.filled_views import filled
from tests.unit.views_sample import FULL, told
from truebook.model import SourceStatus


def arrows(text: str) -> list[str]:
    return re.findall(r"^    (n\d.* n\d.*)$", text.partition("```mermaid")[2].partition("```")[0], re.MULTILINE)


def test_only_the_arrows_that_are_named_are_drawn() -> None:
    found = filled("stack arrows=vault>argocd,velero>minio,argocd>vault relations=secrets,deploys,backup")
    assert arrows(found) == ['n1 -->|"deploys"| n2', 'n2 -->|"secrets"| n1', "n3 --> n4"]
    assert "Grafana" not in found
    assert "Not drawn" not in found


def test_kinds_of_arrows_choose_what_is_drawn() -> None:
    found = filled("stack relations=scrapes")
    assert arrows(found) == ['n3 -->|"scrapes"| n1 & n2']
    assert "Velero" not in found


def test_an_arrow_without_evidence_is_not_drawn_and_its_ends_are() -> None:
    marker = "stack arrows=vault>grafana,authentik>argocd"
    found = filled(marker)
    assert len(arrows(found)) == 1
    assert '"Authentik<br>' in found
    assert "Not drawn, for want of evidence: Authentik → ArgoCD.</span>" in found
    assert len(arrows(filled(marker, live=False))) == 1
    body = "```mermaid\nflowchart LR\n```\n"
    blind = told(FULL, SourceStatus("authentik", "failed", "503"))
    assert filled(marker, body, of=blind, live=False) == body.strip()
