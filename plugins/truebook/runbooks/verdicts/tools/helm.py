"""Helm 3 and 4. Flags from `helm <verb> --help` of 4.3, and those that 3 had."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.runbooks.verdicts.ruling import Ruling
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Rule, Verb

_GLOBAL = (
    "help,h namespace,n= debug burst-limit= qps= color= colour= content-cache= kube-context= registry-config= "
    "repository-cache= repository-config= kube-apiserver= kube-as-group= kube-as-user= kube-ca-file= "
    "kube-insecure-skip-tls-verify kube-tls-server-name= kube-token= kubeconfig="
)
_EFFECTS: Effects = {
    **{
        flag: ("unknown", f"--{flag} brings credentials or an address of its own")
        for flag in (
            "kube-apiserver", "kube-as-group", "kube-as-user", "kube-ca-file", "kube-insecure-skip-tls-verify",
            "kube-tls-server-name", "kube-token", "kubeconfig", "username", "password",
        )
    },
    "post-renderer": ("unknown", "--post-renderer runs another program"),
    "post-renderer-args": ("unknown", "--post-renderer runs another program"),
    "output-dir": ("local", "--output-dir writes files"),
}  # fmt: skip
_DEPLOY = (
    "api-versions,a= ca-file= cert-file= cleanup-on-fail create-namespace dependency-update description= devel "
    "disable-openapi-validation enable-dns force-conflicts force-replace generate-name,g hide-notes "
    "hide-secret history-max= include-crds insecure-skip-tls-verify install,i is-upgrade key-file= keyring= "
    "kube-version= labels,l= name-template= no-hooks output-dir= pass-credentials password= plain-http "
    "post-renderer-args= post-renderer= release-name render-subchart-notes replace repo= reset-then-reuse-values "
    "reset-values reuse-values rollback-on-failure set-file= set-json= set-literal= set-string= set= "
    "show-only,s= skip-crds skip-schema-validation skip-tests take-ownership timeout= username= values,f= verify "
    "version= wait-for-jobs wait? dry-run? output,o= atomic force recreate-pods dry-run-option= "
    "no-color"
)
_CHART = (
    "ca-file= cert-file= devel insecure-skip-tls-verify key-file= keyring= pass-credentials password= "
    "plain-http repo= username= verify version= jsonpath="
)


def _deploys(verb: str) -> Rule:
    def judged(parsed: Parsed) -> Ruling | None:
        dry = parsed.last("dry-run")
        if dry not in ("true", "client", "server"):
            if parsed.on("force") or parsed.on("force-replace") or parsed.on("recreate-pods"):
                return Ruling("destructive", f"{verb} a release, replacing what runs")
            return None
        hidden = parsed.on("hide-secret")
        if not hidden and (dry == "server" or parsed.on("reuse-values") or parsed.on("reset-then-reuse-values")):
            return Ruling("secret", "prints manifests made from what the cluster holds, Secrets among them")
        return Ruling("read", f"{verb} a release only as a dry run")

    return judged


def _template(parsed: Parsed) -> Ruling | None:
    if parsed.last("dry-run") == "server" or parsed.on("validate"):
        return Ruling("secret", "prints manifests made from what the cluster holds, Secrets among them")
    return None


def _uninstall(parsed: Parsed) -> Ruling | None:
    return Ruling("read", "removes a release only as a dry run") if parsed.on("dry-run") else None


_VERBS: Mapping[str, Verb] = {
    "list": Verb("read", "lists releases", "all-namespaces,A date,d deployed failed filter,f= max,m= no-headers "
        "offset= output,o= pending reverse,r selector,l= short,q superseded time-format= uninstalled uninstalling all"),
    "status": Verb("read", "reads a release", "output,o= revision= show-desc show-resources"),
    "history": Verb("read", "reads revisions", "max= output,o= show-rollback-revision"),
    "get notes": Verb("read", "reads notes", "revision="),
    "get metadata": Verb("read", "reads about a release", "output,o= revision="),
    "get values": Verb("secret", "prints a release's values, which may be secret", "all,a output,o= revision="),
    "get manifest": Verb("secret", "prints a release's manifests, Secrets among them", "revision="),
    "get hooks": Verb("secret", "prints a release's manifests, Secrets among them", "revision="),
    "get all": Verb("secret", "prints a release's manifests, Secrets among them", "revision= template="),
    "env": Verb("secret", "prints the environment, tokens included"),
    "show all": Verb("read", "reads a chart", _CHART),
    "show chart": Verb("read", "reads a chart", _CHART),
    "show crds": Verb("read", "reads a chart", _CHART),
    "show readme": Verb("read", "reads a chart", _CHART),
    "show values": Verb("read", "reads a chart", _CHART),
    "search repo": Verb("read", "searches charts", "devel fail-on-no-result max-col-width= output,o= regexp,r "
        "version= versions,l"),
    "search hub": Verb("read", "searches charts", "endpoint= fail-on-no-result list-repo-url max-col-width= output,o="),
    "repo list": Verb("read", "lists repositories", "output,o= no-headers"),
    "plugin list": Verb("read", "lists plugins", "type="),
    "dependency list": Verb("read", "lists a chart's parts", "max-col-width="),
    "lint": Verb("read", "checks a chart", "kube-version= quiet set= set-file= set-json= set-literal= set-string= "
        "skip-schema-validation strict values,f= with-subcharts"),
    "template": Verb("read", "renders a chart", f"{_DEPLOY} server-side validate", rule=_template),
    "verify": Verb("read", "checks a chart's signature", "keyring="),
    "version": Verb("read", "prints the version", "short template= client,c"),
    "completion": Verb("read", "prints a completion script"),
    "help": Verb("read", "prints help"),
    "repo add": Verb(
        "local", "writes the list of repositories",
        "force-update pass-credentials allow-deprecated-repos ca-file= cert-file= key-file= no-update timeout= "
        "insecure-skip-tls-verify username= password= password-stdin",
    ),
    "repo update": Verb("local", "writes the repositories' indexes", "fail-on-repo-update-fail timeout="),
    "repo remove": Verb("local", "writes the list of repositories"),
    "repo index": Verb("local", "writes an index", "json merge= url="),
    "dependency update": Verb("local", "downloads charts", "skip-refresh verify keyring="),
    "dependency build": Verb("local", "downloads charts", "skip-refresh verify keyring="),
    "pull": Verb("local", "downloads a chart", f"{_CHART} destination,d= prov untar untardir="),
    "package": Verb("local", "writes a chart", "app-version= version= dependency-update,u destination,d="),
    "create": Verb("local", "writes a chart", "starter,p="),
    "install": Verb("write", "installs a release", f"{_DEPLOY} server-side", rule=_deploys("installs")),
    "upgrade": Verb("write", "upgrades a release", f"{_DEPLOY} server-side=", rule=_deploys("upgrades")),
    "rollback": Verb(
        "write", "rolls a release back",
        "cleanup-on-fail description= force-conflicts force-replace force history-max= no-hooks server-side= timeout= "
        "wait? "
        "wait-for-jobs dry-run? recreate-pods",
    ),
    "test": Verb("write", "creates test pods", "filter= logs timeout= hide-notes"),
    "uninstall": Verb(
        "destructive", "removes a release and what it deployed",
        "cascade= description= dry-run ignore-not-found keep-history no-hooks timeout= wait?", rule=_uninstall,
    ),
    "push": Verb("write", "uploads a chart", "plain-http ca-file= cert-file= key-file= insecure-skip-tls-verify"),
    "registry login": Verb("unknown", "brings credentials of its own", "password-stdin insecure"),
    "registry logout": Verb("local", "writes the client's settings"),
}  # fmt: skip
_ALIASES = {
    "ls": "list", "delete": "uninstall", "del": "uninstall", "un": "uninstall", "dep": "dependency",
    "dependencies": "dependency", "fetch": "pull", "inspect": "show", "hist": "history", "up": "update", "rm": "remove",
}  # fmt: skip

HELM = Cli("helm", _VERBS, _GLOBAL, _EFFECTS, _ALIASES)
