"""The flow of a run on a recording: what passes, what can't be told, what is started and what is not."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.unit.runbooks_run.samples import planned as sample
from truebook import pipeline, pipeline_run, pipeline_runbooks, pipeline_systems
from truebook import recording as recordings
from truebook.errors import TruebookError
from truebook.model import BlockResult, Claim, Inventory, Planned, RequestRecord
from truebook.pipeline import State
from truebook.pipeline_run import Options, Run, engine
from truebook.pipeline_workshop import WAITING, Workshop
from truebook.runbooks.fingerprint import Change, Object
from truebook.runbooks.sandbox.job import Job
from truebook.settings import Settings

ROOT = Path(__file__).parents[2]
RESULT = BlockResult("docs/page.md", 3, 0, "passed", "run", "read", "reads objects")
SANDBOXED = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("kubectl") is None, reason="needs bubblewrap and kubectl"
)


@pytest.fixture(scope="module")
def state() -> State:
    return State(recordings.load(pipeline.EMBEDDED), pipeline.EMBEDDED_NAME, replayed=True)


@pytest.fixture(scope="module")
def inventory(state: State) -> Inventory:
    return pipeline.build_inventory(state, pipeline.load_settings(ROOT / "truebook.yml"))


@pytest.fixture
def options(tmp_path: Path) -> Options:
    repository = tmp_path / "repository"
    repository.mkdir()
    tmp_path.chmod(0o755)
    return Options(repository, tmp_path / "cache", jobs=2)


def plan(text: str, inventory: Inventory, state: State) -> list[Planned]:
    reader = pipeline_runbooks.SiteReader(Settings(), ["fenced_code"], {}, folder=Path())
    page = reader.page(text, path="docs/page.md", name="page.md")
    assert reader.problems == []
    known = pipeline_runbooks.known_of(state, inventory, given={}, environment={})
    return pipeline_runbooks.Planner(Settings(), known, policy="run").page(page)


def fence(*commands: str) -> str:
    return "```bash\n" + "\n".join(commands) + "\n```\n\n"


@SANDBOXED
def test_blocks_run_against_a_replay_and_an_unchanged_run_starts_nothing(
    state: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        fence("kubectl get statefulset vault -n vault -o name")
        + fence("X=here", "echo $X")
        + fence('echo "$X" | grep here')
        + fence("kubectl get pods -n vault -l x=<nobody-knows>")
    )
    planned = plan(text, inventory, state)
    first = pipeline_run.run(planned, state, inventory, Settings(), options)
    assert [one.state for one in first.results] == ["passed", "passed", "passed", "not-run"], first.results
    assert first.results[0].output == "statefulset.apps/vault\n"
    assert first.results[0].requests[-1].path == "/apis/apps/v1/namespaces/vault/statefulsets/vault"
    assert first.results[0].tools["kubectl"].startswith("v1.")
    assert (first.place, first.exit_code) == ("bubblewrap", 0)

    def start(*_: object, **__: object) -> None:
        raise AssertionError("something was started")

    monkeypatch.setattr("truebook.pipeline_systems.routes", start)
    monkeypatch.setattr("subprocess.Popen", start)
    second = pipeline_run.run(planned, state, inventory, Settings(), options)
    assert [one.cached for one in second.results] == [True, True, True, False]
    assert [one.output for one in second.results] == [one.output for one in first.results]
    part = msgspec.structs.replace(state.recording.parts["git"], data=msgspec.Raw(b"{}"))
    parts = {**state.recording.parts, "git": part}
    other = State(msgspec.structs.replace(state.recording, parts=parts), state.origin, replayed=True)
    with pytest.raises(AssertionError, match="something was started"):
        pipeline_run.run(planned, other, inventory, Settings(), options)


@SANDBOXED
def test_a_failing_command_fails_its_block_by_its_line(state: State, inventory: Inventory, options: Options) -> None:
    text = fence("echo fine", "kubectl get statefulset nothing -n vault", "echo not reached") + fence("true")
    found = pipeline_run.run(plan(text, inventory, state), state, inventory, Settings(), options)
    assert [(one.state, one.failed_line) for one in found.results] == [("failed", 3), ("passed", 0)]
    assert 'statefulsets.apps "nothing" not found' in found.results[0].reason
    assert found.exit_code == 1
    assert pipeline_run.summary(found) == "2 shell blocks: 1 passed, 1 failed"


@SANDBOXED
def test_what_a_recording_does_not_hold_is_not_the_blocks_fault(
    state: State, inventory: Inventory, options: Options
) -> None:
    text = fence("kubectl get events -n vault") + fence("curl -fsS https://vault.homelab.local/ui/vault/secrets")
    found = pipeline_run.run(plan(text, inventory, state), state, inventory, Settings(), options)
    assert [one.state for one in found.results] == ["unknown", "unknown"]
    assert found.results[1].reason in (
        "a recording holds no web pages, nor GET https://vault.homelab.local/ui/vault/secrets",
        "this recording does not hold GET /ui/vault/secrets",
    )
    assert found.exit_code == 2
    again = pipeline_run.run(plan(text, inventory, state), state, inventory, Settings(), options)
    assert [one.cached for one in again.results] == [True, True]
    assert [one.reason for one in again.results] == [one.reason for one in found.results]


def test_without_a_sandbox_nothing_runs_and_that_is_said(
    state: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planned = plan(fence("touch canary"), inventory, state)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    found = pipeline_run.run(planned, state, inventory, Settings(), options)
    assert (found.results[0].state, found.results[0].reason) == ("unknown", "bubblewrap (bwrap) is not installed")
    assert found.notes == ("bubblewrap (bwrap) is not installed: nothing was run, only what can be proved was checked",)
    assert (found.exit_code, found.place) == (2, "")
    again = pipeline_run.run(planned, state, inventory, Settings(), options)
    assert not again.results[0].cached


def test_what_is_proved_for_want_of_a_sandbox_does_not_count_as_a_dry_run(
    state: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planned = plan(fence("kubectl scale deployment/grafana --replicas=3 -n monitoring"), inventory, state)
    planned = [replace(one, plan="dry-run") for one in planned]
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    found = pipeline_run.run(planned, state, inventory, Settings(), options)
    assert (found.results[0].state, found.results[0].plan) == ("passed", "prove")
    assert any(claim.text == "deployments grafana of monitoring exists" for claim in found.results[0].claims)
    assert found.exit_code == 2


def test_pages_that_are_served_start_nothing(state: State, inventory: Inventory, options: Options) -> None:
    planned = plan(fence("echo x") + fence("kubectl delete pod vault-0 -n vault"), inventory, state)
    found = pipeline_run.run(planned, state, inventory, Settings(), replace(options, start=False))
    assert [(one.state, one.reason, one.started_at) for one in found.results] == [("not-run", WAITING, "")] * 2
    assert not (options.cache).exists()


def test_what_cannot_be_started_is_unknown_and_not_a_crash(
    state: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    def routes(*_: object) -> None:
        raise TruebookError("the cluster is away")

    monkeypatch.setattr("truebook.pipeline_systems.routes", routes)
    planned = plan(fence("echo x") + fence("argocd app sync vault"), inventory, state)
    found = pipeline_run.run(planned, state, inventory, Settings(), options)
    assert {one.state for one in found.results} == {"unknown"}
    assert all("the cluster is away" in one.reason for one in found.results)
    assert found.notes == ("nothing was run: the cluster is away",)
    assert found.exit_code == 2


def test_a_block_that_was_tried_in_part_is_no_less_than_was_planned(inventory: Inventory) -> None:
    result = replace(
        RESULT, plan="prove", requests=(RequestRecord("kubernetes", "POST", "/api/v1/namespaces", "dry-run", 201),)
    )
    one = sample("kubectl create namespace shop", plan="dry-run")
    assert not Run((one,), (result,), inventory, replayed=False).less_than_planned
    assert Run((one,), (replace(result, requests=()),), inventory, replayed=False).less_than_planned


@SANDBOXED
def test_a_block_that_reads_logs_is_checked_as_far_as_the_recording_goes(
    state: State, inventory: Inventory, options: Options
) -> None:
    text = (
        fence("kubectl logs statefulset/vault -c vault -n vault", "echo not reached")
        + fence("kubectl logs statefulset/vault -c nothing -n vault")
        + fence("kubectl logs statefulset/nothing -n vault")
        + fence("kubectl get events -n vault")
        + fence("true")
    )
    planned = plan(text, inventory, state)
    found = pipeline_run.run(planned, state, inventory, Settings(), options)
    states = [(one.state, one.plan, one.unrecorded) for one in found.results]
    assert states[0] == ("passed", "prove", True), found.results[0]
    assert {claim.holds for claim in found.results[0].claims} == {True, None}
    assert found.results[0].claims[-1].text.endswith("vault-0/log: the block was not run to its end")
    assert [one.state for one in found.results[1:]] == ["failed", "failed", "unknown", "passed"], found.results
    assert "container nothing is not valid" in found.results[1].reason
    assert "1 not told by the recording, 1 of those that passed only checked" in pipeline_run.summary(found)


@SANDBOXED
def test_what_was_checked_in_place_of_a_run_is_taken_over_as_that(
    state: State, inventory: Inventory, options: Options
) -> None:
    planned = plan(fence("kubectl logs statefulset/vault -n vault") + fence("true"), inventory, state)
    first, again = (pipeline_run.run(planned, state, inventory, Settings(), options) for _ in range(2))
    assert [one.cached for one in again.results] == [True, True]
    assert first.results[0].plan == "prove"
    said = [[(one.state, one.plan, one.reason, one.claims) for one in found.results] for found in (first, again)]
    assert said[0] == said[1]


def run_of(*states: str, inventory: Inventory, **more: object) -> Run:
    results = tuple(replace(RESULT, state=state) for state in states)  # type: ignore[arg-type]
    return Run((), results, inventory, replayed=True, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (("passed",), 0),
        (("passed", "not-run"), 0),
        (("passed", "failed", "unknown"), 1),
        (("passed", "unknown"), 2),
        (("not-run",), 2),
        ((), 2),
    ],
)
def test_exit_codes(states: tuple[str, ...], code: int, inventory: Inventory) -> None:
    assert run_of(*states, inventory=inventory).exit_code == code


@pytest.mark.parametrize(
    ("unrecorded", "allowed", "code"), [(True, True, 0), (True, False, 2), (False, True, 2), (False, False, 2)]
)
def test_the_end_of_a_recording_is_no_reason_for_2_where_that_is_allowed(
    unrecorded: bool, allowed: bool, code: int, inventory: Inventory
) -> None:
    untold = replace(RESULT, state="unknown", unrecorded=unrecorded)
    found = run_of("passed", inventory=inventory, allow_unrecorded=allowed)
    found = replace(found, results=(*found.results, untold))
    assert found.exit_code == code
    # Where nothing at all was tested, nothing is green.
    assert replace(found, results=(untold,)).exit_code == 2


def test_a_source_that_was_not_read_and_a_change_that_the_run_could_have_made_are_not_green(
    inventory: Inventory,
) -> None:
    assert run_of("passed", inventory=inventory, unread=("argocd is stale",)).exit_code == 2
    other = Change(Object("apps", "deployments", "vault", "vault"), "changed", blamed=False)
    assert run_of("passed", inventory=inventory, changes=(other,)).exit_code == 0
    assert run_of("passed", inventory=inventory, changes=(replace(other, blamed=True),)).exit_code == 1


def test_a_replays_account_says_nothing_of_others(state: State, inventory: Inventory, tmp_path: Path) -> None:
    planned = plan(fence("kubectl scale statefulset/vault --replicas=3 -n vault"), inventory, state)
    planned = [replace(one, plan="prove") for one in planned]
    with Workshop(state, inventory, Settings(), repository=tmp_path) as workshop:
        claims = workshop.prove(planned[0])
    assert claims is not None
    assert Claim("statefulsets vault of vault exists", True, claims[0].source) == claims[0]
    assert [claim.holds for claim in claims if "may" in claim.text] == [None]


def test_a_workshop_that_is_not_to_start_starts_nothing(state: State, inventory: Inventory, tmp_path: Path) -> None:
    with Workshop(state, inventory, Settings(), repository=tmp_path, start=False) as workshop:
        with pytest.raises(TruebookError, match="nothing is run"):
            workshop.run(Job("true"))
        assert not workshop.started


def test_the_engine_is_what_its_source_says_and_not_when_it_was_written(tmp_path: Path) -> None:
    def source(name: str, *files: tuple[str, str]) -> Path:
        for path, text in files:
            place = tmp_path / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return tmp_path / name

    one = source("one", ("a.py", "x"), ("b/c.py", "y"))
    same = source("same", ("b/c.py", "y"), ("a.py", "x"), ("a.txt", "z"))
    os.utime(same / "a.py", (1, 1))
    changed = source("changed", ("a.py", "x"), ("b/c.py", "z"))
    moved = source("moved", ("a.py", "xy"), ("b/c.py", ""))
    assert engine(one) == engine(same)
    assert len({engine(one), engine(changed), engine(moved), engine(tmp_path / "none")}) == 4
    assert engine() == engine(Path(pipeline_run.__file__).parent)


@SANDBOXED
def test_a_changed_engine_takes_over_no_results(
    state: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(fence("true"), inventory, state)
    cached = []
    for digest in ("first", "first", "second"):
        monkeypatch.setattr(pipeline_run, "engine", lambda digest=digest: digest)
        found = pipeline_run.run(planned, state, inventory, Settings(), options)
        cached += [result.cached for result in found.results]
    assert cached == [False, True, False]


def test_the_repository_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "site" / "docs").mkdir(parents=True)
    assert pipeline_run.repository_of(tmp_path / "site" / "docs") == tmp_path.resolve()
    alone = Path(os.path.realpath(os.devnull)).parent
    assert pipeline_run.repository_of(alone) == alone


class TestLive:
    """A cluster that is really there, as far as a run can tell: its APIs are a replay's."""

    @pytest.fixture
    def live(self, state: State, inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> State:
        routes = pipeline_systems.routes
        monkeypatch.setattr("truebook.pipeline_systems.routes", lambda _, *more: routes(state, *more))
        monkeypatch.setattr("truebook.pipeline_policy.find_out", lambda *_, **__: None)
        return State(state.recording, "the cluster of context lab", replayed=False)

    def after(self, live: State, name: str, monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
        """What is read after the run: the Deployment `name` has another spec."""
        data = live.recording.kubernetes()
        listed = data.lists["apps/deployments"]
        items = [dict(one) for one in data.objects("apps/deployments")]
        for one in items:
            if one["metadata"]["name"] == name:
                one["spec"] = {**one["spec"], "replicas": 7}
        raw = [msgspec.Raw(msgspec.json.encode(one)) for one in items]
        lists = {**data.lists, "apps/deployments": msgspec.structs.replace(listed, items=raw)}
        encoded = recordings.encode_kubernetes(msgspec.structs.replace(data, lists=lists))
        part = msgspec.structs.replace(live.recording.parts["kubernetes"], data=encoded, **changes)
        read = msgspec.structs.replace(live.recording, parts={**live.recording.parts, "kubernetes": part})
        monkeypatch.setattr(pipeline, "read_live", lambda *_, **__: read)

    TEXT = fence("kubectl scale deployment/grafana --replicas=7 -n monitoring")

    @SANDBOXED
    def test_a_change_that_the_run_could_have_made_is_not_green(
        self, live: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        planned = plan(self.TEXT, inventory, live)
        self.after(live, "grafana", monkeypatch)
        found = pipeline_run.run(planned, live, inventory, Settings(), options)
        assert found.results[0].state == "passed", found.results
        assert [(str(one.object), one.kind) for one in found.blamed] == [
            ("deployments.apps monitoring/grafana", "changed")
        ]
        assert found.exit_code == 1

    @SANDBOXED
    def test_what_others_change_meanwhile_is_told_and_no_harm(
        self, live: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        planned = plan(self.TEXT, inventory, live)
        self.after(live, "argocd-server", monkeypatch)
        found = pipeline_run.run(planned, live, inventory, Settings(), options)
        assert (len(found.changes), found.blamed, found.exit_code) == (1, (), 0)

    @SANDBOXED
    def test_a_cluster_that_cannot_be_read_afterwards_is_not_green(
        self, live: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        planned = plan(self.TEXT, inventory, live)
        self.after(live, "grafana", monkeypatch, state="failed")
        found = pipeline_run.run(planned, live, inventory, Settings(), options)
        assert found.exit_code == 2
        assert "could not be read after the run" in found.unread[-1]

    @SANDBOXED
    def test_results_of_a_live_cluster_are_taken_over_while_it_reads_the_same(
        self, live: State, inventory: Inventory, options: Options, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        planned = plan(self.TEXT, inventory, live)
        monkeypatch.setattr(pipeline, "read_live", lambda *_, **__: live.recording)
        assert not pipeline_run.run(planned, live, inventory, Settings(), options).results[0].cached
        found = pipeline_run.run(planned, live, inventory, Settings(), options)
        assert found.results[0].cached
        assert found.exit_code == 0
