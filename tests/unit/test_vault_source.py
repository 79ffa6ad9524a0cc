"""What Vault says of itself by the status of its health."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults import FaultServer, json_answer, status
from tests.unit.systems_sample import SAMPLES, TOKEN, part, read, settings
from truebook.state.sources.vault import CLOSED, HEALTH


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.setattr("truebook.state.fetch.FIRST_PAUSE", 0.001)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    with FaultServer(SAMPLES["vault"].script()) as found:
        yield found


def health(code: int, **fields: Any) -> Any:
    body = {"initialized": True, "sealed": False, "standby": False, "version": "1.21.1", **fields}
    return [json_answer(body, code)]


@pytest.mark.parametrize(
    ("code", "fields", "said"),
    [
        (501, {"initialized": False, "sealed": True}, "not initialized"),
        (503, {"sealed": True}, "sealed"),
        (472, {"standby": True}, "a DR secondary"),
        (530, {"removed_from_cluster": True}, "removed from its cluster"),
    ],
)
def test_one_that_serves_nobody_is_told_and_not_asked_for_more(
    server: FaultServer, code: int, fields: dict[str, Any], said: str
) -> None:
    server.script[HEALTH] = health(code, **fields)
    found = part(read(settings("vault", server.url)))
    assert (found.state, found.reason) == ("fresh", "")
    answer = json.loads(bytes(found.data))["answers"][HEALTH]
    assert (answer["status"], answer["body"].items() >= fields.items()) == (code, True)
    assert server.paths().count(HEALTH) == 1
    closed = [read for read in found.reads if read.what in {ask.what for ask in CLOSED}]
    assert [(read.state, read.reason) for read in closed] == [("absent", f"not asked: it is {said}")] * 2
    assert not [path for path in server.paths() if "mounts" in path or "auth" in path]


@pytest.mark.parametrize("code", [429, 473])
def test_a_standby_is_told_and_asked_for_the_rest(server: FaultServer, code: int) -> None:
    server.script[HEALTH] = health(code, standby=True)
    answers = json.loads(bytes(part(read(settings("vault", server.url))).data))["answers"]
    assert answers[HEALTH]["status"] == code
    assert "secret/" in answers["/v1/sys/mounts"]["body"]["data"]


@pytest.mark.parametrize("code", [429, 501, 503])
def test_a_gateways_word_is_not_vaults(server: FaultServer, code: int) -> None:
    server.script[HEALTH] = [status(code, "the gateway is busy")]
    found = part(read(settings("vault", server.url)))
    assert (found.state, f"GET {HEALTH}: {code}" in found.reason) == ("stale", True)
    assert HEALTH not in json.loads(bytes(found.data))["answers"]


def test_no_secret_and_no_client_secret_is_asked_for_or_kept(server: FaultServer) -> None:
    read(settings("vault", server.url))
    assert sorted(server.paths()) == sorted(SAMPLES["vault"].answers)


@pytest.mark.parametrize(
    ("code", "body", "kept"),
    [
        (
            200,
            {"ha_enabled": False, "is_self": False, "raft_applied_index": 7},
            {"ha_enabled": False, "is_self": False},
        ),
        (503, {"errors": ["Vault is sealed"]}, {"errors": ["Vault is sealed"]}),
        (503, {"errors": []}, None),
        (503, {"kind": "Status", "message": "no endpoints available"}, None),
        (200, {"leader": "somebody"}, None),
    ],
)
def test_who_leads_is_told_by_vault_alone(server: FaultServer, code: int, body: Any, kept: Any) -> None:
    server.script["/v1/sys/leader"] = [json_answer(body, code)]
    found = part(read(settings("vault", server.url)))
    answer = json.loads(bytes(found.data))["answers"].get("/v1/sys/leader")
    assert (found.state, answer) == (("fresh", {"status": code, "body": kept}) if kept else ("stale", None))


@pytest.mark.parametrize("mount", ["../../sys/seal/", "a/../b/", "a b/", "oidc?x=1/", "oidc%2f../", "/"])
def test_a_mount_of_an_odd_name_leads_nowhere(server: FaultServer, mount: str) -> None:
    server.script["/v1/sys/auth"] = [json_answer({"data": {mount: {"type": "oidc"}}})]
    read(settings("vault", server.url))
    assert not [path for path in server.paths() if path.startswith("/v1/auth/") or ".." in path]


@pytest.mark.parametrize("role", ["../config", "a/../b", "", None, 7])
def test_a_role_of_an_odd_name_leads_nowhere(server: FaultServer, role: Any) -> None:
    server.script["/v1/auth/oidc/config"] = [json_answer({"data": {"default_role": role}})]
    read(settings("vault", server.url))
    assert not [path for path in server.paths() if "/role/" in path]
