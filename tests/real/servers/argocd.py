"""A real ArgoCD against a real cluster: Redis, repo-server, the two controllers and the API server.

They run beside the cluster, not in it, with the administrator's kubeconfig. Besides `admin` there is an account
`docs` that may read applications, application sets and projects and nothing else, as the docs' own account.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import yaml

from tests.real.servers import binaries
from tests.real.servers.cluster import Cluster
from tests.real.servers.process import PATIENCE, Closing, NotReady, Room, Server, free_port, healthy, wait_until

DOCS_POLICY = """\
p, role:docs, applications, get, */*, allow
p, role:docs, applicationsets, get, */*, allow
p, role:docs, projects, get, *, allow
g, docs, role:docs
"""


# kubectl has all of kustomize's builds, but not its `edit`: an Application's own overrides of images or names fail.
KUSTOMIZE = """\
#!/bin/sh
case "$1" in
    build) shift; exec {kubectl} kustomize "$@" ;;
    version) {kubectl} version --client | sed -n 's/^Kustomize Version: //p' ;;
    *) echo "kustomize $1: not here" >&2; exit 1 ;;
esac
"""


class ArgoCD(Closing):
    """ArgoCD for one cluster, in its namespace `argocd`. Use as a context manager, or call `close`.

    :param environment: more variables for the repo-server, such as a proxy for the charts that it fetches.
    :param resync: seconds after which each application is compared again.
    :param controller: more arguments for the application-controller.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        environment: Mapping[str, str] | None = None,
        resync: int = 10,
        controller: Sequence[str] = (),
    ) -> None:
        self.cluster = cluster
        self._programs = {program: binaries.find(program) for program in ("argocd", "redis-server", "kubectl")}
        self._files = binaries.files("argocd")
        self.room = Room("argocd")
        self.folder = self.room.folder
        self.server = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.server}"
        self.servers: dict[str, Server] = {}
        self.metrics: dict[str, str] = {}
        """Where each part's `/metrics` are: `api`, `controller`, `repo`, `sets`."""
        self._http = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        try:
            self._write_tools()
            self._install()
            self._start(dict(environment or {}), resync, controller)
            self.admin_token = self._log_in()
            self.docs_token = self._docs_token()
        except BaseException:
            self.close()
            raise

    # --- using it ---------------------------------------------------------------------------------------------

    def request(self, method: str, path: str, *, token: str | None = None, json: Any = None) -> httpx.Response:
        """A REST request as the administrator, or with another token."""
        headers = {"Authorization": f"Bearer {token or self.admin_token}", "Content-Type": "application/json"}
        return self._http.request(method, path, headers=headers, json=json)

    def client_environment(self, token: str | None = None) -> dict[str, str]:
        """The variables with which the real `argocd` command finds this server."""
        return {
            "ARGOCD_SERVER": self.server,
            "ARGOCD_OPTS": "--grpc-web --plaintext",
            "ARGOCD_AUTH_TOKEN": token or self.admin_token,
            "ARGOCD_CONFIG_DIR": str(self.folder / "home" / "argocd"),
        }

    def cli(self, *arguments: str, token: str | None = None) -> str:
        """Run the real argocd command; what it printed.

        :raises RuntimeError: it failed; with what it said.
        """
        environment = self.room.environment(self.client_environment(token))
        command = [str(self._programs["argocd"]), *arguments]
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"argocd {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def application(self, name: str) -> Any:
        """The Application object as the cluster has it."""
        return self.cluster.get(f"/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/{name}")

    def wait(self, name: str, *, sync: str = "Synced", health: str = "Healthy", within: float = PATIENCE) -> Any:
        """Wait until an application has this sync and health; the object.

        :raises NotReady: it took longer; with the status it had.
        """
        status: dict[str, Any] = {}

        def reached() -> bool:
            nonlocal status
            with contextlib.suppress(httpx.HTTPStatusError):  # an application set may not have made it yet
                status = self.application(name).get("status", {})
            return (status.get("sync", {}).get("status"), status.get("health", {}).get("status")) == (sync, health)

        if not wait_until(reached, within, every=0.2):
            known = {key: status.get(key) for key in ("sync", "health", "conditions")}
            message = status.get("operationState", {}).get("message", "")
            raise NotReady(f"application {name} is not {sync} and {health}: {known} {message}")
        return self.application(name)

    def close(self) -> None:
        self._http.close()
        self.room.close()

    # --- starting it ------------------------------------------------------------------------------------------

    def _write_tools(self) -> None:
        """The folder of programs that the repo-server calls by name."""
        self._tools = self.folder / "bin"
        self._tools.mkdir()
        wrapper = self._tools / "git-verify-wrapper.sh"
        wrapper.write_bytes((self._files / "hack" / wrapper.name).read_bytes())
        wrapper.chmod(0o755)
        kustomize = self._tools / "kustomize"
        kustomize.write_text(KUSTOMIZE.format(kubectl=shlex.quote(str(self._programs["kubectl"]))))
        kustomize.chmod(0o755)
        (self._tools / "argocd").symlink_to(self._programs["argocd"])
        with contextlib.suppress(binaries.Unavailable):  # only charts need it
            (self._tools / "helm").symlink_to(binaries.find("helm"))

    def _install(self) -> None:
        namespace = yaml.safe_dump({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        manifests = [
            path.read_text()
            for folder in ("manifests/crds", "manifests/base/config")
            for path in sorted((self._files / folder).glob("*.yaml"))
            if path.name != "kustomization.yaml"
        ]
        self.cluster.apply("\n---\n".join([namespace, *manifests]), "-n", "argocd")
        for name, data in (
            ("argocd-cm", {"accounts.docs": "apiKey", "url": self.url}),
            ("argocd-rbac-cm", {"policy.csv": DOCS_POLICY}),
        ):
            meta = {"name": name, "namespace": "argocd"}
            patch = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}
            self.cluster.apply(patch, "--field-manager=accounts")
        self._established("applications.argoproj.io", "applicationsets.argoproj.io", "appprojects.argoproj.io")

    def _established(self, *definitions: str) -> None:
        # Not by `kubectl wait`: it gives up on a definition that has no condition yet.
        for definition in definitions:
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition}"

            def established(path: str = path) -> bool:
                conditions = self.cluster.get(path).get("status", {}).get("conditions") or ()
                return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)

            if not wait_until(established):
                raise NotReady(f"the definition {definition} is not established")

    def _start(self, extra: Mapping[str, str], resync: int, controller: Sequence[str]) -> None:
        redis, repo = (f"127.0.0.1:{free_port()}" for _ in range(2))
        tls, ssh = self.folder / "tls", self.folder / "ssh"
        tls.mkdir()
        ssh.mkdir()
        (ssh / "ssh_known_hosts").touch()
        kubeconfig = self.cluster.write_kubeconfig("argocd", self.cluster.token, namespace="argocd")
        common = {
            "PATH": f"{self._tools}{os.pathsep}{binaries.ENVIRONMENT.get('PATH', '')}",
            "KUBECONFIG": str(kubeconfig),
            "ARGOCD_FAKE_IN_CLUSTER": "true",  # https://kubernetes.default.svc is the cluster of KUBECONFIG
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_TLS_DATA_PATH": str(tls),
            "ARGOCD_SSH_DATA_PATH": str(ssh),
        }
        probes = {part: f"127.0.0.1:{free_port()}" for part in ("repo", "controller", "sets", "api")}
        ports = {part: address.rpartition(":")[2] for part, address in probes.items()}
        self.metrics = {part: f"http://{address}" for part, address in probes.items()}

        def start(role: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
            self.servers[role] = self.room.start(
                f"argocd-{role}",
                [self._programs["argocd"], *arguments],
                {**common, "ARGOCD_BINARY_NAME": f"argocd-{role}", **(environment or {})},
            )

        self.servers["redis"] = self.room.start(
            "redis",
            [
                self._programs["redis-server"],
                *("--bind", "127.0.0.1", "--port", redis.rpartition(":")[2]),
                *("--save", "", "--appendonly", "no", "--dir", self.folder),
            ],
        )
        start(
            "repo-server",
            *("--address=127.0.0.1", f"--port={repo.rpartition(':')[2]}", "--disable-tls", "--client-ca-path="),
            *("--metrics-address=127.0.0.1", f"--metrics-port={ports['repo']}", f"--redis={redis}"),
            "--revision-cache-expiration=2s",  # a commit that a test has just made must be seen
            environment=extra,
        )
        start(
            "application-controller",
            *(f"--kubeconfig={kubeconfig}", f"--redis={redis}", f"--repo-server={repo}", "--repo-server-plaintext"),
            *(f"--app-resync={resync}", "--app-resync-jitter=0", f"--metrics-port={ports['controller']}"),
            *controller,
        )
        start(
            "server",
            *(f"--kubeconfig={kubeconfig}", f"--redis={redis}", f"--repo-server={repo}", "--repo-server-plaintext"),
            *("--insecure", "--address=127.0.0.1", f"--port={self.server.rpartition(':')[2]}"),
            *("--metrics-address=127.0.0.1", f"--metrics-port={ports['api']}"),
        )
        self._ready("repo-server", f"http://{probes['repo']}/healthz")
        self._ready("application-controller", f"http://{probes['controller']}/healthz")
        self._ready("server", f"{self.url}/healthz")
        # Last: its webhooks need the key that the API server makes at its first start.
        start(
            "applicationset-controller",
            *(f"--kubeconfig={kubeconfig}", f"--argocd-repo-server={repo}", "--repo-server-plaintext"),
            *(f"--metrics-addr={probes['sets']}", f"--probe-addr=127.0.0.1:{free_port()}"),
            f"--webhook-addr=127.0.0.1:{free_port()}",
        )
        self._ready("applicationset-controller", f"http://{probes['sets']}/metrics")  # it has no health check

    def _ready(self, role: str, url: str) -> None:
        self.servers[role].wait_ready(healthy(url))

    def _log_in(self) -> str:
        secret = self.cluster.get("/api/v1/namespaces/argocd/secrets/argocd-initial-admin-secret")
        password = base64.b64decode(secret["data"]["password"]).decode()
        # Not by the client of all other requests: this answer's cookie would make all of them the administrator's.
        credentials = {"username": "admin", "password": password}
        answer = httpx.post(f"{self.url}/api/v1/session", json=credentials, trust_env=False, timeout=30)
        return str(answer.raise_for_status().json()["token"])

    def _docs_token(self) -> str:
        """Make the docs account's token as its owner would; the account is known once the settings are read again."""
        answers: list[httpx.Response] = []

        def made() -> bool:
            answers.append(self.request("POST", "/api/v1/account/docs/token", json={"name": "docs"}))
            return answers[-1].status_code == 200

        if not wait_until(made, every=0.2):
            raise NotReady(f"no token for the account docs: {answers[-1].text[:300]}")
        return str(answers[-1].json()["token"])
