"""Requests to the Kubernetes API, one row each, and what the guard decides about one."""

from __future__ import annotations

from truebook.guard import kubernetes, target
from truebook.guard.kubernetes import protobuf
from truebook.guard.request import Ask, Decision, GuardRequest, UpstreamAnswer

SHOP = "/api/v1/namespaces/shop"
APPS = "/apis/apps/v1/namespaces/shop"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
AUTH = "/apis/authorization.k8s.io/v1"
HOOKS = "/apis/admissionregistration.k8s.io/v1"
JSON = "application/json"
MERGE = "application/merge-patch+json"
LOCAL = b'{"kind":"APIService","spec":{}}'
APPLY = "application/apply-patch+yaml"


def decide(method: str, raw: str, body: bytes = b"", media: str = "", accept: str = "") -> Decision:
    path, query = target.parse(raw)
    pairs = (("content-type", media), ("accept", accept))
    headers = tuple((name, value) for name, value in pairs if value)
    return kubernetes.decide(GuardRequest(method, raw, path, query, headers, body))


def settled(decision: Decision, status: int = 200) -> Decision:
    """The decision where the API server answers its questions with that status."""
    while isinstance(decision, Ask):
        decision = decision.conclude(tuple(UpstreamAnswer(status, (), LOCAL) for _ in decision.requests))
    return decision


READS = [
    "/",
    "/api",
    "/api/v1",
    "/apis",
    "/apis/apps",
    "/apis/apps/v1",
    "/apis/argoproj.io/v1alpha1?timeout=32s",
    "/openapi/v2?timeout=32s",
    "/openapi/v3",
    "/openapi/v3/apis/apps/v1?hash=0A9B",
    "/version",
    "/healthz",
    "/livez?verbose",
    "/readyz/ping",
    "/readyz?verbose&exclude=etcd&exclude=ping",
    "/metrics",
    "/.well-known/openid-configuration",
    "/openid/v1/jwks",
    "/api/v1/pods?limit=500",
    "/api/v1/nodes/node-1",
    "/api/v1/namespaces",
    SHOP,
    f"{SHOP}/status",
    f"{SHOP}/pods?labelSelector=app%3Dweb%2Ctier%21%3Dx&limit=500&continue=abc",
    f"{SHOP}/pods/web-0",
    f"{SHOP}/pods/web-0/status",
    f"{SHOP}/configmaps/settings",
    f"{SHOP}/events?fieldSelector=involvedObject.name%3Dweb",
    "/api/v1/componentstatuses",
    f"{APPS}/deployments",
    f"{APPS}/deployments/web/scale",
    f"{RBAC}/clusterroles/system:node",
    "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/vault",
    "/apis/metrics.k8s.io/v1beta1/nodes",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?resourceVersion=0&resourceVersionMatch=NotOlderThan",
    "/apis/other.example/v1/namespaces/shop/secrets",
    f"{HOOKS}/validatingwebhookconfigurations",
]


QUESTIONS = [
    f"{AUTH}/selfsubjectaccessreviews",
    f"{AUTH}/selfsubjectrulesreviews",
    f"{AUTH}/subjectaccessreviews",
    f"{AUTH}/namespaces/shop/localsubjectaccessreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
]


# method, target, media type
WRITES = [
    ("POST", f"{SHOP}/pods", JSON),
    ("POST", f"{SHOP}/pods", "application/json; charset=utf-8"),
    ("POST", f"{SHOP}/pods", "Application/JSON"),
    ("POST", f"{SHOP}/pods", ""),
    ("POST", f"{SHOP}/pods?fieldManager=kubectl-run&fieldValidation=Strict", protobuf.MEDIA_TYPE),
    ("POST", f"{SHOP}/secrets", JSON),
    ("POST", f"{SHOP}/serviceaccounts", "application/yaml"),
    ("POST", "/api/v1/namespaces", JSON),
    ("POST", "/api/v1/nodes", JSON),
    ("POST", f"{SHOP}/bindings", JSON),
    ("POST", f"{SHOP}/pods/web-0/binding", JSON),
    ("POST", f"{APPS}/deployments?dryRun=All", JSON),
    ("POST", f"{RBAC}/clusterrolebindings", JSON),
    ("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", JSON),
    ("POST", "/apis/apiregistration.k8s.io/v1/apiservices", JSON),
    ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", JSON),
    ("PUT", f"{SHOP}/pods/web-0", JSON),
    ("PUT", f"{SHOP}/secrets/db", JSON),
    ("PUT", f"{SHOP}/finalize", JSON),
    ("PUT", f"{APPS}/deployments/web/scale", JSON),
    ("PUT", f"{APPS}/deployments/web/status", JSON),
    ("PUT", "/apis/certificates.k8s.io/v1/certificatesigningrequests/jo/approval", JSON),
    ("PATCH", f"{SHOP}/pods/web-0", "application/json-patch+json"),
    ("PATCH", f"{SHOP}/pods/web-0", MERGE),
    ("PATCH", f"{SHOP}/pods/web-0", "application/strategic-merge-patch+json"),
    ("PATCH", f"{SHOP}/pods/web-0?fieldManager=me&force=true", APPLY),
    ("PATCH", f"{SHOP}/pods/web-0/ephemeralcontainers", "application/strategic-merge-patch+json"),
    ("PATCH", f"{SHOP}/pods/web-0/resize", MERGE),
    ("PATCH", f"{SHOP}/secrets/db", MERGE),
    ("PATCH", f"{APPS}/deployments/web/scale", MERGE),
    ("PATCH", "/api/v1/nodes/node-1", MERGE),
    ("PATCH", f"{SHOP}/status", MERGE),
    ("PATCH", "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/vault", MERGE),
    ("PATCH", "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/vault/status", MERGE),
    ("POST", "/apis/velero.io/v1/namespaces/velero/backups", JSON),
    ("POST", "/apis/velero.io/v1/namespaces/velero/serverstatusrequests", JSON),  # velero version
    ("POST", "/apis/velero.io/v1/namespaces/velero/downloadrequests", JSON),  # velero backup logs
]


# target, body, and what the DeleteOptions in the body have to be
DELETES = [
    (f"{SHOP}/pods/web-0", b"", {}),
    (f"{SHOP}/pods/web-0?dryRun=All", b"", {}),
    (f"{SHOP}/pods?labelSelector=app%3Dweb", b"", {}),
    ("/api/v1/pods", b"", {}),
    (SHOP, b'{"propagationPolicy":"Background"}', {"propagationPolicy": "Background"}),
    (f"{SHOP}/pods/web-0?gracePeriodSeconds=0", b"", {"gracePeriodSeconds": 0}),
    (f"{SHOP}/pods/web-0?orphanDependents=true&propagationPolicy=Orphan", b"", {"propagationPolicy": "Orphan"}),
    (f"{SHOP}/pods/web-0?gracePeriodSeconds=0", b'{"gracePeriodSeconds":9}', {"gracePeriodSeconds": 9}),
    (f"{SHOP}/pods/web-0", b'{"kind":"DeleteOptions","apiVersion":"v1","dryRun":[]}', {}),
    (f"{SHOP}/pods/web-0", b'{"dryRun":["All"],"dryRun":[]}', {}),
    (f"{SHOP}/pods/web-0", b'{"dryRun":null,"preconditions":{"uid":"u"}}', {"preconditions": {"uid": "u"}}),
    (f"{APPS}/deployments/web", b'{"apiVersion":"apps/v1","kind":"DeleteOptions"}', {"apiVersion": "apps/v1"}),
    (f"{RBAC}/clusterroles/system:node", b"{}", {}),
    ("/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/vault", b"{}", {}),
    (f"{SHOP}/secrets/db", b"{}", {}),
]


# method, target, status
REFUSED = [
    # what opens a way into a container, a tunnel or another server
    ("GET", f"{SHOP}/pods/web-0/exec?command=ls", 403),
    ("POST", f"{SHOP}/pods/web-0/exec", 403),
    ("GET", f"{SHOP}/pods/web-0/attach", 403),
    ("POST", f"{SHOP}/pods/web-0/portforward", 403),
    ("GET", f"{SHOP}/pods/web-0/proxy", 403),
    ("GET", f"{SHOP}/pods/web-0/proxy/admin", 403),
    ("GET", f"{SHOP}/services/http:web:80/proxy/admin/users", 403),
    ("POST", f"{SHOP}/services/web/proxy", 403),
    ("GET", "/api/v1/nodes/node-1/proxy", 403),
    ("GET", "/api/v1/nodes/node-1/proxy/pods", 403),
    ("DELETE", f"{SHOP}/services/web/proxy", 403),
    ("GET", "/api/v1/proxy/nodes/node-1", 403),
    ("GET", "/api/v1/proxy/namespaces/shop/services/web", 403),
    ("GET", "/api/v1/watch/namespaces/shop/pods", 403),
    ("GET", "/apis/apps/v1/watch/deployments", 403),
    ("GET", "/logs/kube-apiserver.log", 403),
    ("GET", "/debug/pprof/heap", 403),
    ("GET", "/debug/flags/v", 403),
    ("PUT", "/debug/flags/v", 403),
    ("GET", "/configz", 403),
    # credentials
    ("POST", f"{SHOP}/serviceaccounts/default/token", 403),
    ("POST", f"{SHOP}/serviceaccounts/default/token?dryRun=All", 403),
    ("POST", "/apis/authentication.k8s.io/v1/tokenreviews", 403),
    ("GET", f"{SHOP}/secrets", 403),
    ("GET", f"{SHOP}/secrets/db", 403),
    ("GET", "/api/v1/secrets?limit=500", 403),
    ("GET", f"{SHOP}/secrets?watch=true", 403),
    ("HEAD", f"{SHOP}/secrets/db", 403),
    ("GET", f"{SHOP}/secrets/db/status", 403),
    # what decides about other requests
    ("POST", f"{HOOKS}/validatingadmissionpolicies", 403),
    ("DELETE", f"{HOOKS}/validatingwebhookconfigurations/guard", 403),
    ("PATCH", f"{HOOKS}/mutatingwebhookconfigurations/guard", 403),
    ("DELETE", f"{HOOKS}/validatingadmissionpolicybindings", 403),
    ("PUT", f"{AUTH}/selfsubjectaccessreviews", 403),
    ("POST", f"{AUTH}/selfsubjectaccessreviews/name", 403),
    ("DELETE", f"{AUTH}/subjectaccessreviews", 403),
    # subresources that are not on the list, or not of that resource, or not by that method
    ("GET", f"{SHOP}/pods/web-0/metrics", 403),
    ("GET", f"{SHOP}/services/web/log", 403),
    ("POST", f"{SHOP}/pods/web-0/log", 403),
    ("POST", f"{SHOP}/configmaps/a/eviction", 403),
    ("PUT", f"{SHOP}/pods/web-0/eviction", 403),
    ("PUT", f"{SHOP}/pods/web-0/finalize", 403),
    ("POST", f"{APPS}/deployments/web/scale", 403),
    ("DELETE", f"{APPS}/deployments/web/status", 403),
    ("POST", f"{APPS}/deployments/web/rollback", 403),
    ("PUT", "/apis/subresources.kubevirt.io/v1/namespaces/shop/virtualmachines/vm/stop", 403),
    # shapes that the API does not have
    ("POST", f"{SHOP}/pods/web-0", 405),
    ("PUT", f"{SHOP}/pods", 405),
    ("PATCH", f"{SHOP}/pods", 405),
    ("PUT", f"{SHOP}/status/more", 403),
    ("DELETE", "/apis/apps/v1", 403),
    ("POST", "/version", 403),
    ("DELETE", "/", 403),
    ("GET", f"{SHOP}/pods/web-0/status/more", 403),
    ("GET", f"{SHOP}/Pods", 403),
    ("GET", "/API/v1/pods", 403),
    ("GET", "/api/v2/pods", 403),
    ("GET", "/apis/apps/1/deployments", 403),
    ("OPTIONS", "/api/v1/pods", 405),
    ("LIST", "/api/v1/pods", 405),
    ("TRACE", "/api", 405),
    # queries
    ("POST", f"{SHOP}/pods?dryrun=All", 403),
    ("POST", f"{SHOP}/pods?DryRun=All", 403),
    ("POST", f"{SHOP}/pods?dryRun=All&dryRun=All", 403),
    ("POST", f"{SHOP}/pods?dryRun=", 400),
    ("POST", f"{SHOP}/pods?dryRun=all", 400),
    ("POST", f"{SHOP}/pods?dryRun=None", 400),
    ("POST", f"{SHOP}/pods?dryRun=All%2CNone", 400),
    ("POST", f"{SHOP}/pods?force=true", 403),
    ("PATCH", f"{SHOP}/pods/web-0?fieldmanager=x", 403),
    ("DELETE", f"{SHOP}/pods?watch=true", 403),
    ("DELETE", f"{SHOP}/pods/web-0?labelSelector=a", 403),
    ("DELETE", f"{SHOP}/pods/web-0?gracePeriodSeconds=soon", 400),
    ("DELETE", f"{SHOP}/pods/web-0?ignoreStoreReadErrorWithClusterBreakingPotential=true", 403),
    ("GET", f"{SHOP}/pods?Watch=true", 403),
    ("GET", f"{SHOP}/pods?watch=false&watch=true", 403),
    ("GET", f"{SHOP}/pods/web-0?watch=true", 403),
    ("GET", f"{SHOP}/pods?method=DELETE", 403),
    ("GET", f"{SHOP}/pods/web-0/log?insecureSkipTLSVerifyBackend=true", 403),
    ("GET", "/version?as=admin", 403),
]


# method, target, body, media type, status
BODIES = [
    ("DELETE", f"{SHOP}/pods/web-0", b"{}", "application/cbor", 415),
    ("DELETE", f"{SHOP}/pods/web-0", b"dryRun: [All]", "application/yaml", 415),
    ("DELETE", f"{SHOP}/pods/web-0", b"{}", "text/plain", 415),
    ("DELETE", f"{SHOP}/pods/web-0", b"not json", JSON, 400),
    ("DELETE", f"{SHOP}/pods/web-0", b"[]", JSON, 400),
    ("DELETE", f"{SHOP}/pods/web-0", b"null", JSON, 400),
    ("DELETE", f"{SHOP}/pods/web-0", b"\xff\xfe{}", JSON, 400),
    ("DELETE", f"{SHOP}/pods/web-0", b'{"kind":"Pod"}', JSON, 400),
    ("DELETE", f"{SHOP}/pods/web-0", b'{"dryRun":["All"],"DryRun":[]}', JSON, 403),
    ("DELETE", f"{SHOP}/pods/web-0", b'{"DRYRUN":[]}', JSON, 403),
    ("DELETE", f"{SHOP}/pods/web-0", b'{"ignoreStoreReadErrorWithClusterBreakingPotential":true}', JSON, 403),
    ("DELETE", f"{SHOP}/pods/web-0", b"[" * 100_000, JSON, 400),
    ("POST", f"{SHOP}/pods/web-0/eviction", b"", JSON, 400),
    ("POST", f"{SHOP}/pods/web-0/eviction", b"kind: Eviction", "application/yaml", 415),
    ("POST", f"{SHOP}/pods/web-0/eviction", b'{"deleteoptions":{}}', JSON, 403),
    ("POST", f"{SHOP}/pods/web-0/eviction", b'{"deleteOptions":{"dryrun":[]}}', JSON, 403),
    ("POST", f"{SHOP}/pods/web-0/eviction", b'{"deleteOptions":[1]}', JSON, 400),
    ("POST", f"{SHOP}/pods/web-0/eviction", b'{"kind":"Pod"}', JSON, 400),
    ("POST", f"{SHOP}/pods", b"{}", "application/cbor", 415),
    ("POST", f"{SHOP}/pods", b"{}", "application/x-www-form-urlencoded", 415),
    ("PUT", f"{SHOP}/pods/web-0", b"{}", "multipart/form-data", 415),
    ("PATCH", f"{SHOP}/pods/web-0", b"{}", "", 415),
    ("PATCH", f"{SHOP}/pods/web-0", b"{}", JSON, 415),
    ("PATCH", f"{SHOP}/pods/web-0", b"{}", "application/apply-patch+cbor", 415),
    ("PATCH", f"{SHOP}/secrets/db", b"[]", "application/json-patch+json", 403),
    ("GET", f"{SHOP}/pods", b"{}", JSON, 400),
    ("HEAD", "/version", b"x", "", 400),
    ("POST", f"{AUTH}/selfsubjectaccessreviews", b"{}", "text/plain", 415),
]
