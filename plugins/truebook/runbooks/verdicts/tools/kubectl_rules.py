"""What a closer look at a kubectl command finds: dry runs, output that holds Secrets, paths that reach into pods."""

from __future__ import annotations

import re
from collections.abc import Callable

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.files import printed
from truebook.runbooks.verdicts.ruling import ANY, MANY, NAME, Inner, Prints, Ruling, shown, unknown
from truebook.runbooks.verdicts.table import Parsed, Rule

_NOT_SECRET = frozenset(
    {"deployment", "deployments", "deploy", "statefulset", "sts", "daemonset", "ds", "service", "svc", "configmap",
     "cm", "ingress", "ing", "pod", "pods", "po", "job", "jobs", "cronjob", "cj"}
)  # fmt: skip
_PLAIN_OUTPUT = frozenset({"", "wide", "name"})
_FIELD = (
    r"(?:\.items\[[^\]{}]*\])?\.(?:metadata\.(?:name|namespace|uid|resourceVersion|generation|creationTimestamp)|"
    r"spec\.(?:nodeName|replicas|clusterIP|claimRef\.name)|type|status\.(?:phase|\w*[rR]eplicas|podIP|hostIP))"
)
_NAMES_ONLY = re.compile(
    r"(?:jsonpath|jsonpath-as-json)=(?:\{range \.items\[\*\]\}|\{end\}|\{\"(?:\\n|\\t| )\"\}|[ \n\t]|\{"
    + _FIELD
    + r"\})+"
    r"|custom-columns=[\w:-]*:" + _FIELD + r"(?:,[\w:-]*:" + _FIELD + r")*"
)
_RAW_PATH = re.compile(r"/(?:[A-Za-z0-9_.:-]++/?)*+(?:\?[A-Za-z0-9_.=&,%!()-]*)?")
_RAW_REFUSED = frozenset({"proxy", "exec", "attach", "portforward", "token", "logs", "run", "debug"})


def kinds(parsed: Parsed) -> set[str]:
    """The kinds that a command names, in lower case and without their group."""
    operands = parsed.all_operands()
    named = {word.split("/")[0] for word in operands if "/" in word}
    if operands and "/" not in operands[0]:
        named |= set(operands[0].split(","))
    return {kind.casefold().split(".")[0] for part in named for kind in part.split(",")}


def prints_data(parsed: Parsed) -> bool:
    """Whether whole objects, or fields of one's choice, are printed."""
    output = parsed.last("output")
    if "template" in parsed.flags:
        return True
    return output not in _PLAIN_OUTPUT and not _NAMES_ONLY.fullmatch(output)


def secret(parsed: Parsed) -> Ruling | None:
    """A ruling where the output may hold a Secret's data."""
    if not prints_data(parsed):
        return None
    form, _, path = parsed.last("output").partition("=")
    if form.endswith("file") and (found := printed([path, *parsed.flags.get("template", [])])):
        return found
    named = kinds(parsed)
    if named & {"secret", "secrets"}:
        return Ruling("secret", f"prints a Secret's data (-o {shown(parsed.last('output', 'template'))})")
    if any(mark in kind for kind in named for mark in (NAME, ANY, MANY)):
        return unknown("prints objects of a kind that is not known before the script runs")
    if parsed.flags.keys() & {"filename", "kustomize"}:
        return Ruling("secret", "prints the objects that files name, which may be Secrets")
    return None


def get(parsed: Parsed) -> Ruling | None:
    if "raw" in parsed.flags:
        return raw(parsed.last("raw"))
    if found := secret(parsed):
        return found
    if not parsed.operands and not parsed.flags.keys() & {"filename", "kustomize"}:
        return unknown("kubectl get without a kind")
    output = parsed.last("output")
    prints: Prints = "names" if output == "name" or _NAMES_ONLY.fullmatch(output) else ""
    if output in ("", "wide") and "template" not in parsed.flags:
        prints = "rows"
    return Ruling("read", "reads objects", prints=prints)


def raw(path: str) -> Ruling:
    """A GET of any path of the API server: some open a connection into a pod or print a Secret."""
    route, _, query = path.partition("?")
    parts = route.casefold().split("/")
    if not _RAW_PATH.fullmatch(path) or "//" in path or "%" in route or {"..", "."} & set(parts):
        return unknown(f"--raw {shown(path)} is not a plain path")
    if "secrets" in parts:
        return Ruling("secret", "reads Secrets by their path")
    if _RAW_REFUSED & set(parts):
        return unknown(f"--raw {path} reaches past the API into what runs")
    if "watch" in parts or re.search(r"(?:^|&)(?:watch|follow)=", query.casefold()):
        return Ruling("interactive", "watches, and never ends")
    return Ruling("read", "reads a path of the API")


def verbose(rule: Rule | None) -> Rule:
    """Any verb at a log level that prints bodies prints Secrets too."""

    def judged(parsed: Parsed) -> Ruling | None:
        if (level := parsed.last("v")) and level not in set("0123456"):
            return Ruling("secret", f"-v={shown(level)} may log headers and bodies")
        return rule(parsed) if rule else None

    return judged


def changes(
    verdict: VerdictKind, reason: str, *, created: bool = False, dry: bool = True
) -> Callable[[Parsed], Ruling]:
    """A verb that changes objects, unless it is told to be a dry run."""

    def judged(parsed: Parsed) -> Ruling:
        if "raw" in parsed.flags:
            return Ruling(verdict, f"{reason} by a raw request, which has no dry run")
        found = None if created else secret(parsed)
        if found:
            return found
        if dry and parsed.last("dry-run") in ("client", "server", "true"):
            kind = parsed.last("dry-run").replace("true", "client")
            return Ruling("read", f"{reason} only as a dry run ({kind})")
        return Ruling(verdict, reason)

    return judged


def local(rule: Rule) -> Rule:
    """`--local` and `--list` change nothing on the server."""

    def judged(parsed: Parsed) -> Ruling | None:
        if parsed.on("resolve"):
            return Ruling("secret", "--resolve prints what Secrets hold")
        if not (parsed.on("local") or parsed.on("list")):
            return rule(parsed)
        return secret(parsed) or Ruling("read", "changes nothing on the server")

    return judged


def apply(parsed: Parsed) -> Ruling | None:
    if parsed.on("prune"):
        return changes("destructive", "applies objects and deletes those that are gone")(parsed)
    if parsed.on("force"):
        return changes("destructive", "applies objects, deleting those that cannot be changed")(parsed)
    return changes("write", "applies objects")(parsed)


def replace(parsed: Parsed) -> Ruling | None:
    if parsed.on("force"):
        return changes("destructive", "deletes objects and creates them anew")(parsed)
    return changes("write", "replaces objects")(parsed)


def taint(parsed: Parsed) -> Ruling | None:
    evicts = any("NoExecute" in word and not word.endswith("-") for word in parsed.operands)
    return changes("destructive" if evicts else "write", "taints nodes" + (" and evicts pods" if evicts else ""))(
        parsed
    )


def wait(parsed: Parsed) -> Ruling | None:
    if parsed.last("timeout").startswith("-"):
        return Ruling("interactive", "waits without an end")
    return secret(parsed)


def execute(parsed: Parsed) -> Ruling | None:
    inner = tuple(parsed.rest if parsed.rest is not None else parsed.operands[1:])
    target = shown(parsed.operands[0]) if parsed.operands else "a pod"
    runs = (Inner(inner, where=f"in {target}", elsewhere=True),) if inner else ()
    if parsed.on("tty"):
        return Ruling("interactive", f"opens a terminal in {target}", runs, opens_shell=not inner)
    return Ruling("exec", f"runs a command in {target}", runs)


def attached(parsed: Parsed) -> bool:
    return parsed.on("stdin") or parsed.on("tty") or parsed.on("attach")


def run(parsed: Parsed) -> Ruling | None:
    ruling = changes("write", "creates a pod", created=True)(parsed)
    if ruling.verdict == "read" or not attached(parsed):
        return ruling
    return Ruling("interactive", "creates a pod and attaches to it", opens_shell=True)


def debug(parsed: Parsed) -> Ruling | None:
    if attached(parsed):
        return Ruling("interactive", "opens a terminal in a debug container", opens_shell=True)
    return Ruling("exec", "adds a debug container")


def view_last_applied(parsed: Parsed) -> Ruling | None:
    if parsed.flags.keys() & {"filename", "kustomize"} or kinds(parsed) - _NOT_SECRET:
        return Ruling("secret", "prints what was applied, which may be a Secret")
    return None


def kustomize(parsed: Parsed) -> Ruling | None:
    if any(re.search(r"://|^git@|^[\w.-]+\.\w+/.*/|\?ref=", word) or not word.strip(NAME) for word in parsed.operands):
        return unknown("builds from a remote repository")
    return None


def config_view(parsed: Parsed) -> Ruling | None:
    if parsed.on("raw") or parsed.on("flatten"):
        return Ruling("secret", "prints the kubeconfig's credentials")
    return None
