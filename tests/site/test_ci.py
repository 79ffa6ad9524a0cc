"""The CI configurations in `deploy/ci`: each step is run here, for docs that are right and docs that are not."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from tests import schemas
from tests.site.pipelines import GITHUB, GITLAB, Machine, Ran, read
from tests.site.test_plugin import Site
from tests.unit.test_deploy import ALONE
from truebook import recording
from truebook.pipeline import EMBEDDED
from truebook.replay.serve import start

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("kubectl") is None, reason="needs bubblewrap and kubectl"
)
WORKFLOW: Any = read(GITHUB)
PIPELINE: Any = read(GITLAB)
SHARDS = (1, 2, 3)
MKDOCS = """\
site_name: Test
theme: {name: null, custom_dir: theme}
plugins: [truebook/state, truebook/runbooks]
markdown_extensions: [pymdownx.superfences]
"""
CATALOG = """\
cluster: homelab
domains: [homelab.local]
components:
  - name: vault
    title: Vault
    group: Safes
    purpose: Secrets management
    find: {application: vault, workload: StatefulSet vault/vault, ingress: vault/vault}
"""
URL = "[vault.homelab.local](https://vault.homelab.local)"
PAGE = f"""\
# Operations

<!-- BEGIN truebook:components group=Safes columns=component,purpose,url -->
| Component | Purpose | URL |
|-----------|---------|-----|
| Vault | Secrets management | {URL} |
<!-- END truebook -->
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of docs that are right, with a committed recording. The sandbox's user may look into it."""
    for above in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        above.chmod(above.stat().st_mode | 0o055)
    folder = tmp_path / "checkout"
    folder.mkdir()
    made = Site(folder)
    shutil.rmtree(folder / "docs")
    (folder / "docs").mkdir()
    (folder / "mkdocs.yml").write_text(MKDOCS)
    (folder / "truebook.yml").write_text(CATALOG)
    shutil.copy(EMBEDDED, folder / "recording.json")
    made.write("index.md", PAGE)
    for number in range(4):
        made.write(f"run{number}.md", f"# {number}\n\n```bash\nkubectl get ns -o name -l page={number}\n```\n")
    return folder


def github(checkout: Path, *, sandbox: bool = True, lose: int = 0, **secrets: str) -> tuple[Machine, list[list[Ran]]]:
    """Run the whole workflow; each job's steps. `lose` a share's report on the way."""
    context = {f"secrets.{name}": value for name, value in secrets.items()} | {"strategy.job-total": str(len(SHARDS))}
    machine = Machine(checkout, checkout.parent / "runner", sandbox)
    jobs = []
    for number in SHARDS:
        jobs.append(machine.github(WORKFLOW, "check", {**context, "matrix.shard": str(number)}))
        shutil.rmtree(checkout / "reports", ignore_errors=True)  # each job has a checkout of its own
    shutil.rmtree(machine.artifacts / f"truebook-shard-{lose}", ignore_errors=True)
    return machine, [*jobs, machine.github(WORKFLOW, "report", context)]


def failed(steps: list[Ran]) -> list[tuple[str, int]]:
    return [(step.name, step.code) for step in steps if step.code]


def said(jobs: list[list[Ran]]) -> str:
    return "\n".join(f"--- {step.name}: {step.code}\n{step.output}" for job in jobs for step in job)


def named(steps: list[Ran], name: str) -> Ran:
    return next(step for step in steps if step.name == name)


# --- as files -----------------------------------------------------------------------------------------------------


def test_both_are_what_their_hosts_understand() -> None:
    assert schemas.faults(schemas.GITHUB_WORKFLOW, WORKFLOW) == []
    assert schemas.faults(schemas.GITLAB_CI, PIPELINE) == []


def test_no_script_has_text_of_somebody_else_put_into_it() -> None:
    """What stands between `${{ }}` is put into a script before the shell sees it: a branch's name would be run."""
    steps = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
    assert all("@v" in step["uses"] for step in steps if "uses" in step)


def test_the_workflow_may_do_little() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in WORKFLOW["jobs"]["check"]
    assert WORKFLOW["jobs"]["report"]["permissions"] == {"contents": "read", "security-events": "write"}
    assert "pull_request_target" not in WORKFLOW["on"]
    checkouts = [
        step for job in WORKFLOW["jobs"].values() for step in job["steps"] if "checkout" in step.get("uses", "")
    ]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False, False]


def test_both_jobs_prepare_themselves_alike() -> None:
    check, report = (WORKFLOW["jobs"][name]["steps"] for name in ("check", "report"))
    alike = [
        [step for step in steps if step.get("name") in ("Install", "Choose the state")] for steps in (check, report)
    ]
    assert alike[0] == alike[1]


# --- GitHub -------------------------------------------------------------------------------------------------------


def test_github_is_green_where_the_docs_are_right(checkout: Path) -> None:
    machine, jobs = github(checkout)
    assert [failed(steps) for steps in jobs] == [[], [], [], []], said(jobs)
    ran = {step.name for steps in jobs for step in steps}
    every = {step["name"] for job in WORKFLOW["jobs"].values() for step in job["steps"] if "run" in step}
    assert ran == every
    installed = machine.log.read_text()
    assert installed.count("pip install --quiet truebook[fast,site]") == len(SHARDS) + 1
    assert "none of which counts as a failure" in machine.summary.read_text()

    kept = machine.artifacts / "truebook"
    whole = json.loads((kept / "truebook.json").read_text())["report"]
    assert len(whole["blocks"]) == 4
    assert {block["result"]["state"] for block in whole["blocks"]} == {"passed"}
    parts = [json.loads(path.read_text())["report"] for path in sorted(machine.artifacts.glob("truebook-shard-*/*"))]
    assert sum(len(part["blocks"]) for part in parts) == 4
    assert schemas.faults(schemas.SARIF, json.loads((kept / "truebook.sarif").read_text())) == []
    assert JUnitXml.fromfile(str(kept / "truebook.xml")).tests >= 5
    assert "truebook:state" in (kept / "site" / "index.html").read_text()

    # A report that is committed balances the next run.
    (checkout / ".truebook").mkdir(exist_ok=True)
    shutil.copy(kept / "truebook.json", checkout / ".truebook" / "durations.json")
    again = machine.github(WORKFLOW, "check", {"matrix.shard": "2", "strategy.job-total": "3"})
    assert failed(again) == [], said([again])


def test_github_fails_where_the_docs_drifted_and_says_where(checkout: Path) -> None:
    page = checkout / "docs" / "index.md"
    page.write_text(page.read_text().replace("https://vault.", "https://v."))
    machine, jobs = github(checkout)
    assert [failed(steps) for steps in jobs] == [[], [], [], [("Fail where the docs drifted", 1)]], said(jobs)
    assert "::warning file=docs/index.md,line=6" in named(jobs[-1], "Merge the shares").output
    assert "docs/index.md" in machine.summary.read_text()
    results = json.loads((checkout / "truebook.sarif").read_text())["runs"][0]["results"]
    places = {one["ruleId"]: one["locations"][0]["physicalLocation"] for one in results if one["level"] == "warning"}
    assert {place["artifactLocation"]["uri"] for place in places.values()} == {"docs/index.md"}
    assert {place["region"]["startLine"] for place in places.values()} == {6}


def test_github_fails_where_a_block_fails(checkout: Path) -> None:
    (checkout / "docs" / "run1.md").write_text("# 1\n\n```bash\nkubectl get ns nowhere\n```\n")
    _, jobs = github(checkout)
    assert [failed(steps) for steps in jobs[:3]] == [[], [], []], said(jobs)
    assert failed(jobs[-1])[-1] == ("Fail where the docs drifted", 1)
    assert "::error file=docs/run1.md,line=4" in named(jobs[-1], "Merge the shares").output


def test_github_names_a_share_that_got_lost(checkout: Path) -> None:
    machine, jobs = github(checkout, lose=2)
    assert failed(jobs[-1]) == [("Fail where the docs drifted", 2)], said(jobs)
    assert "shard 2 of 3 is missing" in machine.summary.read_text()


def test_github_fails_loudly_without_a_sandbox(checkout: Path) -> None:
    _, jobs = github(checkout, sandbox=False)
    for steps in jobs:
        assert failed(steps)[0] == ("Let the sandbox work", 1), said(jobs)
        assert "::error title=truebook::This runner forbids the sandbox" in named(steps, "Let the sandbox work").output
        assert "Check this share" not in {step.name for step in steps}
    assert failed(jobs[-1])[-1] == ("Fail where the docs drifted", 2)


def test_github_never_takes_another_clusters_state(checkout: Path) -> None:
    """Without a cluster and without a recording, truebook by itself would show the homelab that comes with it."""
    (checkout / "recording.json").unlink()
    _, jobs = github(checkout)
    for steps in jobs:
        assert failed(steps)[0] == ("Choose the state", 2), said(jobs)
        assert "There is neither the secret" in named(steps, "Choose the state").output


def test_github_reads_the_cluster_where_the_runner_reaches_it(checkout: Path, tmp_path: Path) -> None:
    (checkout / "recording.json").unlink()
    (checkout / "truebook.yml").write_text(CATALOG.replace("components:", f"{ALONE}\ncomponents:"))
    folder = tmp_path / "replay"
    folder.mkdir()
    with start(recording.load(EMBEDDED), directory=folder) as cluster:
        machine, jobs = github(checkout, TRUEBOOK_KUBECONFIG=cluster.kubeconfig.read_text())
    share = named(jobs[0], "Check this share").output
    assert "state from the embedded homelab" not in share
    assert "state from" in share
    for steps in jobs[:3]:
        assert failed(steps) == [], said(jobs)
    whole = json.loads((checkout / "truebook.json").read_text())["report"]
    assert {block["result"]["state"] for block in whole["blocks"]} == {"passed"}
    kubeconfig = machine.folder / "temp" / "kubeconfig"
    assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600


def test_github_fails_where_the_site_was_built_without_truebook(checkout: Path) -> None:
    (checkout / "mkdocs.yml").write_text(MKDOCS.replace("[truebook/state, truebook/runbooks]", "[]"))
    _, jobs = github(checkout)
    assert ("Look whether the plugins saw the site", 1) in failed(jobs[-1]), said(jobs)


# --- GitLab -------------------------------------------------------------------------------------------------------


def gitlab(checkout: Path, *, sandbox: bool = True, lose: int = 0, **variables: str) -> list[Ran]:
    """Run the pipeline: the shares, then the report. Artifacts of the first stage are in the second's checkout."""
    machine = Machine(checkout, checkout.parent / "runner", sandbox)
    total = PIPELINE["truebook-check"]["parallel"]
    jobs = [
        machine.gitlab(
            PIPELINE, "truebook-check", {**variables, "CI_NODE_INDEX": str(number), "CI_NODE_TOTAL": str(total)}
        )
        for number in range(1, total + 1)
    ]
    (checkout / "reports" / f"{lose}.json").unlink(missing_ok=True)
    return [*jobs, machine.gitlab(PIPELINE, "truebook-report", variables)]


def codes(jobs: list[Ran]) -> list[int]:
    return [job.code for job in jobs]


def test_gitlab_is_green_where_the_docs_are_right(checkout: Path) -> None:
    jobs = gitlab(checkout)
    assert codes(jobs) == [0, 0, 0, 0], said([jobs])
    assert JUnitXml.fromfile(str(checkout / "truebook.xml")).tests >= 5
    kept = PIPELINE["truebook-report"]["artifacts"]
    assert [list(checkout.glob(pattern)) != [] for pattern in kept["paths"]] == [True, True]
    assert (checkout / kept["reports"]["junit"]).is_file()
    assert "none of which counts as a failure" in jobs[-1].output


def test_gitlab_fails_where_the_docs_drifted_or_a_share_got_lost(checkout: Path) -> None:
    page = checkout / "docs" / "index.md"
    right = page.read_text()
    page.write_text(right.replace("https://vault.", "https://v."))
    jobs = gitlab(checkout)
    assert codes(jobs) == [0, 0, 0, 1], said([jobs])
    assert "docs/index.md:6: warning: " in jobs[-1].output
    shutil.rmtree(checkout.parent / "runner")
    page.write_text(right)
    jobs = gitlab(checkout, lose=2)
    assert codes(jobs) == [0, 0, 0, 2], said([jobs])
    assert "shard 2 of 3 is missing" in jobs[-1].output


def test_gitlab_fails_loudly_without_a_sandbox_or_a_state(checkout: Path) -> None:
    jobs = gitlab(checkout, sandbox=False)
    assert codes(jobs) == [1, 1, 1, 1]
    assert all("this runner forbids the sandbox" in job.output for job in jobs)
    shutil.rmtree(checkout.parent / "runner")
    (checkout / "recording.json").unlink()
    jobs = gitlab(checkout)
    assert codes(jobs) == [2, 2, 2, 2]
    assert all("there is neither" in job.output for job in jobs)


def test_gitlab_reads_the_cluster_where_the_runner_reaches_it(checkout: Path, tmp_path: Path) -> None:
    (checkout / "recording.json").unlink()
    (checkout / "truebook.yml").write_text(CATALOG.replace("components:", f"{ALONE}\ncomponents:"))
    folder = tmp_path / "replay"
    folder.mkdir()
    with start(recording.load(EMBEDDED), directory=folder) as cluster:
        jobs = gitlab(checkout, TRUEBOOK_KUBECONFIG=str(cluster.kubeconfig))
    assert codes(jobs[:3]) == [0, 0, 0], said([jobs])
    assert "state from the embedded homelab" not in jobs[0].output
