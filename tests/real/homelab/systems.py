"""The systems of the homelab beside its cluster and its ArgoCD: started for real, at the homelab's own addresses.

Vault, MinIO, Loki, Alertmanager and Prometheus run with the configuration that the homelab's ConfigMaps hold; Authentik
and Grafana cannot be had here, so that servers of our own answer for them and say so. The forge leads to all of them.
"""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import yaml

from tests.real.forge import Forge
from tests.real.homelab import metrics
from tests.real.homelab.repositories import HOMELAB
from tests.real.servers.alertmanager import Alertmanager
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.loki import Loki
from tests.real.servers.minio import Minio
from tests.real.servers.process import Closing, NotReady, wait_until
from tests.real.servers.prometheus import Prometheus
from tests.real.servers.vault import Vault
from tests.real.standins.authentik import AuthentikStandIn
from tests.real.standins.grafana import GrafanaStandIn

T = TypeVar("T")
ISSUER = "https://auth.homelab.local/application/o/vault/"
REDIRECTS = ["https://vault.homelab.local/ui/vault/auth/oidc/oidc/callback", "http://localhost:8250/oidc/callback"]
POLICY = HOMELAB.parent / "deploy" / "vault-policy.hcl"
INJECTED = "vault.hashicorp.com/agent-inject-secret-"
ALERTS = {
    "ApplicationDegraded": "firing",  # ollama
    "ApplicationOutOfSync": "firing",  # paperless
    "ApplicationWaits": "pending",  # home-assistant
}
"""The alerts that there are, and how far; no other."""


class Systems(Closing):
    """Starts them once the cluster runs all workloads; then `settle`."""

    def __init__(self, cluster: Cluster, forge: Forge, argocd: ArgoCD, say: Callable[[str], None]) -> None:
        self._cluster, self._forge, self._say = cluster, forge, say
        self._open = contextlib.ExitStack()
        self.secrets: list[str] = []
        """Every secret that there is: none may get into a recording."""
        try:
            self._start(argocd)
        except BaseException:
            self._open.close()
            raise

    def _start(self, argocd: ArgoCD) -> None:
        start = self._open.enter_context
        self._say("starting Loki, Vault, MinIO, Alertmanager, Prometheus, and what stands in for Authentik and Grafana")
        self.loki = start(Loki(self._config("monitoring/loki", "loki.yaml"), wait=False))
        self.minio = start(Minio())
        for location in self._objects("velero.io/v1/backupstoragelocations"):
            self.minio.make_bucket(location["spec"]["objectStorage"]["bucket"])
        self.authentik = start(AuthentikStandIn(url="https://auth.homelab.local"))
        self.grafana = start(GrafanaStandIn())
        deployed = {name for each in self._dashboards() for name in each["data"]}
        self.grafana.dashboards = [each for each in self.grafana.dashboards if f"{each['uid']}.json" in deployed]
        self.alertmanager = start(self._alertmanager())
        self._serve("alertmanager.homelab.local", "alertmanager.monitoring.svc:9093", self.alertmanager.url)
        self._serve("auth.homelab.local", "authentik.authentik.svc", self.authentik.url)
        self._serve("grafana.homelab.local", "grafana.monitoring.svc", self.grafana.url)
        self._serve("s3.homelab.local", "minio.minio.svc:9000", self.minio.url)
        self._forge.serve_plain("loki.monitoring.svc:3100", self.loki.url)
        vault = self._config_map("vault/vault-config")["vault.hcl"]
        self.vault = start(Vault(vault, environment=self._forge.environment))
        self._serve("vault.homelab.local", "vault.vault.svc:8200", self.vault.url)
        self._fill_vault()
        self.prometheus = start(self._prometheus(argocd))
        self._serve("prometheus.homelab.local", "prometheus.monitoring.svc:9090", self.prometheus.url)
        self.secrets += [self.minio.access_key, self.minio.secret_key, self.vault.token, self.vault.unseal_key]
        self.secrets += [
            *self.authentik.client_secrets.values(),
            self.authentik.token,
            self.grafana.token,
            self.vault_token,
        ]

    def _serve(self, host: str, service: str, url: str) -> None:
        self._forge.serve_upstream(host, url)
        self._forge.serve_plain(service, url)

    # --- Vault ------------------------------------------------------------------------------------------------

    def _fill_vault(self) -> None:
        """What its owner set up by hand: engine, logins, the paths that the homelab names, truebook's token."""
        own = self.vault

        def put(path: str, **body: Any) -> None:
            own.request("PUT", path, json=body).raise_for_status()

        put("sys/mounts/secret", type="kv", options={"version": "2"}, description="What the homelab's apps are told")
        for path, fields in self.vault_paths().items():
            values = {name: secrets.token_urlsafe(24) for name in sorted(fields)}
            self.secrets += values.values()
            put(f"secret/data/{path}", data=values)
        put("sys/auth/kubernetes", type="kubernetes", description="external-secrets, and the agents beside apps")
        put("sys/auth/oidc", type="oidc", description="People, by Authentik")
        client_secret = secrets.token_urlsafe(24)
        self.secrets.append(client_secret)
        client = {"oidc_client_id": "vault", "oidc_client_secret": client_secret}
        put("auth/oidc/config", oidc_discovery_url=ISSUER, default_role="homelab", **client)
        role = {"allowed_redirect_uris": REDIRECTS, "bound_audiences": ["vault"], "user_claim": "sub"}
        put("auth/oidc/role/homelab", role_type="oidc", oidc_scopes=["openid", "profile", "email"], **role)
        self.vault_token = own.token_for("truebook", POLICY.read_text())

    def vault_paths(self) -> dict[str, set[str]]:
        """Each path of the engine `secret` that something in the cluster names, with its fields."""
        found: dict[str, set[str]] = {}
        for secret in self._objects("external-secrets.io/v1/externalsecrets"):
            for entry in secret["spec"]["data"]:
                found.setdefault(entry["remoteRef"]["key"], set()).add(entry["remoteRef"]["property"])
        for kind in ("deployments", "statefulsets"):
            for workload in self._objects(f"apps/v1/{kind}"):
                annotations = workload["spec"]["template"]["metadata"].get("annotations", {})
                for name, path in annotations.items():
                    if name.startswith(INJECTED):
                        found.setdefault(path.removeprefix("secret/data/"), set()).add("settings")
        return found

    # --- Alertmanager and Prometheus --------------------------------------------------------------------------

    def _alertmanager(self) -> Alertmanager:
        """With the homelab's routes, and receivers that tell nobody."""
        config = self._config("monitoring/alertmanager", "alertmanager.yml")
        config["receivers"] = [{"name": receiver["name"]} for receiver in config["receivers"]]
        return Alertmanager(config, external_url="https://alertmanager.homelab.local")

    def _prometheus(self, argocd: ArgoCD) -> Prometheus:
        """With what the homelab's ServiceMonitors select and its PrometheusRules say."""
        self._targets = metrics.targets(self._cluster)
        own = {
            ("argocd", "argocd-application-controller"): argocd.metrics["controller"],
            ("argocd", "argocd-applicationset-controller"): argocd.metrics["sets"],
            ("argocd", "argocd-repo-server"): argocd.metrics["repo"],
            ("argocd", "argocd-server"): argocd.metrics["api"],
            ("authentik", "authentik"): self.authentik.url,
            ("minio", "minio"): self.minio.url,
            ("monitoring", "alertmanager"): self.alertmanager.url,
            ("monitoring", "grafana"): self.grafana.url,
            ("monitoring", "loki"): self.loki.url,
            ("vault", "vault-internal"): self.vault.url,
        }
        for target in self._targets:
            service = (target.namespace, target.service)
            if words := metrics.WORDS.get(service):
                self._forge.serve_words(target.address, functools.partial(_spoken, words, self._cluster))
            elif service in own:
                self._forge.serve_plain(target.address, own[service])
        rules = {
            f"{rule['metadata']['namespace']}-{rule['metadata']['name']}.yml": {"groups": rule["spec"]["groups"]}
            for rule in self._objects("monitoring.coreos.com/v1/prometheusrules")
        }
        config = self._config("monitoring/prometheus", "prometheus.yml")
        config = metrics.configuration(config, self._targets, rules, self._forge.url)
        prometheus = Prometheus(config, rules, external_url="https://prometheus.homelab.local")
        for target in self._targets:
            if (target.namespace, target.service) == ("monitoring", "prometheus"):
                self._forge.serve_plain(target.address, prometheus.url)
        return prometheus

    # --- waiting ----------------------------------------------------------------------------------------------

    def settle(self, within: float = 300) -> None:
        """Wait until every target is scraped and the alerts are as they should be, and silence what is known.

        :raises NotReady: it took longer; with what there was.
        """
        self._say("waiting for targets and alerts")
        self._await("targets", self._down, lambda down: not down, within)
        self._await("alerts", self._alerts, lambda alerts: alerts == ALERTS, within)
        sent = {name for name, state in ALERTS.items() if state == "firing"}
        self._await("alerts at Alertmanager", lambda: self._sent("active"), lambda names: names == sent, within)
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
        known = {"alertname": "ApplicationDegraded", "service": "ollama"}
        comment = "The graphics card comes on Saturday"
        self.alertmanager.silence(known, comment=comment, by="robin", ends=ends)
        silenced = {"ApplicationDegraded"}
        self._await("silenced alerts", lambda: self._sent("suppressed"), lambda names: names == silenced, within)
        self.loki.wait_ready()

    def _await(self, what: str, ask: Callable[[], T], good: Callable[[T], bool], within: float) -> None:
        if not wait_until(lambda: good(ask()), within, every=0.5):
            raise NotReady(f"{what}: {ask()}")

    def _down(self) -> list[str]:
        """The targets that are not scraped well, and why."""
        active = self.prometheus.get("/api/v1/targets", state="active")["activeTargets"]
        up = [each for each in active if each["health"] == "up"]
        down = [f"{each['scrapeUrl']}: {each['health']} {each['lastError']}" for each in active if each not in up]
        return down if len(active) == len(self._targets) else [*down, f"{len(active)} of {len(self._targets)} targets"]

    def _alerts(self) -> dict[str, str]:
        alerts = self.prometheus.get("/api/v1/alerts")["alerts"]
        return {alert["labels"]["alertname"]: alert["state"] for alert in alerts}

    def _sent(self, state: str) -> set[str]:
        alerts = self.alertmanager.get("/api/v2/alerts")
        return {alert["labels"]["alertname"] for alert in alerts if alert["status"]["state"] == state}

    # --- using them -------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """truebook's own credentials."""
        return {
            "VAULT_TOKEN": self.vault_token,
            "AUTHENTIK_TOKEN": self.authentik.token,
            "GRAFANA_TOKEN": self.grafana.token,
            "MINIO_ACCESS_KEY": self.minio.access_key,
            "MINIO_SECRET_KEY": self.minio.secret_key,
        }

    def _objects(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._cluster.get(f"/apis/{path}")["items"]
        return found

    def _dashboards(self) -> list[dict[str, Any]]:
        """The ConfigMaps with dashboards that ArgoCD has deployed: a tag's, not all that the repository has by now."""
        path = "/api/v1/namespaces/monitoring/configmaps?labelSelector=grafana_dashboard"
        found: list[dict[str, Any]] = self._cluster.get(path)["items"]
        return found

    def _config_map(self, name: str) -> dict[str, str]:
        namespace, _, own = name.partition("/")
        data: dict[str, str] = self._cluster.get(f"/api/v1/namespaces/{namespace}/configmaps/{own}")["data"]
        return data

    def _config(self, name: str, file: str) -> dict[str, Any]:
        config: dict[str, Any] = yaml.safe_load(self._config_map(name)[file])
        return config

    def close(self) -> None:
        self._open.close()


def _spoken(words: Callable[[Cluster], Iterator[str]], cluster: Cluster, target: str) -> str:
    return "".join(words(cluster)) if target == "/metrics" else ""
