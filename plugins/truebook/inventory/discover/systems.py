"""What all other systems told."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from truebook.inventory import look
from truebook.inventory.discover import backups, dashboards, health, metrics, secrets, signing_in, windows
from truebook.inventory.discover.answers import Answers
from truebook.inventory.discover.objects import objects
from truebook.inventory.facts import Workload
from truebook.inventory.programs import PROGRAMS
from truebook.inventory.told import Told
from truebook.recording import KubernetesData, Recording

_OTHERS = ("oidc", "configmaps", "certificates")
"""Parts that are of no program of their own."""


def told(recording: Recording, kubernetes: KubernetesData, argocd: Answers, workloads: list[Workload]) -> Told:
    """All of it. Raises RecordingError where a part has another schema."""
    systems = {name: Answers(recording, name) for name in (*PROGRAMS, *_OTHERS) if name != "argocd"}
    systems["argocd"] = argocd
    prometheus, grafana, vault = systems["prometheus"], systems["grafana"], systems["vault"]
    files = dashboards.config_files(systems["configmaps"])
    rules = metrics.rules(prometheus, kubernetes)
    found = Told(
        targets=list(metrics.targets(prometheus)),
        rules=rules,
        alerts=metrics.alerts(systems["alertmanager"], rules),
        alerts_were_read=metrics.asked_for_alerts(systems["alertmanager"], prometheus),
        silences=list(metrics.silences(systems["alertmanager"])),
        monitors=list(metrics.monitors(kubernetes)),
        alertmanagers=list(metrics.alertmanagers(prometheus, kubernetes)),
        datasources=list(dashboards.datasources(grafana, files)),
        dashboards=list(dashboards.dashboards(grafana, files)),
        sign_ins=list(signing_in.sign_ins(argocd, vault, files, workloads)),
        providers=list(signing_in.providers(systems["authentik"])),
        discoveries=signing_in.discoveries(systems["oidc"]),
        locations=list(backups.locations(kubernetes)),
        schedules=list(backups.schedules(kubernetes)),
        backups=list(backups.backups(kubernetes)),
        secret_uses=list(secrets.secret_uses(kubernetes, workloads)),
        mounts=secrets.mounts(vault),
        windows=list(windows.windows(argocd, kubernetes)),
        states=health.states(systems),
        versions=health.versions(systems),
        bucket=health.bucket(systems["minio"]),
        certificates=health.certificates(systems["certificates"]),
        urls={name: answers.url for name, answers in systems.items() if answers.url},
    )
    found.addresses = _addresses(kubernetes, [str(value.value) for value in found.alertmanagers])
    return found


def _addresses(kubernetes: KubernetesData, urls: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The Services behind the pods whose addresses the URLs name; endpoints are decoded for them alone."""
    wanted = {host for url in urls if (host := _address(url))}
    found: dict[str, tuple[str, str]] = {}
    for obj in objects(kubernetes, "discovery.k8s.io/endpointslices") if wanted else ():
        service = look.text(obj, "metadata", "labels", "kubernetes.io/service-name")
        for _, endpoint in look.entries(obj, "endpoints"):
            for _, address in look.texts(endpoint, "addresses"):
                if address in wanted and service:
                    found.setdefault(address, (look.text(obj, "metadata", "namespace"), service))
    return found


def _address(url: str) -> str:
    """The URL's host where it is an IP address, else nothing."""
    try:
        host = urlsplit(url).hostname or ""
        ipaddress.ip_address(host)
    except ValueError:
        return ""
    return host
