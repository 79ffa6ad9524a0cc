"""Records of backup schedules and storage locations: what is good, what is left out, and where it leads."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.inventory_objects import built, runs, service, workload
from tests.unit.records_sample import the, told


def schedule(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "velero", "name": "nightly"}, "spec": {"schedule": "0 3 * * *", **spec}}


def made(name: str, phase: str, at: str, *, of: str = "nightly", **status: Any) -> dict[str, Any]:
    times = {"startTimestamp": f"{at}T03:00:00Z", "completionTimestamp": f"{at}T03:05:00Z"}
    labels = {"velero.io/schedule-name": of}
    return {
        "metadata": {"namespace": "velero", "name": name, "labels": labels},
        "status": {"phase": phase, **times, **status},
    }


VELERO: dict[str, Any] = {"deployments": [runs("velero", "velero")]}


def test_a_schedule_has_its_last_good_backup_and_the_last_of_all() -> None:
    backups = [
        made("c", "PartiallyFailed", "2026-11-23", errors=2, warnings=1),
        made("a", "Completed", "2026-11-21"),
        made("b", "Completed", "2026-11-22"),
        made("other", "Completed", "2026-11-24", of="weekly"),
    ]
    restore = {
        "metadata": {"namespace": "velero", "name": "trial"},
        "spec": {"backupName": "b"},
        "status": {"phase": "Completed"},
    }
    found = built(**VELERO, schedules=[schedule()], backups=backups, restores=[restore])
    record = the(found, "backup")
    assert (record.name, record.component) == ("nightly", "velero")
    assert told(record) == {
        "schedule": "0 3 * * *",
        "namespaces": ("*",),
        "paused": False,
        "last_good": "b",
        "last_good_at": "2026-11-22T03:05:00Z",
        "last": "c",
        "last_phase": "PartiallyFailed",
        "errors": 2,
        "warnings": 1,
        "restored": 1,
    }
    assert str(record.values["last_good_at"].evidence) == "Backup velero/b status.completionTimestamp"
    assert str(record.values["restored"].evidence) == "Restore velero/trial spec.backupName"
    component = found.component("velero")
    assert component is not None
    assert (component.get("last_backup"), component.get("last_backup_at")) == ("other", "2026-11-24T03:05:00Z")


@pytest.mark.parametrize(
    ("template", "narrowed"),
    [
        ({}, None),
        ({"labelSelector": {}, "orLabelSelectors": [], "includedResources": ["*"]}, None),
        ({"includedResources": [], "includedNamespaceScopedResources": "x"}, None),
        ({"labelSelector": {"matchLabels": {"app": "a"}}}, ("labelSelector",)),
        ({"orLabelSelectors": [{"matchLabels": {"app": "a"}}]}, ("orLabelSelectors",)),
        ({"includedResources": ["secrets"]}, ("includedResources",)),
        ({"includedNamespaceScopedResources": ["secrets"]}, ("includedNamespaceScopedResources",)),
    ],
)
def test_a_schedule_that_takes_only_some_things_says_by_what(
    template: dict[str, Any], narrowed: tuple[str, ...] | None
) -> None:
    found = built(**VELERO, schedules=[schedule(template=template)])
    (record,) = found.records_of("backup")
    assert record.get("narrowed") == narrowed
    if narrowed:
        assert record.values["narrowed"].evidence.field == f"spec.template.{narrowed[0]}"


@pytest.mark.parametrize(
    "phase", ["PartiallyFailed", "Failed", "InProgress", "FailedValidation", "Deleting", "", "New"]
)
def test_nothing_but_a_complete_backup_is_good(phase: str) -> None:
    record = the(built(**VELERO, schedules=[schedule()], backups=[made("a", phase, "2026-11-21")]), "backup")
    assert "last_good" not in record.values
    assert record.get("last") == "a"


def test_a_schedule_that_never_ran_says_nothing_of_backups() -> None:
    assert told(the(built(**VELERO, schedules=[schedule()]), "backup")) == {
        "schedule": "0 3 * * *",
        "namespaces": ("*",),
        "paused": False,
    }


@pytest.mark.parametrize(
    ("spec", "left_out"),
    [
        ({}, None),
        ({"template": {"includedNamespaces": ["*"]}}, None),
        ({"template": {"includedNamespaces": ["home"]}}, ("media", "photos")),
        ({"template": {"includedNamespaces": ["ho*", "media"]}}, ("photos",)),
        ({"template": {"excludedNamespaces": ["media", "x"]}}, ("media",)),
        ({"template": {"includedNamespaces": ["*"], "excludedNamespaces": ["ph*"]}}, ("photos",)),
        ({"paused": True}, ("home", "media", "photos")),
        ({"template": 7}, None),
    ],
)
def test_namespaces_with_volumes_that_a_schedule_leaves_out_are_told(spec: Any, left_out: Any) -> None:
    claims = [
        {"metadata": {"namespace": name, "name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
        for name in ("media", "home")
    ]
    photos = workload("photos", "photos", called="photos")
    photos["spec"]["volumeClaimTemplates"] = [
        {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    ]
    found = built(
        **VELERO, statefulsets=[photos, workload("web", called="web")], claims=claims, schedules=[schedule(**spec)]
    )
    assert the(found, "backup").get("not_covered") == left_out


def test_a_storage_location_says_whether_it_is_there_and_what_it_leads_to() -> None:
    location = {
        "metadata": {"namespace": "velero", "name": "default"},
        "spec": {"objectStorage": {"bucket": "b"}, "config": {"s3Url": "http://minio.minio.svc:9000"}},
        "status": {"phase": "Unavailable", "lastValidationTime": "2026-11-24T05:00:00Z", "message": "no such bucket"},
    }
    found = built(
        **VELERO, statefulsets=[runs("minio", "minio")], services=[service("minio", "minio")], locations=[location]
    )
    record = the(found, "storage_location")
    assert (record.component, told(record)) == (
        "velero",
        {
            "phase": "Unavailable",
            "bucket": "b",
            "url": "http://minio.minio.svc:9000",
            "last_validated": "2026-11-24T05:00:00Z",
            "message": "no such bucket",
            "store": "minio",
        },
    )
