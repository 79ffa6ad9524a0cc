"""What each system says of itself: its state and its version. A system more is one line in `_READY` or `_VERSIONS`."""

from __future__ import annotations

from collections.abc import Mapping

from truebook.inventory import look
from truebook.inventory.discover.answers import Answer, Answers
from truebook.inventory.look import Step
from truebook.inventory.told import Place
from truebook.model import Value

_VAULT = {
    200: "active",
    429: "standby",
    472: "DR secondary",
    473: "performance standby",
    501: "uninitialised",
    503: "sealed",
    530: "removed",
}
"""The status of `/v1/sys/health` → what the Vault is."""

_READY: dict[str, tuple[str, ...]] = {
    "authentik": ("/-/health/live/", "/-/health/ready/"),
    "prometheus": ("/-/ready",),
    "alertmanager": ("/-/ready",),
    "grafana": ("/api/health",),
    "loki": ("/ready",),
    "minio": ("/minio/health/live", "/minio/health/cluster"),
}
"""System → what must all answer 200 or 204 for it to be ready."""

_VERSIONS: dict[str, tuple[str, tuple[Step, ...]]] = {
    "argocd": ("/api/version", ("Version",)),
    "vault": ("/v1/sys/health", ("version",)),
    "authentik": ("/api/v3/admin/version/", ("version_current",)),
    "prometheus": ("/api/v1/status/buildinfo", ("data", "version")),
    "alertmanager": ("/api/v2/status", ("versionInfo", "version")),
    "grafana": ("/api/health", ("version",)),
    "loki": ("/loki/api/v1/status/buildinfo", ("version",)),
}
"""System → where it says its version."""


def states(systems: Mapping[str, Answers]) -> dict[str, Value]:
    """System → its state, where it was asked."""
    found = {}
    for system, answers in systems.items():
        told = _vault(answers) if system == "vault" else _ready(answers, _READY.get(system, ()))
        if told is not None:
            found[system] = told
    return found


def _vault(vault: Answers) -> Value | None:
    """What is no answer of a Vault (a gateway's 503) says nothing of it."""
    answer = vault.get("/v1/sys/health")
    if answer is None or answer.status not in _VAULT:
        return None
    if answer.status in {501, 503} and not isinstance(look.at(answer.body, "sealed"), bool):
        return None
    return Value(_VAULT[answer.status], answer.said())


def _ready(answers: Answers, paths: tuple[str, ...]) -> Value | None:
    """Not ready where one of its paths says so; the evidence is that one, else the last."""
    asked = [answer for path in paths if (answer := answers.get(path)) is not None]
    if not asked:
        return None
    bad = next((answer for answer in asked if not _is_well(answer)), None)
    return Value("ready", asked[-1].said()) if bad is None else Value("not ready", bad.said())


def _is_well(answer: Answer) -> bool:
    database = look.text(answer.body, "database")
    return answer.status in {200, 204} and database in {"", "ok"}


def versions(systems: Mapping[str, Answers]) -> dict[str, Value]:
    """System → the version that it says it is."""
    found = {}
    for system, (path, field) in _VERSIONS.items():
        answer = systems[system].get(path) if system in systems else None
        version = "" if answer is None else look.text(answer.body, *field)
        if version and answer is not None:
            found[system] = answer.place().value(version, *field)
    return found


def bucket(minio: Answers) -> Value | None:
    """The bucket that was asked for and is there."""
    for key in minio.asked():
        method, _, path = key.partition(" ")
        name = path.partition("?")[0].strip("/")
        answer = minio.get(key)
        if method == "HEAD" and name and answer is not None and answer.status == 200:
            return Value(name, answer.said())
    return None


def certificates(answers: Answers) -> dict[str, tuple[Place, str]]:
    """Address → the end of its certificate, with its place."""
    found = {}
    for url in answers.asked():
        answer = answers.get(url)
        ends = "" if answer is None else look.text(answer.ok, "not_after")
        if answer is not None and ends:
            found[url] = (answer.place(), ends)
    return found
