"""What each system answers when all is well, for a FaultServer's script. A source more is one entry in `SAMPLES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.faults import Answer, Request, json_answer
from truebook.recording import Part, Recording
from truebook.settings import ArgoCDSettings, GitSettings, KubernetesSettings, Settings, SystemSettings
from truebook.state.collect import collect
from truebook.state.sources import SOURCES

TOKEN = "t0ken-of-the-docs"


@dataclass(frozen=True)
class Sample:
    """A system's answers by path: a text, JSON, an Answer, or a function of the request. `environment` holds its
    credential, `options` what its settings say."""

    answers: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    def script(self) -> dict[str, Any]:
        """For a FaultServer."""
        return {path: _scripted(body) for path, body in self.answers.items()}


def _scripted(body: Any) -> list[Answer] | Callable[[Request], Answer]:
    if callable(body):
        return body  # type: ignore[no-any-return]
    if isinstance(body, Answer):
        return [body]
    if isinstance(body, str):
        return [Answer(body=body.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})]
    return [json_answer(body)]


def settings(name: str, url: str, **more: Any) -> Settings:
    """Settings that read one system and nothing else."""
    ours = SystemSettings(url=url, options=dict(SAMPLES[name].options) if name in SAMPLES else {})
    return Settings(
        kubernetes=KubernetesSettings(enabled=False),
        argocd=ArgoCDSettings(enabled=False),
        git=GitSettings(enabled=False),
        systems={name: replace(ours, **more)},
    )


def read(asked: Settings, previous: Recording | None = None) -> Recording:
    """Read the one system of the settings."""
    (name,) = asked.systems
    return collect(asked, previous=previous, sources={name: SOURCES[name]})


def part(recording: Recording) -> Part:
    """The one part of a recording."""
    (found,) = recording.parts.values()
    return found


_SECRET_ENGINE = {
    "type": "kv",
    "description": "key/value",
    "options": {"version": "2"},
    "accessor": "kv_1",
    "uuid": "u",
}
_AUTH = {"token/": {"type": "token", "description": "", "options": None}, "oidc/": {"type": "oidc", "options": None}}
_LABELS = {"alertname": "PodDown", "namespace": "web", "severity": "critical"}
_ANNOTATIONS = {"summary": "web is down", "runbook_url": "https://docs.homelab.local/web"}

SAMPLES: dict[str, Sample] = {
    "vault": Sample(
        {
            "/v1/sys/health": {
                "initialized": True,
                "sealed": False,
                "standby": False,
                "version": "1.21.1",
                "cluster_name": "vault",
                "server_time_utc": 1763960000,
            },
            "/v1/sys/seal-status": {
                "type": "shamir",
                "initialized": True,
                "sealed": False,
                "t": 3,
                "n": 5,
                "nonce": "",
            },
            "/v1/sys/leader": {
                "ha_enabled": True,
                "is_self": True,
                "active_time": "2026-11-24T05:29:50Z",
                "leader_address": "https://10.0.0.1:8200",
                "raft_committed_index": 42,
            },
            "/v1/sys/mounts": {"secret/": _SECRET_ENGINE, "data": {"secret/": _SECRET_ENGINE}, "request_id": "1"},
            "/v1/sys/auth": {**_AUTH, "data": _AUTH},
            "/v1/auth/oidc/config": {
                "data": {
                    "oidc_discovery_url": "https://auth.homelab.local/application/o/vault/",
                    "oidc_client_id": "vault",
                    "oidc_client_secret": "pl4nted",
                    "default_role": "reader",
                    "bound_issuer": "",
                }
            },
            "/v1/auth/oidc/role/reader": {
                "data": {
                    "allowed_redirect_uris": ["https://vault.homelab.local/ui/vault/auth/oidc/oidc/callback"],
                    "bound_audiences": ["vault"],
                    "user_claim": "sub",
                    "token_policies": ["reader"],
                }
            },
        },
        {"VAULT_TOKEN": TOKEN},
    ),
    "prometheus": Sample(
        {
            "/-/ready": "Prometheus Server is Ready.\n",
            "/api/v1/status/buildinfo": {"status": "success", "data": {"version": "3.8.0", "goVersion": "go1.27"}},
            "/api/v1/targets": {
                "status": "success",
                "data": {
                    "activeTargets": [
                        {
                            "discoveredLabels": {"__address__": "10.0.0.1:8200"},
                            "labels": {"job": "vault", "namespace": "vault"},
                            "scrapePool": "vault",
                            "scrapeUrl": "http://10.0.0.1:8200/v1/sys/metrics",
                            "lastError": "",
                            "lastScrape": "2026-11-24T05:29:50Z",
                            "health": "up",
                        }
                    ]
                },
            },
            "/api/v1/rules": {
                "status": "success",
                "data": {
                    "groups": [
                        {
                            "name": "pods",
                            "file": "/etc/prometheus/rules.yml",
                            "rules": [
                                {
                                    "name": "PodDown",
                                    "state": "firing",
                                    "query": "up == 0",
                                    "labels": {"severity": "critical"},
                                    "annotations": _ANNOTATIONS,
                                    "alerts": [
                                        {
                                            "labels": _LABELS,
                                            "annotations": _ANNOTATIONS,
                                            "state": "firing",
                                            "activeAt": "2026-11-24T05:00:00Z",
                                            "value": "0e+00",
                                        }
                                    ],
                                    "health": "ok",
                                    "evaluationTime": 0.001,
                                    "type": "alerting",
                                }
                            ],
                        }
                    ]
                },
            },
            "/api/v1/alertmanagers": {
                "status": "success",
                "data": {"activeAlertmanagers": [{"url": "http://10.0.0.2:9093/api/v2/alerts"}]},
            },
        },
        {"PROMETHEUS_TOKEN": TOKEN},
    ),
    "alertmanager": Sample(
        {
            "/-/ready": "OK",
            "/api/v2/status": {
                "cluster": {"name": "1", "status": "ready", "peers": []},
                "versionInfo": {"version": "0.29.0", "revision": "r", "buildUser": "root@ci"},
                "config": {
                    "original": "receivers: [{slack_configs: [{api_url: 'https://hooks.homelab.local/pl4nted'}]}]"
                },
                "uptime": "2026-11-24T05:00:00Z",
            },
            "/api/v2/alerts": [
                {
                    "labels": _LABELS,
                    "annotations": _ANNOTATIONS,
                    "startsAt": "2026-11-24T05:00:00Z",
                    "endsAt": "2026-11-24T05:34:00Z",
                    "updatedAt": "2026-11-24T05:30:00Z",
                    "fingerprint": "0123456789abcdef",
                    "generatorURL": "http://prometheus:9090/graph",
                    "receivers": [{"name": "slack"}],
                    "status": {"state": "suppressed", "silencedBy": ["s-1"], "inhibitedBy": []},
                }
            ],
            "/api/v2/silences": [
                {
                    "id": "s-1",
                    "comment": "known",
                    "createdBy": "ops",
                    "startsAt": "2026-11-24T05:00:00Z",
                    "endsAt": "2026-11-25T05:00:00Z",
                    "updatedAt": "2026-11-24T05:00:00Z",
                    "matchers": [{"name": "alertname", "value": "PodDown", "isRegex": False, "isEqual": True}],
                    "status": {"state": "active"},
                }
            ],
        },
        {"ALERTMANAGER_TOKEN": TOKEN},
    ),
    "authentik": Sample(
        {
            "/-/health/live/": "",
            "/-/health/ready/": Answer(204),
            "/api/v3/admin/version/": {"version_current": "2026.8.2", "build_hash": "", "outdated": False},
            "/api/v3/core/applications/": {
                "pagination": {"next": 0, "current": 1, "total_pages": 1},
                "results": [
                    {
                        "pk": "9a0d7a6e-0001-4b5a-8f3e-000000000001",
                        "name": "Grafana",
                        "slug": "grafana",
                        "group": "Infrastructure",
                        "launch_url": "https://grafana.homelab.local",
                        "meta_launch_url": "https://grafana.homelab.local",
                        "meta_description": "Dashboards",
                        "provider": 1,
                        "provider_obj": {"pk": 1, "name": "Grafana", "component": "ak-provider-oauth2-form"},
                    }
                ],
            },
            "/api/v3/providers/oauth2/": {
                "pagination": {"next": 0, "current": 1, "total_pages": 1},
                "results": [
                    {
                        "pk": 1,
                        "name": "Grafana",
                        "client_id": "grafana",
                        "client_secret": "pl4nted",
                        "client_type": "confidential",
                        "redirect_uris": [
                            {"matching_mode": "strict", "url": "https://grafana.homelab.local/login/generic_oauth"}
                        ],
                        "issuer_mode": "per_provider",
                        "signing_key": "9a0d7a6e-0001-4b5a-8f3e-000000000002",
                        "encryption_key": None,
                        "assigned_application_slug": "grafana",
                        "assigned_application_name": "Grafana",
                    },
                    {"pk": 2, "name": "Old", "redirect_uris": "https://a.homelab.local/x\nhttps://b/y\n"},
                ],
            },
        },
        {"AUTHENTIK_TOKEN": TOKEN},
    ),
    "grafana": Sample(
        {
            "/api/health": {"commit": "0123abc", "database": "ok", "version": "12.4.2"},
            "/api/datasources": [
                {
                    "id": 1,
                    "uid": "prometheus",
                    "orgId": 1,
                    "name": "Prometheus",
                    "type": "prometheus",
                    "access": "proxy",
                    "url": "http://prometheus.monitoring.svc:9090",
                    "user": "pl4nted",
                    "database": "pl4nted",
                    "basicAuth": False,
                    "isDefault": True,
                    "jsonData": {"httpMethod": "POST", "x": "pl4nted"},
                    "readOnly": True,
                }
            ],
            "/api/search": [
                {
                    "id": 1,
                    "uid": "vault",
                    "title": "Vault",
                    "uri": "db/vault",
                    "url": "/d/vault/vault",
                    "type": "dash-db",
                    "tags": ["homelab"],
                    "folderTitle": "Security",
                    "folderUid": "security",
                    "isStarred": False,
                }
            ],
        },
        {"GRAFANA_TOKEN": TOKEN},
    ),
    "loki": Sample(
        {
            "/ready": "ready\n",
            "/loki/api/v1/status/buildinfo": {"version": "3.6.0", "revision": "r", "buildUser": "root@ci"},
        },
        {"LOKI_TOKEN": TOKEN},
    ),
    "minio": Sample(
        {"/minio/health/live": "", "/minio/health/cluster": "", "/velero": ""},
        {"MINIO_ACCESS_KEY": "docs", "MINIO_SECRET_KEY": TOKEN},
        {"bucket": "velero"},
    ),
}
"""System → its sample. Its faults, its golden and its secrets are tested from this alone."""
