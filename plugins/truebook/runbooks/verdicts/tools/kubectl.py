"""kubectl. Flags from `kubectl <verb> --help` of 1.32."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.table import Cli, Effects, Rule, Verb
from truebook.runbooks.verdicts.tools import kubectl_rules as rules

GLOBAL = (
    "namespace,n= context= cluster= request-timeout= match-server-version disable-compression warnings-as-errors "
    "log-flush-frequency= v= vmodule= help,h as= as-group= as-uid= as-user-extra= cache-dir= certificate-authority= "
    "client-certificate= client-key= insecure-skip-tls-verify kubeconfig= kuberc= password= profile= profile-output= "
    "server,s= tls-server-name= token= user= username="
)
_CREDENTIALS = "brings credentials or an address of its own"
EFFECTS: Effects = {
    **{
        flag: ("unknown", f"--{flag} {_CREDENTIALS}")
        for flag in (
            "as", "as-group", "as-uid", "as-user-extra", "certificate-authority", "client-certificate", "client-key",
            "insecure-skip-tls-verify", "kubeconfig", "kuberc", "password", "server", "tls-server-name", "token",
            "user", "username",
        )
    },
    "cache-dir": ("local", "--cache-dir writes files"),
    "profile": ("local", "--profile writes a file"),
    "vmodule": ("unknown", "--vmodule may log bodies"),
}  # fmt: skip
PRINT = "output,o= template= allow-missing-template-keys show-managed-fields"
FILES = "filename,f= kustomize,k= recursive,R"
_CHANGE = f"{PRINT} {FILES} dry-run? field-manager= selector,l= all all-namespaces,A field-selector="
CREATE = f"{PRINT} dry-run? field-manager= save-config validate?"


def row(
    verdict: VerdictKind, reason: str, flags: str = "", rule: Rule | None = None, effects: Effects | None = None
) -> Verb:
    return Verb(verdict, reason, flags, effects or {}, rules.verbose(rule))


def change(reason: str, flags: str = "", verdict: VerdictKind = "write", effects: Effects | None = None) -> Verb:
    return row(verdict, reason, f"{_CHANGE} {flags}", rules.changes(verdict, reason), effects)


def create(kind: str, flags: str = "") -> Verb:
    reason = f"creates a {kind}"
    return row("write", reason, f"{CREATE} {flags}", rules.changes("write", reason, created=True))


_WATCH: Effects = {
    "watch": ("interactive", "watches, and never ends"),
    "watch-only": ("interactive", "watches, and never ends"),
    "follow": ("interactive", "follows a log, and never ends"),
    "interactive": ("interactive", "asks before it goes on"),
    "edit": ("interactive", "opens an editor"),
    "output-directory": ("local", "writes files"),
}
_EDITOR = "opens an editor"
_DATA_FLAGS = "append-hash from-env-file= from-file= from-literal= type="

VERBS: Mapping[str, Verb] = {
    # reads
    "get": row(
        "read", "reads objects",
        f"{PRINT} {FILES} all-namespaces,A chunk-size= field-selector= ignore-not-found label-columns,L= no-headers "
        "output-watch-events raw= selector,l= server-print show-kind show-labels sort-by= subresource= watch,w "
        "watch-only",
        rules.get, _WATCH,
    ),
    "describe": row("read", "describes objects", f"{FILES} all-namespaces,A chunk-size= selector,l= show-events"),
    "logs": row(
        "read", "reads logs",
        "all-containers all-pods container,c= follow,f ignore-errors insecure-skip-tls-verify-backend limit-bytes= "
        "max-log-requests= pod-running-timeout= prefix previous,p selector,l= since= since-time= tail= timestamps",
        None, _WATCH,
    ),
    "top pod": row(
        "read", "reads usage",
        "all-namespaces,A containers field-selector= no-headers selector,l= sort-by= sum use-protocol-buffers "
        "show-swap",
    ),
    "top node": row(
        "read", "reads usage", "no-headers selector,l= show-capacity sort-by= use-protocol-buffers show-swap"
    ),
    "explain": row("read", "explains a kind", "api-version= output,o= recursive"),
    "events": row(
        "read", "reads events", f"{PRINT} all-namespaces,A chunk-size= for= no-headers types= watch,w", None, _WATCH
    ),
    "diff": row(
        "read", "compares with the cluster",
        f"{FILES} concurrency= field-manager= force-conflicts prune prune-allowlist= selector,l= server-side "
        "show-managed-fields",
    ),
    "wait": row(
        "read", "waits for a condition",
        f"{PRINT} {FILES} all all-namespaces,A field-selector= for= local selector,l= timeout=", rules.wait,
    ),
    "version": row("read", "reads versions", "client output,o= short"),
    "cluster-info": row("read", "reads addresses"),
    "cluster-info dump": row(
        "read", "reads objects and logs",
        f"{PRINT} all-namespaces,A namespaces= output-directory= pod-running-timeout=", None, _WATCH,
    ),
    "api-resources": row(
        "read", "reads the API's kinds", "api-group= cached categories= namespaced no-headers output,o= sort-by= verbs="
    ),
    "api-versions": row("read", "reads the API's versions"),
    "auth can-i": row("read", "asks for a permission", "all-namespaces,A list no-headers quiet,q subresource="),
    "auth whoami": row("read", "asks who one is", PRINT),
    "rollout status": row(
        "read", "waits for a rollout", f"{FILES} revision= selector,l= timeout= watch,w"
    ),
    "rollout history": row("read", "reads revisions", f"{PRINT} {FILES} revision= selector,l="),
    "config view": row("read", "reads the kubeconfig, without "
        "secrets", f"{PRINT} flatten merge minify raw", rules.config_view),
    **{
        f"config {verb}": row("read", "reads the kubeconfig", "no-headers output,o=")
        for verb in ("get-contexts", "current-context", "get-clusters", "get-users")
    },
    "kustomize": row(
        "read", "builds manifests", "load-restrictor= output,o= enable-helm enable-alpha-plugins helm-command= "
            "network mount= "
        "env,e= as-current-user helm-api-versions= helm-debug helm-kube-version= network-name=",
        rules.kustomize,
        {
            "output": ("local", "writes a file"),
            **{
                flag: ("unknown", f"--{flag} runs other programs")
                for flag in ("enable-helm", "enable-alpha-plugins", "helm-command", "network", "mount")
            },
        },
    ),
    "completion": row("read", "prints a completion script"),
    "options": row("read", "prints help"),
    "help": row("read", "prints help"),
    "plugin list": row("read", "lists plugins", "name-only"),
    # the kubeconfig
    **{
        f"config {verb}": row("local", "writes the kubeconfig", flags)
        for verb, flags in {
            "use-context": "", "use": "", "rename-context": "", "delete-context": "", "delete-cluster": "",
            "delete-user": "", "unset": "", "set": "set-raw-bytes", "set-context": "current",
        }.items()
    },
    **{
        f"config {verb}": row("unknown", "changes credentials or addresses in the kubeconfig", flags)
        for verb, flags in {"set-cluster": "embed-certs proxy-url=", "set-credentials": "embed-certs "
            "auth-provider="}.items()
    },
    # changes
    "auth reconcile": change("changes roles", "remove-extra-permissions remove-extra-subjects"),
    "create": row(
        "write", "creates objects", f"{CREATE} {FILES} edit raw= selector,l= windows-line-endings",
        rules.changes("write", "creates objects", created=True), _WATCH,
    ),
    "create secret generic": create("Secret", _DATA_FLAGS),
    "create secret tls": create("Secret", f"{_DATA_FLAGS} cert= key="),
    "create secret docker-registry": create(
        "Secret", f"{_DATA_FLAGS} docker-email= docker-password= docker-server= docker-username="
    ),
    "create configmap": create("ConfigMap", _DATA_FLAGS),
    "create namespace": create("Namespace"),
    "create job": create("Job", "from= image="),
    "create cronjob": create("CronJob", "image= restart= schedule="),
    "create deployment": create("Deployment", "image= port= replicas,r="),
    "create role": create("Role", "resource= resource-name= verb="),
    "create clusterrole": create("ClusterRole", "resource= resource-name= verb= aggregation-rule= non-resource-url="),
    "create rolebinding": create("RoleBinding", "clusterrole= group= role= serviceaccount="),
    "create clusterrolebinding": create("ClusterRoleBinding", "clusterrole= group= serviceaccount="),
    "create serviceaccount": create("ServiceAccount"),
    "create ingress": create("Ingress", "annotation= class= default-backend= rule="),
    "create quota": create("ResourceQuota", "hard= scopes="),
    "create poddisruptionbudget": create("PodDisruptionBudget", "max-unavailable= min-available= selector="),
    "create priorityclass": create("PriorityClass", "description= global-default preemption-policy= value="),
    **{
        f"create service {kind}": create("Service", "clusterip= node-port= tcp= external-name=")
        for kind in ("clusterip", "nodeport", "loadbalancer", "externalname")
    },
    "create token": row(
        "secret", "mints a token and prints it",
        f"{PRINT} audience= bound-object-kind= bound-object-name= bound-object-uid= duration=",
    ),
    "apply": row(
        "write", "applies objects",
        f"{_CHANGE} cascade? force force-conflicts grace-period= openapi-patch overwrite prune prune-allowlist= "
        f"prune-whitelist= "
        "server-side subresource= timeout= validate? wait record",
        rules.apply,
    ),
    "apply view-last-applied": row(
        "read", "reads what was applied", f"{FILES} all output,o= selector,l=", rules.view_last_applied
    ),
    "apply set-last-applied": change("changes what counts as applied", "create-annotation"),
    "replace": row(
        "write", "replaces objects",
        f"{_CHANGE} cascade? force grace-period= raw= save-config subresource= timeout= validate? wait "
        f"record", rules.replace,
    ),
    "patch": row(
        "write", "patches objects", f"{_CHANGE} local patch,p= patch-file= subresource= type= record",
        rules.local(rules.changes("write", "patches objects")),
    ),
    "label": row(
        "write", "labels objects", f"{_CHANGE} list local overwrite resource-version= record",
        rules.local(rules.changes("write", "labels objects")),
    ),
    "annotate": row(
        "write", "annotates objects", f"{_CHANGE} list local overwrite resource-version= record",
        rules.local(rules.changes("write", "annotates objects")),
    ),
    "scale": change("scales workloads", "current-replicas= replicas= resource-version= timeout= record"),
    "autoscale": change("creates an autoscaler", "cpu-percent= cpu= memory= max= min= name= save-config record"),
    "rollout restart": change("restarts pods"),
    "rollout undo": change("rolls back", "to-revision="),
    "rollout pause": change("pauses a rollout"),
    "rollout resume": change("resumes a rollout"),
    **{
        f"set {verb}": row(
            "write", f"sets the {verb}", f"{_CHANGE} local list record "
                f"{flags}", rules.local(rules.changes("write", f"sets the {verb}"))
        )
        for verb, flags in {
            "image": "", "env": "containers,c= env,e= from= keys= overwrite prefix= resolve",
            "resources": "containers,c= limits= requests=", "selector": "resource-version=", "serviceaccount": "",
            "subject": "group= serviceaccount=",
        }.items()
    },
    "expose": change(
        "creates a Service",
        "cluster-ip= external-ip= labels= load-balancer-ip= name= override-type= overrides= port= protocol= "
        "save-config "
        "session-affinity= target-port= type=",
    ),
    "cordon": change("takes nodes out of scheduling"),
    "uncordon": change("puts nodes back to scheduling"),
    "taint": row("write", "taints nodes", f"{_CHANGE} overwrite validate?", rules.taint),
    "certificate approve": row(
        "write", "approves a certificate", f"{PRINT} {FILES} "
            f"force", rules.changes("write", "approves a certificate", dry=False)
    ),
    "certificate deny": row(
        "write", "denies a certificate", f"{PRINT} {FILES} "
            f"force", rules.changes("write", "denies a certificate", dry=False)
    ),
    "delete": change(
        "deletes objects", "cascade? force grace-period= ignore-not-found interactive,i now raw= timeout= wait",
        "destructive", _WATCH,
    ),
    "drain": change(
        "evicts the pods of nodes",
        "chunk-size= delete-emptydir-data delete-local-data disable-eviction force grace-period= ignore-daemonsets "
        "pod-selector= skip-wait-for-delete-timeout= timeout= ignore-errors",
        "destructive",
    ),
    "run": row(
        "write", "creates a pod",
        f"{CREATE} annotations= attach cascade? command env= expose {FILES} force grace-period= image= "
        f"image-pull-policy= "
        "labels,l= leave-stdin-open override-type= overrides= pod-running-timeout= port= privileged quiet,q restart= "
        "rm "
        "stdin,i timeout= tty,t wait generator= serviceaccount= limits= requests=",
        rules.run,
    ),
    # into what runs
    "exec": row("exec", "runs a command", "container,c= filename,f= pod-running-timeout= quiet,q stdin,i "
        "tty,t", rules.execute),
    "cp": row("exec", "copies by running tar in a container", "container,c= no-preserve retries="),
    "debug": row(
        "exec", "adds a debug container",
        "arguments-only attach container,c= copy-to= custom= env= filename,f= image= image-pull-policy= "
        "keep-annotations "
        "keep-init-containers keep-labels keep-liveness keep-readiness keep-startup quiet,q replace same-node "
        "set-image= "
        "share-processes stdin,i target= tty,t",
        rules.debug,
    ),
    "attach": row("interactive", "attaches to a process", "container,c= pod-running-timeout= quiet,q stdin,i tty,t"),
    "port-forward": row("interactive", "forwards ports until it is stopped", "address= pod-running-timeout="),
    "proxy": row(
        "interactive", "serves until it is stopped",
        "accept-hosts= accept-paths= address= api-prefix= append-server-path disable-filter keepalive= port,p= "
        "reject-methods= reject-paths= unix-socket,u= www,w= www-prefix,P=",
    ),
    "edit": row("interactive", _EDITOR, f"{_CHANGE} output-patch save-config subresource= validate? "
        f"windows-line-endings"),
    "apply edit-last-applied": row("interactive", _EDITOR, f"{_CHANGE} validate? windows-line-endings"),
}  # fmt: skip
ALIASES = {
    "log": "logs", "pods": "pod", "po": "pod", "nodes": "node", "no": "node", "ns": "namespace", "cm": "configmap",
    "sa": "serviceaccount", "deploy": "deployment", "svc": "service", "ing": "ingress", "pdb": "poddisruptionbudget",
    "pc": "priorityclass", "resourcequota": "quota", "cj": "cronjob", "secrets": "secret",
}  # fmt: skip

KUBECTL = Cli("kubectl", VERBS, GLOBAL, EFFECTS, ALIASES)
