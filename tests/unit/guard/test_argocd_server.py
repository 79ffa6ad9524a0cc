"""ArgoCD and Vault behind a running guard: what reaches the API, and what a block is told."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler

import httpx

from tests.unit.guard.fakes import TOKEN, Guarded, guarded
from truebook.guard import argocd, grpcweb, vault
from truebook.guard.argocd import grpc

MESSAGE = grpcweb.write(
    [(1, grpcweb.write([(1, b"web")])), (3, grpcweb.write([(2, grpcweb.write([(1, b"OutOfSync")]))]))]
)
APPLICATION = {"metadata": {"name": "web", "namespace": "argocd"}, "spec": {"project": "home"}, "status": {}}


def answer_as_argocd(handler: BaseHTTPRequestHandler) -> None:
    if handler.path == grpc.GET:
        body, media = grpcweb.ended(MESSAGE), grpcweb.MEDIA_TYPE
    elif "/can-i/" in handler.path:
        body, media = b'{"value":"yes"}', "application/json"
    else:
        body, media = json.dumps(APPLICATION).encode(), "application/json"
    handler.send_response(200)
    handler.send_header("content-type", media)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def call(block: Guarded, method: str, *fields: tuple[int, bytes | int]) -> httpx.Response:
    return httpx.post(
        f"http://127.0.0.1:{block.port}/application.ApplicationService/{method}",
        headers={"content-type": grpcweb.MEDIA_TYPE, "token": "guarded", "authorization": "Bearer guarded"},
        content=grpcweb.frame(grpcweb.write(fields)),
        trust_env=False,
    )


def phase(answer: httpx.Response) -> str:
    """The phase of the last operation that an application's message tells."""
    status = grpcweb.parse(grpcweb.message(grpcweb.parse(grpcweb.first_message(answer.content)), 3))
    return grpcweb.string(grpcweb.parse(grpcweb.message(status, 7)), 2)


def test_a_sync_is_remembered_for_its_block_alone() -> None:
    with guarded(argocd.SYSTEM) as block:
        block.api.answer = answer_as_argocd
        assert phase(call(block, "Get", (1, b"web"))) == ""
        for method in ("Sync", "Rollback"):
            assert call(block, method, (1, b"web"), (3, 1)).content.endswith(b"grpc-status: 0\r\n") is (
                method == "Sync"
            )
        assert phase(call(block, "Get", (1, b"web"))) == "Succeeded"
        assert phase(call(block, "Get", (1, b"web"), (7, b"argocd"))) == "Succeeded"
        other = Guarded(block.api, block.guard, block.guard.serve(), block.name)
        assert phase(call(other, "Get", (1, b"web"))) == ""
        assert block.guard.claims(other.handle) == ()
        assert True in {claim.holds for claim in block.guard.claims(block.handle)}
        reached = {(arrived.method, arrived.target.partition("?")[0]) for arrived in block.api.arrived}
        assert all(method == "GET" or target == grpc.GET for method, target in reached)


def test_the_guards_token_goes_out_and_the_blocks_does_not() -> None:
    with guarded(argocd.SYSTEM) as block:
        block.api.answer = answer_as_argocd
        call(block, "Get", (1, b"web"), (2, b"hard"))
        (arrived,) = block.api.arrived
        assert arrived.headers["authorization"] == TOKEN
        assert "token" not in arrived.headers
        assert grpcweb.parse(grpcweb.unframe(arrived.body)) == ((1, b"web"),)


def test_a_refusal_is_told_as_the_command_understands_it() -> None:
    with guarded(argocd.SYSTEM) as block:
        answer = call(block, "Create", (1, b"x"))
        assert (answer.status_code, answer.headers["grpc-status"]) == (200, "7")
        assert block.api.arrived == []
        assert block.decisions() == ["refuse"]


def test_a_list_of_vaults_may_end_in_a_slash() -> None:
    with guarded(vault.SYSTEM) as block:

        def answer(handler: BaseHTTPRequestHandler) -> None:
            body = b'{"data":{"path":"secret/","type":"kv","options":{"version":"2"}}}'
            handler.send_response(200)
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        block.api.answer = answer
        url = f"http://127.0.0.1:{block.port}/v1/secret"
        headers = {"x-vault-token": "guarded", "x-vault-wrap-ttl": "60s"}
        assert httpx.get(f"{url}/metadata/?list=true", headers=headers, trust_env=False).status_code == 200
        assert httpx.get(f"{url}/data/app", headers=headers, trust_env=False).status_code == 403
        assert [arrived.target for arrived in block.api.arrived] == [
            "/v1/sys/internal/ui/mounts/secret/metadata",
            "/v1/secret/metadata/?list=true",
            "/v1/sys/internal/ui/mounts/secret/data/app",
        ]
        assert all("x-vault-wrap-ttl" not in arrived.headers for arrived in block.api.arrived)


def test_vault_out_of_reach_lets_nothing_pass() -> None:
    with guarded(vault.SYSTEM) as block:

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_error(500)

        block.api.answer = answer
        answered = httpx.put(f"http://127.0.0.1:{block.port}/v1/secret/data/a", json={"data": {}}, trust_env=False)
        assert answered.status_code == 500
        assert answered.json()["errors"]
        assert {arrived.method for arrived in block.api.arrived} == {"GET"}
