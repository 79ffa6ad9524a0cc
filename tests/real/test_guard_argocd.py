"""The real ArgoCD and its real command, through the guard, with the administrator's credentials behind it.

ArgoCD's controllers are stopped first, so that nothing but the commands could change an object. Each command runs with
the guard between, and all of etcd is then the same: Applications, AppProjects, Secrets, ConfigMaps, and what was
deployed. With the guard left out the same commands do change them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.conftest import _start
from tests.real.guard.scene import changes, digest
from tests.real.servers import binaries
from tests.real.servers.argocd import ArgoCD
from tests.real.servers.cluster import Cluster
from tests.real.servers.git import GitRepository
from tests.real.servers.process import wait_until
from truebook.guard.argocd import SYSTEM
from truebook.guard.server import Guard, Handle, Route, plain
from truebook.model import Claim

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: '{value}'}}\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: rolled}
spec:
  replicas: 1
  selector: {matchLabels: {app: rolled}}
  template:
    metadata: {labels: {app: rolled}}
    spec: {containers: [{name: web, image: registry.homelab.local/web:1}]}
"""
REPOSITORY = "https://git.homelab.local/apps.git"
SERVER = "https://kubernetes.default.svc"

# Each changes something for an administrator, or would where it stands first on its line.
CHANGES = f"""\
argocd app sync web
argocd app sync stale
argocd app sync stale --async
argocd app sync stale --dry-run --async
argocd app sync stale --prune --force --replace --async
argocd app sync stale --resource :ConfigMap:stale --async
argocd app sync stale --revision main --strategy apply --async
argocd app sync --project default --async
argocd app sync stale fresh --async --info reason=test
argocd app set web --path other
argocd app set web --revision HEAD
argocd app set web --sync-policy automated --auto-prune --self-heal
argocd app set web --dest-namespace elsewhere
argocd app set web --sync-option Replace=true
argocd app unset web --values a.yaml --nameprefix
argocd app add-source web --repo {REPOSITORY} --path a
argocd app remove-source web --source-position 1
argocd app patch web --patch '{{"spec":{{"source":{{"path":"x"}}}}}}' --type merge
argocd app patch web --patch '[{{"op":"replace","path":"/spec/source/path","value":"x"}}]' --type json
argocd app rollback web
argocd app rollback web 0
argocd app rollback web 0 --prune
argocd app terminate-op web
argocd app delete web -y
argocd app delete web -y --cascade=false
argocd app delete stale -y --propagation-policy background
argocd app delete web stale fresh -y
argocd app delete -l team=home -y
argocd app confirm-deletion web
argocd app actions run web restart --kind Deployment --resource-name rolled
argocd app actions run rolled restart --kind Deployment --all
argocd app patch-resource stale --kind ConfigMap --resource-name stale --patch "$P" --patch-type $M
argocd app delete-resource stale --kind ConfigMap --resource-name stale
argocd app delete-resource stale --kind ConfigMap --resource-name stale --force --orphan
argocd app create made --repo {REPOSITORY} --path a --dest-server {SERVER} --dest-namespace default
argocd app create web --upsert --repo {REPOSITORY} --path a --dest-server {SERVER} --dest-namespace default
argocd app get web --refresh
argocd app get stale --hard-refresh
argocd app diff web --refresh
argocd app diff stale --hard-refresh
argocd app get web --refresh -o json
argocd app wait web --timeout 10
argocd proj create made
argocd proj create default --upsert --description changed
argocd proj set default --description changed
argocd proj delete made
argocd proj delete other
argocd proj add-source default {REPOSITORY}
argocd proj add-destination default {SERVER} elsewhere
argocd proj remove-destination default '*' '*'
argocd proj allow-cluster-resource other '' Namespace
argocd proj deny-namespace-resource other apps Deployment
argocd proj add-orphaned-ignore other apps Deployment
argocd proj role create other reader
argocd proj role delete other writer
argocd proj role add-policy other writer -a sync -o '*' -p allow
argocd proj role create-token other writer
argocd proj role delete-token other writer 1
argocd proj role add-group other writer admins
argocd proj windows add other --kind deny --schedule '* * * * *' --duration 1h --applications '*'
argocd proj add-signature-key other 4AEE18F83AFDEB23
argocd repo add {REPOSITORY} --username a --password b --insecure-skip-server-verification
argocd repo add {REPOSITORY} --upsert --project default
argocd repo rm {REPOSITORY}
argocd repo rm https://git.homelab.local/kept.git
argocd repo list --refresh hard
argocd repocreds add https://git.homelab.local --username a --password b
argocd repocreds rm https://git.homelab.local
argocd cluster set in-cluster --label a=b
argocd cluster set in-cluster --name renamed
argocd cluster rotate-auth in-cluster
argocd cluster rm {SERVER} -y
argocd account update-password --current-password a --new-password bbbbbbbbbb
argocd account update-password --account docs --current-password a --new-password bbbbbbbbbb
argocd account generate-token --account docs
argocd account generate-token --account docs --id made --expires-in 1h
argocd account delete-token --account docs kept
argocd cert rm github.com
argocd cert add-ssh --batch < /dev/null
argocd gpg rm 4AEE18F83AFDEB23
argocd appset create set.yaml
argocd appset create set.yaml --upsert
argocd appset create set.yaml --dry-run
argocd appset delete kept -y
argocd appset generate set.yaml
argocd logout "$ARGOCD_SERVER"
curl -sS -X POST $J -d '{{}}' $A/applications/stale/sync
curl -sS -X POST $J -d '{{"dryRun":true}}' $A/applications/stale/sync
curl -sS -X POST $J -d '{{"id":0}}' $A/applications/web/rollback
curl -sS -X DELETE $J $A/applications/web
curl -sS -X DELETE $J $A/applications/web?cascade=false
curl -sS -X DELETE $J $A/applications/web/operation
curl -sS -X PUT $J -d '{{"project":"other"}}' $A/applications/web/spec
curl -sS -X PATCH $J -d '{{"name":"web","patch":"{{}}","patchType":"merge"}}' $A/applications/web
curl -sS -X POST $J -d @app.json $A/applications
curl -sS -X POST $J -d @app.json $A/applications?upsert=true
curl -sS $A/applications/web?refresh=normal
curl -sS $A/applications/web?refresh=hard
curl -sS "$A/applications/stale?%72efresh=hard"
curl -sS "$A/applications/stale?project=default&refresh=hard&refresh=normal"
curl -sS $A/applications?refresh=hard
curl -sS -X POST $J -H 'X-HTTP-Method-Override: DELETE' -d '{{}}' $A/applications/web
curl -sS -X POST $J -d '{{"project":{{"metadata":{{"name":"made"}}}}}}' $A/projects
curl -sS -X DELETE $J $A/projects/other
curl -sS -X POST $J -d '{{"repo":"{REPOSITORY}"}}' $A/repositories
curl -sS -X DELETE $J $A/clusters/in-cluster?id.type=name
curl -sS -X POST $J $A/clusters/in-cluster/invalidate-cache?id.type=name
curl -sS -X POST $J -d '{{"name":"docs"}}' $A/account/docs/token
curl -sS -X PUT $J -d '{{"newPassword":"bbbbbbbbbb","currentPassword":"a"}}' $A/account/password
curl -sS -X POST $J -d '"restart"' "$A/applications/rolled/resource/actions?$D"
curl -sS -X DELETE $J "$A/applications/stale/resource?$R&kind=ConfigMap"
curl -sS -X POST $J -d '"{{}}"' "$A/applications/stale/resource?$R&kind=ConfigMap&patchType=merge"
""".splitlines()

LOCAL = {
    'argocd logout "$ARGOCD_SERVER"',
    "argocd cert add-ssh --batch < /dev/null",
}
"""What never asks ArgoCD."""

READS = """\
argocd app list
argocd app list -o name
argocd app get web
argocd app get stale --show-operation
argocd app get web -o yaml
argocd app history web
argocd app resources web
argocd app manifests web
argocd app manifests stale --source git
argocd app diff web
argocd app diff stale
argocd app actions list rolled --kind Deployment
argocd app get-resource web --kind ConfigMap --resource-name web -o yaml
argocd app logs web
argocd appset list
argocd appset get kept -o yaml
argocd proj list
argocd proj get other
argocd proj role list other
argocd proj windows list other
argocd repo list
argocd repocreds list
argocd cluster list
argocd account list
argocd account get-user-info
argocd account can-i sync applications 'default/web'
argocd cert list
argocd gpg list
argocd version --short
curl -sS $A/applications/web
curl -sS $A/applications/web/resource-tree
curl -sS $A/applications?fields=items.metadata.name
curl -sS $A/projects/default
""".splitlines()

# Some that change an object each in a way of its own when nothing is in between.
BYPASSED = [
    "argocd app get web --refresh",
    "argocd app sync stale --async",
    "argocd app sync fresh --dry-run --async",
    "argocd app set rolled --sync-option Replace=true",
    "argocd proj set other --description changed",
    "argocd account generate-token --account docs",
    "argocd repo rm https://git.homelab.local/kept.git",
    'curl -sS -H "Authorization: Bearer $ARGOCD_AUTH_TOKEN" $A/applications/rolled?refresh=hard',
]


def application(name: str, repository: GitRepository) -> dict[str, object]:
    """An application that is synced by hand."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd", "labels": {"team": "home"}},
        "spec": {
            "project": "default",
            "source": {"repoURL": repository.url, "targetRevision": "main", "path": name},
            "destination": {"server": SERVER, "namespace": "default"},
        },
    }


OTHERS: list[Mapping[str, object]] = [
    {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "other", "namespace": "argocd"},
        "spec": {
            "roles": [{"name": "writer", "policies": ["p, proj:other:writer, applications, get, other/*, allow"]}]
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "kept",
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": "repository"},
        },
        "stringData": {"type": "git", "url": "https://git.homelab.local/kept.git", "password": "not-to-be-seen"},
    },
    {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "kept", "namespace": "argocd"},
        "spec": {
            "generators": [{"list": {"elements": []}}],
            "template": {
                "metadata": {"name": "x"},
                "spec": {"project": "default", "source": {"repoURL": REPOSITORY}, "destination": {"server": SERVER}},
            },
        },
    },
]


@dataclass
class Stage:
    """ArgoCD with its controllers stopped, and a guard before it."""

    argocd: ArgoCD
    guard: Guard
    folder: Path

    def state(self) -> dict[str, str]:
        """All of etcd but what the API server writes for itself."""
        return digest(self.argocd.cluster)

    def environment(self, handle: Handle) -> dict[str, str]:
        return self._completed(self.guard.environment(handle.ports, self.folder))

    def bypass(self) -> dict[str, str]:
        """The environment of the administrator who asks ArgoCD itself."""
        return self._completed(self.argocd.client_environment())

    def run(self, line: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["timeout", "50", "bash", "-c", line],
            env=dict(environment),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def guarded(self, line: str) -> tuple[subprocess.CompletedProcess[str], tuple[Claim, ...]]:
        handle = self.guard.serve()
        try:
            return self.run(line, self.environment(handle)), self.guard.claims(handle)
        finally:
            self.guard.end(handle)

    def changes_by(self, line: str) -> bool:
        """Does a line change anything where there is no guard? Some wait afterwards for a controller, which does not
        run here; they are ended."""
        before = self.state()
        with subprocess.Popen(
            ["bash", "-c", line],
            env=self.bypass(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as command:
            changed = wait_until(lambda: self.state() != before, within=50, every=0.2)
            wait_until(lambda: command.poll() is not None, within=2)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(command.pid, signal.SIGKILL)
        return changed

    def _completed(self, own: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "J": "-H content-type:application/json",
            "P": '{"data":{"value":"9"}}',
            "M": "application/merge-patch+json",
            "D": "namespace=default&version=v1&resourceName=rolled&group=apps&kind=Deployment",
            "R": "namespace=default&version=v1&resourceName=stale",
            "A": f"http://{own['ARGOCD_SERVER']}/api/v1",
            **own,
        }


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """ArgoCD on a cluster of this module's own, without controllers: `web` is synced, `stale` is behind Git, `fresh`
    was never synced."""
    folder = tmp_path_factory.mktemp("argocd")
    with (
        _start(request, lambda: Cluster(name="guarded")) as cluster,
        _start(request, lambda: ArgoCD(cluster, resync=3)) as argocd,
    ):
        names = ("web", "stale", "fresh")
        files = {f"{name}/config.yaml": CONFIG_MAP.format(name=name, value=1) for name in names}
        repository = GitRepository(folder / "repository", {**files, "rolled/web.yaml": DEPLOYMENT})
        for object_ in (*OTHERS, *(application(name, repository) for name in (*names, "rolled"))):
            cluster.apply(object_)
        for name in ("web", "stale", "rolled"):
            argocd.cli("app", "sync", name)
        repository.commit({"stale/config.yaml": CONFIG_MAP.format(name="stale", value=2)})
        argocd.cli("app", "get", "stale", "--hard-refresh")
        argocd.wait("web")
        argocd.wait("stale", sync="OutOfSync")
        argocd.wait("fresh", sync="OutOfSync", health="Missing")
        for role in ("application-controller", "applicationset-controller"):
            argocd.servers[role].stop()
        (folder / "bin").mkdir()
        (folder / "bin" / "argocd").symlink_to(binaries.find("argocd"))
        (folder / "set.yaml").write_text(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: made, namespace: argocd}\n"
            "spec:\n  generators: [{list: {elements: []}}]\n  template:\n    metadata: {name: x}\n"
            "    spec: {project: default, source: {repoURL: a, path: b}, destination: {name: in-cluster}}\n"
        )
        (folder / "app.json").write_text(
            '{"metadata":{"name":"made"},"spec":{"project":"default","source":{"repoURL":"' + repository.url + '",'
            '"path":"web"},"destination":{"server":"' + SERVER + '","namespace":"default"}}}'
        )
        upstream = plain(argocd.url, {"Authorization": f"Bearer {argocd.admin_token}"})
        with Guard({"argocd": Route(SYSTEM, upstream)}) as guard:
            yield Stage(argocd, guard, folder)


def test_no_command_changes_anything(stage: Stage) -> None:
    assert len(CHANGES) >= 100
    before = stage.state()
    assert {f"/registry/argoproj.io/applications/argocd/{name}" for name in ("web", "stale", "fresh")} <= set(before)
    changed, unheard = {}, {}
    for line in CHANGES:
        handle = stage.guard.serve()
        try:
            done = stage.run(line, stage.environment(handle))
            requests = stage.guard.requests(handle)
        finally:
            stage.guard.end(handle)
        if not requests:
            unheard[line] = done.stdout + done.stderr
        assert done.returncode != 124, f"{line} did not end"
        assert "not-to-be-seen" not in done.stdout + done.stderr
        after = stage.state()
        different = changes(before, after)
        if different:
            changed[line] = different
            before = after
    assert changed == {}
    # What the command itself declines proves nothing of the guard.
    assert {line: said for line, said in unheard.items() if line not in LOCAL} == {}


@pytest.mark.parametrize("line", READS)
def test_a_read_gives_what_it_gives_without_the_guard(stage: Stage, line: str) -> None:
    through, _ = stage.guarded(line)
    token = ' -H "Authorization: Bearer $ARGOCD_AUTH_TOKEN"' if line.startswith("curl") else ""
    direct = stage.run(line + token, stage.bypass())
    assert through.returncode == direct.returncode, through.stderr
    # Sorted, as the command prints some tables in another order each time.
    assert sorted(through.stdout.splitlines()) == sorted(direct.stdout.splitlines())


def test_a_sync_ends_well_and_says_that_it_was_proved(stage: Stage) -> None:
    done, claims = stage.guarded("argocd app sync stale && argocd app wait stale --timeout 20")
    assert done.returncode == 0, done.stderr
    assert "truebook's guard proved this and did not run it" in done.stdout
    assert {claim.holds for claim in claims} == {True}
    assert "a sync of the application stale would change ConfigMap default/stale" in {claim.text for claim in claims}


def test_a_sync_of_what_is_not_there_fails(stage: Stage) -> None:
    done, _ = stage.guarded("argocd app sync nowhere")
    assert done.returncode != 0
    done, claims = stage.guarded("curl -sS -X POST $J -d '{}' $A/applications/nowhere/sync")
    assert '"code":' in done.stdout
    assert [claim.holds for claim in claims] == [False]


def test_a_wait_for_what_does_not_come_ends(stage: Stage) -> None:
    done, claims = stage.guarded("argocd app sync fresh && argocd app wait fresh")
    assert done.returncode == 20
    assert [claim.text for claim in claims if claim.holds is False] == [
        "the application fresh comes into the state that is waited for"
    ]


def test_an_account_that_may_not_sync_is_told_so(stage: Stage) -> None:
    upstream = plain(stage.argocd.url, {"Authorization": f"Bearer {stage.argocd.docs_token}"})
    with Guard({"argocd": Route(SYSTEM, upstream)}) as guard:
        handle = guard.serve()
        done = stage.run("argocd app sync stale", stage._completed(guard.environment(handle.ports, stage.folder)))
        claims = guard.claims(handle)
    assert done.returncode != 0
    assert "the account may not sync the application stale" in done.stderr
    assert False in {claim.holds for claim in claims}


def test_the_guard_could_fail(stage: Stage) -> None:
    """Last, as it changes what the others look at: without the guard the same commands do change objects."""
    assert shutil.which("curl")
    for line in BYPASSED:
        assert stage.changes_by(line), line
