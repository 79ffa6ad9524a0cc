"""The files of `deploy/`: what kubectl makes of them, and their scripts, run here. tests/real applies them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from truebook import recording
from truebook.pipeline import EMBEDDED
from truebook.replay.serve import start
from truebook.state.sources import SOURCES

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("kubectl", "git", "curl", "bwrap")),
    reason="needs kubectl, git, curl and bubblewrap",
)
ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FOLDERS = sorted(path.parent.relative_to(DEPLOY).as_posix() for path in DEPLOY.rglob("kustomization.yaml"))


def rendered(folder: str) -> list[dict[str, Any]]:
    done = subprocess.run(["kubectl", "kustomize", str(DEPLOY / folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def pods(objects: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each workload with the spec of its pods."""
    for one in objects:
        spec = one.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield one, template["spec"]


# --- manifests ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_is_a_kustomization(folder: str) -> None:
    found = rendered(folder)
    assert found
    names = [(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]) for one in found]
    assert len(set(names)) == len(names)
    assert "Secret" not in {one["kind"] for one in found}  # credentials are never part of a repository


def test_the_readme_tells_of_each_folder_and_file() -> None:
    text = (DEPLOY / "README.md").read_text()
    folders = [folder for folder in FOLDERS if folder != "."]
    files = [path.relative_to(DEPLOY).as_posix() for path in (DEPLOY / "ci").rglob("*") if path.is_file()]
    files += [path.relative_to(DEPLOY).as_posix() for path in (DEPLOY / "image").iterdir()]
    untold = [name for name in (*folders, *files) if f"`{name}`" not in text and f"`{name}/`" not in text]
    assert untold == []


def test_the_root_lays_down_the_policy_before_any_right() -> None:
    kinds = [one["kind"] for one in rendered(".")]
    assert kinds.index("ValidatingAdmissionPolicyBinding") < kinds.index("ClusterRoleBinding")
    assert {one["kind"] for one in rendered("base")} == {
        "Namespace",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
    }


def test_what_pods_refer_to_is_there_or_said_to_be_optional() -> None:
    for folder in FOLDERS:
        objects = rendered(folder)
        configs = {one["metadata"]["name"] for one in objects if one["kind"] == "ConfigMap"}
        configs |= {one["metadata"]["name"] for one in rendered("repository")}
        for _, pod in pods(objects):
            volumes = {one["name"]: one for one in pod["volumes"]}
            for container in pod["containers"]:
                mounted = {one["name"] for one in container["volumeMounts"]}
                assert mounted == set(volumes)
                for source in container.get("envFrom", ()):
                    if "secretRef" in source:
                        assert source["secretRef"]["optional"] is True
                    else:
                        assert source["configMapRef"]["name"] in configs
            for volume in volumes.values():
                if "secret" in volume:
                    assert volume["secret"]["optional"] is True
                if "configMap" in volume:
                    assert volume["configMap"]["name"] in configs


def test_shards_and_completions_are_one_number() -> None:
    ((job, pod),) = pods(rendered("shards"))
    variables = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    assert str(spec["completions"]) == variables["TRUEBOOK_SHARDS"]
    assert spec["maxFailedIndexes"] == spec["completions"]


def test_the_site_has_no_token_and_asks_nobody() -> None:
    objects = {one["kind"]: one for one in rendered("site")}
    assert objects["ServiceAccount"]["automountServiceAccountToken"] is False
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for kind, selector in (
        ("Service", "selector"),
        ("NetworkPolicy", "podSelector"),
        ("PodDisruptionBudget", "selector"),
    ):
        found = objects[kind]["spec"][selector]
        assert found.get("matchLabels", found) == labels
    assert objects["NetworkPolicy"]["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in objects["NetworkPolicy"]["spec"]
    (container,) = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()


def test_the_image_copies_what_there_is_and_runs_as_the_pods_do() -> None:
    text = (DEPLOY / "image" / "Containerfile").read_text()
    sources = [name for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE) for name in line.split()[:-1]]
    assert sources
    assert [name for name in sources if not (ROOT / name).exists()] == []
    (user,) = re.findall(r"^USER (\d+):\d+$", text, re.MULTILINE)
    for folder in ("record", "shards", "shards/merge"):
        ((_, pod),) = pods(rendered(folder))
        assert str(pod["securityContext"]["runAsUser"]) == user


# --- scripts ------------------------------------------------------------------------------------------------------

CATALOG = """\
cluster: homelab
%s
domains: [homelab.local]
"""
OFF = ", ".join(f"{name}: {{enabled: false}}" for name in SOURCES if name not in ("kubernetes", "argocd", "git"))
ALONE = f"argocd: {{enabled: false}}\ngit: {{enabled: false}}\nsystems: {{{OFF}}}"
"""Only the API server is read: what else the replayed cluster knows of is nowhere."""


@dataclass
class Lab:
    """A repository of docs on a bare one, a pod's folder and variables, and a cluster that is replayed."""

    folder: Path
    variables: dict[str, str]

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    def script(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.sh([str(DEPLOY / name)], **more)

    def sh(self, arguments: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", *arguments],
            cwd=self.folder,
            env={**self.variables, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.origin), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, files: Mapping[str, str]) -> None:
        work = self.folder / "work"
        for name, text in files.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text)
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@homelab.local")
        for arguments in (
            ("add", "--all"),
            (*who, "commit", "--quiet", "-m", "Docs"),
            ("push", "--quiet", "origin", "HEAD"),
        ):
            subprocess.run(["git", *arguments], cwd=work, check=True)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    for above in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        above.chmod(above.stat().st_mode | 0o055)
    tools, temporary, replay = (tmp_path / name for name in ("tools", "tmp", "replay"))
    for made in (tools, temporary, replay):
        made.mkdir()
    (tools / "truebook").write_text(f'#!/bin/sh\nexec {sys.executable} -m truebook "$@"\n')
    (tools / "truebook").chmod(0o755)
    temporary.chmod(0o755)
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(tmp_path / "origin.git")], check=True)
    subprocess.run(["git", "clone", "--quiet", str(tmp_path / "origin.git"), str(tmp_path / "work")], check=True,
                   capture_output=True)  # fmt: skip
    subprocess.run(["git", "checkout", "--quiet", "-B", "main"], cwd=tmp_path / "work", check=True)
    with start(recording.load(EMBEDDED), directory=replay) as cluster:
        variables = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "TMPDIR": str(temporary),
            "GIT_CONFIG_NOSYSTEM": "1",
            "KUBECONFIG": str(cluster.kubeconfig),
            "REPOSITORY": f"file://{tmp_path / 'origin.git'}",
            "BRANCH": "main",
            "RECORDING": "state/recording.json",
        }
        lab = Lab(tmp_path, variables)
        lab.commit({"truebook.yml": CATALOG % ALONE, "docs/index.md": "# Docs\n", "state/.keep": ""})
        yield lab


def test_a_recording_is_committed(lab: Lab) -> None:
    done = lab.script("record/record.sh")
    assert done.returncode == 0, done.stderr
    assert "pushed" in done.stderr
    assert lab.git("log", "--format=%an: %s", "main").splitlines() == ["truebook: Record what is live", "Ann: Docs"]
    assert lab.git("show", "--name-only", "--format=", "main") == "state/recording.json"
    kept = lab.folder / "kept.json"
    kept.write_text(lab.git("show", "main:state/recording.json"))
    assert recording.load(kept).parts["kubernetes"].state == "fresh"
    assert list((lab.folder / "tmp").iterdir()) == []  # nothing is left behind, credentials least of all
    again = lab.script("record/record.sh")
    assert (again.returncode, lab.git("rev-list", "--count", "main")) == (0, "3"), again.stderr


def test_what_could_be_read_is_committed_and_the_exit_code_says_that_it_is_not_all(lab: Lab) -> None:
    lab.commit(
        {"truebook.yml": CATALOG % ALONE.replace("argocd: {enabled: false}", "argocd: {url: http://127.0.0.1:1}")}
    )
    done = lab.script("record/record.sh")
    assert done.returncode == 2, done.stderr
    assert lab.git("log", "-1", "--format=%s", "main") == "Record what is live"


def test_nothing_is_committed_where_nothing_was_read(lab: Lab) -> None:
    done = lab.script("record/record.sh", KUBECONFIG=str(lab.folder / "none"))
    assert done.returncode == 2, done.stderr
    assert lab.git("rev-list", "--count", "main") == "1"


def test_a_push_that_came_in_between_fails_for_another_try(lab: Lab) -> None:
    hook = lab.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'somebody was faster' >&2\nexit 1\n")
    hook.chmod(0o755)
    done = lab.script("record/record.sh")
    assert done.returncode not in (0, 2), done.stderr  # 2 would mean that another try is of no use
    hook.unlink()
    assert lab.script("record/record.sh").returncode == 0


@dataclass
class Store:
    """A place to upload to; what came there."""

    url: str
    code: int = 200
    came: list[tuple[str, str, str, bytes]] = field(default_factory=list)


@pytest.fixture
def store() -> Iterator[Store]:
    found = Store("")

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.came.append((self.command, self.path, self.headers.get("Authorization", ""), body))
            self.send_response(found.code)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}/docs/recording.json"
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_recording_is_uploaded_in_place_of_a_commit(lab: Lab, store: Store) -> None:
    curl = lab.folder / "curl.conf"
    curl.write_text(f'url = "{store.url}"\nheader = "Authorization: Bearer planted-token"\n')
    done = lab.script("record/record.sh", UPLOAD=str(curl))
    assert done.returncode == 0, done.stderr
    ((method, path, authorization, body),) = store.came
    assert (method, path, authorization) == ("PUT", "/docs/recording.json", "Bearer planted-token")
    assert json.loads(body)["schema"] == recording.load(EMBEDDED).schema
    assert lab.git("rev-list", "--count", "main") == "1"
    assert "planted-token" not in done.stdout + done.stderr
    store.code = 403
    assert lab.script("record/record.sh", UPLOAD=str(curl)).returncode not in (0, 2)


def test_gits_credentials_are_used_and_not_shown(lab: Lab) -> None:
    secret = lab.folder / "credentials"
    secret.write_text("https://ann:planted-token@git.homelab.local\n")
    secret.chmod(0o440)
    seen = lab.folder / "seen"
    git = lab.folder / "tools" / "git"
    # What Git would send for that host, asked of it as `git push` would.
    real = shutil.which("git")
    git.write_text(
        f'#!/bin/sh\nif [ "$1" = clone ]; then printf "protocol=https\\nhost=git.homelab.local\\n" '
        f'| {real} credential fill >"{seen}"; fi\nexec {real} "$@"\n'
    )
    git.chmod(0o755)
    done = lab.script("record/record.sh", CREDENTIALS=str(secret))
    assert done.returncode == 0, done.stderr
    assert "password=planted-token" in seen.read_text()
    assert "planted-token" not in done.stdout + done.stderr


PAGES = {
    f"docs/run{number}.md": f"# {number}\n\n```bash\nkubectl get ns -o name -l page={number}\n```\n"
    for number in range(4)
}
REGION = "<!-- BEGIN truebook:components group=Security columns=component -->\n<!-- END truebook -->\n"


def merge(lab: Lab, reports: Path) -> subprocess.CompletedProcess[str]:
    """Run what the merge's container runs."""
    ((_, pod),) = pods(rendered("shards/merge"))
    shell, *arguments = pod["containers"][0]["command"]
    assert shell == "/bin/sh"
    return lab.sh(arguments, REPORTS=str(reports))


@pytest.fixture
def reports(lab: Lab) -> Path:
    lab.commit({**PAGES, "docs/index.md": f"# Docs\n\n{REGION}"})
    folder = lab.folder / "reports"
    folder.mkdir()
    return folder


def share(lab: Lab, reports: Path, index: int, of: int = 2, **more: str) -> subprocess.CompletedProcess[str]:
    numbers = {"JOB_COMPLETION_INDEX": str(index), "TRUEBOOK_SHARDS": str(of)}
    return lab.script("shards/shard.sh", REPORTS=str(reports), **numbers, **more)


def test_shares_are_tested_and_merged_and_balanced_by_the_last_time(lab: Lab, reports: Path) -> None:
    for turn in range(2):
        for index in range(2):
            done = share(lab, reports, index)
            assert done.returncode == 0, done.stderr
        assert sorted(path.name for path in reports.glob("[0-9]*.json")) == ["0.json", "1.json"]
        merged = merge(lab, reports)
        assert merged.returncode in (0, 1), merged.stderr  # 1: there is no row yet, so that is drift
        whole = json.loads((reports / "durations.json").read_text())["report"]
        assert [block["result"]["state"] for block in whole["blocks"]] == ["passed"] * 4, turn
        assert (reports / "report.xml").is_file()
        assert list(reports.glob("[0-9]*.json")) == []  # what was merged can't be taken for a later run's
    assert "shell blocks: 4 passed" in merged.stderr


def test_a_share_whose_blocks_fail_has_done_its_work_and_the_merge_says_so(lab: Lab, reports: Path) -> None:
    lab.commit({"docs/run1.md": "# 1\n\n```bash\nkubectl get ns nowhere\n```\n"})
    assert [share(lab, reports, index).returncode for index in range(2)] == [0, 0]
    merged = merge(lab, reports)
    assert merged.returncode == 1
    assert "docs/run1.md:4: failed: " in merged.stderr


def test_a_share_that_never_ran_is_named(lab: Lab, reports: Path) -> None:
    lab.commit({"docs/index.md": "# Docs\n"})
    assert share(lab, reports, 0).returncode == 0
    merged = merge(lab, reports)
    assert (merged.returncode, "shard 2 of 2 is missing" in merged.stderr) == (2, True), merged.stderr
    nothing = merge(lab, reports)
    assert nothing.returncode == 2, nothing.stderr


def test_a_share_without_a_sandbox_or_a_cluster_fails_and_leaves_no_report(lab: Lab, reports: Path) -> None:
    (reports / "0.json").write_text("an older run's")
    assert share(lab, reports, 0, TRUEBOOK_RECORDING="nowhere.json").returncode not in (0, 3)
    bwrap = lab.folder / "tools" / "bwrap"
    bwrap.write_text("#!/bin/sh\nexit 1\n")
    bwrap.chmod(0o755)
    done = share(lab, reports, 1)
    assert (done.returncode, "forbids the sandbox" in done.stderr) == (3, True)
    assert list(reports.iterdir()) == []
