"""What the guard decides about requests to Vault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truebook.guard import target, vault
from truebook.guard.request import Answer, Ask, Decision, Forward, GuardRequest, Refuse, UpstreamAnswer

KV2 = {"type": "kv", "options": {"version": "2"}}
KV1 = {"type": "kv", "options": None}
ENGINES: dict[str, Mapping[str, object]] = {
    "secret": KV2,
    "deep/er": KV2,
    "old": KV1,
    "generic": {"type": "generic"},
    "database": {"type": "database"},
    "aws": {"type": "aws"},
    "pki": {"type": "pki"},
    "transit": {"type": "transit"},
    "cubbyhole": {"type": "cubbyhole"},
    "identity": {"type": "identity"},
    "auth/token": {"type": "token"},
    "auth/kubernetes": {"type": "kubernetes"},
    "auth/approle": {"type": "approle"},
}
THERE = {"data": {"current_version": 2, "versions": {"1": {}, "2": {"deletion_time": "", "destroyed": False}}}}

PARTS = ["sys", "secret", "old", "data", "metadata", "creds", "seal", "mounts", "database", "a"]
GONE = {"data": {"current_version": 1, "versions": {"1": {"deletion_time": "2026-01-01T00:00:00Z"}}}}


def request(method: str, raw: str, body: object = None, headers: Mapping[str, str] | None = None) -> GuardRequest:
    path, query = target.parse(raw, trailing_slash=True)
    sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return GuardRequest(method, raw, path, query, tuple((headers or {}).items()), sent)


def settled(
    decision: Decision, *, capabilities: list[str] | None = None, metadata: tuple[int, object] = (200, THERE)
) -> Decision:
    """The decision where Vault has `ENGINES`, lets the account do that, and says this of a secret."""
    while isinstance(decision, Ask):
        answers = []
        for asked in decision.requests:
            status, body = _answer(asked, capabilities or ["root"], metadata)
            answers.append(UpstreamAnswer(status, (), json.dumps(body).encode()))
        decision = decision.conclude(tuple(answers))
    return decision


def _answer(asked: GuardRequest, capabilities: list[str], metadata: tuple[int, object]) -> tuple[int, object]:
    if asked.path == "/v1/sys/capabilities-self":
        assert asked.method == "POST"
        return 200, {"data": {path: capabilities for path in json.loads(asked.body)["paths"]}}  # noqa: C420
    assert (asked.method, asked.body, asked.query) == ("GET", b"", ())
    prefix = "/v1/sys/internal/ui/mounts/"
    if asked.path.startswith(prefix):
        path = asked.path.removeprefix(prefix) + "/"
        found = next((name for name in ENGINES if path.startswith(f"{name}/")), None)
        if found is None:
            return 403, {"errors": ["preflight capability check returned 403"]}
        return 200, {"data": {"path": f"{found.removeprefix('auth/')}/", **ENGINES[found]}}
    assert "/metadata/" in asked.path
    return metadata


@pytest.mark.parametrize(
    ("method", "raw"),
    [
        *(("GET", f"/v1/sys/{path}") for path in ("health", "seal-status", "leader", "mounts", "auth", "audit")),
        ("HEAD", "/v1/sys/health"),
        ("GET", "/v1/sys/health?standbyok=true&perfstandbyok=true&sealedcode=200"),
        ("GET", "/v1/sys/internal/ui/mounts/secret/app"),
        ("GET", "/v1/sys/policies/acl?list=true"),
        ("LIST", "/v1/sys/policies/acl"),
        ("GET", "/v1/sys/policies/acl/default"),
        ("GET", "/v1/sys/mounts/deep/er/tune"),
        ("GET", "/v1/secret/metadata/app/db"),
        ("GET", "/v1/secret/subkeys/app/db"),
        ("GET", "/v1/secret/config"),
        ("GET", "/v1/deep/er/metadata/app"),
        ("LIST", "/v1/secret/metadata"),
        ("LIST", "/v1/secret/metadata/app"),
        ("GET", "/v1/secret/metadata/?list=true"),
        ("GET", "/v1/secret/metadata/app/?list=true"),
        ("LIST", "/v1/old/app"),
        ("GET", "/v1/old/?list=true"),
        ("LIST", "/v1/database/roles"),
        ("GET", "/v1/database/roles/ops"),
        ("GET", "/v1/secret/data/app/db?help=1"),
        ("GET", "/v1/auth/kubernetes/config"),
        ("LIST", "/v1/auth/kubernetes/role"),
        ("GET", "/v1/auth/kubernetes/role/app"),
    ],
)
def test_reads_pass(method: str, raw: str) -> None:
    asked = request(method, raw)
    decision = settled(vault.decide(asked))
    assert isinstance(decision, Forward)
    assert decision.request == asked


@pytest.mark.parametrize(
    ("method", "raw"),
    [
        # values
        ("GET", "/v1/secret/data/app/db"),
        ("HEAD", "/v1/secret/data/app/db"),
        ("GET", "/v1/secret/data/app/db?version=1"),
        ("GET", "/v1/secret/data/app/db?list=false"),
        ("GET", "/v1/secret/data/app/db?help="),
        ("GET", "/v1/secret/data/app/db?help=0"),
        ("LIST", "/v1/secret/data/app"),
        ("GET", "/v1/secret/metadata"),
        ("GET", "/v1/old/app"),
        ("GET", "/v1/old/metadata/app"),
        ("GET", "/v1/old/roles/app"),
        ("GET", "/v1/old/config"),
        ("GET", "/v1/generic/app"),
        ("GET", "/v1/cubbyhole/app"),
        ("LIST", "/v1/cubbyhole"),
        # what makes credentials, or gives out keys
        ("GET", "/v1/database/creds/ops"),
        ("GET", "/v1/database/creds/ops?list=true"),
        ("LIST", "/v1/database/creds"),
        ("GET", "/v1/database/static-creds/ops"),
        ("GET", "/v1/database/roles/ops?list=true&x=1"),
        ("GET", "/v1/aws/creds/ops"),
        ("GET", "/v1/aws/sts/ops"),
        ("POST", "/v1/pki/issue/ops"),
        ("GET", "/v1/transit/export/encryption-key/a"),
        ("GET", "/v1/auth/token/lookup-self"),
        ("LIST", "/v1/auth/token/accessors"),
        ("POST", "/v1/auth/token/create"),
        ("POST", "/v1/auth/kubernetes/login"),
        ("POST", "/v1/auth/kubernetes/config"),
        ("PUT", "/v1/auth/kubernetes/role/app"),
        ("GET", "/v1/auth/kubernetes/login"),
        ("GET", "/v1/auth/approle/role/app/role-id"),
        ("LIST", "/v1/auth/approle/role/app/secret-id"),
        ("POST", "/v1/auth/approle/role/app/secret-id"),
        ("GET", "/v1/identity/oidc/token/a"),
        # the rest of sys
        ("PUT", "/v1/sys/seal"),
        ("GET", "/v1/sys/seal"),
        ("PUT", "/v1/sys/step-down"),
        ("POST", "/v1/sys/mounts/made"),
        ("DELETE", "/v1/sys/mounts/secret"),
        ("POST", "/v1/sys/mounts/secret/tune"),
        ("PUT", "/v1/sys/policies/acl/a"),
        ("GET", "/v1/sys/raw/logical"),
        ("GET", "/v1/sys/leases/lookup/a"),
        ("LIST", "/v1/sys/leases/lookup"),
        ("PUT", "/v1/sys/leases/revoke"),
        ("GET", "/v1/sys/wrapping/lookup"),
        ("POST", "/v1/sys/wrapping/unwrap"),
        ("GET", "/v1/sys/storage/raft/snapshot"),
        ("GET", "/v1/sys/metrics"),
        ("GET", "/v1/sys/health?list=true"),
        ("GET", "/v1/sys/mounts?list=true"),
        ("GET", "/v1/sys"),
        # other doors
        ("GET", "/"),
        ("GET", "/ui/"),
        ("GET", "/v1/"),
        ("GET", "/v2/sys/health"),
        ("GET", "/v1/se cret"),
        ("OPTIONS", "/v1/secret/metadata/a"),
        ("SCAN", "/v1/secret/metadata/a"),
        ("HELP", "/v1/secret/metadata/a"),
        ("HELP", "/v1/secret/data/app/db"),
        ("HELP", "/v1/secret/data/app/db?help=1"),
    ],
)
def test_everything_else_is_refused(method: str, raw: str) -> None:
    decision = settled(vault.decide(request(method, raw.replace(" ", "%20"))))
    assert isinstance(decision, Refuse)


def test_a_read_with_a_body_is_refused() -> None:
    for method in ("GET", "HEAD", "LIST"):
        assert isinstance(vault.decide(request(method, "/v1/secret/metadata/a", {})), Refuse)


def test_an_engine_that_is_not_known_lets_nothing_pass() -> None:
    decision = settled(vault.decide(request("GET", "/v1/nowhere/metadata/a")))
    assert isinstance(decision, Answer)
    assert decision.status == 403
    assert json.loads(decision.body)["errors"]
    for raw in ("/v1/SYS/health", "/v1/ns/sys/health", "/v1/sysx/health"):
        assert isinstance(settled(vault.decide(request("GET", raw))), Answer)
    decision = vault.decide(request("GET", "/v1/secret/metadata/a"))
    assert isinstance(decision, Ask)
    for body in (b"", b"{}", b'{"data":{"path":"secret/"}}', b"[]", b'{"data":{"path":"other/","type":"kv"}}'):
        concluded = decision.conclude((UpstreamAnswer(200, (), body),))
        assert isinstance(concluded, Refuse | Answer)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_question_for_capabilities_passes_without_the_blocks_token(method: str) -> None:
    body = {"token": "guarded", "paths": ["secret/data/a"]}
    decision = vault.decide(request(method, "/v1/sys/capabilities-self", body))
    assert isinstance(decision, Forward)
    assert json.loads(decision.request.body) == {"paths": ["secret/data/a"]}
    for wrong in (b"", b"[]", b"{", b'{"paths":1}', b'{"other":"a"}'):
        assert isinstance(vault.decide(request(method, "/v1/sys/capabilities-self", wrong)), Refuse)
    assert isinstance(vault.decide(request("DELETE", "/v1/sys/capabilities-self", body)), Refuse)


@pytest.mark.parametrize(
    ("method", "path", "body", "needed", "status"),
    [
        ("PUT", "secret/data/app/db", {"data": {"a": "b"}}, "update", 200),
        ("POST", "secret/data/app/db", {"data": {"a": "b"}, "options": {"cas": 2}}, "update", 200),
        ("PUT", "deep/er/data/app", {"data": {}}, "update", 200),
        ("PATCH", "secret/data/app/db", {"data": {"a": "b"}}, "patch", 200),
        ("DELETE", "secret/data/app/db", None, "delete", 204),
        ("PUT", "secret/delete/app/db", {"versions": [1]}, "update", 204),
        ("POST", "secret/undelete/app/db", {"versions": ["1"]}, "update", 204),
        ("PUT", "secret/destroy/app/db", {"versions": [1]}, "update", 204),
        ("PUT", "secret/metadata/app/db", {"max_versions": 1}, "create", 204),
        ("PATCH", "secret/metadata/app/db", {"max_versions": 1}, "patch", 204),
        ("DELETE", "secret/metadata/app/db", None, "delete", 204),
        ("PUT", "old/app/db", {"a": "b"}, "create", 204),
        ("POST", "old/app/db", {"a": "b"}, "update", 204),
        ("DELETE", "old/app/db", None, "delete", 204),
    ],
)
def test_a_write_is_proved_and_never_sent(method: str, path: str, body: object, needed: str, status: int) -> None:
    asked = request(method, f"/v1/{path}", body)
    decision = settled(vault.decide(asked), capabilities=[needed])
    assert isinstance(decision, Answer)
    assert decision.status == status, decision.reason
    assert {claim.holds for claim in decision.claims} == {True}
    if status == 200:
        answer = json.loads(decision.body)
        assert answer["data"]["version"] == 3
        assert answer["warnings"] == [vault.SAID]
    for capabilities in (["read", "list", "sudo"], ["deny"], [needed, "deny"]):
        denied = settled(vault.decide(asked), capabilities=capabilities)
        assert isinstance(denied, Answer)
        assert denied.status in (400, 403)
        assert False in {claim.holds for claim in denied.claims}


@pytest.mark.parametrize(
    ("metadata", "capability", "well"),
    [
        ((404, {}), "create", True),
        ((404, {}), "update", False),
        ((200, THERE), "create", False),
        ((200, GONE), "create", True),
        ((200, GONE), "update", False),
        ((403, {}), "create", True),
        ((403, {}), "update", True),
    ],
)
def test_a_put_needs_create_or_update_as_there_is_a_version(
    metadata: tuple[int, object], capability: str, well: bool
) -> None:
    asked = request("PUT", "/v1/secret/data/app/db", {"data": {"a": "b"}})
    decision = settled(vault.decide(asked), capabilities=[capability], metadata=metadata)
    assert isinstance(decision, Answer)
    assert (decision.status == 200) is well


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "secret/data/app/db", {"a": "b"}, 400),
        ("PUT", "secret/data/app/db", None, 400),
        ("PUT", "secret/data/app/db", [], 400),
        ("PUT", "secret/data/app/db", b"{", 400),
        ("PUT", "secret/data/app/db", {"data": {}, "options": {"cas": 1}}, 400),
        ("PUT", "secret/destroy/app/db", {}, 400),
        ("PUT", "secret/destroy/app/db", {"versions": []}, 400),
        ("PUT", "old/app/db", {}, 400),
    ],
)
def test_what_vault_would_not_take_is_not_proved(method: str, path: str, body: object, status: int) -> None:
    decision = settled(vault.decide(request(method, f"/v1/{path}", body)))
    assert isinstance(decision, Answer)
    assert decision.status == status
    assert json.loads(decision.body)["errors"]


def test_a_patch_of_what_is_not_there_fails_and_makes_nobody_read_the_value() -> None:
    asked = request("PATCH", "/v1/secret/data/app/none", {"data": {"a": "b"}})
    missing = settled(vault.decide(asked), metadata=(404, {}))
    assert isinstance(missing, Answer)
    assert missing.status == 404
    denied = settled(vault.decide(asked), capabilities=["read"])
    assert isinstance(denied, Answer)
    assert denied.status == 400  # on 403 and 405 the command reads and writes instead


def test_a_secret_that_takes_no_write_without_its_version() -> None:
    strict = {"data": {**THERE["data"], "cas_required": True}}
    asked = request("PUT", "/v1/secret/data/app/db", {"data": {}})
    decision = settled(vault.decide(asked), metadata=(200, strict))
    assert isinstance(decision, Answer)
    assert decision.status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "secret/config"),
        ("POST", "secret/data"),
        ("PUT", "secret/subkeys/a"),
        ("PATCH", "old/a"),
        ("PUT", "database/roles/a"),
        ("DELETE", "database/roles/a"),
        ("PUT", "cubbyhole/a"),
        ("PUT", "transit/keys/a"),
        ("POST", "transit/encrypt/a"),
    ],
)
def test_other_writes_are_refused(method: str, path: str) -> None:
    assert isinstance(settled(vault.decide(request(method, f"/v1/{path}", {"a": "b"}))), Refuse)


def test_the_guards_own_questions_keep_the_namespace_and_nothing_else() -> None:
    headers = {"x-vault-namespace": "team", "x-vault-token": "guarded", "x-vault-wrap-ttl": "60s", "cookie": "a=b"}
    decision = vault.decide(request("PUT", "/v1/secret/data/a", {"data": {}}, headers))
    assert isinstance(decision, Ask)
    names = {name for name, _ in decision.requests[0].headers}
    assert names == {"x-vault-namespace", "x-vault-request"}
    assert not {"x-vault-token", "x-vault-wrap-ttl", "authorization", "cookie"} & vault.HEADERS


@given(
    st.sampled_from(["GET", "HEAD", "LIST", "POST", "PUT", "PATCH", "DELETE", "HELP", "SCAN"]),
    st.lists(st.sampled_from(PARTS), max_size=5),
    st.sampled_from(["", "?list=true", "?help=1", "?version=1", "?a=b"]),
)
def test_whatever_is_asked_only_reads_are_sent(method: str, parts: list[str], query: str) -> None:
    body: object = {"data": {}} if method in ("POST", "PUT", "PATCH") else None
    decision = settled(vault.decide(request(method, f"/v1/{'/'.join(parts)}{query}", body)))
    if isinstance(decision, Forward):
        assert decision.request.method in ("GET", "HEAD", "LIST")
        assert not decision.request.path.startswith(("/v1/secret/data", "/v1/database/creds")) or query == "?help=1"


def test_the_environment_holds_no_credentials() -> None:
    variables = vault.SYSTEM.environment(1234, Path("/run/block"))
    assert variables["VAULT_ADDR"] == variables["BAO_ADDR"] == "http://127.0.0.1:1234"
    assert variables["VAULT_TOKEN"] == variables["BAO_TOKEN"] == "guarded"


def test_a_refusal_has_the_shape_of_vaults_errors() -> None:
    answer = vault.refuse(None, Refuse(403, "because"))
    assert (answer.status, json.loads(answer.body)) == (403, {"errors": ["refused by truebook's guard: because"]})
