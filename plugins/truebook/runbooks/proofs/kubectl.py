"""`kubectl …` where there is no kubectl: the objects that it names are there, and the account may do it to them.

Kinds are found by discovery, as kubectl finds them. What comes from a file is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from truebook.claims import Reply, dig, items, text, unknown
from truebook.model import Claim
from truebook.runbooks.proofs.client import Client
from truebook.runbooks.proofs.words import Command, unclear
from truebook.runbooks.verdicts.ruling import literal

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:_\-]*[A-Za-z0-9])?")
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
FIRST = ("/api/v1", "/apis/apps/v1", "/apis/batch/v1")
"""Where kinds are looked for before all groups are asked for."""

_CHANGES: dict[str, tuple[str, str]] = {
    "scale": ("patch", "scale"),
    "delete": ("delete", ""),
    "drain": ("patch", ""),
    "autoscale": ("get", ""),
    "expose": ("get", ""),
    **dict.fromkeys(
        (
            *("patch", "edit", "label", "annotate", "taint", "cordon", "uncordon", "rollout restart", "rollout undo"),
            *("rollout pause", "rollout resume", "set image", "set env", "set resources", "set selector"),
            *("set serviceaccount", "set subject"),
        ),
        ("patch", ""),
    ),
}
"""The verb and subresource that the account has to be permitted."""
_NODES = ("drain", "cordon", "uncordon", "top node")
_PODS = ("logs", "exec", "attach", "port-forward", "cp", "debug", "top pod")
_PLAIN = ("version", "cluster-info", "api-resources", "api-versions", "auth can-i", "auth whoami", "explain", "events")


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource of the API."""

    api: str
    group: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """The path of an object, or of the list without a name."""
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.api}{scope}/{self.plural}{'/' + name if name else ''}"


def prove(command: Command, earlier: tuple[Command, ...], client: Client) -> tuple[Claim, ...]:
    """The claims of one `kubectl` command."""
    if command.verb in _PLAIN:
        reply = client.ask("kubernetes", "/version")
        return (
            Claim("the API server answers", True, reply.source)
            if reply.ok
            else unknown("the API server answers", reply),
        )
    if "filename" in command.parsed.flags or "kustomize" in command.parsed.flags:
        return (Claim(f"'{command}' reads a file, which was not checked", None),)
    claims: list[Claim] = []
    for kind, name in _targets(command):
        claims += _target(command, kind, name, client)
    return tuple(claims) or (Claim(f"what '{command}' needs can't be checked through the API", None),)


def _targets(command: Command) -> Iterator[tuple[str, str]]:
    """Kind and name of each object that the command names, a kind alone with no name."""
    words = [word for word in command.operands if command.verb in ("get", "describe", "delete") or not _setting(word)]
    if command.verb in _NODES:
        yield from (("nodes", word.removeprefix("node/")) for word in words)
    elif command.verb in _PODS:
        if words:
            kind, slash, name = words[0].partition("/")
            yield (kind, name) if slash else ("pods", kind)
    elif words and "/" in words[0]:
        for word in words:
            kind, slash, name = word.partition("/")
            if slash:
                yield kind, name
    elif words:
        names = words[1:] or [""]
        if command.verb == "patch":
            names = names[:1]
        for kind in words[0].split(","):
            yield from ((kind, name) for name in names)


def _setting(word: str) -> bool:
    """`key=value`, or `key-`, as `label`, `annotate`, `taint` and `set` take them."""
    return "=" in word or word.endswith("-")


def _target(command: Command, word: str, name: str, client: Client) -> tuple[Claim, ...]:
    if not literal(word) or not literal(name):
        return (unclear(command, "object", f"{word}/{name}" if name else word),)
    if not re.fullmatch(r"[A-Za-z0-9.\-]+", word) or (name and not NAME.fullmatch(name)):
        return (Claim(f"{f'{word}/{name}'[:80]!r} is not what an object can be called", False),)
    kind = _kind(word, client)
    if isinstance(kind, Kind):
        return _object(command, kind, name, client)
    several = [] if name else _category(word.lower(), client)
    return tuple(claim for one in several for claim in _object(command, one, "", client)) or (kind,)


def _object(command: Command, kind: Kind, name: str, client: Client) -> tuple[Claim, ...]:
    """The claims on an object of a kind, on all of them without a name."""
    given = command.flag("namespace")
    if command.parsed.last("namespace") and not given:
        return (unclear(command, "namespace", command.parsed.last("namespace")),)
    if given and not NAME.fullmatch(given):
        return (Claim(f"{given[:60]!r} is not a name that a namespace can have", False),)
    everywhere = command.parsed.on("all-namespaces")
    namespace = "" if everywhere or not kind.namespaced else given or "default"
    reply = client.ask("kubernetes", kind.path(namespace, name))
    there = _there(kind, namespace, name, reply, sure=bool(given) or not kind.namespaced)
    change = _CHANGES.get(command.verb)
    if command.verb == "logs" and name and there.holds:
        said = Claim(f"what {kind.plural} {name} logged: not known, no log was read", None)
        return (there, *_container(command, kind, name, reply), said)
    if change is None or there.holds is False:
        return (there,)
    return (there, _permitted(kind, namespace, name, *change, client))


def _there(kind: Kind, namespace: str, name: str, reply: Reply, *, sure: bool) -> Claim:
    """The object, or the list, is there. Without `sure` it may be in another namespace."""
    where = f" of {namespace}" if namespace else ""
    what = f"{kind.plural} {name}{where}" if name else f"{kind.plural}{where}"
    if not name:
        if reply.ok:
            return Claim(f"{what} can be listed: {len(items(reply.get('items')))}", True, reply.source)
        return unknown(f"{what} can be listed", reply)
    if reply.ok:
        return Claim(f"{what} exists", True, reply.source)
    if reply.status == 404:
        if sure:
            return Claim(f"{what} does not exist", False, reply.source)
        return Claim(f"{what} does not exist, and the command names no namespace", None, reply.source)
    return unknown(f"{what} exists", reply)


def _container(command: Command, kind: Kind, name: str, reply: Reply) -> tuple[Claim, ...]:
    """The container that is named is one of the object's pods."""
    container = command.flag("container")
    spec = reply.get("spec") if kind.plural == "pods" else reply.get("spec", "template", "spec")
    lists = [items(dig(spec, key)) for key in ("containers", "initContainers", "ephemeralContainers")]
    known = [text(dig(entry, "name")) for entry in chain.from_iterable(lists)]
    if not container or not known:
        return ()
    if container in known:
        return (Claim(f"{kind.plural} {name} has a container {container}", True, reply.source),)
    said = f"{kind.plural} {name} has no container {container[:60]!r}: it has {', '.join(known)}"
    return (Claim(said, False, reply.source),)


def _permitted(kind: Kind, namespace: str, name: str, verb: str, subresource: str, client: Client) -> Claim:
    attributes = {
        "verb": verb,
        "group": kind.group,
        "resource": kind.plural,
        **({"subresource": subresource} if subresource else {}),
        **({"namespace": namespace} if namespace else {}),
        **({"name": name} if name else {}),
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    reply = client.ask("kubernetes", REVIEWS, body=body)
    target = f"{kind.plural}{'/' + subresource if subresource else ''} {name}".strip()
    match reply.get("status", "allowed") if reply.ok else None:
        case True:
            return Claim(f"the account may {verb} {target}", True, reply.source)
        case False:
            return Claim(f"the account may not {verb} {target}", False, reply.source)
    return unknown(f"the account may {verb} {target}", reply)


def _kind(word: str, client: Client) -> Kind | Claim:
    """The resource that a word such as `deploy`, `Deployment` or `deployments.apps` names."""
    name, _, group = word.lower().partition(".")
    asked: Reply = Reply(0)
    for api in _apis(client):
        asked = client.ask("kubernetes", api)
        own = api.split("/")[2] if api.startswith("/apis/") else ""
        if group and not (own == group or group.endswith(f".{own}")):
            continue
        for entry in items(asked.get("resources")):
            plural = text(dig(entry, "name"))
            called = {plural, text(dig(entry, "singularName")), text(dig(entry, "kind")).lower()}
            if "/" not in plural and name in called | {text(short) for short in items(dig(entry, "shortNames"))}:
                return Kind(api, own, plural, bool(dig(entry, "namespaced")))
    if asked.status == 0:
        return unknown(f"the API server knows {word}", asked)
    return Claim(f"the API server knows no {word}", False, asked.source)


def _category(word: str, client: Client) -> list[Kind]:
    """The resources that a word such as `all` stands for."""
    return [
        Kind(
            api,
            api.split("/")[2] if api.startswith("/apis/") else "",
            text(dig(entry, "name")),
            bool(dig(entry, "namespaced")),
        )
        for api in _apis(client)
        for entry in items(client.ask("kubernetes", api).get("resources"))
        if word in items(dig(entry, "categories"))
    ]


def _apis(client: Client) -> Iterator[str]:
    yield from FIRST
    groups = client.ask("kubernetes", "/apis")
    for group in items(groups.get("groups")):
        version = text(dig(group, "preferredVersion", "groupVersion"))
        if version and f"/apis/{version}" not in FIRST:
            yield f"/apis/{version}"
