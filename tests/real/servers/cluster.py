"""A real Kubernetes cluster: etcd and kube-apiserver, and where asked for controllers, a scheduler and nodes.

The nodes are objects that kwok keeps Ready, and the pods on them become Running without a container. Everything
else is the real thing: RBAC, admission, controllers, scheduling, watches.
"""

from __future__ import annotations

import json
import secrets
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.real.servers import binaries
from tests.real.servers.process import PATIENCE, Closing, NotReady, Room, Server, free_port, wait_until

Rules = Sequence[Mapping[str, Sequence[str]]]
"""RBAC rules as in a ClusterRole: {"apiGroups": [...], "resources": [...], "verbs": [...]}."""

ADVERTISED = "192.0.2.1"
"""Where the API server says that it is, of a network for documentation (RFC 5737). Loopback it does not take, and this
machine's own address it could not find where there is no network."""

NODES = """
apiVersion: v1
kind: Node
metadata:
  name: {name}
  labels: {{kubernetes.io/hostname: {name}, kubernetes.io/os: linux, kubernetes.io/arch: amd64, type: kwok}}
  annotations: {{kwok.x-k8s.io/node: fake}}
"""


class Cluster(Closing):
    """A cluster of its own on loopback. Use as a context manager, or call `close`.

    :param nodes: how many nodes; with none there are no controllers and no scheduler either, only the API.
    :param node_names: names for the nodes, in place of a number of them.
    :param storage_class: the claims of this storage class are bound at once to volumes that only pretend.
    :param stages: more kwok Stage files, to let pods misbehave.
    :param api: more arguments for the API server.
    """

    def __init__(
        self,
        *,
        nodes: int = 0,
        name: str = "cluster",
        node_names: Sequence[str] = (),
        storage_class: str = "standard",
        stages: Sequence[Path] = (),
        api: Sequence[str] = (),
    ) -> None:
        # Before the room: a server that cannot be had must not cost a folder.
        programs = ["etcd", "kube-apiserver", "kubectl"]
        self.node_names = tuple(node_names) or tuple(f"node-{number}" for number in range(1, nodes + 1))
        if self.node_names:
            programs += ["kube-controller-manager", "kube-scheduler", "kwok"]
        self._programs = {program: binaries.find(program) for program in programs}
        self.name = name
        self._storage_class, self._stages = storage_class, tuple(stages)
        self._api_arguments = tuple(api)
        self.room = Room(name)
        self.folder = self.room.folder
        self.url = f"https://127.0.0.1:{free_port()}"
        self.token = secrets.token_urlsafe(24)
        self.servers: dict[str, Server] = {}
        try:
            self._write_keys()
            self.kubeconfig = self.write_kubeconfig("admin", self.token)
            self._start_api()
            if self.node_names:
                self._start_nodes()
        except BaseException:
            self.close()
            raise

    # --- using it ---------------------------------------------------------------------------------------------

    def client(self, token: str | None = None) -> httpx.Client:
        """An HTTP client of the API, the administrator's or another token's. The caller closes it."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return httpx.Client(base_url=self.url, verify=self._ssl, headers=headers, trust_env=False, timeout=30)

    def get(self, path: str) -> Any:
        """What the API answers to the administrator's GET of a path, decoded."""
        return self._admin.get(path).raise_for_status().json()

    def answers(self, path: str) -> bool:
        """Does the API answer the administrator's GET of a path with 200?"""
        return self._status(path) == 200

    def lacks(self, path: str) -> bool:
        """Does the API say that there is nothing at a path? One that is too busy to answer does not say so."""
        return self._status(path) == 404

    def _status(self, path: str) -> int:
        try:
            return self._admin.get(path, timeout=5).status_code
        except httpx.TransportError:
            return 0

    def kubectl(self, *arguments: str, kubeconfig: Path | None = None, stdin: str | None = None) -> str:
        """Run the real kubectl; what it printed.

        :raises RuntimeError: it failed; with what it said.
        """
        command = [str(self._programs["kubectl"]), *arguments]
        environment = self.room.environment({"KUBECONFIG": str(kubeconfig or self.kubeconfig)})
        done = subprocess.run(command, env=environment, input=stdin or "", capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, objects: str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]], *arguments: str) -> None:
        """Apply YAML text, a file or folder of YAML, or objects, on the server's side."""
        command = ["apply", "--server-side", "--force-conflicts", *arguments, "-f"]
        if isinstance(objects, Path):
            self.kubectl(*command, str(objects))
            return
        if not isinstance(objects, str):
            objects = yaml.safe_dump_all([objects] if isinstance(objects, Mapping) else objects)
        self.kubectl(*command, "-", stdin=objects)

    def wait(self, resource: str, condition: str, *arguments: str, within: float = PATIENCE) -> None:
        """Wait until a resource has a condition: `wait("deployment/web", "condition=Available", "-n", "shop")`."""
        self.kubectl("wait", resource, f"--for={condition}", f"--timeout={within:g}s", *arguments)

    def user(self, name: str, rules: Rules, *, namespaces: Mapping[str, Rules] | None = None) -> Path:
        """Make an account with exactly these rights; the kubeconfig to act as it.

        :param rules: rights in the whole cluster.
        :param namespaces: further rights in single namespaces, which must exist.
        """
        account = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
        meta = {"name": f"truebook-test-{name}"}
        objects: list[dict[str, Any]] = [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "default"}},
            *_role("Cluster", meta, rules, account),
        ]
        for namespace, local_rules in (namespaces or {}).items():
            objects += _role("", {**meta, "namespace": namespace}, local_rules, account)
        self.apply(objects)
        return self.write_kubeconfig(name, self.kubectl("create", "token", name, "-n", "default").strip())

    def token_of(self, kubeconfig: Path) -> str:
        """The bearer token in a kubeconfig that this cluster wrote."""
        return str(yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"])

    def write_kubeconfig(self, user: str, token: str, *, namespace: str = "default") -> Path:
        """Write a kubeconfig of one context, named as the cluster is."""
        path = self.folder / "home" / f"{user}.kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": self.name, "cluster": {"server": self.url, "certificate-authority": str(self.authority)}}
            ],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": self.name, "context": {"cluster": self.name, "user": user, "namespace": namespace}}],
            "current-context": self.name,
        }
        path.write_text(yaml.safe_dump(config))
        path.chmod(0o600)
        return path

    def close(self) -> None:
        if admin := self.__dict__.get("_admin"):
            admin.close()
        self.room.close()

    # --- starting it ------------------------------------------------------------------------------------------

    def _write_keys(self) -> None:
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700)
        authority = trustme.CA()
        self.authority = keys / "ca.crt"
        authority.cert_pem.write_to_path(self.authority)
        served = authority.issue_cert("127.0.0.1", "localhost", "kubernetes.default.svc")
        served.private_key_and_cert_chain_pem.write_to_path(keys / "server.pem")
        signing = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        (keys / "accounts.key").write_bytes(
            signing.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (keys / "tokens.csv").write_text(f'{self.token},admin,admin,"system:masters"\n')
        self._ssl = ssl.create_default_context(cafile=str(self.authority))
        self._keys = keys

    def _start_api(self) -> None:
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.etcd_url = client
        self.servers["etcd"] = self.room.start(
            "etcd",
            [
                self._programs["etcd"],
                "--name=default",
                f"--data-dir={self.folder / 'etcd'}",
                "--unsafe-no-fsync",  # the data dies with the room anyway
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
            ],
        )
        keys = self._keys
        api = self.servers["kube-apiserver"] = self.room.start(
            "kube-apiserver",
            [
                self._programs["kube-apiserver"],
                f"--etcd-servers={client}",
                "--bind-address=127.0.0.1",
                f"--advertise-address={ADVERTISED}",
                f"--secure-port={self.url.rpartition(':')[2]}",
                f"--tls-cert-file={keys / 'server.pem'}",
                f"--tls-private-key-file={keys / 'server.pem'}",
                f"--client-ca-file={self.authority}",
                f"--cert-dir={keys}",
                f"--token-auth-file={keys / 'tokens.csv'}",
                f"--service-account-key-file={keys / 'accounts.key'}",
                f"--service-account-signing-key-file={keys / 'accounts.key'}",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--authorization-mode=RBAC",
                # Pods need no ServiceAccount here: a cluster without controllers makes none.
                "--disable-admission-plugins=ServiceAccount",
                *self._api_arguments,
            ],
        )
        self._admin = self.client()
        api.wait_ready(lambda: self.answers("/readyz") and self.answers("/api/v1/namespaces/default"))

    def _start_nodes(self) -> None:
        config = f"--kubeconfig={self.kubeconfig}"
        quiet = ("--leader-elect=false", "--secure-port=0")
        self.servers["kube-controller-manager"] = self.room.start(
            "kube-controller-manager",
            [
                self._programs["kube-controller-manager"],
                config,
                *quiet,
                f"--service-account-private-key-file={self._keys / 'accounts.key'}",
                f"--root-ca-file={self.authority}",
            ],
        )
        self.servers["kube-scheduler"] = self.room.start(
            "kube-scheduler", [self._programs["kube-scheduler"], config, *quiet]
        )
        self.servers["kwok"] = self.room.start(
            "kwok",
            [
                self._programs["kwok"],
                config,
                "--manage-all-nodes=true",
                f"--server-address=127.0.0.1:{free_port()}",
                *(f"--config={path}" for path in (*self._write_stages(), *self._stages)),
            ],
        )
        self.apply("---".join(NODES.format(name=name) for name in self.node_names))
        if not wait_until(self._nodes_ready):
            raise NotReady(f"the nodes are not ready; the end of kwok's log:\n{self.servers['kwok'].log_tail()}")

    def _write_stages(self) -> list[Path]:
        """Copy kwok's stages into the room; its volumes are made for the storage class that this cluster has."""
        folder = self.folder / "stages"
        folder.mkdir()
        copies = []
        for path in sorted(binaries.files("kwok").rglob("*.yaml")):
            if path.name not in ("kustomization.yaml", "storage-class.yaml"):
                copies.append(folder / path.name)
                copies[-1].write_text(path.read_text().replace("'kwok-volume'", f"'{self._storage_class}'"))
        return copies

    def _nodes_ready(self) -> bool:
        """Nodes are Ready and schedulable, and the controllers are at work: they made default's ServiceAccount."""
        nodes = self.get("/api/v1/nodes")["items"]
        return self.answers("/api/v1/namespaces/default/serviceaccounts/default") and all(
            not node["spec"].get("taints")
            and any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", ()))
            for node in nodes
        )


def _role(scope: str, meta: Mapping[str, str], rules: Rules, account: Mapping[str, str]) -> list[dict[str, Any]]:
    api, kind = "rbac.authorization.k8s.io/v1", f"{scope}Role"
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": meta["name"]}
    plain_rules = json.loads(json.dumps([dict(rule) for rule in rules]))  # tuples are no YAML
    return [
        {"apiVersion": api, "kind": kind, "metadata": dict(meta), "rules": plain_rules},
        {
            "apiVersion": api,
            "kind": f"{kind}Binding",
            "metadata": dict(meta),
            "roleRef": reference,
            "subjects": [dict(account)],
        },
    ]
