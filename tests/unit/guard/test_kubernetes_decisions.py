"""What the guard decides about requests to the Kubernetes API: one row each."""

from __future__ import annotations

import json

import pytest

from truebook.guard import kubernetes, target
from truebook.guard.kubernetes import protobuf
from truebook.guard.request import Ask, Decision, Forward, ForwardAsDryRun, GuardRequest, Refuse, UpstreamAnswer

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


@pytest.mark.parametrize("raw", READS)
def test_reads_pass_unchanged(raw: str) -> None:
    path, query = target.parse(raw)
    for method in ("GET", "HEAD"):
        decision = decide(method, raw)
        assert type(decision) is Forward, decision
        assert (decision.request.method, decision.request.path, decision.request.query) == (method, path, query)
        assert decision.seconds is None
        assert decision.reply is None


QUESTIONS = [
    f"{AUTH}/selfsubjectaccessreviews",
    f"{AUTH}/selfsubjectrulesreviews",
    f"{AUTH}/subjectaccessreviews",
    f"{AUTH}/namespaces/shop/localsubjectaccessreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
]


@pytest.mark.parametrize("raw", QUESTIONS)
@pytest.mark.parametrize("media", [JSON, protobuf.MEDIA_TYPE, ""])
def test_questions_about_access_pass(raw: str, media: str) -> None:
    decision = decide("POST", raw, b"{}", media)
    assert type(decision) is Forward
    assert decision.request.body == b"{}"


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


@pytest.mark.parametrize(("method", "raw", "media"), WRITES)
def test_writes_become_dry_runs(method: str, raw: str, media: str) -> None:
    decision = settled(decide(method, raw, b'{"dryRun": []}', media))
    assert isinstance(decision, ForwardAsDryRun), decision
    path, query = target.parse(raw)
    assert decision.request.path == path
    assert [value for name, value in decision.request.query if name.lower() == "dryrun"] == ["All"]
    assert [pair for pair in decision.request.query if pair[0] != "dryRun"] == [p for p in query if p[0] != "dryRun"]
    assert decision.request.body == b'{"dryRun": []}'
    assert decision.request.header("content-type")


# method, target, body, and what the DeleteOptions in the body have to be
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


@pytest.mark.parametrize(("raw", "body", "wanted"), DELETES)
def test_deletes_are_dry_in_query_and_body(raw: str, body: bytes, wanted: dict[str, object]) -> None:
    decision = settled(decide("DELETE", raw, body, JSON if body else ""))
    assert isinstance(decision, ForwardAsDryRun), decision
    assert dict(decision.request.query)["dryRun"] == "All"
    assert not {"gracePeriodSeconds", "orphanDependents", "propagationPolicy"} & dict(decision.request.query).keys()
    sent = json.loads(decision.request.body)
    assert sent["dryRun"] == ["All"]
    assert wanted.items() <= sent.items()
    assert decision.request.header("content-type") == JSON


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return bytes([number << 3]) + bytes([value])
    return bytes([number << 3 | 2, len(value)]) + value


def enveloped(kind: bytes, message: bytes) -> bytes:
    return protobuf.MAGIC + field(1, field(1, b"v1") + field(2, kind)) + field(2, message)


def test_protobuf_deletes_go_out_as_json() -> None:
    options = field(1, 7) + field(2, field(1, b"u") + field(2, b"12")) + field(3, 1) + field(4, b"Orphan")
    body = enveloped(b"DeleteOptions", options)
    decision = decide("DELETE", f"{SHOP}/pods/web-0", body, protobuf.MEDIA_TYPE)
    assert isinstance(decision, ForwardAsDryRun)
    assert decision.request.header("content-type") == JSON
    assert json.loads(decision.request.body) == {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "gracePeriodSeconds": 7,
        "preconditions": {"uid": "u", "resourceVersion": "12"},
        "orphanDependents": True,
        "propagationPolicy": "Orphan",
        "dryRun": ["All"],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"k8s",
        b'{"kind":"DeleteOptions"}',
        enveloped(b"Pod", b""),
        enveloped(b"DeleteOptions", field(6, 1)),
        enveloped(b"DeleteOptions", field(1, b"text")),
        enveloped(b"DeleteOptions", field(4, 1)),
        enveloped(b"DeleteOptions", field(4, b"\xff")),
        enveloped(b"DeleteOptions", b"\x22\x7fshort"),
        enveloped(b"DeleteOptions", b"\x25\x00\x00\x00\x00"),
        enveloped(b"DeleteOptions", b"\x08" + b"\xff" * 11),
        enveloped(b"DeleteOptions", field(5, b"All")) + field(3, b"gzip"),
    ],
)
def test_protobuf_that_is_not_understood_is_refused(body: bytes) -> None:
    decision = decide("DELETE", f"{SHOP}/pods/web-0", body or b"\x00", protobuf.MEDIA_TYPE)
    assert isinstance(decision, Refuse)
    assert decision.status == 400


@pytest.mark.parametrize(
    ("body", "media", "grace"),
    [
        (b'{"kind":"Eviction","apiVersion":"policy/v1","metadata":{"name":"web-0"}}', JSON, None),
        (b'{"metadata":{"name":"web-0"},"deleteOptions":{"gracePeriodSeconds":5}}', JSON, 5),
        (b'{"metadata":{"name":"web-0"},"deleteOptions":{"gracePeriodSeconds":5,"dryRun":[]}}', "", 5),
        (
            enveloped(b"Eviction", field(1, field(1, b"web-0") + field(3, b"shop")) + field(2, field(1, 5))),
            protobuf.MEDIA_TYPE,
            5,
        ),
    ],
)
def test_evictions_are_dry_in_query_and_body(body: bytes, media: str, grace: int | None) -> None:
    decision = decide("POST", f"{SHOP}/pods/web-0/eviction", body, media)
    assert isinstance(decision, ForwardAsDryRun), decision
    assert dict(decision.request.query) == {"dryRun": "All"}
    sent = json.loads(decision.request.body)
    assert sent["metadata"]["name"] == "web-0"
    assert sent["deleteOptions"].get("gracePeriodSeconds") == grace
    assert sent["deleteOptions"]["dryRun"] == ["All"]
    assert decision.gone == f"{SHOP}/pods/web-0"


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


@pytest.mark.parametrize(("method", "raw", "status"), REFUSED)
def test_refused(method: str, raw: str, status: int) -> None:
    media = {"PATCH": MERGE}.get(method, "")
    decision = settled(decide(method, raw, b"{}" if method in ("POST", "PUT", "PATCH") else b"", media))
    assert isinstance(decision, Refuse), decision
    assert decision.status == status
    assert decision.reason


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


@pytest.mark.parametrize(("method", "raw", "body", "media", "status"), BODIES)
def test_bodies_that_are_refused(method: str, raw: str, body: bytes, media: str, status: int) -> None:
    decision = decide(method, raw, body, media)
    assert isinstance(decision, Refuse), decision
    assert decision.status == status


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("watch=true", 30),
        ("watch", 30),
        ("watch=1", 30),
        ("watch=yes", 30),
        ("watch=true&timeoutSeconds=7", 7),
        ("watch=true&timeoutSeconds=4000", 30),
        ("watch=true&timeoutSeconds=0", 30),
        ("watch=true&timeoutSeconds=-5", 30),
        ("watch=true&timeoutSeconds=abc", 30),
        ("watch=true&timeoutSeconds=99999999999999999999", 30),
        ("watch=true&allowWatchBookmarks=true&resourceVersion=5&sendInitialEvents=true", 30),
    ],
)
def test_watches_end(query: str, seconds: int) -> None:
    decision = decide("GET", f"{SHOP}/pods?{query}")
    assert isinstance(decision, Forward)
    sent = dict(decision.request.query)
    assert (sent["watch"], sent["timeoutSeconds"]) == ("true", str(seconds))
    assert decision.seconds is not None
    assert seconds < decision.seconds < seconds + 10


@pytest.mark.parametrize("query", ["watch=false", "watch=0", "watch=False"])
def test_what_is_no_watch_is_a_list(query: str) -> None:
    decision = decide("GET", f"{SHOP}/pods?{query}")
    assert isinstance(decision, Forward)
    assert decision.request.query == ()
    assert decision.seconds is None


def test_logs_are_not_followed() -> None:
    decision = decide("GET", f"{SHOP}/pods/web-0/log?container=web&follow=true&tailLines=5")
    assert isinstance(decision, Forward)
    assert decision.request.query == (("container", "web"), ("tailLines", "5"))


class TestSecrets:
    TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

    def reply(self, decision: Decision, body: object, status: int = 200) -> dict[str, object]:
        assert isinstance(decision, Forward)
        assert decision.reply is not None
        assert decision.request.header("accept-encoding") == "identity"
        answer = decision.reply(UpstreamAnswer(status, (), json.dumps(body).encode()))
        found = json.loads(answer.body)
        assert isinstance(found, dict)
        return found

    @pytest.mark.parametrize("raw", [f"{SHOP}/secrets", f"{SHOP}/secrets/db", f"{SHOP}/secrets?includeObject=Object"])
    def test_a_table_has_no_data(self, raw: str) -> None:
        decision = decide("GET", raw, accept=self.TABLE)
        assert isinstance(decision, Forward)
        assert decision.request.header("accept") == "application/json;as=Table;v=v1;g=meta.k8s.io"
        assert dict(decision.request.query)["includeObject"] == "Metadata"
        metadata = {"name": "db", "namespace": "shop", "annotations": {"last-applied": "hunter2"}, "labels": {"a": "b"}}
        row = {"cells": ["db", "Opaque", 1], "object": {"kind": "PartialObjectMetadata", "metadata": metadata}}
        found = self.reply(decision, {"kind": "Table", "rows": [row]})
        kept = {"kind": "PartialObjectMetadata", "metadata": {"name": "db", "namespace": "shop"}}
        assert found["rows"] == [{"cells": ["db", "Opaque", 1], "object": kept}]

    @pytest.mark.parametrize("body", [{"kind": "Secret", "data": {"p": "hunter2"}}, {"kind": "SecretList"}, [1]])
    def test_what_is_no_table_is_withheld(self, body: object) -> None:
        found = self.reply(decide("GET", f"{SHOP}/secrets", accept=self.TABLE), body)
        assert (found["kind"], found["code"]) == ("Status", 403)

    @pytest.mark.parametrize(
        "accept",
        [
            "",
            JSON,
            "application/yaml",
            f"{JSON}, {JSON};as=Table;v=v1;g=meta.k8s.io",
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        ],
    )
    def test_other_forms_are_refused(self, accept: str) -> None:
        assert isinstance(decide("GET", f"{SHOP}/secrets", accept=accept), Refuse)

    def test_a_watch_of_tables_is_refused(self) -> None:
        assert isinstance(decide("GET", f"{SHOP}/secrets?watch=true", accept=self.TABLE), Refuse)

    SECRET = {  # noqa: RUF012
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {"name": "db", "annotations": {"last-applied": "hunter2"}, "labels": {"x": "hunter2"}},
        "data": {"p": "hunter2"},
        "stringData": {"p": "hunter2"},
        "type": "Opaque",
    }

    @pytest.mark.parametrize(
        "decision",
        [
            decide("PATCH", f"{SHOP}/secrets/db", b"{}", MERGE),
            decide("PUT", f"{SHOP}/secrets/db", b"{}", JSON),
            decide("POST", f"{SHOP}/secrets", b"{}", JSON),
            decide("DELETE", f"{SHOP}/secrets/db"),
        ],
    )
    def test_a_dry_run_does_not_show_one(self, decision: Decision) -> None:
        found = self.reply(decision, self.SECRET)
        assert "hunter2" not in json.dumps(found)
        assert found["type"] == "Opaque"

    def test_nor_does_the_deletion_of_many(self) -> None:
        body = {"kind": "SecretList", "metadata": {}, "items": [self.SECRET, self.SECRET]}
        found = self.reply(decide("DELETE", f"{SHOP}/secrets"), body)
        assert "hunter2" not in json.dumps(found)
        assert isinstance(found["items"], list)
        assert len(found["items"]) == 2

    def test_a_failure_passes(self) -> None:
        status = {"kind": "Status", "status": "Failure", "message": "not found", "code": 404}
        assert self.reply(decide("DELETE", f"{SHOP}/secrets/db"), status, 404) == status


class TestWaiting:
    """A client that waits for what it deleted compares UIDs; it waits no more where they differ."""

    def uid(self, decision: Decision, body: dict[str, object]) -> object:
        assert isinstance(decision, Forward)
        assert decision.reply is not None
        found = json.loads(decision.reply(UpstreamAnswer(200, (), json.dumps(body).encode())).body)
        return found.get("metadata", {}).get("uid") or found.get("details", {}).get("uid")

    def test_an_object(self) -> None:
        assert self.uid(decide("DELETE", f"{SHOP}/pods/a"), {"kind": "Pod", "metadata": {"uid": "1"}}) != "1"

    def test_a_status(self) -> None:
        assert self.uid(decide("DELETE", f"{SHOP}/services/a"), {"kind": "Status", "details": {"uid": "1"}}) != "1"

    @pytest.mark.parametrize(
        "decision",
        [
            decide("DELETE", f"{SHOP}/pods/a", b'{"dryRun":["All"]}', JSON),
            decide("DELETE", f"{SHOP}/pods/a?dryRun=All"),
            decide("DELETE", f"{SHOP}/pods"),
        ],
    )
    def test_who_asked_for_a_dry_run_gets_the_answer_as_it_is(self, decision: Decision) -> None:
        assert isinstance(decision, Forward)
        assert decision.reply is None


class TestOtherServers:
    """A group that the API server may not serve itself: only what it does serve is written to."""

    DECISION = decide("PATCH", "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/vault", b"{}", MERGE)

    def test_it_asks_who_serves_it(self) -> None:
        assert isinstance(self.DECISION, Ask)
        assert [(question.method, question.path, question.query) for question in self.DECISION.requests] == [
            ("GET", "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.argoproj.io", ()),
            ("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applications.argoproj.io", ()),
        ]

    @pytest.mark.parametrize(
        ("service", "definition", "local"),
        [
            ((200, b'{"kind":"APIService","spec":{"group":"argoproj.io"}}'), 404, True),
            ((200, b'{"kind":"APIService","spec":{"service":null}}'), 200, True),
            ((200, b'{"kind":"APIService","spec":{"service":{"name":"a"}}}'), 200, False),
            ((200, b'{"kind":"Status"}'), 200, False),
            ((200, b"[]"), 200, False),
            ((200, b"not json"), 200, False),
            ((403, b"{}"), 200, True),
            ((404, b"{}"), 200, True),
            ((403, b"{}"), 403, False),
            ((404, b"{}"), 404, False),
            ((0, b"no route"), 0, False),
        ],
    )
    def test_who_serves_it(self, service: tuple[int, bytes], definition: int, local: bool) -> None:
        assert isinstance(self.DECISION, Ask)
        answers = (UpstreamAnswer(service[0], (), service[1]), UpstreamAnswer(definition, (), b"{}"))
        decision = self.DECISION.conclude(answers)
        assert isinstance(decision, ForwardAsDryRun if local else Refuse)

    @pytest.mark.parametrize("status", [0, 403, 404, 500])
    def test_no_definition_no_write(self, status: int) -> None:
        decision = settled(self.DECISION, status)
        assert isinstance(decision, Refuse)
        assert "applications.argoproj.io" in decision.reason

    def test_refusals_do_not_ask(self) -> None:
        assert isinstance(decide("POST", "/apis/metrics.k8s.io/v1beta1/nodes?dryRun=no", b"{}", JSON), Refuse)


def test_refusals_have_the_apis_own_shape() -> None:
    answer = kubernetes.SYSTEM.refuse(None, Refuse(403, "because"))
    found = json.loads(answer.body)
    assert (found["kind"], found["reason"], found["code"], answer.status) == ("Status", "Forbidden", 403, 403)
    assert found["message"] == "refused by truebook's guard: because"


def test_the_kubeconfig_holds_no_credentials() -> None:
    config = json.loads(kubernetes.kubeconfig(4711, "shop"))
    assert config["clusters"][0]["cluster"] == {"server": "http://127.0.0.1:4711"}
    assert config["users"][0]["user"] == {}
    assert config["contexts"][0]["context"]["namespace"] == "shop"


def test_the_table_is_large_enough() -> None:
    rows = (READS, QUESTIONS, WRITES, DELETES, REFUSED, BODIES)
    assert sum(len(part) for part in rows) >= 120
