"""What the guard decides about requests to the Kubernetes API: reads, writes, refusals and watches."""

from __future__ import annotations

import json

import pytest

from tests.unit.guard.kubernetes_requests import (
    BODIES,
    DELETES,
    JSON,
    MERGE,
    QUESTIONS,
    READS,
    REFUSED,
    SHOP,
    WRITES,
    decide,
    settled,
)
from truebook.guard import kubernetes, target
from truebook.guard.kubernetes import protobuf
from truebook.guard.request import Ask, Forward, ForwardAsDryRun, Refuse, UpstreamAnswer


@pytest.mark.parametrize("raw", READS)
def test_reads_pass_unchanged(raw: str) -> None:
    path, query = target.parse(raw)
    for method in ("GET", "HEAD"):
        decision = decide(method, raw)
        assert type(decision) is Forward, decision
        assert (decision.request.method, decision.request.path, decision.request.query) == (method, path, query)
        assert decision.seconds is None
        assert decision.reply is None


@pytest.mark.parametrize("raw", QUESTIONS)
@pytest.mark.parametrize("media", [JSON, protobuf.MEDIA_TYPE, ""])
def test_questions_about_access_pass(raw: str, media: str) -> None:
    decision = decide("POST", raw, b"{}", media)
    assert type(decision) is Forward
    assert decision.request.body == b"{}"


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


@pytest.mark.parametrize(("method", "raw", "status"), REFUSED)
def test_refused(method: str, raw: str, status: int) -> None:
    media = {"PATCH": MERGE}.get(method, "")
    decision = settled(decide(method, raw, b"{}" if method in ("POST", "PUT", "PATCH") else b"", media))
    assert isinstance(decision, Refuse), decision
    assert decision.status == status
    assert decision.reason


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
