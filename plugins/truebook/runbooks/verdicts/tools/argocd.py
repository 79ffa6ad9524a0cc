"""The ArgoCD CLI. Flags from `argocd <verb> --help` of 3.6."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.model import VerdictKind
from truebook.runbooks.verdicts.ruling import Ruling
from truebook.runbooks.verdicts.table import Cli, Effects, Parsed, Rule, Verb

_GLOBAL = (
    "help,h argocd-context= grpc-web grpc-web-root-path= http-retry-max= logformat= loglevel= prompts-enabled? "
    "redis-compress= redis-haproxy-name= redis-name= repo-server-name= controller-name= auth-token= "
    "client-crt= client-crt-key= config= core header,H= insecure kube-context= plaintext port-forward "
    "port-forward-namespace= server= server-crt= server-name= kubeconfig= token= user= username= password= as= "
    "cluster= "
    "insecure-skip-tls-verify proxy-url= request-timeout="
)
_EFFECTS: Effects = {
    **{
        flag: ("unknown", f"--{flag} brings credentials or an address of its own")
        for flag in (
            "auth-token", "client-crt", "client-crt-key", "config", "header", "insecure", "plaintext", "server",
            "server-crt", "server-name", "kubeconfig", "kube-context", "token", "user", "username", "password", "as",
            "cluster", "insecure-skip-tls-verify", "proxy-url",
        )
    },
    "core": ("unknown", "--core runs an API server of its own with the kubeconfig's rights"),
    "port-forward": ("unknown", "--port-forward goes around the server's address"),
    "port-forward-namespace": ("unknown", "--port-forward-namespace goes around the server's address"),
}  # fmt: skip
_REFRESH: Effects = {
    "refresh": ("write", "a refresh annotates the Application"),
    "hard-refresh": ("write", "a refresh annotates the Application"),
    "follow": ("interactive", "follows a log, and never ends"),
}
_PRUNE: Effects = {
    "prune": ("destructive", "deletes what Git no longer has"),
    "force": ("destructive", "deletes and creates objects anew"),
    "replace": ("destructive", "replaces objects"),
}
_SOURCE = (
    "allow-empty annotations= app-namespace,N= auto-prune config-management-plugin= dest-name= dest-namespace= "
    "dest-server= directory-disable-extension-filter directory-exclude= directory-include= directory-recurse "
    "dry-source-path= dry-source-repo= dry-source-revision= env= file,f= helm-api-versions= helm-chart= "
    "helm-kube-version= helm-namespace= helm-pass-credentials helm-set-file= helm-set-string= helm-set= "
    "helm-skip-crds helm-skip-schema-validation helm-skip-tests helm-version= hydrate-to-branch= "
    "ignore-missing-components ignore-missing-value-files jsonnet-ext-var-code= jsonnet-ext-var-str= jsonnet-libs= "
    "jsonnet-tla-code= jsonnet-tla-str= kustomize-api-versions= kustomize-common-annotation= kustomize-common-label= "
    "kustomize-force-common-annotation kustomize-force-common-label kustomize-image= kustomize-kube-version= "
    "kustomize-label-include-templates kustomize-label-without-selector kustomize-namespace= "
    "kustomize-replica= kustomize-version= label,l= name= nameprefix= namesuffix= parameter,p= path= plugin-env= "
    "project= ref= release-name= repo= revision-history-limit= revision= self-heal set-finalizer source-name= "
    "source-position= sync-policy= sync-retry-backoff-duration= sync-retry-backoff-factor= "
    "sync-retry-backoff-max-duration= sync-retry-limit= sync-retry-refresh sync-source-branch= "
    "sync-source-path= tag-prefix= "
    "upsert validate values-literal-file= values="
)


def _context(parsed: Parsed) -> Ruling | None:
    if parsed.operands or parsed.on("delete"):
        return Ruling("local", "writes the client's settings")
    return None


def _row(
    verdict: VerdictKind, reason: str, flags: str = "", effects: Effects | None = None, rule: Rule | None = None
) -> Verb:
    return Verb(verdict, reason, flags, effects or {}, rule)


_APP = "app-namespace,N="

_VERBS: Mapping[str, Verb] = {
    # reads
    "app list": _row(
        "read", "lists applications",
        "app-namespace,N= cluster,c= output,o= path,P= project,p= repo,r= selector,l=",
    ),
    "app get": _row(
        "read", "reads an application",
        "app-namespace,N= hard-refresh output,o= refresh show-operation show-params source-name= "
        "source-position= timeout=", _REFRESH,
    ),
    "app diff": _row(
        "read", "compares an application with Git",
        "app-namespace,N= diff-exit-code= exit-code hard-refresh ignore-normalizer-jq-execution-timeout= "
        "local= local-include= local-repo-root= refresh revision= revisions= server-side-diff "
        "server-side-diff-concurrency= server-side-diff-max-batch-kb= server-side-generate source-names= "
        "source-positions=", _REFRESH,
    ),
    "app manifests": _row(
        "read", "reads manifests",
        "app-namespace,N= local= local-repo-root= revision= revisions= source= source-names= "
        "source-positions=",
    ),
    "app history": _row("read", "reads the history", "app-namespace,N= output,o="),
    "app resources": _row("read", "lists resources", "app-namespace,N= orphaned output= project="),
    "app logs": _row(
        "read", "reads logs",
        "app-namespace,N= container,c= filter= follow,f group= kind= match-case,m name= namespace= previous,p "
        "since-seconds= tail= until-time=", _REFRESH,
    ),
    "app get-resource": _row(
        "read", "reads a resource, without a Secret's data",
        "app-namespace,N= filter-fields= group= kind= output,o= project= resource-name= show-managed-fields",
    ),
    "app actions list": _row("read", "lists actions", "app-namespace,N= group= kind= namespace= out,o= resource-name="),
    "appset list": _row("read", "lists ApplicationSets", "appset-namespace,N= output,o= project,p= selector,l="),
    "appset get": _row("read", "reads an ApplicationSet", "appset-namespace,N= output,o= show-params"),
    "appset generate": _row("read", "shows what a set would make", "appset-namespace,N= output,o="),
    "proj list": _row("read", "lists projects", " output,o="),
    "proj get": _row("read", "reads a project", " output,o="),
    "proj role list": _row("read", "lists roles", " output,o="),
    "proj role get": _row("read", "reads a role", ""),
    "proj role list-tokens": _row("read", "lists tokens, without their text", " unixtime,u"),
    "proj windows list": _row("read", "lists windows", " output,o="),
    "repo list": _row("read", "lists repositories", " output,o= refresh="),
    "repo get": _row("read", "reads a repository", " output,o= project= refresh="),
    "repocreds list": _row("read", "lists credentials, without their text", " output,o="),
    "cluster list": _row("read", "lists clusters", " output,o="),
    "cluster get": _row("read", "reads a cluster", " output,o="),
    "account list": _row("read", "lists accounts", " output,o="),
    "account get": _row("read", "reads an account", "account,a= output,o="),
    "account get-user-info": _row("read", "asks who one is", " output,o="),
    "account can-i": _row("read", "asks for a permission", ""),
    "cert list": _row("read", "lists certificates", "cert-type= hostname-pattern= output,o= sort="),
    "gpg list": _row("read", "lists keys", " output,o="),
    "gpg get": _row("read", "reads a key", " output,o="),
    "version": _row(
        "read", "reads versions",
        "client cluster= context= insecure-skip-tls-verify kubeconfig= namespace,n= output,o= password= "
        "proxy-url= request-timeout= short token= user= username=",
    ),
    # changes
    "app create": _row("write", "creates an application", _SOURCE),
    "app set": _row("write", "changes an application", _SOURCE),
    "app add-source": _row("write", "changes an application", _SOURCE),
    "app sync": _row(
        "write", "syncs an application: even --dry-run starts an operation",
        "app-namespace,N= apply-out-of-sync-only assumeYes async dry-run force "
        "ignore-normalizer-jq-execution-timeout= info= label= local= local-repo-root= output,o= preview-changes "
        "project= prune "
        "replace resource= retry-backoff-duration= retry-backoff-factor= retry-backoff-max-duration= "
        "retry-limit= retry-refresh revision= revisions= selector,l= server-side server-side-diff-concurrency= "
        "server-side-diff-max-batch-kb= source-names= source-positions= strategy= timeout=", _PRUNE,
    ),
    "app wait": _row(
        "write", "waits for an application, and may refresh it",
        "app-namespace,N= degraded delete health hydrated operation output,o= resource= selector,l= suspended "
        "sync timeout=", _REFRESH,
    ),
    "app rollback": _row("write", "rolls an application back", "app-namespace,N= output,o= prune timeout=", _PRUNE),
    "app terminate-op": _row("write", "ends an operation", "app-namespace,N= "),
    "app unset": _row(
        "write", "changes an application",
        "app-namespace,N= ignore-missing-components ignore-missing-value-files kustomize-image= "
        "kustomize-namespace kustomize-replica= kustomize-version nameprefix namesuffix parameter,p= pass-credentials "
        "plugin-env= ref source-name= source-position= values= values-literal",
    ),
    "app patch": _row("write", "changes an application", "app-namespace,N= patch= type="),
    "app patch-resource": _row(
        "write", "changes a resource",
        "all app-namespace,N= group= kind= namespace= patch= patch-type= project= resource-name=",
    ),
    "app actions run": _row("write", "runs an action", "all app-namespace,N= group= kind= namespace= resource-name="),
    "app confirm-deletion": _row("write", "lets a deletion go on", "app-namespace,N= "),
    "appset create": _row("write", "creates an ApplicationSet", "appset-namespace,N= dry-run output,o= upsert wait"),
    "proj create": _row(
        "write", "creates a project",
        "allow-cluster-resource= allow-namespaced-resource= deny-cluster-resource= deny-namespaced-resource= "
        "description= dest,d= dest-service-accounts= file,f= orphaned-resources orphaned-resources-warn "
        "signature-keys= source-namespaces= src,s= upsert",
    ),
    "proj set": _row(
        "write", "changes a project",
        "allow-cluster-resource= allow-namespaced-resource= deny-cluster-resource= deny-namespaced-resource= "
        "description= dest,d= dest-service-accounts= orphaned-resources orphaned-resources-warn "
        "signature-keys= source-namespaces= src,s=",
    ),
    "repo add": _row(
        "write", "adds a repository",
        "azure-active-directory-endpoint= azure-service-principal-client-id= "
        "azure-service-principal-client-secret= azure-service-principal-tenant-id= bearer-token= depth= "
        "enable-lfs enable-oci "
        "force-http-basic-auth gcp-service-account-key-path= github-app-enterprise-base-url= github-app-id= "
        "github-app-installation-id= github-app-private-key-path= insecure-ignore-host-key insecure-oci-force-http "
        "insecure-skip-server-verification name= no-proxy= password= project= proxy= ssh-private-key-path= "
        "tls-client-cert-key-path= tls-client-cert-path= type= upsert use-azure-workload-identity username= "
        "webhook-manifest-cache-warm-disabled",
    ),
    "repocreds add": _row(
        "write", "adds credentials",
        "azure-active-directory-endpoint= azure-service-principal-client-id= "
        "azure-service-principal-client-secret= azure-service-principal-tenant-id= bearer-token= enable-oci "
        "force-http-basic-auth "
        "gcp-service-account-key-path= github-app-enterprise-base-url= github-app-id= github-app-installation-id= "
        "github-app-private-key-path= insecure-oci-force-http password= proxy-url= ssh-private-key-path= "
        "tls-client-cert-key-path= tls-client-cert-path= type= upsert use-azure-workload-identity username=",
    ),
    "cluster add": _row(
        "write", "adds a cluster",
        "annotation= aws-cluster-name= aws-profile= aws-role-arn= cluster-endpoint= cluster-resources "
        "disable-compression exec-command= exec-command-api-version= exec-command-args= exec-command-env= "
        "exec-command-install-hint= in-cluster kubeconfig= label= name= namespace= project= proxy-url= "
        "server-proxy-url= service-account= shard= system-namespace= upsert yes,y",
    ),
    "cluster set": _row("write", "changes a cluster", "annotation= label= name= namespace="),
    "cluster rotate-auth": _row("write", "replaces a cluster's token", ""),
    "account update-password": _row("write", "changes a password", "account= current-password= new-password="),
    "cert add-ssh": _row("write", "adds a certificate", "batch from= upsert"),
    "cert add-tls": _row("write", "adds a certificate", "from= upsert"),
    "gpg add": _row("write", "adds a key", "from,f= "),
    "proj add-destination": _row("write", "changes a project", " name"),
    "proj add-destination-service-account": _row("write", "changes a project", " service-account-namespace="),
    "proj add-orphaned-ignore": _row("write", "changes a project", " name="),
    "proj add-source": _row("write", "changes a project", ""),
    "proj add-source-namespace": _row("write", "changes a project", ""),
    "proj allow-cluster-resource": _row("write", "changes a project", " list,l="),
    "proj allow-namespace-resource": _row("write", "changes a project", " list,l="),
    "proj deny-cluster-resource": _row("write", "changes a project", " list,l="),
    "proj deny-namespace-resource": _row("write", "changes a project", " list,l="),
    "proj remove-destination": _row("write", "changes a project", ""),
    "proj remove-destination-service-account": _row("write", "changes a project", ""),
    "proj remove-orphaned-ignore": _row("write", "changes a project", " name="),
    "proj remove-source": _row("write", "changes a project", ""),
    "proj remove-source-namespace": _row("write", "changes a project", ""),
    "proj role add-group": _row("write", "changes a project", ""),
    "proj role add-policy": _row("write", "changes a project", "action,a= object,o= permission,p= resource,r="),
    "proj role create": _row("write", "changes a project", "description= "),
    "proj role remove-group": _row("write", "changes a project", ""),
    "proj role remove-policy": _row("write", "changes a project", "action,a= object,o= permission,p= resource,r="),
    "proj windows add": _row(
        "write", "changes a project",
        "applications= clusters= description= duration= kind,k= manual-sync namespaces= schedule= "
        "sync-overrun time-zone= use-and-operator",
    ),
    "proj windows update": _row(
        "write", "changes a project",
        "applications= clusters= description= duration= namespaces= schedule= time-zone=",
    ),
    "proj windows disable-manual-sync": _row("write", "changes a project", ""),
    "proj windows enable-manual-sync": _row("write", "changes a project", ""),
    "app delete": _row(
        "destructive", "deletes an application and what it deployed",
        "app-namespace,N= cascade propagation-policy,p= selector,l= wait yes,y",
    ),
    "app delete-resource": _row(
        "destructive", "deletes a resource",
        "all app-namespace,N= force group= kind= namespace= orphan project= resource-name=",
    ),
    "app remove-source": _row(
        "destructive", "changes an application",
        "app-namespace,N= source-name= source-position=",
    ),
    "appset delete": _row(
        "destructive", "deletes an ApplicationSet and its applications",
        "appset-namespace,N= wait yes,y",
    ),
    "proj delete": _row("destructive", "deletes a project", ""),
    "proj role delete": _row("destructive", "deletes a role", ""),
    "proj role delete-token": _row("destructive", "deletes a token", ""),
    "proj windows delete": _row("destructive", "deletes a window", ""),
    "repo rm": _row("destructive", "removes a repository", " project="),
    "repocreds rm": _row("destructive", "removes credentials", ""),
    "cluster rm": _row("destructive", "removes a cluster", " yes,y"),
    "account delete-token": _row("destructive", "deletes a token", "account,a= "),
    "cert rm": _row("destructive", "removes a certificate", "cert-sub-type= cert-type= "),
    "gpg rm": _row("destructive", "removes a key", ""),
    # credentials
    "account generate-token": _row("secret", "makes a token and prints it", "account,a= expires-in,e= id="),
    "account session-token": _row("secret", "prints the session's token", " output,o="),
    "proj role create-token": _row("secret", "makes a token and prints it", "expires-in,e= id,i= token-only,t"),
    "admin initial-password": _row("secret", "prints the admin's password", "namespace,n="),
    "account bcrypt": _row("secret", "prints a password's hash", " password="),
    "login": _row(
        "unknown", "brings credentials and an address of its own",
        "name= skip-test-tls sso sso-port= callback=",
    ),
    "relogin": _row("interactive", "opens a browser", "sso-port= callback="),
    "logout": _row("local", "writes the client's settings"),
    "context": _row("read", "lists contexts", "delete", rule=_context),
    "configure": _row("local", "writes the client's settings"),
    "completion": _row("read", "prints a completion script"),
    "help": _row("read", "prints help"),
    # an editor
    "app edit": _row("interactive", "opens an editor", _APP),
    "proj edit": _row("interactive", "opens an editor"),
    "admin dashboard": _row("interactive", "serves until it is stopped", "port= address="),
}  # fmt: skip
_ALIASES = {"ls": "list", "remove": "rm"}

ARGOCD = Cli("argocd", _VERBS, _GLOBAL, _EFFECTS, _ALIASES)
