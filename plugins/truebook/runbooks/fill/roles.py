"""What a placeholder asks for: by its own name, and by where in a command it stands."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_SYNONYMS = {
    "namespace": "namespace ns name-space namespace-name app-namespace application-namespace target-namespace "
    "pod-namespace app-ns",
    "app": "app app-name appname application application-name argocd-app argocd-application argo-app",
    "component": "component component-name",
    "workload": "workload workload-name controller",
    "deployment": "deployment deployment-name deploy deploy-name dep",
    "statefulset": "statefulset statefulset-name sts sts-name",
    "daemonset": "daemonset daemonset-name ds ds-name",
    "cronjob": "cronjob cronjob-name",
    "job": "job job-name",
    "replicaset": "replicaset replicaset-name rs",
    "pod": "pod pod-name podname pod-id",
    "container": "container container-name",
    "node": "node node-name nodename worker worker-node node-hostname",
    "service": "service service-name svc svc-name",
    "ingress": "ingress ingress-name ing",
    "pvc": "pvc pvc-name persistentvolumeclaim claim claim-name volume-claim",
    "host": "host-name hostname domain fqdn ingress-host app-host host",
    "url": "url app-url address",
    "name": "name resource resource-name object object-name",
}
_ROLES = {word: role for role, words in _SYNONYMS.items() for word in words.split()}

_ARTICLES = """
a affected an any broken desired existing failed failing given her his my new of old our problem problematic some stuck
target that the their this your
"""
_FILLER = frozenset(_ARTICLES.split())

GENERIC = frozenset({"name", "app", "component", "workload", "host"})
"""Roles that give way to the kind that stands before them: `deployment/<app>`."""

_NAMESPACE_FLAGS = frozenset({"-n", "--namespace"})
_CONTAINER_FLAGS = frozenset({"-c", "--container"})
_OF_PODS = frozenset({"logs", "log", "exec", "attach", "port-forward", "cp", "debug"})
_OF_NODES = frozenset({"drain", "cordon", "uncordon"})
_FLAGS = """
-n --namespace -c --container -l --selector -o --output -f --filename --context --cluster --user --since --tail
--replicas --timeout --for -p --patch --type --sort-by --field-selector
"""
_WITH_VALUE = frozenset(_FLAGS.split())
_OF_KUBECTL = frozenset({"kubectl", "oc", "k", "kubectl-admin"})
_RESOURCE = re.compile(r"(?:^|=)[\w.]*:([A-Z]\w+):(?:[\w-]+/)?$")
"""`apps:Deployment:<name>`, as ArgoCD writes a resource."""
_KIND = re.compile(r"([A-Za-z][\w.-]*)/$")


@dataclass(frozen=True, slots=True)
class Wish:
    """What one occurrence of a placeholder asks for.

    `role` is a word of this module, `kind:<word>` an object of that kind, `label:<key>` a pod's label, or empty where
    nothing says it. `of` names a component (`<vault-pod>`). `namespace` is the one that the command itself says,
    empty where it says none.
    """

    role: str
    of: str = ""
    namespace: str = ""


def canonical(name: str) -> str:
    """`App_Name`, `appName` and `app name` as `app-name`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name.strip())
    return re.sub(r"[\s_.\-]+", "-", spaced).strip("-").lower()


def own(name: str) -> tuple[str, str]:
    """The role that a name says by itself, and the component in it: `vault-pod` is (`pod`, `vault`)."""
    word = canonical(name)
    if word in _ROLES:
        return _ROLES[word], ""
    parts = word.split("-")
    for cut in range(1, len(parts)):
        role = _ROLES.get("-".join(parts[cut:]))
        if role is not None:
            before = [part for part in parts[:cut] if part not in _FILLER]
            return role, "-".join(before)
    return "", ""


def alike(name: str) -> str:
    """The word under which values for a name may be given as well: `ns` is given by `namespace`."""
    role, of = own(name)
    return role if role and not of else ""


def wish(name: str, before: str, after: str) -> Wish:
    """What a placeholder asks for that stands after `before` in its command and before `after`."""
    role, of = own(name)
    words = _words(before)
    programs = [place for place, word in enumerate(words) if word.rpartition("/")[2] in (*_OF_KUBECTL, "argocd")]
    if not programs:
        return Wish(role, of)
    words = words[programs[-1] :]
    namespace = _namespace([*words, "", *_words(after)])
    glued = before[-1:] not in ("", " ", "\t", "\n", '"', "'", "=")
    found = _argocd(words, glued=glued) if words[0] == "argocd" else _kubectl(words, before, glued=glued)
    if found in ("namespace", "container") or (found and role in ("", *GENERIC)):
        # The words around it decide; a component in its name still says whose it is.
        return Wish(found, of, namespace)
    return Wish(role, of, namespace)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=False)
    except ValueError:
        return text.replace('"', " ").replace("'", " ").split()


def _namespace(words: list[str]) -> str:
    for place, word in enumerate(words):
        if word in _NAMESPACE_FLAGS and place + 1 < len(words):
            found = words[place + 1]
        elif word.startswith("--namespace="):
            found = word.partition("=")[2]
        else:
            continue
        return found if re.fullmatch(r"[a-z0-9][a-z0-9-]*", found) else ""
    return ""


def _argocd(words: list[str], *, glued: bool) -> str:
    if resource := _RESOURCE.search(words[-1]):
        return _kind(resource[1])
    if glued or len(words) < 2 or words[-1].startswith("-"):
        return ""
    if words[1] in ("app", "application"):
        return "app" if len(_operands(words)) == 2 else ""
    return "kind:appproject" if words[1] in ("proj", "project") else ""


def _kubectl(words: list[str], before: str, *, glued: bool) -> str:
    last = words[-1]
    if glued or before.endswith("="):
        if last in ("--namespace=", "-n="):
            return "namespace"
        if last == "--container=":
            return "container"
        if (label := re.search(r"([\w./-]+)==?$", last)) and _selects(words):
            return f"label:{label[1]}"
        kind = _KIND.search(last)
        return _kind(kind[1]) if kind and not last.startswith("-") else ""
    if last in _NAMESPACE_FLAGS:
        return "namespace"
    if last in _CONTAINER_FLAGS:
        return "container"
    if last in _WITH_VALUE:
        return ""
    operands = _operands(words)
    verb = operands[0] if operands else ""
    if verb in _OF_NODES:
        return "node"
    if verb in _OF_PODS:
        return "pod" if len(operands) == 1 else ""
    if verb in ("rollout", "set", "top") and len(operands) > 1:
        operands = operands[1:]
    if len(operands) == 2 and "," not in operands[1] and "/" not in operands[1]:
        return _kind(operands[1])
    return ""


def _selects(words: list[str]) -> bool:
    return any(word in ("-l", "--selector") for word in words[-2:]) or words[-1].startswith(("--selector=", "-l"))


def _operands(words: list[str]) -> list[str]:
    """The words after the program that are no flags and no values of flags."""
    found: list[str] = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word == "--":
            break
        elif word.startswith("-"):
            skip = word in _WITH_VALUE
        else:
            found.append(word)
    return found


def _kind(word: str) -> str:
    """A word for a kind as a role of ours, else as a kind of the cluster's."""
    low = word.lower()
    singular = low.removesuffix("s") if low not in _ROLES else low
    for form in (low, singular):
        if form in ("ns", "namespace"):
            return "namespace"
        role = _ROLES.get(form)
        if role is not None and role not in ("name", "app", "host", "url", "component", "workload"):
            return role
    return "app" if low in ("app", "apps", "application", "applications") else f"kind:{low}"
