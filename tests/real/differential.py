"""The table of the differential test: what is asked of the real servers and of a replay of their recording.

`differential` and `differential-b` are the namespaces that the test fills; the second sorts before the first where
keys are compared as a store does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

JSON = "application/json"
TABLE = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
)
TABLE_V1BETA1 = "application/json;as=Table;v=v1beta1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
KUBECTL_DISCOVERY = f"{DISCOVERY},{DISCOVERY.replace('v2', 'v2beta1')},application/json"


@dataclass(frozen=True)
class Ask:
    """An HTTP request. `who` is the account whose answer the replay's must equal: the administrator where the
    reader's lack of rights would hide that something does not exist or has no such method."""

    path: str
    accept: str = JSON
    who: Literal["reader", "admin"] = "reader"
    method: str = "GET"

    def __str__(self) -> str:
        form = self.accept.partition("as=")[2].partition(";")[0].partition(",")[0]
        return " ".join(filter(None, (self.method, self.path, form, self.who if self.who == "admin" else "")))


D = "/apis/apps/v1/namespaces/differential"
PODS = "/api/v1/namespaces/differential/pods"
CUSTOM = "/apis/differential.truebook.dev/v1/namespaces/differential/gadgets"
OURS = "labelSelector=part%3Ddifferential"

DISCOVERED = (
    *(Ask(path) for path in ("/version", "/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1", "/apis/batch/v1")),
    *(Ask(path) for path in ("/apis/argoproj.io", "/apis/argoproj.io/v1alpha1", "/apis/differential.truebook.dev/v1")),
    *(Ask(path) for path in ("/api/", "/apis/", "/apis/autoscaling", "/apis/autoscaling/v2", "/version/")),
    *(Ask(path) for path in ("/apis/nope", "/apis/nope/v1", "/apis/apps/v9", "/api/v9", "/apis/argoproj.io/v9")),
    *(Ask(path, DISCOVERY) for path in ("/api", "/apis")),
    *(Ask(path, KUBECTL_DISCOVERY) for path in ("/api", "/apis")),
    Ask("/api/v1", DISCOVERY),
    Ask("/apis", DISCOVERY.replace("v2", "v3")),
    *(Ask(path) for path in ("/healthz", "/livez", "/readyz", "/metrics", "/nope", "/readyz/ping", "/logs")),
    *(Ask(path, who="admin", method="PUT") for path in ("/version", "/api/v1", "/apis/apps/v1")),
)

LISTS = (
    *(Ask(f"/api/v1/pods?{OURS}", form) for form in (JSON, TABLE, TABLE_V1BETA1, PARTIAL_LIST)),
    Ask(f"/api/v1/pods?{OURS}", "*/*"),
    Ask(f"/api/v1/pods?{OURS}", ""),
    Ask(f"/api/v1/pods?{OURS}", "application/vnd.unknown, application/json;q=0.5"),
    Ask(f"/api/v1/pods?{OURS}", PARTIAL),
    *(Ask(f"{PODS}?includeObject={include}", TABLE) for include in ("", "None", "Metadata", "Object", "Nope")),
    Ask("/api/v1/namespaces/nowhere/pods"),
    Ask("/api/v1/namespaces/nowhere/pods", TABLE),
    Ask(PODS),
    Ask(f"{PODS}/"),
    *(Ask(f"{D}/{kind}", form) for kind in ("deployments", "statefulsets", "daemonsets") for form in (JSON, TABLE)),
    Ask(f"{D}/replicasets", TABLE),
    Ask("/api/v1/namespaces/differential/services", TABLE),
    Ask("/api/v1/namespaces/differential/persistentvolumeclaims", TABLE),
    Ask("/apis/batch/v1/namespaces/differential/jobs", TABLE),
    Ask("/apis/batch/v1/namespaces/differential/cronjobs", TABLE),
    Ask("/apis/networking.k8s.io/v1/namespaces/differential/ingresses", TABLE),
    Ask("/apis/discovery.k8s.io/v1/namespaces/differential/endpointslices", TABLE),
    Ask("/api/v1/nodes", TABLE),
    *(Ask(CUSTOM, form) for form in (JSON, TABLE, PARTIAL_LIST)),
    Ask(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions?{OURS}", TABLE),
    Ask("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications?labelSelector=part%3Ddifferential", TABLE),
)

LABEL_SELECTORS = (
    *("app%3Dweb", "app%3D%3Dweb", "app!%3Dweb", "app", "!app", "app in (web,db)", "app notin (web)", "app in ()"),
    *("app in (,)", "app%3D", "app!%3D", "app%3Dweb,tier", "app%3Dweb,!tier", "weight>5", "weight<5", "weight>x"),
    *("a b", ",", "%3Dx", "app%3Dva/u", "a/b/c", "-a", "app in web", "app%3D%3D%3Dx", "app,", "!app%3Dx", "app in (a"),
    *("(", "app notin (a", "app%3D(", "example.com/", "/a", "!", "app in (web", "app !in (web)", " app %3D web "),
    *("Example.com/a%3Db", f"{'a' * 64}%3Db", f"app%3D{'b' * 64}", "in%3Din", "in in (in)", "app%3Dweb app"),
)

FIELD_SELECTORS = {
    PODS: (
        *("metadata.name%3Dstuck", "metadata.name!%3Dstuck", "metadata.name%3D%3Dstuck", "status.phase%3DRunning"),
        *("status.phase!%3DRunning", "spec.nodeName%3D", "spec.nodeName%3Dnode-1", "spec.restartPolicy%3DAlways"),
        *("metadata.namespace%3Ddifferential,status.phase%3DPending", "spec.hostNetwork%3Dfalse", "status.podIP%3D"),
        *("spec.schedulerName%3Ddefault-scheduler", "spec.serviceAccountName%3D", "status.podIPs%3D", "nope%3Dx"),
        *("spec.host%3Dnode-1", "metadata.labels%3Dx", "metadata.name", "metadata.name%3D", ",", "a%5Cx%3Db"),
        *("metadata.name%3Da%5Cx", "metadata.name%3Da%3Db", "metadata.name%3Da%5C%3Db", "status.nominatedNodeName%3D"),
    ),
    "/api/v1/nodes": ("spec.unschedulable%3Dfalse", "spec.unschedulable%3Dtrue", "metadata.namespace%3Dx"),
    "/api/v1/namespaces": ("status.phase%3DTerminating", "metadata.name%3Ddifferential", "metadata.namespace%3Dx"),
    "/api/v1/namespaces/differential/services": ("spec.type%3DClusterIP", "spec.clusterIP%3DNone", "spec.ports%3Dx"),
    f"{D}/deployments": ("metadata.name%3Dweb", "status.replicas%3D2", "spec.replicas%3D2"),
    f"{D}/replicasets": ("status.replicas%3D2",),
    "/apis/batch/v1/namespaces/differential/jobs": ("status.successful%3D1", "status.successful%3D0", "nope%3Dx"),
    CUSTOM: ("metadata.name%3Da-gadget", "spec.color%3Dred", "spec.color!%3Dred", "spec.size%3D1"),
}

SELECTED = (
    *(Ask(f"{PODS}?labelSelector={selector.replace(' ', '%20')}") for selector in LABEL_SELECTORS),
    *(Ask(f"{path}?fieldSelector={selector}") for path, all_ in FIELD_SELECTORS.items() for selector in all_),
    Ask(f"{PODS}?labelSelector=app%3Dweb&fieldSelector=status.phase%3DRunning", TABLE),
)

PAGES = (
    *(f"limit={limit}" for limit in ("1", "2", "0", "-1", "500", "x", "")),
    *("limit=1&labelSelector=app%3Dweb", "limit=1&fieldSelector=metadata.name%3Dstuck", "limit=1&resourceVersion=0"),
    *("continue=foo", "continue=!!", "continue=x", "continue=", "limit=1&continue=Zm9v&resourceVersion=1"),
    "continue=eyJ2IjoieCIsInJ2IjoxLCJzdGFydCI6ImEifQ",
    "continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0",
    "continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIifQ",
    "continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi9hIn0",
    *("resourceVersion=0", "resourceVersion=x", "resourceVersion=999999999", "resourceVersionMatch=Exact"),
    *("resourceVersionMatch=Exact&resourceVersion=0", "resourceVersionMatch=Nope&resourceVersion=1"),
    *("resourceVersionMatch=NotOlderThan&resourceVersion=0", "resourceVersionMatch=Exact&resourceVersion=1&continue=x"),
    *("timeoutSeconds=x", "timeout=x", "timeout=5s", "sendInitialEvents=true", "allowWatchBookmarks=true", "nope=x"),
    *("watch=false", "watch=0", "pretty=true"),
)
PAGED = (
    *(Ask(f"{PODS}?{query}") for query in PAGES),
    Ask(f"{PODS}?limit=1", TABLE),
    Ask(f"{PODS}?limit=1", PARTIAL_LIST),
)

OBJECTS = (
    *(Ask(f"{PODS}/stuck", form) for form in (JSON, TABLE, PARTIAL, PARTIAL_LIST, "*/*")),
    *(Ask(f"{D}/deployments/web", form) for form in (JSON, TABLE, PARTIAL)),
    *(Ask(f"{CUSTOM}/a-gadget", form) for form in (JSON, TABLE, PARTIAL)),
    Ask("/api/v1/namespaces/differential"),
    Ask("/api/v1/namespaces/differential/"),
    Ask("/api/v1/nodes/node-1", PARTIAL),
    Ask(f"{PODS}/stuck?resourceVersion=0"),
    Ask(f"{PODS}/stuck?resourceVersion=x"),
    Ask(f"{PODS}/stuck?resourceVersion=999999999"),
    Ask(f"{PODS}/stuck?watch=true"),
    *(Ask(f"{path}/nope") for path in (PODS, f"{D}/deployments", CUSTOM, "/api/v1/nodes", "/api/v1/namespaces")),
    Ask(f"{PODS}/nope", TABLE),
    Ask(f"{PODS}/a%3Db"),
    Ask("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/nope"),
)

WATCHES = (
    *(f"{PODS}?watch=true&timeoutSeconds=1{more}" for more in ("", "&resourceVersion=0", "&resourceVersion=99999999")),
    f"{PODS}?watch=x&timeoutSeconds=1&labelSelector=app%3Dweb",
    f"/api/v1/watch/namespaces/differential/pods?timeoutSeconds=1&{OURS}",
    f"{PODS}?watch=true&resourceVersion=x",
    f"{PODS}?watch=true&labelSelector=,",
    f"{PODS}?watch=true&fieldSelector=nope%3Dx",
    f"{PODS}?watch=true&sendInitialEvents=true",
    f"{PODS}?watch=true&resourceVersionMatch=NotOlderThan&resourceVersion=1",
    f"{PODS}?watch=true&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
)
INITIAL = (
    "watch=true&timeoutSeconds=2&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
)
WATCHED = (
    *(Ask(path) for path in WATCHES),
    *(Ask(f"{PODS}?watch=true&timeoutSeconds=1&includeObject={i}", TABLE) for i in ("", "None", "Object", "Nope")),
    Ask(f"{PODS}?watch=true&timeoutSeconds=1", PARTIAL),
    *(Ask(f"{PODS}?{INITIAL}", form) for form in (JSON, TABLE, PARTIAL)),
    *(Ask(f"{CUSTOM}?{INITIAL}", form) for form in (JSON, TABLE)),
)

REFUSED = (
    Ask("/api/v1/namespaces/differential/secrets"),
    Ask("/api/v1/namespaces/differential/secrets/password"),
    Ask("/api/v1/secrets"),
    Ask("/api/v1/namespaces/differential/secrets", TABLE),
    Ask("/api/v1/secrets?watch=true"),
    Ask("/api/v1/namespaces/differential/configmaps"),
    Ask("/api/v1/namespaces/differential/configmaps/settings"),
    Ask("/apis/rbac.authorization.k8s.io/v1/clusterroles"),
    Ask("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1"),
    *(Ask(f"{PODS}/stuck/{sub}") for sub in ("log", "exec?command=ls", "attach", "portforward", "proxy/x", "status")),
    Ask(f"{PODS}/stuck/exec?command=ls", method="POST"),
    Ask(f"{PODS}/stuck/eviction", method="POST"),
    Ask(f"{D}/deployments/web/scale", who="admin"),
    Ask(f"{D}/deployments/web/scale", method="PATCH"),
    Ask("/api/v1/namespaces/differential/services/web/proxy/x"),
    Ask("/api/v1/nodes/node-1/proxy/metrics"),
    Ask("/api/v1/namespaces/differential/serviceaccounts/default/token", method="POST"),
    *(Ask(PODS, method=method) for method in ("POST", "DELETE")),
    *(Ask(f"{PODS}/stuck", method=method) for method in ("PUT", "PATCH", "DELETE")),
    *(Ask(f"{CUSTOM}/a-gadget", method=method) for method in ("PUT", "PATCH", "DELETE")),
    Ask("/api/v1/namespaces", method="POST"),
    Ask("/api/v1/namespaces/differential", method="DELETE"),
    Ask("/api/v1/namespaces/differential/finalize", method="PUT"),
)

ABSENT = tuple(
    Ask(path, who="admin", method=method)
    for path, method in (
        *(
            (path, "GET")
            for path in ("/api/v1/nope", "/apis/apps/v1/nope", "/apis/apps/v9/deployments", "/api/v9/pods")
        ),
        *((path, "GET") for path in (f"{D}/nope", "/api/v1/pods/stuck", "/api/v1/namespaces/differential/nodes")),
        *(
            (path, "GET")
            for path in (f"{PODS}/stuck/nope", "/apis/nope/v1/things", "/apis/argoproj.io/v9/applications")
        ),
        *((path, "GET") for path in ("/apis/argoproj.io/v1alpha1/nope", f"{CUSTOM}/a-gadget/scale")),
        *((path, "GET") for path in (f"{PODS}/stuck/binding", f"{PODS}/stuck/eviction")),
        *(("/api/v1/pods", method) for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")),
        *((PODS, method) for method in ("PUT", "PATCH")),
        *((f"{PODS}/stuck", "POST"), (f"{PODS}/stuck/status", "POST"), ("/api/v1/componentstatuses", "POST")),
        ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "GET"),
    )
)

ODD = tuple(
    Ask(path, who="reader" if path in ("/API/v1", "/%2e%2e", "//api/v1") else "admin")
    for path in (
        *("/API/v1", "/%2e%2e", f"{PODS}/a%3Fb", f"{PODS}/a%22%5C", f"{PODS}/a%0Ab", f"{PODS}/%C3%A4"),
        *("/api//v1", "/api//v1/pods", "/apis/apps//deployments", "/api/v1/%2e%2e/v1/pods"),
        *(f"/api/v1/namespaces//pods?{OURS}", f"{PODS}//", "/api/v1/namespaces/%64ifferential", "/api/v1/pods%00"),
        *(f"{PODS}/stuck?nope", f"{PODS}/%73tuck", f"{PODS}/stuck/", f"{PODS}?labelSelector=app%3Dweb&labelSelector=x"),
        *(f"{PODS}?labelSelector=app%3Dweb;limit=1", f"{PODS}?labelSelector=%ff", f"{PODS}?labelSelector=app+in+(web)"),
        *(f"{PODS}?limit=1&limit=2", f"{PODS}?LIMIT=x", f"{PODS}?limit=%2B1", f"{PODS}?limit=99999999999999999999"),
        *(
            f"{PODS}?fieldSelector=metadata.name%3Dstuck&fieldSelector=x",
            f"{PODS}?watch&timeoutSeconds=1",
            f"{PODS}?limit=1%00",
        ),
        *(f"{PODS}?resourceVersion=-1", f"{PODS}?resourceVersion=99999999999999999999", f"{PODS}?limit=1_0"),
    )
)

KUBERNETES = (*DISCOVERED, *LISTS, *SELECTED, *PAGED, *OBJECTS, *WATCHED, *REFUSED, *ABSENT, *ODD)

N = "-n differential"
KUBECTL = (
    *(f"get pods {N} {form}".strip() for form in ("", "-o wide", "-o yaml", "-o json", "-o name", "--show-labels")),
    *(f"get pods -A -l part=differential {form}".strip() for form in ("", "-o wide", "-o name", "--no-headers")),
    *(f"get {kind} {N} -o wide" for kind in ("deploy", "sts", "ds", "rs", "svc", "ing", "pvc", "jobs", "cronjobs")),
    *(f"get {kind} {N}" for kind in ("all", "endpointslices", "gadgets", "gd", "gadgets.v1.differential.truebook.dev")),
    *(f"get {kind} {N}" for kind in ("deploy,sts,svc", "pod/stuck deploy/web", "pod nope", "deploy/web deploy/nope")),
    *(f"get {kind}" for kind in ("nodes", "nodes -o wide", "ns differential -o yaml", "sc", "crd", "hpa -A")),
    *("get app -n argocd", "get applications.argoproj.io -A -o wide", "get appproj,appset -n argocd", "get nope"),
    *(
        f"get pods {N} {how}"
        for how in ("-l app=web", "-l app!=web", "-l 'app in (web,db)'", "-l app=a=b", "-L app,tier")
    ),
    *(f"get pods {N} --field-selector {s}" for s in ("status.phase=Pending", "spec.nodeName=node-1", "nope=x")),
    *(f"get pods {N} --sort-by=.metadata.name", f"get pods {N} --chunk-size=1", f"get pods {N} --ignore-not-found"),
    f"get pods {N} -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image",
    f"get pods {N} -o jsonpath={{.items[*].metadata.name}}",
    f"get pods {N} -o go-template='{{{{range .items}}}}{{{{.metadata.name}}}} {{{{end}}}}'",
    f"get deploy web {N} -o jsonpath={{.spec.template.spec.containers[0].image}}",
    f"get gadgets a-gadget {N} -o yaml",
    f"get pods {N} --server-print=false",
    *(
        f"describe {what} {N}"
        for what in ("deploy web", "pod stuck", "pods -l app=web", "svc web", "ing web", "sts db")
    ),
    *(
        f"describe {what} {N}"
        for what in ("ds agent", "rs", "cronjob nightly", "job once", "pvc data", "gadget a-gadget")
    ),
    *("describe crd gadgets.differential.truebook.dev", "describe ns differential", f"describe pod nope {N}"),
    *(f"get secret {N}", f"get cm {N}", f"get secret password {N} -o yaml", f"describe secret password {N}"),
    *("api-resources", "api-resources --namespaced=false -o name", "api-resources -o wide --api-group=apps"),
    *("api-versions", "version", "top pods", "top nodes", "get --raw /healthz", f"get --raw {PODS}/nope"),
    *("auth can-i list pods", "auth can-i delete pods", "auth can-i get secrets", "auth can-i get /version"),
    *(f"auth can-i get pods/log {N}", "auth can-i create deployments.apps", "auth can-i watch gadgets -A"),
    *(f"logs stuck {N}", f"exec stuck {N} -- ls", f"attach stuck {N}", f"port-forward pod/stuck 8080 {N}"),
    *(f"delete pod stuck {N}", f"scale deploy web --replicas=0 {N}", f"label pod stuck a=b {N}", "cordon node-1"),
    *(f"annotate deploy web a=b {N}", f"set image deploy/web web=x {N}", "create ns nope", f"run nope --image=x {N}"),
    *(
        f"rollout status deploy/web {N} --timeout=5s",
        f"rollout history deploy/web {N}",
        f"rollout restart deploy/web {N}",
    ),
    *(f"rollout status sts/db {N} --timeout=5s", f"rollout status ds/agent {N} --timeout=5s"),
    f"wait --for=condition=Available deploy/web {N} --timeout=5s",
    f"wait --for=jsonpath={{.status.phase}}=Pending pod/stuck {N} --timeout=5s",
    f"wait --for=condition=Ready pod/stuck {N} --timeout=2s",
    f"wait --for=delete pod/nope {N} --timeout=2s",
    *(f"get pods {N} -w --request-timeout=2s", f"get pod stuck {N} -w --request-timeout=2s -o name"),
    *(f"events {N}", f"get events {N}"),
)

A = "/api/v1/applications"
FIELDS = (
    *(
        "items.metadata.name",
        "items.metadata.name,items.spec",
        "items.foo",
        "metadata.name",
        "items.metadata.annotations",
    ),
    *("items.metadata.labels,items.metadata.creationTimestamp,items.metadata.deletionTimestamp", "items.spec.project"),
    *("items.spec.sources,items.spec.sourceHydrator,items.spec.syncPolicy,items.spec.source", "items.spec.destination"),
    *("items.status.sync.status,items.status.sync.revision,items.status.health", "items.status.summary", "items"),
    *("items.status.operationState.phase,items.status.operationState.startedAt", "items.operation.sync"),
    *("items.status.resources", "items.status.sourceHydrator", "items.spec,items.spec.project"),
)
ARGOCD = (
    *("/healthz", "/api/version", "/api/v1/settings", A, "/api/v1/projects", "/api/v1/applicationsets"),
    *("/api/v1/clusters", f"{A}/one", f"{A}/two", f"{A}/nope", f"{A}/nope?project=default", f"{A}/nope?project=zz"),
    *(
        f"{A}/one?{query}"
        for query in ("project=default", "project=infra", "appNamespace=argocd", "appNamespace=other")
    ),
    f"{A}/one?project=default&project=infra",
    *(f"{A}?{query}" for query in ("projects=default", "project=infra", "projects=infra&projects=default", "name=one")),
    *(f"{A}?{query}" for query in ("name=nope", "selector=team%3Da", "selector=team!%3Da", "selector=bad%20x")),
    *(f"{A}?{query}" for query in ("selector=,", "repo=https://nope", "appNamespace=argocd", "appNamespace=other")),
    *(f"{A}?{query}" for query in ("limit=1", "nope=x", "resourceVersion=1")),
    *(f"{A}?fields={fields}" for fields in FIELDS),
    *("/api/v1/projects/default", "/api/v1/projects/infra", "/api/v1/projects/nope", "/api/v1/projects?name=infra"),
    *(f"/api/v1/applicationsets{more}" for more in ("/sets", "/nope", "?projects=infra", "?projects=default")),
    *(f"/api/v1/applicationsets{more}" for more in ("?selector=a%3Db", "?selector=bad%20x", "?appsetNamespace=argocd")),
    *("/api/v1/nope", "/api/nope", f"POST {A}", f"POST {A}/one/sync", f"DELETE {A}/one", "POST /api/v1/nope"),
)

ARGOCD_REFUSED = (
    *(f"{A}/one/{part}" for part in ("resource-tree", "managed-resources", "manifests", "events", "logs")),
    *("/api/v1/repositories", "/api/v1/certificates", "/api/v1/projects/default/detailed", f"{A}?fields=-items.spec"),
    "/api/v1/stream/applications",
)
"""What ArgoCD answers from more than a recording holds: refused in its own shape, and not compared."""
