"""`argocd …`, asked of ArgoCD's REST API; of an application's object in Kubernetes where that cannot be reached."""

from __future__ import annotations

from truebook.claims import Reply, argocd, dig, items, text, unknown
from truebook.model import Claim
from truebook.runbooks.proofs.client import Client
from truebook.runbooks.proofs.words import Command, unclear
from truebook.runbooks.verdicts.ruling import literal

HOME = "argocd"
"""The namespace of ArgoCD's own objects, where its API cannot be asked."""

_LISTS = {
    "app list": "applications",
    "appset list": "applicationsets",
    "proj list": "projects",
    "repo list": "repositories",
    "cluster list": "clusters",
    "cert list": "certificates",
    "gpg list": "gpgkeys",
    "account list": "account",
}
_ACTIONS = {
    "app sync": "sync",
    "app rollback": "sync",
    "app terminate-op": "sync",
    "app delete": "delete",
    **dict.fromkeys(("app set", "app unset", "app patch", "app edit", "app add-source", "app remove-source"), "update"),
}
"""What the account has to be permitted for each change of an application."""
_WAITS = ("sync", "health", "suspended", "degraded", "operation")


def prove(command: Command, earlier: tuple[Command, ...], client: Client) -> tuple[Claim, ...]:
    """The claims of one `argocd` command."""
    verb = command.verb
    if verb in _LISTS:
        return (_listed(_LISTS[verb], client.ask("argocd", f"/api/v1/{_LISTS[verb]}")),)
    if verb == "version":
        reply = client.ask("argocd", "/api/version")
        said = text(reply.get("Version"))
        return (
            Claim(f"ArgoCD answers, in version {said}", True, reply.source)
            if said
            else unknown("ArgoCD answers", reply),
        )
    if verb.startswith("app ") and verb not in ("app create",):
        return _applications(command, earlier, client)
    if verb.startswith("proj ") and command.operands and verb != "proj create":
        return (_there(command, "project", f"/api/v1/projects/{command.operands[0]}", client),)
    if verb.startswith("appset ") and command.operands and verb not in ("appset create", "appset generate"):
        return (_there(command, "application set", f"/api/v1/applicationsets/{command.operands[0]}", client),)
    return (Claim(f"what '{command}' needs can't be checked through the API", None),)


def _applications(command: Command, earlier: tuple[Command, ...], client: Client) -> tuple[Claim, ...]:
    """The claims on each application that a command names or selects."""
    names = command.operands
    if command.verb in ("app rollback", "app actions run", "app actions list", "app get-resource"):
        names = names[:1]
    selector = command.flag("selector")
    if selector:
        reply = client.ask("argocd", "/api/v1/applications", (("selector", selector),))
        found = [text(dig(item, "metadata", "name")) for item in items(reply.get("items"))]
        if not reply.ok:
            return (unknown(f"applications match {selector}", reply),)
        claim = Claim(f"{len(found)} applications match {selector}", bool(found), reply.source)
        names = [name for name in found if name]
        return (claim, *_each(command, earlier, names, client))
    if not names:
        return (Claim(f"'{command}' names no application", False),)
    return _each(command, earlier, names, client)


def _each(command: Command, earlier: tuple[Command, ...], names: list[str], client: Client) -> tuple[Claim, ...]:
    claims: list[Claim] = []
    for word in names:
        namespace, _, name = word.rpartition("/")
        if not literal(word):
            claims.append(unclear(command, "application", word))
        elif not argocd.NAME.fullmatch(name) or (namespace and not argocd.NAME.fullmatch(namespace)):
            claims.append(Claim(f"{word[:60]!r} is not a name that an application can have", False))
        else:
            claims += _one(command, earlier, name, namespace or command.flag("app-namespace"), client)
    return tuple(claims)


def _one(
    command: Command, earlier: tuple[Command, ...], name: str, namespace: str, client: Client
) -> tuple[Claim, ...]:
    application = _application(name, namespace, client)
    there = argocd.exists(name, application)
    if there.holds is not True:
        return (there,)
    claims = [there]
    action = _ACTIONS.get(command.verb)
    if action is not None:
        claims.append(_permitted(name, action, application, namespace, client))
    match command.verb:
        case "app sync":
            claims += [argocd.idle(name, application), _window(name, namespace, client)]
            claims += _resources(command, name, application)
            claims.append(argocd.difference(name, application))
        case "app diff":
            claims.append(argocd.difference(name, application))
        case "app wait":
            claims += _resources(command, name, application)
            claims += argocd.waited_for(name, application, _wanted(command, earlier, name))
        case "app rollback":
            claims += _rollback(command, name, application)
        case "app terminate-op":
            claims.append(argocd.busy(name, application))
        case "app set" | "app unset" | "app patch" | "app edit":
            claims.append(Claim(f"the new settings of the application {name} were not validated", None))
    return tuple(claims)


def _application(name: str, namespace: str, client: Client) -> Reply:
    question = argocd.application_question(name, namespace)
    reply = client.ask("argocd", question.path, question.query)
    if reply.status:
        return reply
    home = namespace or HOME
    return client.ask("kubernetes", f"/apis/argoproj.io/v1alpha1/namespaces/{home}/applications/{name}")


def _permitted(name: str, action: str, application: Reply, namespace: str, client: Client) -> Claim:
    question = argocd.permission_question(application, action, namespace)
    reply = client.ask("argocd", question.path) if question else Reply(0)
    return argocd.permitted(name, action, reply)


def _window(name: str, namespace: str, client: Client) -> Claim:
    question = argocd.windows_question(name, namespace)
    return argocd.window(name, client.ask("argocd", question.path, question.query))


def _wanted(command: Command, earlier: tuple[Command, ...], name: str) -> tuple[str, ...]:
    """What a wait is for. After a sync that was proved, not for what only the sync would have done."""
    wanted = tuple(option for option in _WAITS if command.parsed.on(option)) or ("sync", "health", "operation")
    synced = any(before.verb == "app sync" and name in before.operands for before in earlier)
    return tuple(option for option in wanted if not synced or option not in ("sync", "operation"))


def _rollback(command: Command, name: str, application: Reply) -> list[Claim]:
    identifier = command.operands[1] if len(command.operands) > 1 else ""
    if identifier and not literal(identifier):
        return [unclear(command, "deployment", identifier), argocd.manual(name, application)]
    if identifier and not identifier.isdecimal():
        return [Claim(f"{identifier[:40]!r} is not the number of a deployment", False)]
    deployed = argocd.deployed_before(name, application, int(identifier) if identifier else None)
    return [deployed, argocd.manual(name, application), argocd.idle(name, application)]


def _resources(command: Command, name: str, application: Reply) -> list[Claim]:
    """Each `--resource GROUP:KIND:NAME` is an object of the application; `*` and blank stand for any."""
    claims = []
    for word in command.parsed.flags.get("resource", []):
        parts = word.removeprefix("!").split(":")
        if not literal(word) or len(parts) != 3:
            claims.append(Claim(f"the object {word!r} of the application {name} is not known", None))
            continue
        group, kind, full = parts
        namespace, _, own = full.rpartition("/")
        wanted = {"group": group, "kind": kind, "name": own, "namespace": namespace}
        found = any(
            all(value in ("", "*") or text(dig(entry, key)) == value for key, value in wanted.items())
            for entry in items(application.get("status", "resources"))
        )
        said = "has" if found else "does not have"
        claims.append(Claim(f"the application {name} {said} the object {word}", found, application.source))
    return claims


def _listed(what: str, reply: Reply) -> Claim:
    if not reply.ok:
        return unknown(f"{what} can be listed", reply)
    return Claim(f"{what} can be listed: {len(items(reply.get('items')))}", True, reply.source)


def _there(command: Command, what: str, path: str, client: Client) -> Claim:
    name = command.operands[0]
    if not literal(name):
        return unclear(command, what, name)
    if not argocd.NAME.fullmatch(name):
        return Claim(f"{name[:60]!r} is not a name that a {what} can have", False)
    reply = client.ask("argocd", path)
    if reply.ok:
        return Claim(f"the {what} {name} exists", True, reply.source)
    if reply.status in (403, 404):
        return Claim(f"the {what} {name} does not exist, or the account may not see it", False, reply.source)
    return unknown(f"the {what} {name} exists", reply)
