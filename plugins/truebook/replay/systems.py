"""The systems that are nothing but their recorded answers: one entry each.

Which paths are open and which answer HEAD is what the systems' own servers do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from truebook.recording import Recording
from truebook.replay import recorded, vault
from truebook.replay.recorded import WORD, RecordedApi, Rules
from truebook.replay.system import System

ALL = re.compile(r".*")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A system's rules, and the variables that point its clients to a URL."""

    rules: Rules
    environment: Callable[[str], Mapping[str, str]]


def _url(name: str) -> Callable[[str], Mapping[str, str]]:
    """For a system whose clients know no variable of their own: one for scripts."""
    return lambda url: {f"{name.upper()}_URL": url}


def _rules(*, open: str = ".*", head: str) -> Rules:  # noqa: A002 - as the field
    return Rules(re.compile(open), re.compile(head))


RECORDED: dict[str, Recorded] = {
    "vault": Recorded(vault.RULES, vault.environment),
    "authentik": Recorded(_rules(open="/-/health/.*", head=".*"), _url("authentik")),
    "prometheus": Recorded(_rules(head="/-/ready"), _url("prometheus")),
    "alertmanager": Recorded(_rules(head="/-/ready"), _url("alertmanager")),
    "grafana": Recorded(_rules(open="/api/health", head=".*"), lambda url: {"GRAFANA_URL": url, "GRAFANA_TOKEN": WORD}),
    "loki": Recorded(_rules(head="(?!)"), lambda url: {"LOKI_ADDR": url}),
    "minio": Recorded(_rules(open="/minio/health/.*", head="/minio/health/.*"), _url("minio")),
}
"""Parts of a recording of one host."""

HOSTS: dict[str, Rules] = {"oidc": _rules(head=".*")}
"""Parts of a recording that hold answers of several hosts: they have no server of their own."""

SYSTEMS: dict[str, System] = {
    name: recorded.system(name, found.rules, found.environment) for name, found in RECORDED.items()
}


def api(name: str, recording: Recording, origin: str = "") -> RecordedApi | None:
    """The recorded answers of a part, of one `origin` where it has several hosts; None where there are none."""
    rules = RECORDED[name].rules if name in RECORDED else HOSTS[name]
    return recorded.recorded_api(name, recording, rules, origin)
