"""kubectl, and oc, which adds verbs to it. Flags from `kubectl <verb> --help` of 1.32."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.ruling import ANY, MANY, NAME, Inner, Prints, Ruling, shown, unknown
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Rule, Verb

_GLOBAL = (
    "namespace,n= context= cluster= request-timeout= match-server-version disable-compression warnings-as-errors "
    "log-flush-frequency= v= vmodule= help,h as= as-group= as-uid= as-user-extra= cache-dir= certificate-authority= "
    "client-certificate= client-key= insecure-skip-tls-verify kubeconfig= kuberc= password= profile= profile-output= "
    "server,s= tls-server-name= token= user= username="
)
_CREDENTIALS = "brings credentials or an address of its own"
_EFFECTS: Effects = {
    **{
        flag: ("unknown", f"--{flag} {_CREDENTIALS}")
        for flag in (
            "as", "as-group", "as-uid", "as-user-extra", "certificate-authority", "client-certificate", "client-key",
            "insecure-skip-tls-verify", "kubeconfig", "kuberc", "password", "server", "tls-server-name", "token", "user",
            "username",
        )
    },
    "cache-dir": ("local", "--cache-dir writes files"),
    "profile": ("local", "--profile writes a file"),
    "vmodule": ("unknown", "--vmodule may log bodies"),
}  # fmt: skip
_PRINT = "output,o= template= allow-missing-template-keys show-managed-fields"
_FILES = "filename,f= kustomize,k= recursive,R"
_CHANGE = f"{_PRINT} {_FILES} dry-run? field-manager= selector,l= all all-namespaces,A field-selector="
_CREATE = f"{_PRINT} dry-run? field-manager= save-config validate?"

_NOT_SECRET = frozenset(
    {"deployment", "deployments", "deploy", "statefulset", "sts", "daemonset", "ds", "service", "svc", "configmap", "cm",
     "ingress", "ing", "pod", "pods", "po", "job", "jobs", "cronjob", "cj"}
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
_RAW_PATH = re.compile(r"/(?:[A-Za-z0-9_.:-]+/?)*(?:\?[A-Za-z0-9_.=&,%!()-]*)?")
_RAW_REFUSED = frozenset({"proxy", "exec", "attach", "portforward", "token", "logs", "run", "debug"})


def _kinds(parsed: Parsed) -> set[str]:
    """The kinds that a command names, in lower case and without their group."""
    operands = parsed.all_operands()
    named = {word.split("/")[0] for word in operands if "/" in word}
    if operands and "/" not in operands[0]:
        named |= set(operands[0].split(","))
    return {kind.casefold().split(".")[0] for part in named for kind in part.split(",")}


def _prints_data(parsed: Parsed) -> bool:
    """Whether whole objects, or fields of one's choice, are printed."""
    output = parsed.last("output")
    if "template" in parsed.flags:
        return True
    return output not in _PLAIN_OUTPUT and not _NAMES_ONLY.fullmatch(output)


def _secret(parsed: Parsed) -> Ruling | None:
    """A ruling where the output may hold a Secret's data."""
    if not _prints_data(parsed):
        return None
    kinds = _kinds(parsed)
    if kinds & {"secret", "secrets"}:
        return Ruling("secret", f"prints a Secret's data (-o {shown(parsed.last('output', 'template'))})")
    if any(mark in kind for kind in kinds for mark in (NAME, ANY, MANY)):
        return unknown("prints objects of a kind that is not known before the script runs")
    if parsed.flags.keys() & {"filename", "kustomize"}:
        return Ruling("secret", "prints the objects that files name, which may be Secrets")
    return None


def _get(parsed: Parsed) -> Ruling | None:
    if "raw" in parsed.flags:
        return _raw(parsed.last("raw"))
    if found := _secret(parsed):
        return found
    if not parsed.operands and not parsed.flags.keys() & {"filename", "kustomize"}:
        return unknown("kubectl get without a kind")
    output = parsed.last("output")
    prints: Prints = "names" if output == "name" or _NAMES_ONLY.fullmatch(output) else ""
    if output in ("", "wide") and "template" not in parsed.flags:
        prints = "rows"
    return Ruling("read", "reads objects", prints=prints)


def _raw(path: str) -> Ruling:
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


def _verbose(rule: Rule | None) -> Rule:
    """Any verb at a log level that prints bodies prints Secrets too."""

    def judged(parsed: Parsed) -> Ruling | None:
        if (level := parsed.last("v")) and level not in set("0123456"):
            return Ruling("secret", f"-v={shown(level)} may log headers and bodies")
        return rule(parsed) if rule else None

    return judged


def _changes(
    verdict: VerdictKind, reason: str, *, created: bool = False, dry: bool = True
) -> Callable[[Parsed], Ruling]:
    """A verb that changes objects, unless it is told to be a dry run."""

    def judged(parsed: Parsed) -> Ruling:
        if "raw" in parsed.flags:
            return Ruling(verdict, f"{reason} by a raw request, which has no dry run")
        found = None if created else _secret(parsed)
        if found:
            return found
        if dry and parsed.last("dry-run") in ("client", "server", "true"):
            kind = parsed.last("dry-run").replace("true", "client")
            return Ruling("read", f"{reason} only as a dry run ({kind})")
        return Ruling(verdict, reason)

    return judged


def _local(rule: Rule) -> Rule:
    """`--local` and `--list` change nothing on the server."""

    def judged(parsed: Parsed) -> Ruling | None:
        if parsed.on("resolve"):
            return Ruling("secret", "--resolve prints what Secrets hold")
        if not (parsed.on("local") or parsed.on("list")):
            return rule(parsed)
        return _secret(parsed) or Ruling("read", "changes nothing on the server")

    return judged


def _apply(parsed: Parsed) -> Ruling | None:
    if parsed.on("prune"):
        return _changes("destructive", "applies objects and deletes those that are gone")(parsed)
    if parsed.on("force"):
        return _changes("destructive", "applies objects, deleting those that cannot be changed")(parsed)
    return _changes("write", "applies objects")(parsed)


def _replace(parsed: Parsed) -> Ruling | None:
    if parsed.on("force"):
        return _changes("destructive", "deletes objects and creates them anew")(parsed)
    return _changes("write", "replaces objects")(parsed)


def _taint(parsed: Parsed) -> Ruling | None:
    evicts = any("NoExecute" in word and not word.endswith("-") for word in parsed.operands)
    return _changes("destructive" if evicts else "write", "taints nodes" + (" and evicts pods" if evicts else ""))(
        parsed
    )


def _wait(parsed: Parsed) -> Ruling | None:
    if parsed.last("timeout").startswith("-"):
        return Ruling("interactive", "waits without an end")
    return _secret(parsed)


def _exec(parsed: Parsed) -> Ruling | None:
    inner = tuple(parsed.rest if parsed.rest is not None else parsed.operands[1:])
    target = shown(parsed.operands[0]) if parsed.operands else "a pod"
    runs = (Inner(inner, where=f"in {target}", elsewhere=True),) if inner else ()
    if parsed.on("tty"):
        return Ruling("interactive", f"opens a terminal in {target}", runs, opens_shell=not inner)
    return Ruling("exec", f"runs a command in {target}", runs)


def _attached(parsed: Parsed) -> bool:
    return parsed.on("stdin") or parsed.on("tty") or parsed.on("attach")


def _run(parsed: Parsed) -> Ruling | None:
    ruling = _changes("write", "creates a pod", created=True)(parsed)
    if ruling.verdict == "read" or not _attached(parsed):
        return ruling
    return Ruling("interactive", "creates a pod and attaches to it", opens_shell=True)


def _debug(parsed: Parsed) -> Ruling | None:
    if _attached(parsed):
        return Ruling("interactive", "opens a terminal in a debug container", opens_shell=True)
    return Ruling("exec", "adds a debug container")


def _view_last_applied(parsed: Parsed) -> Ruling | None:
    if parsed.flags.keys() & {"filename", "kustomize"} or _kinds(parsed) - _NOT_SECRET:
        return Ruling("secret", "prints what was applied, which may be a Secret")
    return None


def _kustomize(parsed: Parsed) -> Ruling | None:
    if any(re.search(r"://|^git@|^[\w.-]+\.\w+/.*/|\?ref=", word) or not word.strip(NAME) for word in parsed.operands):
        return unknown("builds from a remote repository")
    return None


def _config_view(parsed: Parsed) -> Ruling | None:
    if parsed.on("raw") or parsed.on("flatten"):
        return Ruling("secret", "prints the kubeconfig's credentials")
    return None


def _row(
    verdict: VerdictKind, reason: str, flags: str = "", rule: Rule | None = None, effects: Effects | None = None
) -> Verb:
    return Verb(verdict, reason, flags, effects or {}, _verbose(rule))


def _change(reason: str, flags: str = "", verdict: VerdictKind = "write", effects: Effects | None = None) -> Verb:
    return _row(verdict, reason, f"{_CHANGE} {flags}", _changes(verdict, reason), effects)


def _create(kind: str, flags: str = "") -> Verb:
    reason = f"creates a {kind}"
    return _row("write", reason, f"{_CREATE} {flags}", _changes("write", reason, created=True))


_WATCH: Effects = {
    "watch": ("interactive", "watches, and never ends"),
    "watch-only": ("interactive", "watches, and never ends"),
    "follow": ("interactive", "follows a log, and never ends"),
    "interactive": ("interactive", "asks before it goes on"),
    "edit": ("interactive", "opens an editor"),
    "output-directory": ("local", "writes files"),
}
_EDITOR = "opens an editor"
_SECRET_FLAGS = "append-hash from-env-file= from-file= from-literal= type="

_VERBS: Mapping[str, Verb] = {
    # reads
    "get": _row(
        "read", "reads objects",
        f"{_PRINT} {_FILES} all-namespaces,A chunk-size= field-selector= ignore-not-found label-columns,L= no-headers "
        "output-watch-events raw= selector,l= server-print show-kind show-labels sort-by= subresource= watch,w watch-only",
        _get, _WATCH,
    ),
    "describe": _row("read", "describes objects", f"{_FILES} all-namespaces,A chunk-size= selector,l= show-events"),
    "logs": _row(
        "read", "reads logs",
        "all-containers all-pods container,c= follow,f ignore-errors insecure-skip-tls-verify-backend limit-bytes= "
        "max-log-requests= pod-running-timeout= prefix previous,p selector,l= since= since-time= tail= timestamps",
        None, _WATCH,
    ),
    "top pod": _row(
        "read", "reads usage",
        "all-namespaces,A containers field-selector= no-headers selector,l= sort-by= sum use-protocol-buffers show-swap",
    ),
    "top node": _row(
        "read", "reads usage", "no-headers selector,l= show-capacity sort-by= use-protocol-buffers show-swap"
    ),
    "explain": _row("read", "explains a kind", "api-version= output,o= recursive"),
    "events": _row(
        "read", "reads events", f"{_PRINT} all-namespaces,A chunk-size= for= no-headers types= watch,w", None, _WATCH
    ),
    "diff": _row(
        "read", "compares with the cluster",
        f"{_FILES} concurrency= field-manager= force-conflicts prune prune-allowlist= selector,l= server-side "
        "show-managed-fields",
    ),
    "wait": _row(
        "read", "waits for a condition",
        f"{_PRINT} {_FILES} all all-namespaces,A field-selector= for= local selector,l= timeout=", _wait,
    ),
    "version": _row("read", "reads versions", "client output,o= short"),
    "cluster-info": _row("read", "reads addresses"),
    "cluster-info dump": _row(
        "read", "reads objects and logs",
        f"{_PRINT} all-namespaces,A namespaces= output-directory= pod-running-timeout=", None, _WATCH,
    ),
    "api-resources": _row(
        "read", "reads the API's kinds", "api-group= cached categories= namespaced no-headers output,o= sort-by= verbs="
    ),
    "api-versions": _row("read", "reads the API's versions"),
    "auth can-i": _row("read", "asks for a permission", "all-namespaces,A list no-headers quiet,q subresource="),
    "auth whoami": _row("read", "asks who one is", _PRINT),
    "rollout status": _row(
        "read", "waits for a rollout", f"{_FILES} revision= selector,l= timeout= watch,w"
    ),
    "rollout history": _row("read", "reads revisions", f"{_PRINT} {_FILES} revision= selector,l="),
    "config view": _row("read", "reads the kubeconfig, without secrets", f"{_PRINT} flatten merge minify raw", _config_view),
    **{
        f"config {verb}": _row("read", "reads the kubeconfig", "no-headers output,o=")
        for verb in ("get-contexts", "current-context", "get-clusters", "get-users")
    },
    "kustomize": _row(
        "read", "builds manifests", "load-restrictor= output,o= enable-helm enable-alpha-plugins helm-command= network mount= "
        "env,e= as-current-user helm-api-versions= helm-debug helm-kube-version= network-name=",
        _kustomize,
        {
            "output": ("local", "writes a file"),
            **{
                flag: ("unknown", f"--{flag} runs other programs")
                for flag in ("enable-helm", "enable-alpha-plugins", "helm-command", "network", "mount")
            },
        },
    ),
    "completion": _row("read", "prints a completion script"),
    "options": _row("read", "prints help"),
    "help": _row("read", "prints help"),
    "plugin list": _row("read", "lists plugins", "name-only"),
    # the kubeconfig
    **{
        f"config {verb}": _row("local", "writes the kubeconfig", flags)
        for verb, flags in {
            "use-context": "", "use": "", "rename-context": "", "delete-context": "", "delete-cluster": "",
            "delete-user": "", "unset": "", "set": "set-raw-bytes", "set-context": "current",
        }.items()
    },
    **{
        f"config {verb}": _row("unknown", "changes credentials or addresses in the kubeconfig", flags)
        for verb, flags in {"set-cluster": "embed-certs proxy-url=", "set-credentials": "embed-certs auth-provider="}.items()
    },
    # changes
    "auth reconcile": _change("changes roles", "remove-extra-permissions remove-extra-subjects"),
    "create": _row(
        "write", "creates objects", f"{_CREATE} {_FILES} edit raw= selector,l= windows-line-endings",
        _changes("write", "creates objects", created=True), _WATCH,
    ),
    "create secret generic": _create("Secret", _SECRET_FLAGS),
    "create secret tls": _create("Secret", f"{_SECRET_FLAGS} cert= key="),
    "create secret docker-registry": _create(
        "Secret", f"{_SECRET_FLAGS} docker-email= docker-password= docker-server= docker-username="
    ),
    "create configmap": _create("ConfigMap", _SECRET_FLAGS),
    "create namespace": _create("Namespace"),
    "create job": _create("Job", "from= image="),
    "create cronjob": _create("CronJob", "image= restart= schedule="),
    "create deployment": _create("Deployment", "image= port= replicas,r="),
    "create role": _create("Role", "resource= resource-name= verb="),
    "create clusterrole": _create("ClusterRole", "resource= resource-name= verb= aggregation-rule= non-resource-url="),
    "create rolebinding": _create("RoleBinding", "clusterrole= group= role= serviceaccount="),
    "create clusterrolebinding": _create("ClusterRoleBinding", "clusterrole= group= serviceaccount="),
    "create serviceaccount": _create("ServiceAccount"),
    "create ingress": _create("Ingress", "annotation= class= default-backend= rule="),
    "create quota": _create("ResourceQuota", "hard= scopes="),
    "create poddisruptionbudget": _create("PodDisruptionBudget", "max-unavailable= min-available= selector="),
    "create priorityclass": _create("PriorityClass", "description= global-default preemption-policy= value="),
    **{
        f"create service {kind}": _create("Service", "clusterip= node-port= tcp= external-name=")
        for kind in ("clusterip", "nodeport", "loadbalancer", "externalname")
    },
    "create token": _row(
        "secret", "mints a token and prints it",
        f"{_PRINT} audience= bound-object-kind= bound-object-name= bound-object-uid= duration=",
    ),
    "apply": _row(
        "write", "applies objects",
        f"{_CHANGE} cascade? force force-conflicts grace-period= openapi-patch overwrite prune prune-allowlist= prune-whitelist= "
        "server-side subresource= timeout= validate? wait record",
        _apply,
    ),
    "apply view-last-applied": _row(
        "read", "reads what was applied", f"{_FILES} all output,o= selector,l=", _view_last_applied
    ),
    "apply set-last-applied": _change("changes what counts as applied", "create-annotation"),
    "replace": _row(
        "write", "replaces objects",
        f"{_CHANGE} cascade? force grace-period= raw= save-config subresource= timeout= validate? wait record", _replace,
    ),
    "patch": _row(
        "write", "patches objects", f"{_CHANGE} local patch,p= patch-file= subresource= type= record",
        _local(_changes("write", "patches objects")),
    ),
    "label": _row(
        "write", "labels objects", f"{_CHANGE} list local overwrite resource-version= record",
        _local(_changes("write", "labels objects")),
    ),
    "annotate": _row(
        "write", "annotates objects", f"{_CHANGE} list local overwrite resource-version= record",
        _local(_changes("write", "annotates objects")),
    ),
    "scale": _change("scales workloads", "current-replicas= replicas= resource-version= timeout= record"),
    "autoscale": _change("creates an autoscaler", "cpu-percent= cpu= memory= max= min= name= save-config record"),
    "rollout restart": _change("restarts pods"),
    "rollout undo": _change("rolls back", "to-revision="),
    "rollout pause": _change("pauses a rollout"),
    "rollout resume": _change("resumes a rollout"),
    **{
        f"set {verb}": _row(
            "write", f"sets the {verb}", f"{_CHANGE} local list record {flags}", _local(_changes("write", f"sets the {verb}"))
        )
        for verb, flags in {
            "image": "", "env": "containers,c= env,e= from= keys= overwrite prefix= resolve",
            "resources": "containers,c= limits= requests=", "selector": "resource-version=", "serviceaccount": "",
            "subject": "group= serviceaccount=",
        }.items()
    },
    "expose": _change(
        "creates a Service",
        "cluster-ip= external-ip= labels= load-balancer-ip= name= override-type= overrides= port= protocol= save-config "
        "session-affinity= target-port= type=",
    ),
    "cordon": _change("takes nodes out of scheduling"),
    "uncordon": _change("puts nodes back to scheduling"),
    "taint": _row("write", "taints nodes", f"{_CHANGE} overwrite validate?", _taint),
    "certificate approve": _row(
        "write", "approves a certificate", f"{_PRINT} {_FILES} force", _changes("write", "approves a certificate", dry=False)
    ),
    "certificate deny": _row(
        "write", "denies a certificate", f"{_PRINT} {_FILES} force", _changes("write", "denies a certificate", dry=False)
    ),
    "delete": _change(
        "deletes objects", "cascade? force grace-period= ignore-not-found interactive,i now raw= timeout= wait",
        "destructive", _WATCH,
    ),
    "drain": _change(
        "evicts the pods of nodes",
        "chunk-size= delete-emptydir-data delete-local-data disable-eviction force grace-period= ignore-daemonsets "
        "pod-selector= skip-wait-for-delete-timeout= timeout= ignore-errors",
        "destructive",
    ),
    "run": _row(
        "write", "creates a pod",
        f"{_CREATE} annotations= attach cascade? command env= expose {_FILES} force grace-period= image= image-pull-policy= "
        "labels,l= leave-stdin-open override-type= overrides= pod-running-timeout= port= privileged quiet,q restart= rm "
        "stdin,i timeout= tty,t wait generator= serviceaccount= limits= requests=",
        _run,
    ),
    # into what runs
    "exec": _row("exec", "runs a command", "container,c= filename,f= pod-running-timeout= quiet,q stdin,i tty,t", _exec),
    "cp": _row("exec", "copies by running tar in a container", "container,c= no-preserve retries="),
    "debug": _row(
        "exec", "adds a debug container",
        "arguments-only attach container,c= copy-to= custom= env= filename,f= image= image-pull-policy= keep-annotations "
        "keep-init-containers keep-labels keep-liveness keep-readiness keep-startup quiet,q replace same-node set-image= "
        "share-processes stdin,i target= tty,t",
        _debug,
    ),
    "attach": _row("interactive", "attaches to a process", "container,c= pod-running-timeout= quiet,q stdin,i tty,t"),
    "port-forward": _row("interactive", "forwards ports until it is stopped", "address= pod-running-timeout="),
    "proxy": _row(
        "interactive", "serves until it is stopped",
        "accept-hosts= accept-paths= address= api-prefix= append-server-path disable-filter keepalive= port,p= "
        "reject-methods= reject-paths= unix-socket,u= www,w= www-prefix,P=",
    ),
    "edit": _row("interactive", _EDITOR, f"{_CHANGE} output-patch save-config subresource= validate? windows-line-endings"),
    "apply edit-last-applied": _row("interactive", _EDITOR, f"{_CHANGE} validate? windows-line-endings"),
}  # fmt: skip
_ALIASES = {
    "log": "logs", "pods": "pod", "po": "pod", "nodes": "node", "no": "node", "ns": "namespace", "cm": "configmap",
    "sa": "serviceaccount", "deploy": "deployment", "svc": "service", "ing": "ingress", "pdb": "poddisruptionbudget",
    "pc": "priorityclass", "resourcequota": "quota", "cj": "cronjob", "secrets": "secret",
}  # fmt: skip

KUBECTL = Cli("kubectl", _VERBS, _GLOBAL, _EFFECTS, _ALIASES)


def _whoami(parsed: Parsed) -> Ruling | None:
    if parsed.on("show-token"):
        return Ruling("secret", "prints the session's token")
    return None


def _project(parsed: Parsed) -> Ruling | None:
    return Ruling("local", "writes the kubeconfig") if parsed.operands else None


def _adm(verb: str) -> Verb:
    return _VERBS[verb]


_OC: Mapping[str, Verb] = {
    **_VERBS,
    "whoami": _row("read", "asks who one is", "show-token,t show-context,c show-server show-console", _whoami),
    "project": _row("read", "reads the project", "short,q", _project),
    "projects": _row("read", "lists projects", "short,q"),
    "status": _row("read", "reads an overview", "all-namespaces,A suggest output,o="),
    "login": _row("unknown", "brings credentials of its own", "username,u= password,p= web certificate-authority="),
    "logout": _row("local", "writes the kubeconfig"),
    "extract": _row("secret", "prints or writes what a Secret holds", "to= confirm keys= filename,f="),
    "rsh": _row(
        "interactive",
        "opens a shell in a pod",
        "container,c= shell= no-tty,T tty,t timeout=",
        lambda _parsed: Ruling("interactive", "opens a shell in a pod", opens_shell=True),
    ),
    "rsync": _row(
        "exec", "copies files into or out of a pod", "container,c= delete exclude= include= no-perms quiet,q"
    ),
    "new-project": _row("write", "creates a project", "description= display-name= skip-config-write"),
    "new-app": _row(
        "write", "creates objects", f"{_CREATE} name= env,e= param,p= template= labels,l= image= docker-image="
    ),
    "start-build": _row("write", "starts a build", "follow,F wait,w from-dir= from-file= from-repo= commit= env,e="),
    "import-image": _row("write", "imports an image", "confirm from= all scheduled insecure"),
    "rollout latest": _change("starts a rollout", "again"),
    "tag": _row("write", "tags an image", "source= delete,d reference scheduled"),
    "process": _row(
        "read", "fills a template", f"{_PRINT} filename,f= param,p= labels,l= local ignore-unknown-parameters"
    ),
    "get-token": _row("secret", "prints a token"),
    "adm top pod": _adm("top pod"),
    "adm top node": _adm("top node"),
    "adm drain": _adm("drain"),
    "adm cordon": _adm("cordon"),
    "adm uncordon": _adm("uncordon"),
    "adm taint": _adm("taint"),
    "adm node-logs": _row(
        "read", "reads a node's logs", "role= unit,u= path= since= tail= boot= grep,g= selector,l= raw"
    ),
    "adm release info": _row("read", "reads a release", "output,o= commits pullspecs image-for= size registry-config="),
    "adm must-gather": _row("exec", "runs pods that collect data", "dest-dir= image= since= node-name="),
    "adm policy add-role-to-user": _change("grants a role", "role-namespace= rolebinding-name= serviceaccount,z="),
    "adm policy add-cluster-role-to-user": _change("grants a role", "rolebinding-name= serviceaccount,z="),
    "adm policy add-scc-to-user": _change("grants a constraint", "serviceaccount,z="),
    "adm policy who-can": _row("read", "asks for a permission", "all-namespaces,A output,o="),
    "adm certificate approve": _adm("certificate approve"),
}
OC = Cli("oc", _OC, _GLOBAL, _EFFECTS, _ALIASES)
