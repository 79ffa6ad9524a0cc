"""The homelab, running: a real cluster, a real ArgoCD that deployed `homelab/repository` into it, and its systems.

    with Homelab(say=print) as homelab:
        homelab.deploy()
        homelab.record(Path("homelab.json"))

ArgoCD, git, Prometheus and truebook reach github.com, the chart repository and all addresses of the homelab through a
`Forge`, so that the recording holds the homelab's own addresses only.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml

from tests.real.forge import Forge
from tests.real.homelab.repositories import HOMELAB, History, charts, histories
from tests.real.homelab.standins import StandIns
from tests.real.homelab.systems import Systems
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.process import NotReady, wait_until
from truebook import recording

ROOT = HOMELAB.parent
REPOSITORY = "homelab-example/homelab"
# The API server publishes the address and port of the machine it runs on; those are not the homelab's.
API_SERVER = ("--endpoint-reconciler-type=none",)
KUBERNETES_SERVICE = '{"spec": {"ports": [{"name": "https", "port": 443, "targetPort": 6443}]}}'
CONTROLLER = (
    "--persist-resource-health",  # as the homelab's argocd-cmd-params-cm says
    # A slow machine's cache of the cluster lags behind a sync. Healing what is not ill would leave its marks.
    "--self-heal-backoff-timeout-seconds=0",  # else the first attempt waits for nothing
    "--self-heal-timeout-seconds=300",
)
VALID = timedelta(hours=2160)
"""How long its certificate is good (platform/traefik/certificate.yaml)."""
UNWELL = {
    "home-assistant": ("Synced", "Progressing"),  # waits for the node with the Zigbee stick
    "ollama": ("Synced", "Degraded"),  # gave up waiting for the node with the graphics card
    "paperless": ("OutOfSync", "Healthy"),  # a later commit waits for somebody to sync it
}
"""Sync and health of the applications that are not well on purpose; every other is Synced and Healthy."""

WELL = ("Synced", "Healthy")


class Homelab:
    """Starts the servers; use as a context manager. `say` is told each step, for people."""

    def __init__(self, *, say: Callable[[str], None] = lambda step: None) -> None:
        self._say = say
        self._open = contextlib.ExitStack()
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise

    def _start(self) -> None:
        nodes = yaml.safe_load((HOMELAB / "nodes.yaml").read_text())
        names = [node["metadata"]["name"] for node in nodes]
        self._say("starting the cluster")
        self.cluster = self._open.enter_context(Cluster(name="homelab", node_names=names, api=API_SERVER))
        self.cluster.kubectl("patch", "service", "kubernetes", "-p", KUBERNETES_SERVICE)
        for node in nodes:
            self.cluster.kubectl("label", "node", node["metadata"]["name"], *_words(node["metadata"]["labels"]))
            status = yaml.safe_dump({"status": node["status"]})
            self.cluster.kubectl("patch", "node", node["metadata"]["name"], "--subresource=status", "-p", status)
        folder = self.cluster.folder / "world"
        self.histories: dict[str, History] = histories(folder / "git")
        charts(folder / "pages" / "charts")
        self.forge = self._open.enter_context(Forge(folder))
        self.forge.serve_git("github.com", folder / "git")
        self.forge.serve_files("homelab-example.github.io", folder / "pages")
        self._say("starting ArgoCD")
        self.argocd = self._open.enter_context(
            ArgoCD(self.cluster, environment=self.forge.environment, controller=CONTROLLER)
        )
        self.forge.serve_domain("homelab.local", _renewed(datetime.now(UTC)) + VALID)
        self.forge.serve_upstream("argocd.homelab.local", self.argocd.url)
        self._open.enter_context(StandIns(self.cluster))

    # --- bringing it up ---------------------------------------------------------------------------------------

    def deploy(self, *, within: float = 600) -> None:
        """Push, bootstrap as the repository's README says, wait until all runs, then push what came later.

        :raises NotReady: an application did not reach its state; with what it said.
        """
        for history in self.histories.values():
            history.push()
        self._say("deploying the repository")
        repository = HOMELAB / "repository"
        self.cluster.kubectl("apply", "--server-side", "-f", str(repository / "platform/crds"))
        self.cluster.kubectl("apply", "-n", "argocd", "-f", str(repository / "platform/argocd/config"))
        self.cluster.kubectl("apply", "-f", str(repository / "bootstrap/root.yaml"))
        self._wait("root", WELL, within)
        for name in sorted(self._applications()):
            if name == "paperless":
                self._sync(name, within)
            self._wait(name, WELL if name == "paperless" else UNWELL.get(name, WELL), within)
        self.systems = self._open.enter_context(Systems(self.cluster, self.forge, self.argocd, self._say))
        self._say("pushing the commits that nobody has deployed yet")
        for history in self.histories.values():
            history.push(after_deployment=True)
        self._settle(within)
        self.systems.settle()

    def _sync(self, name: str, within: float) -> None:
        """Sync an application by hand, as its owner would; the API server may just be reading its new settings."""
        if not wait_until(lambda: self._asked_to_sync(name), within, every=0.5):
            raise NotReady(f"ArgoCD did not accept a sync of {name}")

    def _asked_to_sync(self, name: str) -> bool:
        try:
            return self.argocd.request("POST", f"/api/v1/applications/{name}/sync", json={}).status_code == 200
        except httpx.TransportError:
            return False

    def _settle(self, within: float) -> None:
        """Wait until every application has been compared with the newest commit and is as it should be."""
        unsettled: dict[str, Any] = {}

        def settled() -> bool:
            unsettled.clear()
            for name, application in self._applications().items():
                if not (_state(application) == UNWELL.get(name, WELL) and self._compared(application)):
                    unsettled[name] = _state(application)
            return not unsettled

        if not wait_until(settled, within, every=0.5):
            raise NotReady(f"not as they should be: {unsettled}")

    def _compared(self, application: dict[str, Any]) -> bool:
        status = application["status"]
        sources = application["spec"].get("sources") or [application["spec"]["source"]]
        revisions = status["sync"].get("revisions") or [status["sync"].get("revision")]
        ours = [
            revision
            for source, revision in zip(sources, revisions, strict=True)
            if REPOSITORY in source["repoURL"] and source["targetRevision"] == "main"
        ]
        # One that found everything as it should be has never been synced: the definitions, which bootstrap applied.
        phase = status.get("operationState", {"phase": "Succeeded"})["phase"]
        return phase == "Succeeded" and set(ours) == {self.histories[REPOSITORY].head}

    def _wait(self, name: str, state: tuple[str, str], within: float) -> None:
        sync, health = state
        self.argocd.wait(name, sync=sync, health=health, within=within)
        self._say(f"  {name}: {sync}, {health}")

    def _applications(self) -> dict[str, dict[str, Any]]:
        found = self.cluster.get("/apis/argoproj.io/v1alpha1/applications")["items"]
        return {application["metadata"]["name"]: application for application in found}

    # --- reading it -------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """What the documentation's own account needs: its kubeconfig, its tokens, and the way there."""
        token = self.cluster.kubectl("create", "token", "truebook", "-n", "truebook").strip()
        kubeconfig = self.cluster.write_kubeconfig("truebook", token, namespace="default")
        return {
            **self.forge.environment,
            **self.systems.environment,
            "KUBECONFIG": str(kubeconfig),
            "ARGOCD_AUTH_TOKEN": self.argocd.docs_token,
        }

    def record(self, output: Path) -> None:
        """Run `truebook record` with exactly the documentation's rights.

        :raises RuntimeError: not everything could be read; with what it said. `output` is then left as it was.
        """
        self._say(f"recording into {output.name}")
        fresh = self.cluster.folder / "recording.json"  # one that no earlier recording can lend stale parts to
        done = self.truebook("record", "--output", str(fresh))
        if done.returncode != 0:
            raise RuntimeError(f"truebook record: exit {done.returncode}: {done.stderr.strip()}")
        recording.save(recording.load(fresh), output)

    def truebook(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run truebook with the documentation's rights and this project's own truebook.yml."""
        environment: Mapping[str, str] = {**self.cluster.room.environment(self.environment), "NO_COLOR": "1"}
        command = [str(Path(sys.executable).with_name("truebook")), *arguments, "--config", str(ROOT / "truebook.yml")]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)


def shell(environment: Mapping[str, str]) -> str:
    """The variables as lines for a shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items())


def _renewed(now: datetime) -> datetime:
    """When the homelab's CronJob last renewed the certificate of its domain: on the first of the month."""
    first = now.replace(day=1, hour=4, minute=40, second=0, microsecond=0)
    return first if first <= now else (first - timedelta(days=1)).replace(day=1)


def _state(application: dict[str, Any]) -> tuple[str | None, str | None]:
    status = application.get("status", {})
    return status.get("sync", {}).get("status"), status.get("health", {}).get("status")


def _words(labels: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in labels.items()]
