"""A real Alertmanager with the configuration that a test gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import yaml

from tests.real.servers import binaries
from tests.real.servers.process import Closing, Room, free_port, healthy

DEFAULT_CONFIG: Mapping[str, Any] = {"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]}


class Alertmanager(Closing):
    """Alertmanager on loopback, without peers. Use as a context manager, or call `close`.

    :param external_url: the address that it says is its own.
    """

    def __init__(self, config: Mapping[str, Any] | None = None, *, external_url: str = "") -> None:
        program = binaries.find("prometheus-alertmanager")
        self.room = Room("alertmanager")
        try:
            self.config = self.room.folder / "alertmanager.yml"
            self.config.write_text(yaml.safe_dump(dict(config or DEFAULT_CONFIG)))
            address = f"127.0.0.1:{free_port()}"
            self.url = f"http://{address}"
            self.server = self.room.start(
                "alertmanager",
                [
                    program,
                    f"--config.file={self.config}",
                    f"--storage.path={self.room.folder / 'data'}",
                    f"--web.listen-address={address}",
                    "--cluster.listen-address=",
                    *([f"--web.external-url={external_url}", "--web.route-prefix=/"] if external_url else []),
                ],
                {"TZ": "UTC"},
            )
            self.server.wait_ready(healthy(f"{self.url}/-/ready"))
        except BaseException:
            self.close()
            raise

    def get(self, path: str) -> Any:
        """An answer of its API, such as that of `/api/v2/alerts`."""
        return httpx.get(self.url + path, trust_env=False, timeout=30).raise_for_status().json()

    def post_alerts(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Fire alerts, as Prometheus does: each with `labels` and `annotations`."""
        url = f"{self.url}/api/v2/alerts"
        httpx.post(url, json=[dict(alert) for alert in alerts], trust_env=False, timeout=30).raise_for_status()

    def silence(self, matchers: Mapping[str, str], *, comment: str, by: str, ends: datetime) -> str:
        """Silence the alerts with these labels from now on; the silence's id."""
        silence = {
            "matchers": [{"name": name, "value": value, "isRegex": False} for name, value in matchers.items()],
            "startsAt": datetime.now(UTC).isoformat(),
            "endsAt": ends.isoformat(),
            "createdBy": by,
            "comment": comment,
        }
        answer = httpx.post(f"{self.url}/api/v2/silences", json=silence, trust_env=False, timeout=30)
        return str(answer.raise_for_status().json()["silenceID"])

    def close(self) -> None:
        self.room.close()
