"""What is changed in the answers of the Kubernetes API: secrets taken out, UIDs that nobody waits for."""

from __future__ import annotations

import json

import pytest

from tests.unit.guard.kubernetes_requests import JSON, MERGE, SHOP, decide
from truebook.guard.request import Decision, Forward, Refuse, UpstreamAnswer


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
