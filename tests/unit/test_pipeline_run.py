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
from truebook.guard import web
from truebook.model import BlockResult, Claim, Inventory, Planned, RequestRecord
from truebook.pages.results import ShownResult, said
from truebook.pipeline import State
from truebook.pipeline_blame import fair, instead
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


def request(
    status: int, decision: str = "forward", reason: str = "a read", system: str = "kubernetes"
) -> RequestRecord:
    return RequestRecord(system, "GET", "/api/v1/pods", decision, status, reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "replayed", "state", "words"),
    [
        (request(404), True, "failed", ""),
        (request(200), True, "failed", ""),
        (
            request(200, system="vault"),
            True,
            "failed",
            "1 (of GET /api/v1/pods the recording holds only the fields that",
        ),
        (request(403), True, "unknown", "the recording does not hold GET /api/v1/pods"),
        (request(403), False, "unknown", "truebook's account is not permitted to GET /api/v1/pods"),
        (request(403, "refuse", "never"), False, "failed", ""),
        (request(503), False, "unknown", "kubernetes answered 503 to GET /api/v1/pods"),
        (request(503, "forward", "kubernetes can't be reached: refused"), False, "unknown", "can't be reached"),
        (request(501), True, "unknown", "a recording does not tell what the API server answers to GET /api/v1/pods"),
        (request(501, system="vault"), True, "unknown", "a recording does not tell what vault answers to"),
        (request(501), False, "failed", ""),
        (request(503, "refuse", "holds no web pages", "http"), True, "unknown", "holds no web pages"),
        (request(503, "answer", "", "http"), True, "unknown", "http answered 503"),
    ],
)
def test_who_is_to_blame(made: RequestRecord, replayed: bool, state: str, words: str) -> None:
    failed = replace(RESULT, state="failed", reason="exit code 1", failed_line=4, requests=(request(200), made))
    found = fair(failed, replayed=replayed)
    assert found.state == state
    assert words in found.reason
    assert ("only the fields" in found.reason) == ("only the fields" in words)
    assert fair(failed, replayed=False).reason.find("only the fields") == -1
    ends = made.status in (403, 501) or (made.status == 503 and made.decision == "refuse")
    assert found.unrecorded == (replayed and state == "unknown" and ends)
    assert fair(replace(failed, state="passed"), replayed=replayed).state == "passed"


MAY_NOT = Claim("the account may not sync x", False, "GET /api/v1/account/can-i/applications/sync/home/x")


@pytest.mark.parametrize(
    ("claims", "exit_code", "state", "reason"),
    [
        ((Claim("x exists", True), MAY_NOT), None, "not-run", "not permitted to truebook: the account may not sync x"),
        ((replace(MAY_NOT, source="POST /v1/sys/capabilities-self"),), None, "not-run", "not permitted to truebook"),
        (
            (replace(MAY_NOT, source="POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),),
            None,
            "not-run",
            "not permitted to truebook",
        ),
        ((MAY_NOT, Claim("it has no earlier deployment", False)), None, "failed", "does not hold"),
        ((Claim("x does not exist", False, "GET /api/v1/applications/x"),), None, "failed", "does not hold"),
        # What ran and failed may have failed by itself.
        ((MAY_NOT,), 20, "failed", "does not hold"),
    ],
)
def test_what_truebook_is_not_permitted_is_not_the_blocks_fault(
    claims: tuple[Claim, ...], exit_code: int | None, state: str, reason: str
) -> None:
    failed = replace(
        RESULT,
        state="failed",
        plan="prove",
        reason="does not hold: x",
        started_at="2026-01-02T03:04:05Z",
        claims=claims,
        exit_code=exit_code,
    )
    found = fair(failed, replayed=False)
    assert (found.state, found.claims) == (state, claims)
    assert found.reason.startswith(reason)
    if state == "not-run":
        assert said(ShownResult(sample("echo"), found)).startswith(
            "Not run: not permitted to truebook: the account may not sync x"
        )


@pytest.mark.parametrize(
    ("method", "path", "decision", "state"),
    [
        ("GET", "/api/v1/namespaces/x/secrets/y", "refuse", "not-run"),
        ("GET", "/api/v1/secrets", "refuse", "not-run"),
        ("DELETE", "/api/v1/namespaces/x/secrets/y", "refuse", "failed"),
        ("GET", "/api/v1/namespaces/x/pods/y/exec", "refuse", "failed"),
        ("GET", "/api/v1/namespaces/secrets/pods/secrets", "refuse", "failed"),
        ("GET", "/api/v1/namespaces/x/secrets", "forward", "failed"),
    ],
)
def test_a_block_that_needs_a_secret_is_not_to_blame_for_the_guard(
    method: str, path: str, decision: str, state: str
) -> None:
    asked = replace(request(403, decision), method=method, path=path, status=200 if decision == "forward" else 403)
    later = replace(asked, decision="refuse", path="/api/v1/namespaces/x/pods/y/exec")
    failed = replace(RESULT, state="failed", reason="refused", failed_line=4, exit_code=1, requests=(asked, later))
    found = fair(failed, replayed=False)
    assert found.state == state
    if state == "not-run":
        assert found.reason == f"not permitted to truebook: it reads no Secret, as GET {path} would"
        assert found.failed_line == 0


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        (
            "charts.example.com:443",
            "not permitted to truebook: charts.example.com:443 is of no domain that the inventory",
        ),
        ("localhost:9090", "not permitted to truebook: localhost:9090 is this machine itself"),
        ("vualt.homelab.local:443", "refused"),
        ("169.254.169.254:443", "refused"),
        ("10.1.2.3:443", "refused"),
        ("vault:443", "refused"),
    ],
)
def test_a_host_elsewhere_is_not_the_blocks_fault_and_a_misspelt_one_is(host: str, reason: str) -> None:
    refusal = web.reachable(host, frozenset({"vault.homelab.local", "nas.homelab.local:9000", "10.0.0.1", "argocd"}))
    assert refusal is not None
    asked = RequestRecord("http", "CONNECT", host, "refuse", 403, refusal.reason)
    found = fair(replace(RESULT, state="failed", reason="refused", exit_code=6, requests=(asked,)), replayed=True)
    assert found.state == ("failed" if reason == "refused" else "not-run")
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("exit_code", "reason", "state"),
    [
        (127, "exit code 127: /truebook/block/script: line 1: dig: command not found", "unknown"),
        (127, "exit code 127", "failed"),
        (1, "exit code 1: x: dig: command not found", "failed"),
    ],
)
def test_a_program_that_is_not_there_is_not_the_blocks_fault(exit_code: int, reason: str, state: str) -> None:
    found = fair(replace(RESULT, state="failed", reason=reason, exit_code=exit_code, failed_line=4), replayed=False)
    assert (found.state, found.reason) == (state, "dig is not installed here" if state == "unknown" else reason)


def asked(method: str, path: str, status: int) -> RequestRecord:
    kind = "forward" if method == "GET" else "dry-run"
    return RequestRecord("kubernetes", method, path, kind, status)  # type: ignore[arg-type]


HOLDS, FALSE, OPEN = Claim("a", True), Claim("b is not so", False), Claim("c", None)
SPACES, SHOP, JOBS = "/api/v1/namespaces", "/api/v1/namespaces/shop/pods", "/apis/batch/v1/namespaces/x/jobs"
WAITED = "exit code 1: error: timed out waiting for the condition on pods/a"


@pytest.mark.parametrize(
    ("requests", "reason", "said"),
    [
        ((asked("POST", SPACES, 201), asked("POST", SHOP, 404)), "exit code 1", f"POST {SHOP} needs what"),
        ((asked("POST", JOBS, 201), asked("GET", f"{JOBS}/j", 404)), "exit code 1", f"GET {JOBS}/j needs what"),
        ((asked("PATCH", f"{JOBS}/j", 201), asked("GET", f"{JOBS}/j", 404)), "exit code 1", f"GET {JOBS}/j needs what"),
        ((asked("PATCH", f"{JOBS}/j", 200), asked("GET", SHOP, 200)), WAITED, "it waits for what the block only did"),
        ((asked("DELETE", SHOP, 200), asked("GET", SHOP, 200)), "ended: it took longer than 30 s", "it waits for what"),
        # What was there and is asked for under another name, what was never tried, what failed of something else.
        ((asked("PATCH", f"{JOBS}/j", 200), asked("GET", f"{JOBS}/k", 404)), "exit code 1", ""),
        ((asked("POST", JOBS, 201), asked("GET", "/api/v1/namespaces/jobs", 404)), "exit code 1", ""),
        ((asked("GET", f"{JOBS}/j", 404), asked("POST", JOBS, 201)), "exit code 1", ""),
        ((asked("POST", JOBS, 403), asked("GET", f"{JOBS}/j", 404)), "exit code 1", None),
        ((asked("GET", SHOP, 200),), WAITED, ""),
        ((asked("DELETE", SHOP, 200), asked("GET", SHOP, 200)), "exit code 1: error: x", ""),
        ((), WAITED, ""),
    ],
)
def test_what_a_dry_run_did_not_do_is_not_the_blocks_fault(
    requests: tuple[RequestRecord, ...], reason: str, said: str | None
) -> None:
    failed = replace(RESULT, state="failed", plan="dry-run", reason=reason, exit_code=1, requests=requests)
    found = fair(failed, replayed=False)
    if said:
        assert (found.state, found.plan, found.exit_code) == ("passed", "prove", None)
        assert found.reason.startswith(said)
        assert [claim.holds for claim in found.claims] == [True, None]
    else:
        assert found.state == ("failed" if said == "" else "unknown")
    assert fair(replace(failed, claims=(FALSE,)), replayed=False).state in ("failed", "unknown")


def test_a_block_that_was_tried_in_part_is_no_less_than_was_planned(inventory: Inventory) -> None:
    result = replace(RESULT, plan="prove", requests=(asked("POST", SPACES, 201), asked("POST", SHOP, 404)))
    one = sample("kubectl create namespace shop", plan="dry-run")
    assert not Run((one,), (result,), inventory, replayed=False).less_than_planned
    assert Run((one,), (replace(result, requests=()),), inventory, replayed=False).less_than_planned


@pytest.mark.parametrize(
    ("reason", "path", "replayed", "state"),
    [
        ("exit code 1: no", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", False, "not-run"),
        ("exit code 1: no", "/api/v1/pods", False, "failed"),
        ("exit code 1: error: Metrics API not available", "/apis", True, "unknown"),
        ("exit code 1: error: Metrics API not available", "/apis", False, "failed"),
        ("exit code 1: error: GVK x not found in OpenAPI schema", "/openapi/v3/api/v1", True, "unknown"),
    ],
)
def test_what_is_of_this_account_or_in_no_recording_is_not_the_blocks_fault(
    reason: str, path: str, replayed: bool, state: str
) -> None:
    made = RequestRecord("kubernetes", "GET", path, "forward", 200)
    found = fair(replace(RESULT, state="failed", reason=reason, exit_code=1, requests=(made,)), replayed=replayed)
    assert (found.state, found.unrecorded) == (state, state == "unknown")
    if state == "unknown":
        printed = replace(
            RESULT, state="failed", reason="exit code 1: KIND: Pod", output=f"{reason}\nKIND: Pod\n", exit_code=1
        )
        assert fair(replace(printed, requests=(made,)), replayed=True).state == "unknown"


def test_a_dry_run_without_a_sandbox_is_not_blamed_for_the_account_either() -> None:
    found = fair(replace(RESULT, state="failed", plan="dry-run", claims=(MAY_NOT,), exit_code=None), replayed=False)
    assert (found.state, found.plan) == ("not-run", "prove")


UNTOLD = replace(RESULT, state="unknown", reason="the recording does not hold GET /log", exit_code=1, unrecorded=True)


@pytest.mark.parametrize(
    ("claims", "state", "reason"),
    [
        ((), "unknown", "the recording does not hold GET /log"),
        ((OPEN,), "unknown", "the recording does not hold GET /log"),
        ((HOLDS,), "passed", "checked and not run, as the recording does not hold GET /log"),
        ((OPEN, HOLDS), "passed", "checked and not run, as the recording does not hold GET /log"),
        ((HOLDS, FALSE, OPEN), "failed", "does not hold: b is not so"),
    ],
)
def test_where_a_recording_ends_the_claims_say_what_is_known(
    claims: tuple[Claim, ...], state: str, reason: str
) -> None:
    found = instead(UNTOLD, claims)
    assert (found.state, found.reason, found.unrecorded) == (state, reason, True)
    if state == "unknown":
        assert found == UNTOLD
    else:
        assert (found.plan, found.exit_code) == ("prove", None)
        untold = Claim("the recording does not hold GET /log: the block was not run to its end", None)
        assert found.claims == (*claims, untold)


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
