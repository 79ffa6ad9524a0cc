"""A real Loki: one process, its data in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from tests.real.servers import binaries
from tests.real.servers.process import Closing, Room, free_port, healthy

DEFAULT_CONFIG: Mapping[str, Any] = {
    "auth_enabled": False,
    "common": {"replication_factor": 1, "ring": {"kvstore": {"store": "inmemory"}}},
    "schema_config": {
        "configs": [
            {
                "from": "2025-01-01",
                "store": "tsdb",
                "object_store": "filesystem",
                "schema": "v13",
                "index": {"prefix": "index_", "period": "24h"},
            }
        ]
    },
}


class Loki(Closing):
    """Loki on loopback. Use as a context manager, or call `close`.

    It says for some 15 seconds after its start that it is not ready; `wait` is for somebody who does not mind.

    :param config: its configuration; addresses, ports and folders are set here.
    """

    def __init__(self, config: Mapping[str, Any] | None = None, *, wait: bool = True) -> None:
        program = binaries.find("loki")
        self.room = Room("loki")
        try:
            port = free_port()
            self.url = f"http://127.0.0.1:{port}"
            self.config = self.room.folder / "loki.yaml"
            self.config.write_text(yaml.safe_dump(self._here(dict(config or DEFAULT_CONFIG), port)))
            self.server = self.room.start("loki", [program, f"-config.file={self.config}"])
            self.server.wait_ready(healthy(f"{self.url}/loki/api/v1/status/buildinfo"))
            if wait:
                self.wait_ready()
        except BaseException:
            self.close()
            raise

    def wait_ready(self) -> None:
        """Wait until it says that it is ready."""
        self.server.wait_ready(healthy(f"{self.url}/ready"))

    def _here(self, config: dict[str, Any], port: int) -> dict[str, Any]:
        """The configuration with this machine's addresses and folders."""
        loopback = {"http_listen_address": "127.0.0.1", "grpc_listen_address": "127.0.0.1"}
        data = self.room.folder / "data"
        chunks = {"chunks_directory": str(data / "chunks"), "rules_directory": str(data / "rules")}
        ours = {"path_prefix": str(data), "instance_addr": "127.0.0.1", "storage": {"filesystem": chunks}}
        return {
            **config,
            "server": {**loopback, "http_listen_port": port, "grpc_listen_port": free_port(), "log_level": "warn"},
            "common": {**config.get("common", {}), **ours},
            "analytics": {"reporting_enabled": False},
        }

    def close(self) -> None:
        self.room.close()
