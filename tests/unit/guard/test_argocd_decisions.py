"""What the guard lets through to ArgoCD and what it refuses: REST and gRPC-web."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.guard.argocd_requests import SERVICE, WEB, call, rest_request
from truebook.guard import argocd, grpcweb
from truebook.guard.argocd import grpc, rest
from truebook.guard.request import Forward, GuardRequest, Refuse

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


def test_the_environment_holds_no_credentials() -> None:
    variables = argocd.SYSTEM.environment(1234, Path("/run/block"))
    assert variables == {
        "ARGOCD_SERVER": "127.0.0.1:1234",
        "ARGOCD_OPTS": "--grpc-web --plaintext",
        "ARGOCD_AUTH_TOKEN": "guarded",
        "ARGOCD_CONFIG_DIR": "/run/block/argocd",
    }
    assert not {"authorization", "token", "cookie"} & argocd.HEADERS
