"""A real Vault: in development mode (unsealed, in memory, a KV engine of version 2 at `secret/`), or configured."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Mapping
from typing import Any

import httpx

from tests.real.servers import binaries
from tests.real.servers.process import Closing, Room, free_port, healthy


class Vault(Closing):
    """Vault on loopback. Use as a context manager, or call `close`.

    :param config: a vault.hcl as one writes it for Vault's container. Its addresses and its data folder become ones of
        this machine; then Vault is initialised and unsealed, and has no engines yet. Without it: development mode.
    :param environment: more variables for the server, such as a proxy.
    """

    def __init__(self, config: str | None = None, *, environment: Mapping[str, str] | None = None) -> None:
        self.program = binaries.find("vault")
        self.room = Room("vault")
        self.token = f"root-{secrets.token_hex(12)}"
        self.unseal_key = ""
        try:
            address = f"127.0.0.1:{free_port()}"
            self.url = f"http://{address}"
            self._http = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
            if config is None:
                arguments = ["-dev", "-dev-no-store-token", f"-dev-listen-address={address}"]
            else:
                file = self.room.folder / "vault.hcl"
                file.write_text(self._here(config, address))
                arguments = [f"-config={file}"]
            self.server = self.room.start(
                "vault",
                [self.program, "server", *arguments],
                {"VAULT_DEV_ROOT_TOKEN_ID": self.token, **(environment or {})},
            )
            if config is not None:
                self._initialise()
            self.server.wait_ready(healthy(f"{self.url}/v1/sys/health"))
        except BaseException:
            self.close()
            raise

    def _here(self, config: str, address: str) -> str:
        data = self.room.folder / "data"
        data.mkdir()
        places = {"[::]:8200": address, "[::]:8201": f"127.0.0.1:{free_port()}", "/vault/data": str(data)}
        for theirs, ours in places.items():
            config = config.replace(f'"{theirs}"', f'"{ours}"')
        return config

    def _initialise(self) -> None:
        self.server.wait_ready(healthy(f"{self.url}/v1/sys/seal-status"))
        keys = {"secret_shares": 1, "secret_threshold": 1}
        made = self.request("PUT", "sys/init", json=keys).raise_for_status().json()
        self.token, self.unseal_key = made["root_token"], made["keys"][0]
        self.unseal()

    def unseal(self) -> None:
        """Unseal it and wait until it is active. Not in development mode: its keys are nobody's."""
        self.request("PUT", "sys/unseal", json={"key": self.unseal_key}).raise_for_status()
        self.server.wait_ready(lambda: self.request("GET", "sys/health").status_code == 200)

    def seal(self) -> None:
        """Seal it, and wait until it says so."""
        self.request("PUT", "sys/seal").raise_for_status()
        self.server.wait_ready(lambda: self.request("GET", "sys/health").status_code == 503)

    def request(self, method: str, path: str, *, json: Any = None, token: str | None = None) -> httpx.Response:
        """A request below `/v1/` as root, or with another token."""
        headers = {"X-Vault-Token": token or self.token}
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
