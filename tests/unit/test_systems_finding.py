"""Where a system is, by settings and inventory, and where its credential may go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.inventory_objects import ingress, service, workload
from tests.unit.recordings import recording
from truebook.errors import ConfigError, Unreachable
from truebook.recording import Part
from truebook.settings import CatalogComponent, Find, Settings, SystemSettings
from truebook.state import kubeconfig
from truebook.state.source import Context, NotSetUp
from truebook.state.systems import Place, find, serving

PORTS = ("http", "https", 8200)


def vault(name: str = "vault", namespace: str = "vault") -> dict[str, Any]:
    return workload(name, namespace, called=name, image="hashicorp/vault:1.21.1")


def ported(name: str, namespace: str, *ports: dict[str, Any], cluster_ip: str = "10.0.0.1") -> dict[str, Any]:
    """The Service of the workload `vault`."""
    found = service(name, namespace, app="vault")
    found["spec"] |= {"ports": list(ports), "clusterIP": cluster_ip}
    return found


def context(
    *,
    settings: Settings | None = None,
    workloads: list[Any] | None = None,
    services: list[Any] | None = None,
    ingresses: list[Any] | None = None,
    **ours: Any,
) -> Context:
    """A cluster with a Vault; `ours` is what the settings say of it."""
    objects = {
        "apps/deployments Deployment": [vault()] if workloads is None else workloads,
        "services Service": services if services is not None else [service("vault", "vault")],
        "networking.k8s.io/ingresses Ingress": ingresses or [],
    }
    settings = settings or Settings()
    if ours:
        settings = replace(settings, systems={"vault": SystemSettings(**ours)})
    return Context(settings, recording(objects).parts)


def stated(name: str = "vault", **more: Any) -> Settings:
    """A catalog that names the component."""
    component = CatalogComponent(name, 1, find=Find(workload="Deployment vault/vault"), **more)
    return Settings(path=Path("truebook.yml"), components=(component,))


ROUTE = ingress("vault", "vault.homelab.local", namespace="vault", tls=[{"hosts": ["vault.homelab.local"]}])


def test_the_settings_come_first() -> None:
    found = find(context(ingresses=[ROUTE], url="https://vault.elsewhere.local:8200/"), "vault", PORTS)
    assert found == Place("https://vault.elsewhere.local:8200", named=True)


def test_the_components_own_address_is_next() -> None:
    found = find(context(ingresses=[ROUTE]), "vault", PORTS)
    assert found == Place("https://vault.homelab.local", named=False)


def test_a_credential_goes_only_where_the_operator_said() -> None:
    cases: list[tuple[Settings, dict[str, Any]]] = [(stated(), {}), (Settings(), {"component": "vault"})]
    for settings, ours in cases:
        assert find(context(settings=settings, ingresses=[ROUTE], **ours), "vault", PORTS).named
    # An annotation chooses what is shown to people; where a token goes it does not choose.
    lured = ingress("vault", "*.homelab.local", namespace="vault")
    href = "https://collector.evil.example"
    lured["metadata"]["annotations"] = {"gethomepage.dev/enabled": "true", "gethomepage.dev/href": href}
    found = find(context(settings=stated(), ingresses=[lured]), "vault", PORTS)
    assert found == Place(href, named=False)
    typed = stated(values={"url": "https://vault.typed.local"}, lines={"values.url": 2})
    assert find(context(settings=typed), "vault", PORTS) == Place("https://vault.typed.local", named=True)


def test_the_catalogs_component_comes_before_one_that_only_looks_like_it() -> None:
    workloads = [vault("a-vault", "evil"), vault()]
    services = [service("a-vault", "evil"), service("vault", "vault")]
    evil = ingress("a-vault", "a.evil.local", namespace="evil")
    found = context(settings=stated(), workloads=workloads, services=services, ingresses=[evil, ROUTE])
    assert find(found, "vault", PORTS) == Place("https://vault.homelab.local", named=True)
    named = replace(found, settings=replace(found.settings, systems={"vault": SystemSettings(component="a-vault")}))
    assert find(named, "vault", PORTS).url == "http://a.evil.local"


def test_of_a_component_that_runs_several_systems_the_route_that_leads_to_this_one_is_taken() -> None:
    images = {"stack-grafana": "grafana/grafana:13", "stack-prometheus": "quay.io/prometheus/prometheus:v3"}
    whole = {"app.kubernetes.io/part-of": "stack"}
    workloads = [workload(name, "m", called=name, image=image, labels=whole) for name, image in images.items()]
    found = Context(
        Settings(),
        recording(
            {
                "apps/deployments Deployment": workloads,
                "services Service": [service("stack-grafana", "m"), service("stack-prometheus", "m")],
                "networking.k8s.io/ingresses Ingress": [
                    ingress("stack-grafana", "grafana.homelab.local", namespace="m"),
                    ingress("stack-prometheus", "prometheus.homelab.local", namespace="m"),
                ],
            }
        ).parts,
    )
    assert find(found, "prometheus", (9090,)).url == "http://prometheus.homelab.local"
    assert find(found, "grafana", (3000,)).url == "http://grafana.homelab.local"


def test_without_an_address_of_its_own_it_is_not_set_up_and_the_fix_is_said() -> None:
    with pytest.raises(NotSetUp, match=r"'vault' has no address of its own; set systems.vault.url, or .*proxy: true"):
        find(context(), "vault", PORTS)
    with pytest.raises(NotSetUp, match="no component runs it"):
        find(context(workloads=[]), "vault", PORTS)
    with pytest.raises(NotSetUp, match=r"no cluster says where it is; set systems.vault.url"):
        find(Context(Settings(), {"kubernetes": Part("absent")}), "vault", PORTS)


def test_a_cluster_that_could_not_be_read_does_not_make_it_absent() -> None:
    with pytest.raises(Unreachable, match="could not be read"):
        find(Context(Settings(), {"kubernetes": Part("failed")}), "vault", PORTS)


def test_a_component_that_is_not_there_is_said_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"systems.vault.component: no component 'valt' \(did you mean 'vault'\?\)"):
        find(context(component="valt"), "vault", PORTS)


PORT = {"name": "http", "port": 8200}
INTERNAL = {"name": "https-internal", "port": 8201}


@pytest.mark.parametrize(
    ("services", "path"),
    [
        ([ported("vault", "vault", INTERNAL, PORT)], "http:vault:8200"),
        ([ported("vault", "vault", {"name": "https", "port": 8200})], "https:vault:8200"),
        ([ported("vault", "vault", {"port": 8200, "appProtocol": "https"})], "https:vault:8200"),
        ([ported("vault", "vault", {"name": "web", "port": 80, "targetPort": 8200})], "http:vault:80"),
        ([ported("vault", "vault", {"name": "odd", "port": 1234})], "http:vault:1234"),
        ([ported("v", "vault", PORT, cluster_ip="None"), ported("vault-ui", "vault", PORT)], "http:vault-ui:8200"),
        ([ported("vault-active", "vault", PORT), ported("vault", "vault", PORT)], "http:vault:8200"),
    ],
)
def test_with_proxy_its_service_is_reached_through_the_api_server(services: list[Any], path: str) -> None:
    found = find(context(services=services, proxy=True), "vault", PORTS)
    scheme, name, port = path.split(":")
    assert found.url == f"{scheme}://{name}.vault.svc:{port}"
    assert found.proxy == f"/api/v1/namespaces/vault/services/{path}/proxy"


def test_a_route_to_the_console_is_not_asked() -> None:
    s3, console = {"name": "s3", "port": 9000}, {"name": "console", "port": 9001, "targetPort": "console"}
    minio = service("minio", "minio")
    minio["spec"]["ports"] = [s3, console]
    people = ingress("minio", "minio.homelab.local", namespace="minio")
    people["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = {"name": "console"}
    programs = ingress("s3", "s3.homelab.local", namespace="minio", to="minio")
    programs["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = {"number": 9000}
    objects: dict[str, list[Any]] = {
        "apps/deployments Deployment": [workload("minio", "minio", called="minio", image="minio/minio:RELEASE")],
        "services Service": [minio],
        "networking.k8s.io/ingresses Ingress": [people, programs],
    }
    assert find(Context(Settings(), recording(objects).parts), "minio", ("http", 9000)).url == "http://s3.homelab.local"
    objects["networking.k8s.io/ingresses Ingress"] = [people]
    settings = Settings(systems={"minio": SystemSettings(proxy=True)})
    found = find(Context(settings, recording(objects).parts), "minio", ("http", 9000))
    assert found.url == "http://minio.minio.svc:9000"
    # Of a Service whose ports say nothing, the only route there is may be the right one.
    minio["spec"]["ports"] = [console]
    found = find(Context(settings, recording(objects).parts), "minio", ("http", 9000))
    assert found.url == "http://minio.homelab.local"
    objects["networking.k8s.io/ingresses Ingress"] = []
    route = {
        "metadata": {"namespace": "minio", "name": "minio"},
        "spec": {
            "hostnames": ["minio.homelab.local"],
            "parentRefs": [{"name": "web", "namespace": "gateway"}],
            "rules": [{"backendRefs": [{"name": "minio", "port": 9001}]}],
        },
    }
    objects["gateway.networking.k8s.io/httproutes HTTPRoute"] = [route]
    minio["spec"]["ports"] = [s3, console]
    found = find(Context(settings, recording(objects).parts), "minio", ("http", 9000))
    assert found.url == "http://minio.minio.svc:9000"


def test_no_port_is_guessed_where_there_are_several() -> None:
    services = [ported("vault", "vault", {"name": "a", "port": 1}, {"name": "b", "port": 2})]
    with pytest.raises(NotSetUp, match="no address"):
        find(context(services=services, proxy=True), "vault", PORTS)


def test_in_the_cluster_its_service_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfig, "available", lambda settings: kubeconfig.IN_CLUSTER)
    found = find(context(settings=stated(), services=[ported("vault", "vault", PORT)]), "vault", PORTS)
    assert found == Place("http://vault.vault.svc:8200", named=True)
    assert find(context(ingresses=[ROUTE]), "vault", PORTS).url == "https://vault.homelab.local"


def test_what_serves_a_system_is_known_by_the_pods_that_run_it() -> None:
    services = [service("vault", "vault"), service("vault", "other"), service("all", "vault")]
    services[2]["spec"]["selector"] = {}
    found = serving(context(services=services, ingresses=[ROUTE]), "vault")
    assert found is not None
    assert (found.name, found.services) == ("vault", frozenset({("vault", "vault")}))
    assert found.urls == ("https://vault.homelab.local",)
    assert serving(context(), "loki") is None
