"""What of Git is deployed: repositories, revisions and their links, the heads of branches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import SHA, application, only

OTHER = "f" * 40
SOURCE = {"repoURL": "https://github.com/o/r.git", "path": "x"}
CHART = {"repoURL": "https://charts.local", "chart": "c", "targetRevision": "1.x"}


@pytest.mark.parametrize(
    ("status", "expected", "field"),
    [
        (
            {"history": [{"revision": OTHER}, {"revision": SHA}], "sync": {"status": "Synced", "revision": OTHER}},
            SHA,
            "status.history[1].revision",
        ),
        (
            {"operationState": {"phase": "Succeeded", "syncResult": {"revision": SHA}}},
            SHA,
            "status.operationState.syncResult.revision",
        ),
        ({"operationState": {"phase": "Failed", "syncResult": {"revision": SHA}}}, None, ""),
        ({"sync": {"status": "Synced", "revision": SHA}}, SHA, "status.sync.revision"),
        ({"sync": {"status": "OutOfSync", "revision": SHA}}, None, ""),
        ({"history": [], "sync": {"status": "Synced", "revision": SHA}}, SHA, "status.sync.revision"),
        ({"history": ["junk"], "sync": {"status": "OutOfSync", "revision": SHA}}, None, ""),
    ],
)
def test_revision_is_what_was_deployed_not_what_was_compared(status: Any, expected: str | None, field: str) -> None:
    found = only(applications=[application("web", spec={"source": SOURCE}, status=status)])
    assert found.get("revision") == expected
    if expected:
        assert found.values["revision"].evidence.field == field


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/o/r", f"https://github.com/o/r/commit/{SHA}"),
        ("https://github.com/o/r.git/", f"https://github.com/o/r/commit/{SHA}"),
        ("git@github.com:o/r.git", f"https://github.com/o/r/commit/{SHA}"),
        ("ssh://git@GitHub.com:22/o/r.git", f"https://github.com/o/r/commit/{SHA}"),
        ("https://token@github.com/o/r", f"https://github.com/o/r/commit/{SHA}"),
        ("https://gitlab.com/g/sub/r", f"https://gitlab.com/g/sub/r/-/commit/{SHA}"),
        ("http://gitlab.homelab.local/g/r", f"https://gitlab.homelab.local/g/r/-/commit/{SHA}"),
        ("https://git.homelab.local/g/r", None),
        ("file:///srv/github.com/r", None),
        ("https://github.com/o/r?x=<script>", f"https://github.com/o/r/commit/{SHA}"),
        ("https://github.com/o/<script>", None),
        ("https://github.com/../../x", None),
        ("javascript://github.com/%0aalert(1)", None),
        ("https://[github.com/o/r", None),
        ("https://github.com", None),
    ],
)
def test_commit_link(url: str, expected: str | None) -> None:
    status = {"history": [{"revision": SHA}]}
    found = only(applications=[application("web", spec={"source": SOURCE | {"repoURL": url}}, status=status)])
    assert found.get("revision_url") == expected


@pytest.mark.parametrize("source", [CHART, {"repoURL": "oci://ghcr.io/o/r", "path": "."}])
def test_chart_and_oci_sources_have_no_commit_and_no_branch(source: dict[str, str]) -> None:
    status = {"history": [{"revision": SHA}]}
    git = {source["repoURL"]: {"head": "refs/heads/main", "refs": {"refs/heads/main": OTHER}}}
    found = only(applications=[application("web", spec={"source": source}, status=status)], git=git)
    assert (found.get("revision"), found.get("revision_url"), found.get("branch_head")) == (SHA, None, None)


def test_of_several_sources_git_s_path_is_the_main_one() -> None:
    sources = [CHART, {"repoURL": "https://github.com/o/values", "ref": "v"}, SOURCE]
    status = {"history": [{"revisions": ["1.2", OTHER, SHA]}]}
    found = only(applications=[application("web", spec={"sources": sources, "source": CHART}, status=status)])
    assert (found.get("repository"), found.get("revision")) == (SOURCE["repoURL"], SHA)
    assert found.values["revision"].evidence.field == "status.history[0].revisions[2]"
    chart_only = only(applications=[application("web", spec={"sources": sources[:2]}, status=status)])
    assert (chart_only.get("repository"), chart_only.get("revision")) == ("https://github.com/o/values", OTHER)


def test_a_hydrated_application_has_the_branch_that_is_synced() -> None:
    dry = {"repoURL": "https://github.com/o/r", "targetRevision": "main", "path": "charts/web"}
    hydrator = {"drySource": dry, "syncSource": {"targetBranch": "env/prod", "path": "web"}}
    refs = {"refs/heads/main": OTHER, "refs/heads/env/prod": SHA}
    git = {"https://github.com/o/r": {"head": "refs/heads/main", "refs": refs}}
    status = {"history": [{"revision": SHA}]}
    app = application("web", spec={"sourceHydrator": hydrator, "source": {}}, status=status)
    found = only(applications=[app], git=git)
    assert (found.get("repository"), found.get("branch_head")) == (dry["repoURL"], SHA)
    assert found.values["repository"].evidence.field == "spec.sourceHydrator.drySource.repoURL"
    assert found.get("revision_url") == f"https://github.com/o/r/commit/{SHA}"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("main", "1" * 40),
        ("", "1" * 40),
        ("HEAD", "1" * 40),
        ("v1", "2" * 40),
        ("refs/pull/3/head", "3" * 40),
        (SHA, None),
        ("gone", None),
    ],
)
def test_branch_head(target: str, expected: str | None) -> None:
    refs = {"refs/heads/main": "1" * 40, "refs/tags/v1": "2" * 40, "refs/pull/3/head": "3" * 40}
    refs[f"refs/heads/{SHA}"] = OTHER  # ArgoCD takes the name for the commit
    git = {"git@github.com:o/r": {"head": "refs/heads/main", "refs": refs}}
    spec = {"source": SOURCE | {"targetRevision": target}}
    assert only(applications=[application("web", spec=spec)], git=git).get("branch_head") == expected


def test_credentials_in_a_repository_url_are_not_shown() -> None:
    spec = {"source": SOURCE | {"repoURL": "https://user:token@git.local/o/r"}}
    found = only(applications=[application("web", spec=spec)])
    assert found.get("repository") == "https://git.local/o/r"
