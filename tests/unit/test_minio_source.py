"""MinIO's keys, and which bucket is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults import FaultServer
from tests.unit.inventory_objects import service, workload
from tests.unit.recordings import recording
from tests.unit.systems_sample import SAMPLES, part, read, settings
from truebook.errors import ConfigError
from truebook.settings import Settings, SystemSettings
from truebook.state.source import Context
from truebook.state.sources import minio
from truebook.state.sources.minio import keys

PROFILE = "[default]\naws_access_key_id = docs\naws_secret_access_key = s3/cr+et=\n"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(SAMPLES["minio"].script()) as found:
        yield found


def test_keys_come_from_the_pair_of_variables_or_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert keys(Settings(), "minio", "") == ("", "$MINIO_ACCESS_KEY and $MINIO_SECRET_KEY")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "aws")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "one")
    assert keys(Settings(), "minio", "")[0] == "aws\none"
    monkeypatch.setenv("AWS_SESSION_TOKEN", "hour")
    assert keys(Settings(), "minio", "")[0] == "aws\none\nhour"
    monkeypatch.setenv("MINIO_ACCESS_KEY", "docs")
    assert keys(Settings(), "minio", "")[0] == "aws\none\nhour"
    monkeypatch.setenv("MINIO_SECRET_KEY", "two")
    assert keys(Settings(), "minio", "")[0] == "docs\ntwo"
    file = tmp_path / "credentials"
    for text in (PROFILE, "docs:s3/cr+et=\n"):
        file.write_text(text)
        assert keys(Settings(systems={"minio": SystemSettings(token_file=file)}), "minio", "")[0] == "docs\ns3/cr+et="
    monkeypatch.setenv("PAIR", "a:b")
    assert keys(Settings(systems={"minio": SystemSettings(token_env="PAIR")}), "minio", "") == ("a\nb", "$PAIR")


@pytest.mark.parametrize(
    "text", ["[default]\naws_access_key_id = docs\n", "[", "[default", "docs", ":s", "docs:", "a: b"]
)
def test_what_is_no_pair_is_said_without_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "credentials"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"token_file .* holds no keys: it must be ACCESS:SECRET$"):
        keys(Settings(systems={"minio": SystemSettings(token_file=file)}), "minio", "")


def test_a_request_is_signed_and_the_secret_key_stays_here(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIO_ACCESS_KEY", "docs")
    monkeypatch.setenv("MINIO_SECRET_KEY", "s3cr3t-of-the-docs")
    read(settings("minio", server.url, options={"bucket": "velero", "region": "eu-home-1"}))
    (asked,) = [request for request in server.requests if request.method == "HEAD"]
    assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=docs/")
    assert "/eu-home-1/s3/aws4_request" in asked.headers["authorization"]
    assert "s3cr3t" not in str([request.headers for request in server.requests])


@pytest.mark.parametrize("bucket", ["../minio/admin", "Velero", "a", "velero?x", "a..b"])
def test_what_is_no_bucket_is_not_asked_for(server: FaultServer, bucket: str) -> None:
    found = part(read(settings("minio", server.url, options={"bucket": bucket}, lines={"bucket": 9})))
    assert "systems.minio.bucket is not the name of a bucket" in found.reason
    assert not [request for request in server.requests if request.method == "HEAD"]


def location(name: str, bucket: str, url: str) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "velero", "name": name},
        "spec": {"objectStorage": {"bucket": bucket}, "config": {"s3Url": url}},
    }


def test_the_buckets_are_those_of_the_storage_locations_that_lead_to_it(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIO_ACCESS_KEY", "docs")
    monkeypatch.setenv("MINIO_SECRET_KEY", "s3cr3t-of-the-docs")
    objects = {
        "apps/deployments Deployment": [
            workload("minio", "minio", called="minio", image="quay.io/minio/minio:RELEASE")
        ],
        "services Service": [service("minio", "minio")],
        "velero.io/backupstoragelocations BackupStorageLocation": [
            location("default", "velero", "http://minio.minio.svc:9000"),
            location("again", "velero", "http://minio.minio.svc.cluster.local:9000"),
            location("address", "archive", f"{server.url}/"),
            location("aws", "elsewhere", "https://s3.eu-central-1.amazonaws.com"),
            location("other", "other", "http://minio.other.svc:9000"),
            location("odd", "../odd", "http://minio.minio.svc:9000"),
            location("none", "none", "http://[::bad"),
        ],
    }
    asked = replace(settings("minio", server.url), systems={"minio": SystemSettings(url=server.url)})
    minio.read(Context(asked, recording(objects).parts))
    assert {request.path for request in server.requests if request.method == "HEAD"} == {"/velero", "/archive"}
