"""The cluster, the guard before it, and how command lines are run and etcd is read."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import signal
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.real.servers import binaries
from tests.real.servers.cluster import Cluster
from tests.real.servers.process import wait_until
from truebook.guard.request import System
from truebook.guard.server import Guard, Route
from truebook.guard.upstream import Upstream
from truebook.model import RequestRecord
from truebook.runbooks.sandbox import Bare, Job, Place, Sandbox, Unavailable

LEFT_OPEN = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <(socket|function _SelectorTransport):pytest.PytestUnraisableExceptionWarning"
)
"""For tests in which a kubectl goes away while the guard connects for it: httpcore closes a connection whose TLS
handshake fails, and leaves one whose handshake is cancelled to the garbage collector."""

HERE = Path(__file__).parent
# The API server's own: its leases, its events, and where its compaction of etcd stands.
OF_THE_SERVER = re.compile(
    r"/registry/(?:events|masterleases|peerserverleases|leases/kube-system/apiserver-.*)(?:/|$)|compact_rev_key"
)
SECONDS = 12.0
"""How long a command may take: those that wait for what a dry run never does are ended."""


@dataclass(frozen=True)
class Outcome:
    """What a command line did. `code` is None where it was ended for taking too long."""

    line: str
    code: int | None
    output: str
    requests: tuple[RequestRecord, ...]


def kubectls() -> list[Path]:
    """The kubectl of `PATH` and the one built for the tests, where they are two."""
    found = binaries.find("kubectl")
    built = binaries.BINARIES["kubectl"].cached
    return [found, built] if os.access(built, os.X_OK) and built != found else [found]


def digest(cluster: Cluster) -> dict[str, str]:
    """Every key of etcd with its value's hash, without what the API server writes for itself."""
    everything = base64.b64encode(b"\0").decode()
    asked = {"key": everything, "range_end": everything}
    answer = httpx.post(f"{cluster.etcd_url}/v3/kv/range", json=asked, trust_env=False, timeout=30).raise_for_status()
    pairs = ((base64.b64decode(pair["key"]).decode(), pair.get("value", "")) for pair in answer.json()["kvs"])
    return {key: hashlib.sha256(value.encode()).hexdigest() for key, value in pairs if not OF_THE_SERVER.match(key)}


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The keys that were added, removed or changed."""
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def fill(cluster: Cluster) -> None:
    """Put into the cluster what the command lines are about, and wait until its server has settled."""
    cluster.kubectl("apply", "-f", str(HERE / "objects.yml"))
    cluster.wait("crd/gadgets.shop.example", "condition=Established")
    cluster.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all([signing_request("jo"), *_revisions(cluster)]))
    for pod in ("alone", "second"):
        running = '{"status":{"phase":"Running","podIP":"10.1.0.9"}}'
        cluster.kubectl("-n", "shop", "patch", "pod", pod, "--subresource=status", "--type=merge", "-p", running)
    late = (HERE / "later.yml").read_text()

    def served() -> bool:
        with contextlib.suppress(RuntimeError):
            cluster.kubectl("apply", "-f", "-", stdin=late)
            return True
        return False

    assert wait_until(served, every=0.5)
    last: dict[str, str] = {}

    def settled() -> bool:
        nonlocal last
        last, before = digest(cluster), last
        return last == before

    assert wait_until(settled, every=1.0)


def signing_request(name: str) -> dict[str, Any]:
    """A CertificateSigningRequest that nobody has approved."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    pem = request.public_bytes(serialization.Encoding.PEM)
    signer = {"signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": {"request": base64.b64encode(pem).decode(), **signer},
    }


def _revisions(cluster: Cluster) -> Iterator[dict[str, Any]]:
    """What controllers would have left of two revisions of each workload, so that there is something to undo."""
    for kind, plural, name in (
        ("Deployment", "deployments", "web"),
        ("StatefulSet", "statefulsets", "db"),
        ("DaemonSet", "daemonsets", "agent"),
    ):
        owner = cluster.get(f"/apis/apps/v1/namespaces/shop/{plural}/{name}")
        template = owner["spec"]["template"]
        reference = {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": owner["metadata"]["uid"]}
        for number in (1, 2):
            changed = {**template, "metadata": {**template["metadata"], "annotations": {"number": str(number)}}}
            metadata: dict[str, Any] = {
                "name": f"{name}-{number}",
                "namespace": "shop",
                "labels": template["metadata"]["labels"],
                "ownerReferences": [{**reference, "controller": True}],
            }
            if kind == "Deployment":
                metadata["annotations"] = {"deployment.kubernetes.io/revision": str(number)}
                spec = {"replicas": 0, "selector": owner["spec"]["selector"], "template": changed}
                yield {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}
            else:
                data = {"spec": {"template": {**changed, "$patch": "replace"}}}
                yield {
                    "apiVersion": "apps/v1",
                    "kind": "ControllerRevision",
                    "metadata": metadata,
                    "revision": number,
                    "data": data,
                }


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """The files that the command lines name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.example")])
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    made = {
        **files,
        "tls.key": pem.decode(),
        "tls.crt": _certificate(key, subject),
        "csr.yaml": yaml.safe_dump(signing_request("jane")),
        "csr-jo.yaml": yaml.safe_dump(signing_request("jo")),
    }
    for name, text in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _certificate(key: ec.EllipticCurvePrivateKey, subject: x509.Name) -> str:
    import datetime

    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


class Scene:
    """A guard before the cluster, with its administrator's credentials: the worst case. Each line is a block, in the
    sandbox where one can be had; `place` says which it is."""

    def __init__(self, cluster: Cluster, system: System, folder: Path) -> None:
        self._stack = contextlib.ExitStack()
        context = ssl.create_default_context(cafile=str(cluster.authority))
        client = httpx.AsyncClient(base_url=cluster.url, verify=context, trust_env=False)
        upstream = Upstream(client, lambda: {"Authorization": f"Bearer {cluster.token}"})
        self.guard = self._stack.enter_context(Guard({"kubernetes": Route(system, upstream)}))
        self._places: dict[Path, Place] = {}
        for kubectl in kubectls():
            programs = _programs(folder, kubectl)
            place = _place(folder, f"{programs}:{binaries.ENVIRONMENT.get('PATH', '')}")
            self._stack.callback(place.close)
            self._places[kubectl] = place
            self.place = place.description

    def run(self, line: str, kubectl: Path) -> Outcome:
        """Run one line as a block's, with that kubectl, in the folder."""
        programs = "" if self.place == "bubblewrap" else f"PATH=$PWD/.bin-{kubectls().index(kubectl)}:$PATH\n"
        api = """API=$(sed -n 's/.*"server":"\\([^"]*\\)".*/\\1/p' "$KUBECONFIG")\n"""
        done = self._places[kubectl].run(Job(f"{programs}{api}{line}", timeout=SECONDS, guard=self.guard))
        code = None if done.killed else done.exit_code
        return Outcome(line, code, done.output.decode(errors="replace"), done.requests)

    def close(self) -> None:
        self._stack.close()


def _place(folder: Path, path: str) -> Place:
    """The sandbox, which takes kubectl from that path; without one, this machine as it is."""
    before = os.environ["PATH"]
    os.environ["PATH"] = path
    try:
        return Sandbox(folder)
    except Unavailable:
        return Bare(folder)
    finally:
        os.environ["PATH"] = before


def _programs(folder: Path, kubectl: Path) -> Path:
    """A folder in which that kubectl has its name."""
    programs = folder / f".bin-{kubectls().index(kubectl)}"
    programs.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (programs / "kubectl").symlink_to(kubectl)
    return programs


def run(line: str, kubectl: Path, folder: Path, environment: Mapping[str, str]) -> tuple[int | None, str]:
    """Run a line without a guard: the exit code (None: it took too long) and the output. Its process group ends too."""
    programs = _programs(folder, kubectl)
    process = subprocess.Popen(
        ["bash", "-c", line],
        cwd=folder,
        env={"PATH": f"{programs}:/usr/bin:/bin", "LANG": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    try:
        output, _ = process.communicate(timeout=SECONDS)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
