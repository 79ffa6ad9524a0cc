"""Vault and OpenBao behind the guard.

A GET is not always a read here: an engine may make new credentials by one. So a list of paths under `sys/` passes, and
for the rest Vault is asked which engine serves the path: a KV engine's names and metadata pass, its values never; of
an engine that makes credentials, its roles; of all others nothing. A write to a KV engine is answered by a proof
(the engine, the permission, the versions there are) as Vault would answer it, and never sent on. Everything else is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from truebook.claims import Reply, refused, vault
from truebook.guard.request import (
    Answer,
    Ask,
    Decision,
    Facts,
    Forward,
    GuardRequest,
    Pairs,
    Refuse,
    System,
    UpstreamAnswer,
)
from truebook.model import Claim

HEADERS = frozenset(("accept", "content-type", "user-agent", "x-vault-request", "x-vault-namespace"))
TOKEN = "guarded"  # noqa: S105
"""What a block has for a token: the command insists on one, the guard puts the real one in its place."""

_AUTH_ROLES = frozenset(("approle", "jwt", "kubernetes", "oidc"))
METHODS = frozenset(("GET", "HEAD", "LIST", "POST", "PUT", "PATCH", "DELETE"))
SAID = "truebook's guard proved this and did not run it"
JSON: Pairs = (("content-type", "application/json"),)
NEVER = "0001-01-01T00:00:00Z"
"""When a version was made that was not made."""

_SYS_READS = re.compile(
    r"sys/(?:health|seal-status|leader|ha-status|host-info|key-status|mounts|auth|audit|policy|policies/(?:acl|rgp|egp)"
    r"|license/status|version-history|replication/status|storage/raft/configuration|storage/raft/autopilot/state"
    r"|plugins/catalog|namespaces"
    r"|policy/[\w.-]+|policies/(?:acl|rgp|egp)/[\w.-]+|mounts/[\w./-]+/tune|auth/[\w./-]+/tune"
    r"|plugins/catalog/[\w.-]+(?:/[\w.-]+)?|internal/ui/mounts(?:/[\w./-]+)?)"
)
_LISTED = re.compile(r"sys/(?:policy|policies/(?:acl|rgp|egp)|plugins/catalog/[\w.-]+|namespaces|version-history)")
_HEALTH = frozenset(
    (
        *("standbyok", "perfstandbyok", "activecode", "standbycode", "drsecondarycode", "performancestandbycode"),
        *("sealedcode", "uninitcode", "removedcode", "haunhealthycode"),
    )
)
_ROLES = frozenset(
    (
        *("aws", "azure", "consul", "database", "gcp", "kubernetes", "ldap", "mongodbatlas", "nomad", "openldap"),
        *("pki", "rabbitmq", "ssh", "terraform"),
    )
)
"""Engines whose roles say how credentials would be made, and hold none."""


def decide(request: GuardRequest) -> Decision:
    """What becomes of one request."""
    found = re.fullmatch(r"/v1/(.+?)/?", request.path)
    if found is None or not vault.is_path(found[1]):
        return Refuse(403, f"{request.path} is not a path that the guard knows")
    path = found[1]
    if request.method not in METHODS:
        return Refuse(405, f"{request.method} is not a method of Vault's API that the guard knows")
    method, query, refusal = _operation(request, path)
    if refusal is not None:
        return refusal
    sent = replace(request, query=query)
    if method == "HELP":
        return Forward(sent, "help on a path")
    if path in ("sys/capabilities-self", "sys/capabilities"):
        return _capabilities(request, path)
    if path.partition("/")[0] == "sys":
        return _system(sent, method, path)
    question = _get(request, vault.mount_path(path))
    return Ask((question,), lambda answers: _engine(sent, method, path, _reply(answers[0], question)))


def _operation(request: GuardRequest, path: str) -> tuple[str, Pairs, Refuse | None]:
    """What Vault would take the request for (`LIST`, `HELP`, else its method), and the query to send on."""
    method = request.method
    reads = method in ("GET", "HEAD", "LIST")
    if reads and request.body:
        return method, (), Refuse(400, "a read has no body")
    if request.query == (("help", "1"),) and method == "GET":
        return "HELP", request.query, None
    if path == "sys/health" and method in ("GET", "HEAD") and {name for name, _ in request.query} <= _HEALTH:
        return method, request.query, None
    if request.query == (("list", "true"),) and method == "GET":
        return "LIST", request.query, None
    if request.query:
        name = request.query[0][0]
        return method, (), Refuse(400, f"the parameter {name} is not one that the guard knows for {request.path}")
    return method, (), None


def _system(request: GuardRequest, method: str, path: str) -> Decision:
    allowed = _LISTED if method == "LIST" else _SYS_READS
    if method in ("GET", "HEAD", "LIST") and allowed.fullmatch(path):
        return Forward(request, "reads the server's settings")
    return Refuse(403, f"{method} of {path} is not a read that the guard knows")


def _capabilities(request: GuardRequest, path: str) -> Decision:
    """A question that is asked by POST."""
    try:
        body = msgspec.json.decode(request.body, type=dict[str, str | list[str]])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        return Refuse(400, f"the body of {path} is not understood")
    if request.method not in ("POST", "PUT") or request.query or not set(body) <= {"path", "paths", "token"}:
        return Refuse(403, f"{request.method} of {path} is not the question that the guard knows")
    if path.endswith("-self"):
        body.pop("token", None)  # the command sends the block's own
    sent = replace(request, path=f"/v1/{path}", body=msgspec.json.encode(body))
    return Forward(sent.with_header("content-type", "application/json"), "asks for capabilities")


def _engine(request: GuardRequest, method: str, path: str, answer: Reply) -> Decision:
    """The decision, now that the engine is known that serves the path."""
    engine = vault.mount(answer)
    if engine is None:
        said = vault.is_kv(path, answer)
        claims = (said,) if method not in ("GET", "HEAD", "LIST") else ()
        return errors(answer.status if answer.status >= 400 else 503, said.text, claims)
    if path.startswith("auth/"):
        return _auth(request, method, vault.Mount(f"auth/{engine.path}", engine.type), path)
    inner = _within(engine, path)
    if inner is None:
        return Refuse(403, f"the engine {engine.path}/ does not serve {path}")
    if engine.type == "kv":
        if method in ("GET", "HEAD", "LIST"):
            return _kv_read(request, method, engine, inner)
        return _kv_write(request, method, engine, inner)
    if method in ("GET", "HEAD", "LIST") and engine.type in _ROLES and re.fullmatch(r"roles(?:/[\w.-]+)?", inner):
        return Forward(request, f"reads the roles of a {engine.type} engine")
    return Refuse(403, f"{engine.path}/ is a {engine.type} engine: what it gives out may be made by asking for it")


def _auth(request: GuardRequest, method: str, engine: vault.Mount, path: str) -> Decision:
    """The roles of an auth method, and what Kubernetes' own is set to. Its tokens and ids are further down."""
    inner = _within(engine, path) or ""
    role = engine.type in _AUTH_ROLES and re.fullmatch(r"role(?:/[\w.-]+)?", inner)
    settings = engine.type == "kubernetes" and inner == "config" and method != "LIST"
    if method in ("GET", "HEAD", "LIST") and (role or settings):
        return Forward(request, f"reads the settings of the auth method {engine.path}/")
    return Refuse(403, f"{method} of {path} is not a read that the guard knows")


def _within(engine: vault.Mount, path: str) -> str | None:
    """The path within its engine."""
    if path == engine.path:
        return ""
    return path.removeprefix(f"{engine.path}/") if path.startswith(f"{engine.path}/") else None


def _kv_read(request: GuardRequest, method: str, engine: vault.Mount, inner: str) -> Decision:
    part, _, rest = inner.partition("/")
    if method == "LIST" and (engine.version == 1 or part == "metadata"):
        return Forward(request, "lists names")
    named = (part in ("metadata", "subkeys") and rest) or inner == "config"
    if engine.version == 2 and method != "LIST" and named:
        return Forward(request, f"reads {part}, without values")
    return Refuse(403, "a secret's value is never read; its metadata is, by 'vault kv metadata get'")


# --- writes ---------------------------------------------------------------------------------------------------------

_WRITES_V2: dict[tuple[str, str], vault.Verb] = {
    ("POST", "data"): "put",
    ("PUT", "data"): "put",
    ("PATCH", "data"): "patch",
    ("DELETE", "data"): "delete",
    ("POST", "delete"): "undelete",  # needs what an undelete needs: update, and versions
    ("PUT", "delete"): "undelete",
    ("POST", "undelete"): "undelete",
    ("PUT", "undelete"): "undelete",
    ("POST", "destroy"): "destroy",
    ("PUT", "destroy"): "destroy",
    ("POST", "metadata"): "metadata put",
    ("PUT", "metadata"): "metadata put",
    ("PATCH", "metadata"): "metadata patch",
    ("DELETE", "metadata"): "metadata delete",
}
_WRITES_V1: dict[str, vault.Verb] = {"POST": "put", "PUT": "put", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class _Write:
    """A write to a secret: `body` is what it sends, decoded; `path` the one that permissions are asked for."""

    verb: vault.Verb
    engine: vault.Mount
    secret: str
    path: str
    body: Mapping[str, object]

    @property
    def name(self) -> str:
        """The secret as people name it."""
        return f"{self.engine.path}/{self.secret}"


def _kv_write(request: GuardRequest, method: str, engine: vault.Mount, inner: str) -> Decision:
    part, _, secret = inner.partition("/") if engine.version == 2 else ("", "", inner)
    verb = _WRITES_V2.get((method, part)) if engine.version == 2 else _WRITES_V1.get(method)
    if verb is None or not secret:
        return Refuse(403, f"{method} of {engine.path}/{inner} is not a write that the guard can prove")
    try:
        body = msgspec.json.decode(request.body) if request.body else {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return errors(400, "failed to parse JSON input")
    if not isinstance(body, dict):
        return errors(400, "failed to parse JSON input: not an object")
    write = _Write(verb, engine, secret, f"{engine.path}/{inner}", body)
    wrong = _incomplete(write, part)
    if wrong:
        return errors(400, wrong)
    questions = [_post(request, "sys/capabilities-self", {"paths": [write.path]})]
    if engine.version == 2:
        questions.append(_get(request, f"{engine.path}/metadata/{secret}"))
    return Ask(tuple(questions), lambda answers: _proved(write, answers, questions))


def _incomplete(write: _Write, part: str) -> str:
    """What Vault would say of a body that lacks something, empty where it does not."""
    data, versions = write.body.get("data"), write.body.get("versions")
    if write.engine.version == 1:
        return "missing data fields" if write.verb == "put" and not write.body else ""
    if write.verb in ("put", "patch") and not isinstance(data, dict):
        return "no data provided"
    if part in ("delete", "undelete", "destroy") and not (isinstance(versions, list) and versions):
        return "no version number provided"
    return ""


def _proved(write: _Write, answers: tuple[UpstreamAnswer, ...], questions: list[GuardRequest]) -> Decision:
    capabilities = _reply(answers[0], questions[0])
    metadata = _reply(answers[1], questions[1]) if len(answers) > 1 else Reply(0, None, "")
    claims = (
        Claim(f"{write.engine.path}/ is a KV engine, version {write.engine.version}", True, questions[0].path),
        vault.permitted(write.path, _needed(write, metadata), capabilities),
        *_versions(write, metadata),
    )
    wrong = refused(claims)
    if wrong is not None:
        missing = write.verb in ("patch",) and vault.current_version(metadata) == 0
        denied = wrong is claims[1]
        # 400, not 403, for a patch: on 403 the command would fall back to reading the value.
        status = 404 if missing else 403 if denied and write.verb != "patch" else 400
        return errors(status, f"{'permission denied: ' if denied else ''}{wrong.text} ({SAID})", claims)
    if write.engine.version == 1 or write.verb not in ("put", "patch"):
        return Answer(204, (), b"", claims, SAID)
    version = vault.current_version(metadata)
    data = {
        "created_time": NEVER,
        "custom_metadata": metadata.get("data", "custom_metadata"),
        "deletion_time": "",
        "destroyed": False,
        "version": 0 if version is None else version + 1,
    }
    body = {
        "request_id": "",
        "lease_id": "",
        "renewable": False,
        "lease_duration": 0,
        "data": data,
        "wrap_info": None,
        "warnings": [SAID],
        "auth": None,
    }
    return Answer(200, JSON, msgspec.json.encode(body), claims, SAID)


def _needed(write: _Write, metadata: Reply) -> str:
    return vault.needed(write.verb, metadata) if write.engine.version == 2 else vault.NEEDED[write.verb]


def _versions(write: _Write, metadata: Reply) -> tuple[Claim, ...]:
    """What the secret's versions say about the write."""
    if write.engine.version == 1:
        return ()
    if write.verb == "put":
        options = write.body.get("options")
        cas = options.get("cas") if isinstance(options, dict) else None
        return vault.check_and_set(write.name, cas if isinstance(cas, int) else None, metadata)
    if write.verb in ("patch", "undelete", "destroy"):
        return (vault.exists(write.name, metadata),)
    return ()


# --- shapes ---------------------------------------------------------------------------------------------------------


def errors(status: int, message: str, claims: tuple[Claim, ...] = ()) -> Answer:
    """Errors in Vault's own shape."""
    return Answer(status, JSON, msgspec.json.encode({"errors": [message]}), claims, message)


def refuse(request: GuardRequest | None, refusal: Refuse) -> Answer:
    """The refusal as a client of the API shows it."""
    return replace(errors(refusal.status, f"refused by truebook's guard: {refusal.reason}"), reason=refusal.reason)


def _get(request: GuardRequest, path: str) -> GuardRequest:
    """A read of the guard's own, in the name and namespace of the client that asked."""
    headers = tuple(pair for pair in request.headers if pair[0] in ("user-agent", "x-vault-namespace"))
    return GuardRequest("GET", f"/v1/{path}", f"/v1/{path}", (), (*headers, ("x-vault-request", "true")))


def _post(request: GuardRequest, path: str, body: object) -> GuardRequest:
    asked = _get(request, path)
    sent = replace(asked, method="POST", body=msgspec.json.encode(body))
    return sent.with_header("content-type", "application/json")


def _reply(answer: UpstreamAnswer, question: GuardRequest) -> Reply:
    return Reply.of(answer.status, answer.body, f"{question.method} {question.path}")


def _environment(port: int, directory: Path) -> Mapping[str, str]:
    address = f"http://127.0.0.1:{port}"
    # OpenBao's own variables win over Vault's, even when empty. Retries would only repeat a refusal.
    return {
        **{f"{product}_ADDR": address for product in ("VAULT", "BAO")},
        **{f"{product}_TOKEN": TOKEN for product in ("VAULT", "BAO")},
        **{f"{product}_MAX_RETRIES": "0" for product in ("VAULT", "BAO")},
    }


def system(facts: Facts) -> System:
    """Vault or OpenBao as the guard serves it."""
    return System(
        name="vault",
        decide=decide,
        refuse=refuse,
        headers=HEADERS,
        environment=_environment,
        trailing_slash=True,
    )


SYSTEM = system(Facts())
