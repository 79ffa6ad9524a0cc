"""What is proved in place of an operation of ArgoCD, and what a block sees after that."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.unit.guard.argocd_requests import APPLICATION, MESSAGE, WEB, call, rest_request, settled
from truebook.guard import argocd, grpcweb
from truebook.guard.argocd import rest
from truebook.guard.request import Answer, Forward, Refuse, UpstreamAnswer

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
