"""oc: kubectl, and the verbs that OpenShift adds."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.runbooks.verdicts.ruling import Ruling
from truebook.runbooks.verdicts.table import Cli, Parsed, Verb
from truebook.runbooks.verdicts.tools.kubectl import ALIASES, CREATE, EFFECTS, GLOBAL, PRINT, VERBS, change, row


def _whoami(parsed: Parsed) -> Ruling | None:
    if parsed.on("show-token"):
        return Ruling("secret", "prints the session's token")
    return None


def _project(parsed: Parsed) -> Ruling | None:
    return Ruling("local", "writes the kubeconfig") if parsed.operands else None


def _adm(verb: str) -> Verb:
    return VERBS[verb]


_OC: Mapping[str, Verb] = {
    **VERBS,
    "whoami": row("read", "asks who one is", "show-token,t show-context,c show-server show-console", _whoami),
    "project": row("read", "reads the project", "short,q", _project),
    "projects": row("read", "lists projects", "short,q"),
    "status": row("read", "reads an overview", "all-namespaces,A suggest output,o="),
    "login": row("unknown", "brings credentials of its own", "username,u= password,p= web certificate-authority="),
    "logout": row("local", "writes the kubeconfig"),
    "extract": row("secret", "prints or writes what a Secret holds", "to= confirm keys= filename,f="),
    "rsh": row(
        "interactive",
        "opens a shell in a pod",
        "container,c= shell= no-tty,T tty,t timeout=",
        lambda _parsed: Ruling("interactive", "opens a shell in a pod", opens_shell=True),
    ),
    "rsync": row("exec", "copies files into or out of a pod", "container,c= delete exclude= include= no-perms quiet,q"),
    "new-project": row("write", "creates a project", "description= display-name= skip-config-write"),
    "new-app": row(
        "write", "creates objects", f"{CREATE} name= env,e= param,p= template= labels,l= image= docker-image="
    ),
    "start-build": row("write", "starts a build", "follow,F wait,w from-dir= from-file= from-repo= commit= env,e="),
    "import-image": row("write", "imports an image", "confirm from= all scheduled insecure"),
    "rollout latest": change("starts a rollout", "again"),
    "tag": row("write", "tags an image", "source= delete,d reference scheduled"),
    "process": row(
        "read", "fills a template", f"{PRINT} filename,f= param,p= labels,l= local ignore-unknown-parameters"
    ),
    "get-token": row("secret", "prints a token"),
    "adm top pod": _adm("top pod"),
    "adm top node": _adm("top node"),
    "adm drain": _adm("drain"),
    "adm cordon": _adm("cordon"),
    "adm uncordon": _adm("uncordon"),
    "adm taint": _adm("taint"),
    "adm node-logs": row(
        "read", "reads a node's logs", "role= unit,u= path= since= tail= boot= grep,g= selector,l= raw"
    ),
    "adm release info": row("read", "reads a release", "output,o= commits pullspecs image-for= size registry-config="),
    "adm must-gather": row("exec", "runs pods that collect data", "dest-dir= image= since= node-name="),
    "adm policy add-role-to-user": change("grants a role", "role-namespace= rolebinding-name= serviceaccount,z="),
    "adm policy add-cluster-role-to-user": change("grants a role", "rolebinding-name= serviceaccount,z="),
    "adm policy add-scc-to-user": change("grants a constraint", "serviceaccount,z="),
    "adm policy who-can": row("read", "asks for a permission", "all-namespaces,A output,o="),
    "adm certificate approve": _adm("certificate approve"),
}
OC = Cli("oc", _OC, GLOBAL, EFFECTS, ALIASES)
