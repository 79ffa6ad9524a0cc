"""Whose fault it is that a block failed, and what is known of it then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.runbooks_run.samples import planned as sample
from truebook.guard import web
from truebook.model import BlockResult, Claim, RequestRecord
from truebook.pages.results import ShownResult, said
from truebook.pipeline_blame import fair, instead

RESULT = BlockResult("docs/page.md", 3, 0, "passed", "run", "read", "reads objects")


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
