"""Which differences are the run's fault."""

from __future__ import annotations

import pytest

from truebook.model import RequestRecord
from truebook.runbooks.fingerprint import Change, Object, changes

WEB = Object("apps", "deployments", "team", "web")
NODE = Object("", "nodes", "", "node-1")
TEAM = Object("", "namespaces", "", "team")
APP = Object("argoproj.io", "applications", "argocd", "vault")


def record(method: str, path: str, decision: str = "dry-run", system: str = "kubernetes") -> RequestRecord:
    return RequestRecord(system, method, path, decision, 200)  # type: ignore[arg-type]


def test_nothing_changed() -> None:
    assert changes({WEB: "1"}, {WEB: "1"}, [record("PATCH", "/apis/apps/v1/namespaces/team/deployments/web")]) == ()


DEPLOYMENTS = "/apis/apps/v1/namespaces/team/deployments"


@pytest.mark.parametrize(
    ("changed", "kind", "one", "blamed"),
    [
        (WEB, "changed", record("PATCH", f"{DEPLOYMENTS}/web"), True),
        (WEB, "changed", record("PATCH", f"{DEPLOYMENTS}/web/scale"), True),
        (WEB, "changed", record("PATCH", f"{DEPLOYMENTS}/web", "forward"), True),
        (WEB, "changed", record("PATCH", f"{DEPLOYMENTS}/web", "refuse"), False),
        (WEB, "changed", record("GET", f"{DEPLOYMENTS}/web", "forward"), False),
        (WEB, "changed", record("PATCH", f"{DEPLOYMENTS}/other"), False),
        (WEB, "changed", record("PATCH", "/apis/apps/v1/namespaces/other/deployments/web"), False),
        (WEB, "changed", record("PATCH", "/apis/apps/v1/namespaces/team/statefulsets/web"), False),
        (WEB, "changed", record("PATCH", "/apis/other/v1/namespaces/team/deployments/web"), False),
        (WEB, "created", record("POST", DEPLOYMENTS), True),
        (WEB, "changed", record("POST", DEPLOYMENTS), False),
        (WEB, "deleted", record("DELETE", DEPLOYMENTS), True),
        (WEB, "deleted", record("DELETE", f"{DEPLOYMENTS}/web"), True),
        (WEB, "deleted", record("DELETE", "/api/v1/namespaces/team"), True),
        (WEB, "changed", record("PATCH", "/api/v1/namespaces/team"), False),
        (TEAM, "changed", record("PUT", "/api/v1/namespaces/team/finalize"), True),
        (TEAM, "created", record("POST", "/api/v1/namespaces"), True),
        (NODE, "changed", record("PATCH", "/api/v1/nodes/node-1"), True),
        (NODE, "changed", record("POST", "/api/v1/namespaces/team/pods/x/eviction"), False),
        (NODE, "changed", record("POST", "/something/else"), True),
        (APP, "changed", record("POST", "/api/v1/applications/vault/sync", "answer", "argocd"), True),
        (APP, "changed", record("POST", "/api/v1/applications/other/sync", "answer", "argocd"), False),
    ],
)
def test_blame(changed: Object, kind: str, one: RequestRecord, blamed: bool) -> None:
    before = {} if kind == "created" else {changed: "1"}
    after = {} if kind == "deleted" else {changed: "2"}
    (found,) = changes(before, after, [one])
    assert (found.object, found.kind, found.blamed) == (changed, kind, blamed)
    assert found.reason == (f"{one.method} {one.path}" if blamed else "")


def test_blamed_ones_come_first() -> None:
    found = changes({NODE: "1", WEB: "1"}, {NODE: "2", WEB: "2"}, [record("DELETE", f"{DEPLOYMENTS}/web")])
    assert found == (
        Change(WEB, "changed", True, f"DELETE {DEPLOYMENTS}/web"),
        Change(NODE, "changed", False),
    )
    assert [str(change.object) for change in found] == ["deployments.apps team/web", "nodes node-1"]
