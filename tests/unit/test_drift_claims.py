"""Drift of names and hosts in the text: what is a claim, and what there is."""

from __future__ import annotations

import pytest

from tests.unit.drift_sample import THERE, drift, told
from tests.unit.recordings import recording
from truebook.drift.facts import Known
from truebook.drift.known import known
from truebook.settings import CheckSettings, Settings, SystemSettings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://vault.homelab.local and x.apps.homelab.local and node-1.homelab.local", []),
        ("argocd.homelab.local by settings, loki.homelab.local too", []),
        ("https://vaults.homelab.local", ["1 unknown-host vaults.homelab.local"]),
        ("https://a.b.apps.homelab.local", ["1 unknown-host a.b.apps.homelab.local"]),
        ("namespace `vault`, Deployment `web`, Application `root`", []),
        ("\nnamespace `vualt`", ["2 unknown-name namespace vualt"]),
        (
            "the `roots` Application, `deployment/webb`",
            ["1 unknown-name application roots", "1 unknown-name deployment webb"],
        ),
        ("StatefulSet `unread`", []),
        ("$host.homelab.local, %s.homelab.local, ${x}.homelab.local, <x>.homelab.local, höst.homelab.local", []),
        ("a <!-- x.homelab.local --> b <!-- y.homelab.local\nz.homelab.local -->\nnamespace `vault`", []),
        ("<!-- a\n--> x.homelab.local", ["2 unknown-host x.homelab.local"]),
        ("```html\n<!-- x.homelab.local -->\n```", ["2 unknown-host x.homelab.local"]),
        ("look into the namespace\n`vualt` for it", ["2 unknown-name namespace vualt"]),
        ("look into the `vualt`\nnamespace for it", ["1 unknown-name namespace vualt"]),
        ("# The namespace\n`vualt`\n\n- the namespace\n- `vualt`\n", []),
    ],
)
def test_claims(text: str, expected: list[str]) -> None:
    settings = Settings(
        systems={"loki": SystemSettings(url="https://loki.homelab.local")},
        check=CheckSettings(site_url="https://argocd.homelab.local"),
    )
    assert sorted(told(drift(text, settings=settings, there=THERE))) == sorted(expected)


def test_a_wrong_name_has_the_nearest_as_its_hint() -> None:
    (found,) = drift("namespace `vualt`", there=THERE)
    assert found.hint == "did you mean vault?"
    (found,) = drift("https://vualt.homelab.local", there=THERE)
    assert found.hint == "did you mean vault.homelab.local?"


def test_what_all_hosts_share_does_not_make_them_alike() -> None:
    there = Known(hosts=frozenset(f"{name}.homelab.local" for name in ("home", "grafana", "prometheus")))
    (found,) = drift("https://prom.homelab.local", there=there)
    assert found.hint == "did you mean prometheus.homelab.local?"
    (found,) = drift("https://zigbee.homelab.local", there=there)
    assert found.hint == "correct it, or ignore it with a reason"


def test_what_there_is_is_read_from_the_recording() -> None:
    def named(name: str, **fields: object) -> dict[str, object]:
        return {"metadata": {"name": name}, **fields}

    objects = {
        "namespaces Namespace": [named("vault")],
        "apps/deployments Deployment": [named("web")],
        "networking.k8s.io/ingresses Ingress": [
            named("a", spec={"rules": [{"host": "A.homelab.local"}, {}], "tls": [{"hosts": ["b.homelab.local"]}]}),
            named("b", spec=7),
        ],
        "gateway.networking.k8s.io/httproutes HTTPRoute": [
            named("c", spec={"hostnames": ["c.homelab.local"], "parentRefs": [{"name": "g"}]}),
            named("d", spec={"parentRefs": [{"name": "used"}, 7]}),
        ],
        "gateway.networking.k8s.io/gateways Gateway": [
            named("g", spec={"listeners": [{"hostname": "*.homelab.local"}]}),
            named("used", spec={"listeners": [{"hostname": "*.used.homelab.local"}]}),
        ],
        "nodes Node": [named("node-1")],
    }
    found = known(recording(objects, argocd={"/api/v1/applications": {"items": [named("root"), 7]}}))
    assert found.names["namespace"] == {"vault"}
    assert found.names["application"] == {"root", ""}
    assert "statefulset" not in found.names
    assert found.hosts == {"a.homelab.local", "c.homelab.local", "*.used.homelab.local", "node-1"}
