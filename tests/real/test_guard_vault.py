"""A real Vault and its real command, through the guard, with the root token behind it.

What Vault holds is then the same: mounts, auth methods, policies, every secret's metadata and values, tokens, leases,
entities, the seal. With the guard left out the same commands do change it. An engine that makes credentials on a GET
stands before a server of the test's own, which counts how many it was asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.real.conftest import _start
from tests.real.servers.vault import Vault
from truebook.claims import Reply
from truebook.guard.server import Guard, Handle, Route, plain
from truebook.guard.vault import SYSTEM
from truebook.model import Claim
from truebook.runbooks import proofs
from truebook.runbooks.proofs.client import GuardClient, Query

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

VALUE = "not-to-be-seen"

# Each changes something, mints a credential or shows a value, for root.
CHANGES = """\
vault kv put secret/app/db password=new
vault kv put -mount=secret app/db password=new other=thing
vault kv put -cas=2 secret/app/db password=new
vault kv put secret/app/fresh password=new
vault kv put -format=json secret/app/fresh password=new
vault kv put old/app/db password=new
vault kv put deep/er/app password=new
vault kv patch secret/app/db extra=1
vault kv patch -method=rw secret/app/db extra=1
vault kv patch -mount=secret -remove-data=password app/db
vault kv delete secret/app/db
vault kv delete -versions=1 secret/app/db
vault kv delete old/app/db
vault kv undelete -versions=1 secret/app/gone
vault kv destroy -versions=1 secret/app/db
vault kv destroy -mount=secret -versions=1,2 app/db
vault kv rollback -version=1 secret/app/db
vault kv metadata put -max-versions=1 secret/app/db
vault kv metadata put -custom-metadata=a=b secret/app/db
vault kv metadata patch -custom-metadata=a=b secret/app/db
vault kv metadata delete secret/app/db
vault kv enable-versioning old/
vault kv get secret/app/db
vault kv get -field=password old/app/db
vault kv get -version=1 secret/app/db
vault read secret/data/app/db
vault read old/app/db
vault write secret/data/app/db data=@body.json
vault write old/app/db password=new
vault write -f secret/config max_versions=1
vault delete secret/data/app/db
vault delete secret/metadata/app/db
vault delete old/app/db
vault patch secret/data/app/db data=@body.json
vault secrets enable -path=made kv
vault secrets enable -path=made -version=2 kv
vault secrets disable secret/
vault secrets disable old
vault secrets move old older
vault secrets tune -max-lease-ttl=1h secret/
vault auth enable userpass
vault auth disable approle/
vault auth tune -max-lease-ttl=1h approle/
vault write auth/approle/role/made token_policies=default
vault write -f auth/approle/role/kept/secret-id
vault read auth/approle/role/kept/role-id
vault policy write made rules.hcl
vault policy write kept rules.hcl
vault policy delete kept
vault token create
vault token create -policy=kept -ttl=1h
vault token create -orphan
vault token lookup
vault token renew
vault token revoke -self
vault token revoke -accessor "$ACCESSOR"
vault login -no-store "$VAULT_TOKEN"
vault read consul/creds/ops
vault read -format=json consul/creds/ops
vault lease revoke -prefix consul/
vault lease revoke -force -prefix consul/
vault lease revoke "$LEASE"
vault lease renew "$LEASE"
vault write consul/roles/made consul_policies=p
vault delete consul/roles/ops
vault write -f transit/keys/made
vault write -f transit/keys/kept/rotate
vault delete transit/keys/kept
vault read transit/export/encryption-key/kept
vault write transit/datakey/plaintext/kept bits=256
vault write pki/root/generate/internal common_name=made
vault write pki/issue/kept common_name=a.homelab.local
vault write identity/entity name=made
vault audit enable file file_path=/dev/null
vault operator seal
vault operator step-down
vault operator rotate
vault operator rekey -init -key-shares=1 -key-threshold=1
vault operator generate-root -init
vault operator unseal -reset
vault plugin register -sha256=0000 -command=a secret made
vault plugin deregister secret kv
vault write cubbyhole/made a=b
vault write sys/config/ui/headers/X-Made values=a
vault write sys/wrapping/wrap a=b
vault read -wrap-ttl=60s sys/mounts
curl -sS -X PUT $J -d '{"data":{"password":"new"}}' $A/secret/data/app/db
curl -sS -X POST $J -d '{"data":{"password":"new"}}' $A/secret/data/app/fresh
curl -sS -X POST -d '{"data":{"password":"new"}}' $A/secret/data/app/fresh
curl -sS -X PATCH -H 'content-type: application/merge-patch+json' -d '{"data":{"a":"b"}}' $A/secret/data/app/db
curl -sS -X DELETE $A/secret/data/app/db
curl -sS -X DELETE $A/secret/metadata/app/db
curl -sS -X PUT $J -d '{"versions":[1]}' $A/secret/destroy/app/db
curl -sS -X POST $J -d '{"versions":[1]}' $A/secret/delete/app/db
curl -sS -X POST $J -d '{"password":"new"}' $A/old/app/db
curl -sS $A/secret/data/app/db
curl -sS "$A/secret/data/app/db?version=1"
curl -sS "$A/secret/data/app/db?list=false"
curl -sS $A/old/app/db
curl -sS $A/old/app/db/
curl -sS --path-as-is $A/sys/../secret/data/app/db
curl -sS --path-as-is $A/sys/health/../../secret/data/app/db
curl -sS --path-as-is "$A/secret/metadata/%2e%2e/data/app/db"
curl -sS --path-as-is $A/secret//data/app/db
curl -sS --path-as-is $A/secret/%64ata/app/db
curl -sS $A/consul/creds/ops
curl -sS "$A/consul/creds/ops?list=true"
curl -sS "$A/consul/creds/ops?LIST=true&help=0"
curl -sS -X LIST $A/consul/creds/ops
curl -sS -I $A/consul/creds/ops
curl -sS -X HELP $A/consul/creds/ops
curl -sS -X HELP $A/secret/data/app/db
curl -sS -X SCAN $A/secret/data/app
curl -sS -X GET -d '{}' $A/consul/creds/ops
curl -sS -X PUT $A/sys/seal
curl -sS -X POST $A/sys/seal
curl -sS -X PUT $J -d '{"type":"kv"}' $A/sys/mounts/made
curl -sS -X DELETE $A/sys/mounts/secret
curl -sS -X POST $J -d '{}' $A/auth/token/create
curl -sS -X POST $J -d '{}' $A/auth/token/revoke-self
curl -sS -X PUT $J -d '{"lease_id":"x"}' $A/sys/leases/revoke
curl -sS -X PUT $A/sys/leases/revoke-prefix/consul
curl -sS -X POST $J -H 'X-HTTP-Method-Override: DELETE' -d '{}' $A/sys/mounts/secret
curl -sS -H 'X-Vault-Wrap-TTL: 60s' $A/sys/mounts
curl -sS $A/sys/raw/logical
curl -sS $A/sys/leases/lookup/consul/creds/ops?list=true
curl -sS -X LIST $A/auth/token/accessors
""".splitlines()

READS = """\
vault status
vault status -format=json
vault kv list secret/
vault kv list secret/app
vault kv list -mount=secret app
vault kv list old/app
vault kv metadata get secret/app/db
vault kv metadata get -mount=secret app/db
vault kv metadata get -format=json secret/app/db
vault list secret/metadata/app
vault secrets list
vault secrets list -detailed
vault auth list
vault policy list
vault policy read kept
vault token capabilities secret/data/app/db
vault list consul/roles
vault read consul/roles/ops
vault list auth/approle/role
vault read auth/approle/role/kept
vault path-help secret/
vault plugin list secret
curl -sS $A/sys/seal-status
curl -sS $A/sys/internal/ui/mounts/secret/app
""".splitlines()

# What a proof answers: exit code 0, and this word in the output of the real command.
PROVED = {
    "vault kv put secret/app/db password=new": "version",
    "vault kv put secret/app/fresh password=new": "version",
    "vault kv put old/app/db password=new": "Success!",
    "vault kv put deep/er/app password=new": "version",
    "vault kv patch secret/app/db extra=1": "version",
    "vault kv delete secret/app/db": "Success!",
    "vault kv undelete -versions=1 secret/app/gone": "Success!",
    "vault kv destroy -versions=1 secret/app/db": "Success!",
    "vault kv metadata put -max-versions=3 secret/app/db": "Success!",
    "vault kv metadata delete secret/app/db": "Success!",
}

BYPASSED = [
    "vault kv put secret/app/db password=new",
    "vault kv destroy -versions=1 secret/app/db",
    "vault write old/app/db password=newer",
    "vault secrets enable -path=made kv",
    "vault token create -ttl=1h",
    "vault read consul/creds/ops",
    "vault lease revoke -prefix consul/",
    "vault policy delete kept",
    'curl -sS -X PUT -H "X-Vault-Token: $VAULT_TOKEN" $A/sys/seal',
]


class Consul(BaseHTTPRequestHandler):
    """As much of Consul as makes a token, and counts them."""

    made = 0

    def do_PUT(self) -> None:
        type(self).made += 1
        body = json.dumps({"AccessorID": f"accessor-{self.made}", "SecretID": f"{VALUE}-{self.made}"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_DELETE(self) -> None:
        self.do_PUT()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@dataclass
class Stage:
    """Vault with something of everything in it, and a guard before it."""

    vault: Vault
    guard: Guard
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """All that commands could change."""
        vault = self.vault
        if vault.read("sys/seal-status")["sealed"]:
            return {"sealed": True}
        accessors = vault.list("auth/token/accessors")
        return {
            "credentials": Consul.made,
            "mounts": vault.read("sys/mounts")["data"],
            "auth": vault.read("sys/auth")["data"],
            "audit": vault.read("sys/audit")["data"],
            "plugins": vault.read("sys/plugins/catalog")["data"],
            "policies": {name: data(vault.read(f"sys/policies/acl/{name}")) for name in vault.list("sys/policies/acl")},
            "tokens": sorted(accessors),
            "leases": vault.list("sys/leases/lookup/consul/creds/ops"),
            "entities": vault.list("identity/entity/name"),
            "roles": [vault.list("auth/approle/role"), vault.list("consul/roles"), vault.list("pki/roles")],
            "secret ids": vault.list("auth/approle/role/kept/secret-id"),
            "keys": {name: data(vault.read(f"transit/keys/{name}")) for name in vault.list("transit/keys")},
            "key": data(vault.read("sys/key-status")),
            "rekey": data(vault.read("sys/rekey/init")),
            "root": data(vault.read("sys/generate-root/attempt")),
            "issuers": vault.list("pki/issuers"),
            "certificates": vault.list("pki/certs"),
            "headers": vault.list("sys/config/ui/headers"),
            "cubbyhole": vault.list("cubbyhole"),
            "config": data(vault.read("secret/config")),
            "secrets": {
                name: (data(vault.read(f"{engine}/metadata/{name}")), data(vault.read(f"{engine}/data/{name}")))
                for engine, names in (("secret", ("app/db", "app/fresh", "app/gone")), ("deep/er", ("app",)))
                for name in names
            },
            "old": (vault.list("old"), vault.list("old/app"), data(vault.read("old/app/db"))),
        }

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "J": "-H content-type:application/json",
            "A": f"{own['VAULT_ADDR']}/v1",
            **self.extra,
            **own,
        }

    def guarded(self, handle: Handle) -> dict[str, str]:
        return self.environment(self.guard.environment(handle.ports, self.folder))

    def bypass(self) -> dict[str, str]:
        return self.environment({"VAULT_ADDR": self.vault.url, "VAULT_TOKEN": self.vault.token})

    def run(self, line: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["timeout", "30", "bash", "-c", line],
            env=dict(environment),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def through(self, line: str) -> tuple[subprocess.CompletedProcess[str], tuple[Claim, ...]]:
        handle = self.guard.serve()
        try:
            return self.run(line, self.guarded(handle)), self.guard.claims(handle)
        finally:
            self.guard.end(handle)


def data(answer: Any) -> Any:
    """What an answer holds, without what is new in each."""
    return answer and answer.get("data", {key: answer[key] for key in answer if key != "request_id"})


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("vault")
    consul = ThreadingHTTPServer(("127.0.0.1", 0), Consul)
    thread = threading.Thread(target=consul.serve_forever, daemon=True)
    thread.start()
    try:
        with _start(request, Vault) as vault:
            extra = fill(vault, f"127.0.0.1:{consul.server_port}")
            (folder / "bin").mkdir()
            (folder / "bin" / "vault").symlink_to(vault.program)
            (folder / "body.json").write_text('{"password": "new"}')
            (folder / "rules.hcl").write_text('path "secret/*" { capabilities = ["read"] }\n')
            with Guard({"vault": Route(SYSTEM, plain(vault.url, {"X-Vault-Token": vault.token}))}) as guard:
                yield Stage(vault, guard, folder, extra)
    finally:
        consul.shutdown()
        consul.server_close()
        thread.join()


def fill(vault: Vault, consul: str) -> dict[str, str]:
    """Something of everything; a token's accessor and a lease that commands can name."""
    for arguments in (
        ("secrets", "enable", "-path=old", "-version=1", "kv"),
        ("secrets", "enable", "-path=deep/er", "-version=2", "kv"),
        ("secrets", "enable", "consul"),
        ("secrets", "enable", "transit"),
        ("secrets", "enable", "pki"),
        ("auth", "enable", "approle"),
        ("kv", "put", "secret/app/db", f"password={VALUE}-1"),
        ("kv", "put", "secret/app/db", f"password={VALUE}-2"),
        ("kv", "put", "secret/app/gone", f"password={VALUE}"),
        ("kv", "delete", "secret/app/gone"),
        ("kv", "put", "deep/er/app", f"password={VALUE}"),
        ("kv", "put", "old/app/db", f"password={VALUE}"),
        ("write", "consul/config/access", f"address={consul}", "token=root", "scheme=http"),
        ("write", "consul/roles/ops", "consul_policies=ops"),
        ("write", "-f", "transit/keys/kept", "exportable=true"),
        ("write", "transit/keys/kept/config", "deletion_allowed=true"),
        ("write", "pki/root/generate/internal", "common_name=homelab.local"),
        ("write", "pki/roles/kept", "allowed_domains=homelab.local", "allow_subdomains=true"),
        ("write", "auth/approle/role/kept", "token_policies=default"),
    ):
        vault.cli(*arguments)
    token = vault.token_for("kept", 'path "secret/data/*" { capabilities = ["read"] }')
    accessor = vault.request("GET", "auth/token/lookup-self", token=token).json()["data"]["accessor"]
    return {"ACCESSOR": accessor, "LEASE": vault.read("consul/creds/ops")["lease_id"]}


def test_no_command_changes_anything(stage: Stage) -> None:
    assert len(CHANGES) >= 100
    before = stage.state()
    assert before["credentials"] == 1
    changed, unheard, shown = {}, {}, []
    for line in CHANGES:
        handle = stage.guard.serve()
        try:
            done = stage.run(line, stage.guarded(handle))
            requests = stage.guard.requests(handle)
        finally:
            stage.guard.end(handle)
        assert done.returncode != 124, f"{line} did not end"
        if not requests:
            unheard[line] = done.stdout + done.stderr
        if VALUE in done.stdout + done.stderr or stage.vault.token in done.stdout + done.stderr:
            shown.append(line)
        after = stage.state()
        if after != before:
            changed[line] = [part for part in before if after.get(part) != before[part]]
            before = after
    assert changed == {}
    assert shown == []
    # What the command itself declines proves nothing of the guard.
    assert unheard == {}


@pytest.mark.parametrize("line", READS)
def test_a_read_gives_what_it_gives_without_the_guard(stage: Stage, line: str) -> None:
    through, _ = stage.through(line)
    token = ' -H "X-Vault-Token: $VAULT_TOKEN"' if line.startswith("curl") else ""
    direct = stage.run(line + token, stage.bypass())
    assert through.returncode == direct.returncode, through.stderr
    assert without_request(through.stdout) == without_request(direct.stdout)


def without_request(output: str) -> list[str]:
    """An output without the request's own number."""
    try:
        parsed = json.loads(output)
    except ValueError:
        return output.splitlines()
    if isinstance(parsed, dict):
        parsed.pop("request_id", None)
    return [json.dumps(parsed, sort_keys=True)]


@pytest.mark.parametrize("line", PROVED)
def test_a_write_is_proved_and_ends_well(stage: Stage, line: str) -> None:
    done, claims = stage.through(line)
    assert done.returncode == 0, done.stderr
    assert PROVED[line] in done.stdout
    assert claims
    assert {claim.holds for claim in claims} == {True}


def test_the_answer_names_the_version_that_would_be_made(stage: Stage) -> None:
    done, _ = stage.through("vault kv put -format=json secret/app/db password=new")
    answer = json.loads(done.stdout)
    assert answer["data"]["version"] == 3
    assert answer["warnings"] == ["truebook's guard proved this and did not run it"]


@pytest.mark.parametrize(
    ("line", "claim"),
    [
        ("vault kv put nowhere/app a=b", "preflight capability check returned 403"),
        ("curl -sSf -X PUT $J -d '{}' $A/secret/data/app/db", ""),
        ("vault kv put -cas=1 secret/app/db a=b", "the secret secret/app/db is in version 2, 1 is expected"),
        ("vault kv patch secret/app/none a=b", "the secret secret/app/none does not exist"),
    ],
)
def test_what_vault_would_refuse_fails(stage: Stage, line: str, claim: str) -> None:
    done, claims = stage.through(line)
    assert done.returncode != 0
    direct = stage.run(line, stage.bypass())
    assert direct.returncode != 0
    assert claim in done.stderr + " ".join(found.text for found in claims if found.holds is False)


@pytest.mark.parametrize(
    ("capabilities", "line", "well"),
    [
        ('["create"]', "vault kv put secret/app/new a=b", True),
        ('["update"]', "vault kv put secret/app/new a=b", False),
        ('["update"]', "vault kv put secret/app/db a=b", True),
        ('["create"]', "vault kv put secret/app/db a=b", False),
        ('["read"]', "vault kv put secret/app/db a=b", False),
        ('["delete"]', "vault kv delete secret/app/db", True),
        ('["read"]', "vault kv delete secret/app/db", False),
    ],
)
def test_a_proof_asks_for_the_permission_that_vault_asks_for(
    stage: Stage, capabilities: str, line: str, well: bool
) -> None:
    rules = (
        f'path "secret/data/*" {{ capabilities = {capabilities} }}\n'
        'path "secret/metadata/*" { capabilities = ["read"] }\n'
    )
    token = stage.vault.token_for("narrow", rules)
    with Guard({"vault": Route(SYSTEM, plain(stage.vault.url, {"X-Vault-Token": token}))}) as guard:
        handle = guard.serve()
        done = stage.run(line, stage.environment(guard.environment(handle.ports, stage.folder)))
    assert (done.returncode == 0) is well, done.stderr
    if not well:  # and Vault itself agrees
        direct = stage.run(line, {**stage.bypass(), "VAULT_TOKEN": token})
        assert direct.returncode != 0


class Direct:
    """Asks through one block's ports of the guard."""

    def __init__(self, guard: Guard) -> None:
        self.handle = guard.serve()
        self.client = GuardClient({"vault": f"http://127.0.0.1:{self.handle.ports['vault']}"})

    def ask(self, system: str, path: str, query: Query = (), *, body: object = None) -> Reply:
        return self.client.ask(system, path, query, body=body)


@pytest.mark.parametrize(
    ("line", "standing"),
    [
        ("vault kv put secret/app/db password=$(openssl rand -base64 32)", "passed"),
        ("vault kv put -mount=secret app/fresh password=x", "passed"),
        ("vault kv put nowhere/app/db password=x", "failed"),
        ("vault kv rollback -mount=secret -version=1 app/db", "passed"),
        ("vault kv rollback -mount=secret -version=9 app/db", "failed"),
        ("vault kv metadata get -mount=secret app/db", "passed"),
        ("vault kv metadata get -mount=secret app/none", "failed"),
        ("vault kv patch old/app/db a=b", "failed"),
        ("vault status", "passed"),
        ("vault operator seal", "unknown"),
    ],
)
def test_the_same_is_proved_without_the_command(stage: Stage, line: str, standing: str) -> None:
    client = Direct(stage.guard)
    try:
        claims = proofs.prove(line, client, missing=("vault",))
        assert proofs.standing(claims) == standing, claims
        assert claims[-1].text == "vault is not installed: the flags were not checked"
    finally:
        client.client.close()
        stage.guard.end(client.handle)


def test_the_guard_could_fail(stage: Stage) -> None:
    """Last, as it changes what the others look at: without the guard the same commands do change Vault."""
    for line in BYPASSED:
        before = stage.state()
        stage.run(line, stage.bypass())
        assert stage.state() != before, line
