"""What the guard decides about requests to ArgoCD: REST, gRPC-web, and the proofs in place of operations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truebook.guard import argocd, grpcweb, target
from truebook.guard.argocd import grpc, rest
from truebook.guard.request import Answer, Ask, Decision, Forward, GuardRequest, Refuse, UpstreamAnswer

SERVICE = "application.ApplicationService"
WEB = grpcweb.write([(1, b"web")])
APPLICATION = {
    "metadata": {"name": "web", "namespace": "argocd"},
    "spec": {"project": "home"},
    "status": {
        "sync": {"status": "OutOfSync"},
        "health": {"status": "Healthy"},
        "resources": [
            {"kind": "Deployment", "namespace": "shop", "name": "web", "status": "OutOfSync"},
            {"kind": "Service", "namespace": "shop", "name": "web", "status": "Synced"},
        ],
        "history": [{"id": 3}, {"id": 4}],
    },
}
MESSAGE = grpcweb.write(
    [
        (1, grpcweb.write([(1, b"web")])),
        (3, grpcweb.write([
            (1, grpcweb.write([(3, b"Deployment"), (5, b"web"), (6, b"OutOfSync")])),
            (2, grpcweb.write([(1, b"OutOfSync"), (3, b"abc123")])),
            (6, grpcweb.write([(1, 1_700_000_000)])),
            (7, grpcweb.write([(2, b"Failed"), (3, b"long ago")])),
        ])),
        (4, b""),
    ]
)  # fmt: skip


def rest_request(method: str, raw: str, body: bytes = b"", media: str = "application/json") -> GuardRequest:
    path, query = target.parse(raw)
    return GuardRequest(method, raw, path, query, (("content-type", media),) if body or method != "GET" else (), body)


def call(method: str, message: bytes = b"", *, service: str = SERVICE, body: bytes | None = None) -> GuardRequest:
    path = f"/{service}/{method}"
    sent = grpcweb.frame(message) if body is None else body
    return GuardRequest("POST", path, path, (), (("content-type", grpcweb.MEDIA_TYPE),), sent)


def settled(decision: Decision, answers: Mapping[str, tuple[int, object]] | None = None) -> Decision:
    """The decision where ArgoCD answers a path with that status and JSON; all is allowed where nothing is said."""
    known: dict[str, tuple[int, object]] = {
        "/api/v1/applications/web": (200, APPLICATION),
        "/api/v1/applications/web/syncwindows": (200, {"canSync": True}),
        **{
            f"/api/v1/account/can-i/applications/{action}/home/web": (200, {"value": "yes"})
            for action in ("sync", "delete", "update")
        },
        **(answers or {}),
    }
    while isinstance(decision, Ask):
        given_: list[UpstreamAnswer] = []
        for asked in decision.requests:
            if asked.path == grpc.GET:
                given_.append(UpstreamAnswer(200, (), grpcweb.ended(MESSAGE)))
            else:
                assert (asked.method, asked.body) == ("GET", b"")
                status, body = known.get(asked.path, (404, {}))
                given_.append(UpstreamAnswer(status, (), json.dumps(body).encode()))
        decision = decision.conclude(tuple(given_))
    return decision


# --- REST -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        "/healthz",
        "/api/version",
        "/api/v1/settings",
        "/api/v1/session/userinfo",
        "/api/v1/account/can-i/applications/sync/home/web",
        "/api/v1/account/can-i/applications/sync/home/argocd/web",
        "/api/v1/applications?projects=home&selector=a%3Db&fields=items.metadata.name",
        "/api/v1/applications/web?project=home&appNamespace=argocd",
        "/api/v1/applications/web/resource-tree",
        "/api/v1/applications/web/managed-resources?name=web",
        "/api/v1/applications/web/manifests?revision=main",
        "/api/v1/applications/web/revisions/abc/metadata",
        "/api/v1/applications/web/pods/a/logs?tailLines=3",
        "/api/v1/projects/home/detailed",
        "/api/v1/clusters?server=https://kubernetes.default.svc",
    ],
)
def test_reads_pass_unchanged(raw: str) -> None:
    request = rest_request("GET", raw)
    decision = argocd.decide(request)
    assert isinstance(decision, Forward)
    assert decision.request == request
    assert decision.seconds is None


@pytest.mark.parametrize(
    "query",
    [
        *("refresh=hard", "refresh=normal", "refresh=", "refresh", "Refresh=hard", "REFRESH=1", "%72efresh=hard"),
        *("refresh=hard&refresh=normal", "forceRefresh=true", "noCache=true", "follow=true"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/applications/web", "/api/v1/applications", "/api/v1/repositories"])
def test_what_makes_argocd_write_is_taken_off(path: str, query: str) -> None:
    for raw in (f"{path}?{query}", f"{path}?{query}&{query}"):
        decision = argocd.decide(rest_request("GET", raw))
        assert isinstance(decision, Forward)
        assert decision.request.query == ()


def test_streams_end() -> None:
    decision = argocd.decide(rest_request("GET", "/api/v1/stream/applications?name=web"))
    assert isinstance(decision, Forward)
    assert decision.seconds == rest.STREAM_SECONDS


@pytest.mark.parametrize(
    ("method", "raw"),
    [
        ("GET", "/"),
        ("GET", "/api"),
        ("GET", "/api/v1"),
        ("GET", "/api/v2/applications"),
        ("GET", "/api/v1/applications/web/server-side-diff"),
        ("GET", "/api/v1/applications/web/spec"),
        ("GET", "/api/v1/applications/web/operation"),
        ("GET", "/api/v1/write-repositories"),
        ("GET", "/api/v1/applications/web?unknown=1"),
        ("GET", "/api/v1/applications/web?name=other"),
        ("GET", "/api/dex/auth"),
        ("GET", "/auth/login"),
        ("GET", "/terminal?pod=a"),
        ("GET", "/API/v1/applications"),
        ("POST", "/api/v1/session"),
        ("DELETE", "/api/v1/session"),
        ("POST", "/api/v1/applications"),
        ("POST", "/api/v1/applications/web"),
        ("PUT", "/api/v1/applications/web"),
        ("PATCH", "/api/v1/applications/web"),
        ("PATCH", "/api/v1/applications/web/sync"),
        ("POST", "/api/v1/applications/web/resource"),
        ("DELETE", "/api/v1/applications/web/resource"),
        ("POST", "/api/v1/applications/web/resource/actions"),
        ("POST", "/api/v1/applications/web/resource/actions/v2"),
        ("POST", "/api/v1/applications/manifestsWithFiles"),
        ("POST", "/api/v1/applicationsets/generate"),
        ("POST", "/api/v1/projects"),
        ("POST", "/api/v1/projects/home/roles/a/token"),
        ("DELETE", "/api/v1/projects/home"),
        ("POST", "/api/v1/repositories"),
        ("POST", "/api/v1/repositories/x/validate"),
        ("POST", "/api/v1/clusters/x/rotate-auth"),
        ("POST", "/api/v1/clusters/x/invalidate-cache"),
        ("POST", "/api/v1/account/docs/token"),
        ("PUT", "/api/v1/account/password"),
        ("OPTIONS", "/api/v1/applications"),
        ("TRACE", "/api/v1/applications"),
    ],
)
def test_everything_else_is_refused(method: str, raw: str) -> None:
    assert isinstance(argocd.decide(rest_request(method, raw)), Refuse)


def test_a_read_with_a_body_is_refused() -> None:
    assert isinstance(argocd.decide(rest_request("GET", "/api/v1/applications", b"{}")), Refuse)


def test_a_refusal_has_the_shape_of_argocds_errors() -> None:
    answer = argocd.refuse(rest_request("POST", "/api/v1/projects"), Refuse(403, "because"))
    assert json.loads(answer.body) == {
        "error": "refused by truebook's guard: because",
        "code": 7,
        "message": "refused by truebook's guard: because",
    }
    answer = argocd.refuse(call("Create"), Refuse(403, "because of é%"))
    assert (answer.status, answer.body) == (200, b"")
    headers = dict(answer.headers)
    assert headers["grpc-status"] == "7"
    assert headers["grpc-message"] == "refused by truebook's guard: because of %C3%A9%25"


# --- gRPC-web -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(grpc.READS))
def test_a_method_of_the_list_passes(path: str) -> None:
    service, _, name = path[1:].rpartition("/")
    decision = argocd.decide(call(name, service=service))
    assert isinstance(decision, Forward)
    assert decision.request.path == path
    assert (decision.seconds is not None) is grpc.READS[path].streamed


def test_a_refresh_is_taken_off() -> None:
    message = grpcweb.write([(1, b"web"), (2, b"hard"), (7, b"argocd")])
    decision = argocd.decide(call("Get", message))
    assert isinstance(decision, Forward)
    assert grpcweb.unframe(decision.request.body) == grpcweb.write([(1, b"web"), (7, b"argocd")])
    decision = argocd.decide(call("ListRepositories", grpcweb.write([(2, 1)]), service="repository.RepositoryService"))
    assert isinstance(decision, Forward)
    assert grpcweb.unframe(decision.request.body) == b""


@pytest.mark.parametrize(
    "message",
    [
        grpcweb.write([(1, b"web"), (1, b"other")]),
        grpcweb.write([(2, b"hard"), (2, b"hard")]),
        grpcweb.write([(2, 1)]),
        grpcweb.write([(1, 1)]),
        grpcweb.write([(10, b"x")]),
        grpcweb.write([(1, b"\xff")]),
        b"\x0a\x10web",  # cut off
        b"\x0a",
        b"\x0b\x0c",  # a group
        b"\x0d\0\0\0\0",  # four bytes
        b"\x09\0\0\0\0\0\0\0\0",  # eight bytes
        b"\x00\x01",  # field 0
        b"\xff" * 11,
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    ],
)
def test_a_message_that_is_not_understood_is_refused(message: bytes) -> None:
    assert isinstance(argocd.decide(call("Get", message)), Refuse)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0\0",
        b"\1" + grpcweb.frame(WEB)[1:],  # compressed
        grpcweb.frame(WEB) * 2,
        grpcweb.frame(WEB) + b"x",
        grpcweb.frame(WEB)[:-1],
        grpcweb.frame(WEB) + grpcweb.frame(b"grpc-status: 0\r\n", 0x80),
        b"AAAAAAUKA3dlYg==",
    ],
)
def test_a_body_that_is_not_one_frame_is_refused(body: bytes) -> None:
    for method in ("Get", "Sync"):
        assert isinstance(argocd.decide(call(method, body=body)), Refuse)


@pytest.mark.parametrize("media", ["application/grpc", "application/grpc-web", "application/grpc-web-text"])
def test_only_the_commands_own_encoding_is_understood(media: str) -> None:
    path = f"/{SERVICE}/List"
    request = GuardRequest("POST", path, path, (), (("content-type", media),), grpcweb.frame(b""))
    assert isinstance(argocd.decide(request), Refuse)


@pytest.mark.parametrize(
    "path",
    [
        *(f"/{SERVICE}/{name}" for name in ("Create", "Update", "Patch", "PatchResource", "DeleteResource")),
        *(f"/{SERVICE}/{name}" for name in ("RunResourceAction", "RunResourceActionV2", "GetManifestsWithFiles")),
        *(f"/{SERVICE}/{name}" for name in ("ServerSideDiff", "get", "List/", "")),
        *(f"/application.applicationservice/{name}" for name in ("Get", "List")),
        f"/argo/{SERVICE}/Get",
        "/session.SessionService/Create",
        "/session.SessionService/Delete",
        "/account.AccountService/CreateToken",
        "/account.AccountService/UpdatePassword",
        "/applicationset.ApplicationSetService/Generate",
        "/project.ProjectService/Update",
        "/repository.RepositoryService/ValidateAccess",
        "/repository.RepositoryService/GetAppDetails",
        "/cluster.ClusterService/RotateAuth",
        "/cluster.ClusterService/InvalidateCache",
        "/gpgkey.GPGKeyService/Delete",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    ],
)
def test_other_methods_are_refused(path: str) -> None:
    request = GuardRequest("POST", path, path, (), (("content-type", grpcweb.MEDIA_TYPE),), grpcweb.frame(WEB))
    assert isinstance(argocd.decide(request), Refuse)


@given(st.sampled_from(sorted(grpc.READS)), st.binary(max_size=60))
def test_whatever_a_message_holds_it_is_sent_without_what_writes(path: str, message: bytes) -> None:
    service, _, name = path[1:].rpartition("/")
    decision = argocd.decide(call(name, message, service=service))
    if isinstance(decision, Forward):
        fields = grpcweb.parse(grpcweb.unframe(decision.request.body))
        known = grpc.READS[path].fields
        assert all(number in known and not known[number].dropped for number, _ in fields)


@given(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]), st.sampled_from(["", "/web", "/web/sync"]))
def test_nothing_but_reads_is_ever_sent(method: str, rest_of_path: str) -> None:
    decision = argocd.decide(
        rest_request(method, f"/api/v1/applications{rest_of_path}", b"{}" if method[0] == "P" else b"")
    )
    if isinstance(decision, Forward):
        assert decision.request.method in ("GET", "HEAD")


# --- proofs ---------------------------------------------------------------------------------------------------------


def test_a_sync_is_proved() -> None:
    decision = settled(argocd.decide(call("Sync", grpcweb.write([(1, b"web"), (3, 0), (5, b"")]))))
    assert isinstance(decision, Answer)
    assert grpcweb.first_message(decision.body) == MESSAGE
    assert decision.body.endswith(b"\x80\0\0\0\x10grpc-status: 0\r\n")
    assert [(claim.text, claim.holds) for claim in decision.claims] == [
        ("the application web exists", True),
        ("the account may sync the application web", True),
        ("no operation on the application web is in progress", True),
        ("no sync window keeps the application web from a sync now", True),
        ("a sync of the application web would change Deployment shop/web", True),
    ]
    assert set(decision.marks) == {"synced:/web", "synced:argocd/web"}


@pytest.mark.parametrize(
    ("answers", "code", "text"),
    [
        ({"/api/v1/applications/web": (404, {})}, "5", "the application web does not exist"),
        ({"/api/v1/applications/web": (403, {})}, "7", "does not exist, or the account may not see it"),
        ({"/api/v1/applications/web": (500, {})}, "14", "not known, the API answered 500"),
        ({"/api/v1/applications/web": (0, {})}, "14", "the API could not be reached"),
        (
            {"/api/v1/account/can-i/applications/sync/home/web": (200, {"value": "no"})},
            "7",
            "the account may not sync the application web",
        ),
    ],
)
def test_a_sync_that_argocd_would_refuse_is_refused(
    answers: Mapping[str, tuple[int, object]], code: str, text: str
) -> None:
    decision = settled(argocd.decide(call("Sync", WEB)), answers)
    assert isinstance(decision, Answer)
    assert dict(decision.headers)["grpc-status"] == code
    assert decision.marks == ()
    assert text in decision.claims[-1].text or any(text in claim.text for claim in decision.claims)


def test_what_is_so_only_now_refuses_no_sync() -> None:
    running = {**APPLICATION, "operation": {"sync": {}}}
    answers = {
        "/api/v1/applications/web": (200, running),
        "/api/v1/applications/web/syncwindows": (200, {"canSync": False}),
        "/api/v1/account/can-i/applications/sync/home/web": (400, {}),
    }
    decision = settled(argocd.decide(call("Sync", WEB)), answers)
    assert isinstance(decision, Answer)
    assert "grpc-status" not in dict(decision.headers)
    assert [claim.holds for claim in decision.claims] == [True, None, None, None, True]


@pytest.mark.parametrize(("identifier", "well"), [(3, True), (4, True), (9, False)])
def test_a_rollback_goes_back_to_what_the_history_holds(identifier: int, well: bool) -> None:
    decision = settled(argocd.decide(call("Rollback", grpcweb.write([(1, b"web"), (2, identifier)]))))
    assert isinstance(decision, Answer)
    assert ("grpc-status" not in dict(decision.headers)) is well


@pytest.mark.parametrize(
    ("method", "fields", "result"),
    [
        ("TerminateOperation", [(1, b"web")], b""),
        ("Delete", [(1, b"web"), (2, 1)], b""),
        ("UpdateSpec", [(1, b"web"), (2, b"\x0a\x03abc")], b"\x0a\x03abc"),
    ],
)
def test_other_operations_are_proved(method: str, fields: list[tuple[int, bytes | int]], result: bytes) -> None:
    decision = settled(argocd.decide(call(method, grpcweb.write(fields))))
    assert isinstance(decision, Answer)
    assert grpcweb.first_message(decision.body) == result
    assert [claim.holds for claim in decision.claims[:2]] == [True, True]


@pytest.mark.parametrize("name", [b"../x", b"a/b", b"a?b", b"", b"-a", b"a\nb", "é".encode()])
def test_a_name_that_is_none_gets_into_no_question(name: bytes) -> None:
    assert isinstance(argocd.decide(call("Sync", grpcweb.write([(1, name)]))), Refuse)
    assert isinstance(argocd.decide(call("Sync", grpcweb.write([(1, b"web"), (12, name or b"/")]))), Refuse)


def test_a_sync_by_rest_is_proved() -> None:
    decision = settled(argocd.decide(rest_request("POST", "/api/v1/applications/web/sync", b"{}")))
    assert isinstance(decision, Answer)
    assert json.loads(decision.body) == APPLICATION
    refused = settled(
        argocd.decide(rest_request("POST", "/api/v1/applications/web/sync", b"{}")),
        {"/api/v1/applications/web": (404, {})},
    )
    assert isinstance(refused, Answer)
    assert (refused.status, json.loads(refused.body)["code"]) == (404, 5)


@pytest.mark.parametrize(
    ("body", "media"), [(b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain")]
)
def test_a_sync_by_rest_that_argocd_would_not_read_is_refused(body: bytes, media: str) -> None:
    assert isinstance(argocd.decide(rest_request("POST", "/api/v1/applications/web/sync", body, media)), Refuse)


# --- what a block sees after a proof --------------------------------------------------------------------------------


def test_after_a_proved_sync_a_get_shows_how_it_would_have_ended() -> None:
    decision = argocd.decide_marked(call("Get", WEB), frozenset({"synced:/web"}))
    assert isinstance(decision, Forward)
    assert decision.reply is not None
    answer = decision.reply(UpstreamAnswer(200, (), grpcweb.ended(MESSAGE)))
    status = grpcweb.parse(grpcweb.message(grpcweb.parse(grpcweb.first_message(answer.body)), 3))
    state = grpcweb.parse(grpcweb.message(status, 7))
    assert grpcweb.string(state, 2) == "Succeeded"
    assert grpcweb.string(state, 3) == "truebook's guard proved this and did not run it"
    assert grpcweb.string(grpcweb.parse(grpcweb.message(state, 4)), 2) == "abc123"
    assert grpcweb.string(grpcweb.parse(grpcweb.message(status, 2)), 1) == "Synced"
    assert grpcweb.string(grpcweb.parse(grpcweb.message(status, 1)), 6) == "Synced"
    operation = grpcweb.parse(grpcweb.message(state, 1))
    assert (3, 1) in grpcweb.parse(grpcweb.message(operation, 1))  # a dry run
    assert all(number != 4 for number, _ in grpcweb.parse(grpcweb.first_message(answer.body)))


def test_after_a_proved_rollback_the_sync_status_stays() -> None:
    decision = argocd.decide_marked(call("Get", WEB), frozenset({"operated:/web"}))
    assert isinstance(decision, Forward)
    assert decision.reply is not None
    answer = decision.reply(UpstreamAnswer(200, (), grpcweb.ended(MESSAGE)))
    status = grpcweb.parse(grpcweb.message(grpcweb.parse(grpcweb.first_message(answer.body)), 3))
    assert grpcweb.string(grpcweb.parse(grpcweb.message(status, 2)), 1) == "OutOfSync"


def test_other_applications_are_seen_as_they_are() -> None:
    other = call("Get", grpcweb.write([(1, b"other")]))
    decision = argocd.decide_marked(other, frozenset({"synced:/web", "synced:argocd/web"}))
    assert isinstance(decision, Forward)
    assert decision.reply is None


def test_an_answer_that_is_not_understood_is_told_as_a_failure() -> None:
    decision = argocd.decide_marked(call("Get", WEB), frozenset({"synced:/web"}))
    assert isinstance(decision, Forward)
    assert decision.reply is not None
    answer = decision.reply(UpstreamAnswer(200, (), b"\0\0\0\0\1\x0b"))
    assert dict(answer.headers)["grpc-status"] == "14"
    missing = UpstreamAnswer(200, (("grpc-status", "5"),), b"")
    assert decision.reply(missing) == missing


def test_a_watch_ends_and_is_not_begun_again() -> None:
    first = argocd.decide(call("Watch", WEB))
    assert isinstance(first, Forward)
    assert first.seconds == rest.STREAM_SECONDS
    second = argocd.decide_marked(call("Watch", WEB), frozenset(first.marks))
    assert isinstance(second, Answer)
    assert dict(second.headers)["grpc-status"] == "4"
    assert [claim.holds for claim in second.claims] == [False]


def test_a_watch_after_a_proved_sync_tells_one_event() -> None:
    decision = settled(argocd.decide_marked(call("Watch", WEB), frozenset({"synced:/web"})))
    assert isinstance(decision, Answer)
    event = grpcweb.parse(grpcweb.first_message(decision.body))
    assert grpcweb.string(event, 1) == "MODIFIED"
    assert b"Succeeded" in grpcweb.message(event, 2)
    assert decision.marks == ("watched:/web",)


def test_the_environment_holds_no_credentials() -> None:
    variables = argocd.SYSTEM.environment(1234, Path("/run/block"))
    assert variables == {
        "ARGOCD_SERVER": "127.0.0.1:1234",
        "ARGOCD_OPTS": "--grpc-web --plaintext",
        "ARGOCD_AUTH_TOKEN": "guarded",
        "ARGOCD_CONFIG_DIR": "/run/block/argocd",
    }
    assert not {"authorization", "token", "cookie"} & argocd.HEADERS
