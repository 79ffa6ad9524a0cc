"""A real Prometheus with the configuration that a test gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import yaml

from tests.real.servers import binaries
from tests.real.servers.process import Closing, Room, free_port, healthy


class Prometheus(Closing):
    """Prometheus on loopback. Use as a context manager, or call `close`.

    :param config: its configuration; `rule_files` may name the files of `rules`.
    :param rules: rule files by name, each the content of one.
    :param external_url: the address that it says is its own, of which alerts carry links.
    """

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        rules: Mapping[str, Any] | None = None,
        *,
        external_url: str = "",
    ) -> None:
        program = binaries.find("prometheus")
        self.room = Room("prometheus")
        try:
            for name, content in (rules or {}).items():
                (self.room.folder / name).write_text(yaml.safe_dump(content))
            self.config = self.room.folder / "prometheus.yml"
            self.config.write_text(yaml.safe_dump(dict(config or {})))
            address = f"127.0.0.1:{free_port()}"
            self.url = f"http://{address}"
            self.server = self.room.start(
                "prometheus",
                [
                    program,
                    f"--config.file={self.config}",
                    f"--storage.tsdb.path={self.room.folder / 'data'}",
                    f"--web.listen-address={address}",
                    *([f"--web.external-url={external_url}", "--web.route-prefix=/"] if external_url else []),
                ],
                {"TZ": "UTC"},
            )
            self.server.wait_ready(healthy(f"{self.url}/-/ready"))
        except BaseException:
            self.close()
            raise

    def get(self, path: str, **parameters: str) -> Any:
        """The `data` of an answer of its API, such as that of `/api/v1/rules`."""
        answer = httpx.get(self.url + path, params=parameters, trust_env=False, timeout=30)
        return answer.raise_for_status().json()["data"]

    def close(self) -> None:
        self.room.close()
