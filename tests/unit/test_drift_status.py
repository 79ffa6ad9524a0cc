"""What the cluster says of itself: status, images, certificates, API versions, each told where it is documented."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.drift_sample import HERE, LIVE, component, drift, inventory, told
from truebook.model import BlockResult, Record, RequestRecord, Scalar, Value
from truebook.settings import CatalogComponent, Settings


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"health": "Degraded", "status_message": "boom"}, ["note unhealthy mail: Mail is Degraded: boom"]),
        ({"health": "Progressing", "sync": "Synced"}, []),
        ({"sync": "OutOfSync"}, ["note out-of-sync mail: Mail is OutOfSync"]),
        ({"images": ("a/b:latest", "a/b:1", "r:5000/x", "c@sha256:1")},
         ["warning moving-image mail a/b:latest: Mail runs a/b:latest, whose tag says nothing",
          "warning moving-image mail r:5000/x: Mail runs r:5000/x, whose tag says nothing"]),
    ],
)  # fmt: skip
def test_status_and_images_stand_at_the_components_page_or_catalog_line(
    values: dict[str, Scalar | tuple[str, ...]], expected: list[str]
) -> None:
    live = inventory(component("mail", "Security", page="mail.md", **values))
    settings = Settings(path=Path("truebook.yml"), components=(CatalogComponent("mail", 7),))
    found = drift("# Mail\n", live, name="mail.md", settings=settings)
    assert [f"{one.severity} {one.rule} {one.subject}: {one.message}" for one in found] == expected
    assert {one.where for one in found} <= {"docs/mail.md:1"}
    elsewhere = drift("# Else\n", live, settings=settings)
    assert {one.where for one in elsewhere} <= {"truebook.yml:7"}


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ("2026-12-30T00:00:00Z", []),
        ("2026-12-10T00:00:00Z", ["certificate-ends: the certificate of vault.homelab.local ends on 2026-12-10"]),
        ("2026-11-01T00:00:00Z", ["certificate-ends: the certificate of vault.homelab.local ended on 2026-11-01"]),
        ("soon", []),
    ],
)
def test_certificates(ends: str, expected: list[str]) -> None:
    record = Record("certificate", "vault.homelab.local", "vault", {"not_after": Value(ends, HERE)})
    found = drift("", replace(LIVE, records=(record,)))
    assert [f"{one.rule}: {one.message}" for one in found] == expected


def test_a_deprecated_api_is_told_at_the_block_that_used_it() -> None:
    warnings = ("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice", "something else")
    request = RequestRecord("kubernetes", "GET", "/api/v1/endpoints", "forward", 200, warnings=warnings)
    result = BlockResult("docs/x.md", 40, 0, "passed", "run", "read", "", requests=(request,))
    assert told(drift("", results=(result,))) == ["40 deprecated-api GET /api/v1/endpoints"]
