"""The CI configurations in `deploy/ci`: each step is run here, for docs that are right and docs that are not.

All jobs run once for docs that are right. Where docs are not, the jobs that this concerns run again; the reports of
the other shares are those of the docs that are right, as a share's report says nothing of the others' blocks.
"""

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


def repository(place: Path) -> Path:
    """A repository of docs that are right, with a committed recording. The sandbox's user may look into it."""
    for above in (place, place.parent, place.parent.parent):
        above.chmod(above.stat().st_mode | 0o055)
    folder = place / "checkout"
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


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return repository(tmp_path)


Jobs = list[list[Ran]]
Done = tuple[Path, Machine, Jobs]


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The whole workflow for docs that are right: the checkout, the machine, and each job's steps."""
    folder = repository(tmp_path_factory.mktemp("github"))
    return folder, *github(folder)


def github(
    checkout: Path,
    *,
    shares: tuple[int, ...] = SHARDS,
    of: int = len(SHARDS),
    others: Machine | None = None,
    sandbox: bool = True,
    lose: int = 0,
    builds: bool = True,
    **secrets: str,
) -> tuple[Machine, Jobs]:
    """Run the workflow; each job's steps. The shares that are not among `shares` are those of `others`. `lose` one's
    report on the way. `builds` is False where nothing is asked of the site."""
    context = {f"secrets.{name}": value for name, value in secrets.items()} | {"strategy.job-total": str(of)}
    machine = Machine(checkout, checkout.parent / "runner", sandbox)
    if others is not None:
        for number in set(SHARDS) - set(shares):
            name = f"truebook-shard-{number}"
            shutil.copytree(others.artifacts / name, machine.artifacts / name)
    jobs = []
    for number in shares:
        jobs.append(machine.github(WORKFLOW, "check", {**context, "matrix.shard": str(number)}))
        shutil.rmtree(checkout / "reports", ignore_errors=True)  # each job has a checkout of its own
    shutil.rmtree(machine.artifacts / f"truebook-shard-{lose}", ignore_errors=True)
    leave_out = () if builds else ("Build the site", "Look whether the plugins saw the site")
    return machine, [*jobs, machine.github(WORKFLOW, "report", context, leave_out=leave_out)]


def share_of(page: str, machine: Machine) -> int:
    """The number of the share that tested a page's block."""
    for path in machine.artifacts.glob("truebook-shard-*/*.json"):
        if any(block["result"]["path"] == page for block in json.loads(path.read_text())["report"]["blocks"]):
            return int(path.stem)
    raise AssertionError(f"no share tested {page}")


def failed(steps: list[Ran]) -> list[tuple[str, int]]:
    return [(step.name, step.code) for step in steps if step.code]


def said(jobs: Jobs) -> str:
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


def test_github_is_green_where_the_docs_are_right(green: Done) -> None:
    _, machine, jobs = green
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


def test_github_balances_shares_by_a_report_that_is_committed(checkout: Path, green: Done) -> None:
    """Blocks that took as long as they say are in another share than those that all took the same."""
    whole = json.loads((green[1].artifacts / "truebook" / "truebook.json").read_text())
    for number, block in enumerate(whole["report"]["blocks"]):
        block["result"]["duration"] = 0.1 if number else 100.0
    (checkout / ".truebook").mkdir()
    (checkout / ".truebook" / "durations.json").write_text(json.dumps(whole))
    machine = Machine(checkout, checkout.parent / "runner")
    steps = machine.github(WORKFLOW, "check", {"matrix.shard": "1", "strategy.job-total": "2"})
    assert failed(steps) == [], said([steps])
    (report,) = machine.artifacts.glob("*/1.json")
    found = json.loads(report.read_text())["report"]["blocks"]
    assert [block["result"]["path"] for block in found] == [whole["report"]["blocks"][0]["result"]["path"]]


def test_github_fails_where_the_docs_drifted_and_says_where(checkout: Path, green: Done) -> None:
    page = checkout / "docs" / "index.md"
    page.write_text(page.read_text().replace("https://vault.", "https://v."))
    machine, jobs = github(checkout, shares=(1,), others=green[1])  # only the first compares pages
    assert [failed(steps) for steps in jobs] == [[], [("Fail where the docs drifted", 1)]], said(jobs)
    assert "::warning file=docs/index.md,line=6" in named(jobs[-1], "Merge the shares").output
    assert "docs/index.md" in machine.summary.read_text()
    results = json.loads((checkout / "truebook.sarif").read_text())["runs"][0]["results"]
    places = {one["ruleId"]: one["locations"][0]["physicalLocation"] for one in results if one["level"] == "warning"}
    assert {place["artifactLocation"]["uri"] for place in places.values()} == {"docs/index.md"}
    assert {place["region"]["startLine"] for place in places.values()} == {6}


def test_github_fails_where_a_block_fails(checkout: Path, green: Done) -> None:
    (checkout / "docs" / "run1.md").write_text("# 1\n\n```bash\nkubectl get ns nowhere\n```\n")
    _, jobs = github(checkout, shares=(share_of("docs/run1.md", green[1]),), others=green[1], builds=False)
    assert failed(jobs[0]) == [], said(jobs)
    assert failed(jobs[-1])[-1] == ("Fail where the docs drifted", 1)
    assert "::error file=docs/run1.md,line=4" in named(jobs[-1], "Merge the shares").output


def test_github_tells_what_a_recording_does_not_hold_and_goes_on(checkout: Path, green: Done) -> None:
    (checkout / "docs" / "run1.md").write_text("# 1\n\n```bash\nkubectl get events -n argocd\n```\n")
    machine, jobs = github(checkout, shares=(share_of("docs/run1.md", green[1]),), others=green[1], builds=False)
    assert [failed(steps) for steps in jobs] == [[], []], said(jobs)
    assert "the recording does not hold GET /api/v1/namespaces/argocd/events" in machine.summary.read_text()


def test_github_names_a_share_that_got_lost(checkout: Path, green: Done) -> None:
    machine, jobs = github(checkout, shares=(), others=green[1], lose=2, builds=False)
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
        machine, jobs = github(checkout, shares=(1,), of=1, TRUEBOOK_KUBECONFIG=cluster.kubeconfig.read_text())
    share = named(jobs[0], "Check this share").output
    assert "state from the embedded homelab" not in share
    assert "state from" in share
    assert failed(jobs[0]) == [], said(jobs)
    whole = json.loads((checkout / "truebook.json").read_text())["report"]
    assert len(whole["blocks"]) == 4
    assert {block["result"]["state"] for block in whole["blocks"]} == {"passed"}
    kubeconfig = machine.folder / "temp" / "kubeconfig"
    assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600


def test_github_fails_where_the_site_was_built_without_truebook(checkout: Path, green: Done) -> None:
    (checkout / "mkdocs.yml").write_text(MKDOCS.replace("[truebook/state, truebook/runbooks]", "[]"))
    _, jobs = github(checkout, shares=(), others=green[1])
    assert failed(jobs[-1]) == [("Look whether the plugins saw the site", 1)], said(jobs)


# --- GitLab -------------------------------------------------------------------------------------------------------


TOTAL = PIPELINE["truebook-check"]["parallel"]


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Ran]]:
    """The whole pipeline for docs that are right: the checkout, which has the shares' reports, and the jobs."""
    folder = repository(tmp_path_factory.mktemp("gitlab"))
    return folder, gitlab(folder)


def gitlab(
    checkout: Path,
    *,
    shares: tuple[int, ...] = tuple(range(1, TOTAL + 1)),
    of: int = TOTAL,
    others: Path | None = None,
    sandbox: bool = True,
    lose: int = 0,
    reports: bool = True,
    **variables: str,
) -> list[Ran]:
    """Run the pipeline: the shares, then the report. Artifacts of the first stage are in the second's checkout; those
    of shares that are not among `shares` are from the checkout `others`. `reports` is False for the shares alone."""
    machine = Machine(checkout, checkout.parent / "runner", sandbox)
    if others is not None:
        shutil.copytree(others / "reports", checkout / "reports")
    jobs = [
        machine.gitlab(
            PIPELINE, "truebook-check", {**variables, "CI_NODE_INDEX": str(number), "CI_NODE_TOTAL": str(of)}
        )
        for number in shares
    ]
    (checkout / "reports" / f"{lose}.json").unlink(missing_ok=True)
    return [*jobs, machine.gitlab(PIPELINE, "truebook-report", variables)] if reports else jobs


def codes(jobs: list[Ran]) -> list[int]:
    return [job.code for job in jobs]


def test_gitlab_is_green_where_the_docs_are_right(passed: tuple[Path, list[Ran]]) -> None:
    checkout, jobs = passed
    assert codes(jobs) == [0, 0, 0, 0], said([jobs])
    assert JUnitXml.fromfile(str(checkout / "truebook.xml")).tests >= 5
    kept = PIPELINE["truebook-report"]["artifacts"]
    assert [list(checkout.glob(pattern)) != [] for pattern in kept["paths"]] == [True, True]
    assert (checkout / kept["reports"]["junit"]).is_file()
    assert "none of which counts as a failure" in jobs[-1].output


def test_gitlab_fails_where_the_docs_drifted(checkout: Path, passed: tuple[Path, list[Ran]]) -> None:
    page = checkout / "docs" / "index.md"
    page.write_text(page.read_text().replace("https://vault.", "https://v."))
    jobs = gitlab(checkout, shares=(1,), others=passed[0])
    assert codes(jobs) == [0, 1], said([jobs])
    assert "docs/index.md:6: warning: " in jobs[-1].output


def test_gitlab_names_a_share_that_got_lost(checkout: Path, passed: tuple[Path, list[Ran]]) -> None:
    jobs = gitlab(checkout, shares=(), others=passed[0], lose=2)
    assert codes(jobs) == [2], said([jobs])
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
        jobs = gitlab(checkout, shares=(1,), of=1, reports=False, TRUEBOOK_KUBECONFIG=str(cluster.kubeconfig))
    assert jobs[0].code == 0, said([jobs])
    assert "state from the embedded homelab" not in jobs[0].output
