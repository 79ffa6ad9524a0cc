"""A real Vault in development mode: unsealed, in memory, with a KV engine of version 2 at `secret/`."""

from __future__ import annotations

import secrets
import subprocess
from typing import Any

import httpx

from tests.real.servers import binaries
from tests.real.servers.process import Closing, Room, free_port, healthy


class Vault(Closing):
    """Vault on loopback. Use as a context manager, or call `close`."""

    def __init__(self) -> None:
        self.program = binaries.find("vault")
        self.room = Room("vault")
        self.token = f"root-{secrets.token_hex(12)}"
        try:
            address = f"127.0.0.1:{free_port()}"
            self.url = f"http://{address}"
            self._http = httpx.Client(
                base_url=self.url, headers={"X-Vault-Token": self.token}, trust_env=False, timeout=30
            )
            self.server = self.room.start(
                "vault",
                [self.program, "server", "-dev", "-dev-no-store-token", f"-dev-listen-address={address}"],
                {"VAULT_DEV_ROOT_TOKEN_ID": self.token},
            )
            self.server.wait_ready(healthy(f"{self.url}/v1/sys/health"))
        except BaseException:
            self.close()
            raise

    def request(self, method: str, path: str, *, json: Any = None, token: str | None = None) -> httpx.Response:
        """A request below `/v1/` as root, or with another token."""
        headers = {"X-Vault-Token": token} if token else {}
        return self._http.request(method, f"/v1/{path}", json=json, headers=headers)

    def read(self, path: str) -> Any:
        """What Vault answers to a GET below `/v1/`, None where there is nothing."""
        answer = self.request("GET", path)
        return None if answer.status_code == 404 else answer.raise_for_status().json()

    def list(self, path: str) -> list[str]:
        """The names below a path."""
        answer = self.request("LIST", path)
        return [] if answer.status_code == 404 else list(answer.raise_for_status().json()["data"]["keys"])

    def token_for(self, policy: str, rules: str) -> str:
        """A token of a new account that has just these rules."""
        self.request("PUT", f"sys/policies/acl/{policy}", json={"policy": rules}).raise_for_status()
        made = self.request("POST", "auth/token/create", json={"policies": [policy], "ttl": "1h"}).raise_for_status()
        return str(made.json()["auth"]["client_token"])

    def cli(self, *arguments: str) -> str:
        """Run the real vault command as root; what it printed.

        :raises RuntimeError: it failed; with what it said.
        """
        environment = self.room.environment({"VAULT_ADDR": self.url, "VAULT_TOKEN": self.token})
        done = subprocess.run(
            [str(self.program), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"vault {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def close(self) -> None:
        if http := self.__dict__.get("_http"):
            http.close()
        self.room.close()
