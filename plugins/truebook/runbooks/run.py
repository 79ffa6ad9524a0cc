"""Do with each block what was planned: sessions in parallel, the blocks of one in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from truebook.errors import TruebookError
from truebook.model import BlockResult, Claim, Planned, ResultState
from truebook.redact import hide
from truebook.runbooks import outcome as outcomes
from truebook.runbooks.cache import Cache
from truebook.runbooks.fill.scan import names_set
from truebook.runbooks.sandbox.job import GuardLike, Job, Place
from truebook.runbooks.sandbox.session import Session

Prove = Callable[[Planned], tuple[Claim, ...] | None]
"""Checks a block's claims through the API in place of running it; None where the block is to be run all the same."""
Progress = Callable[[BlockResult], None]

BACKOFF = (1.0, 2.0, 4.0, 8.0)
"""Seconds before the first retry, the second, …; the last for all further."""

_NOT_RUN = ("parse", "skip", "refuse")


@dataclass(frozen=True)
class Runner:
    """What all blocks of a run share.

    `place` is None where there is no sandbox to be had; `no_place` says why. `cluster` and `tools` (program → version)
    are for the results. `sleep` waits between retries. `fair` has the last word on a result,
    such as that a failure was not the block's fault.
    """

    place: Place | None
    guard: GuardLike | None = None
    prove: Prove | None = None
    cache: Cache | None = None
    no_place: str = "there is no sandbox"
    cluster: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    fair: Callable[[Planned, BlockResult], BlockResult] = lambda planned, result: result

    def run(self, planned: Sequence[Planned], *, jobs: int = 4, progress: Progress | None = None) -> list[BlockResult]:
        """The results, in the order of `planned`. `progress` is told of each as it comes, one at a time."""
        sessions: dict[tuple[str, str], list[int]] = {}
        for index, one in enumerate(planned):
            sessions.setdefault((one.block.path, one.block.session), []).append(index)
        results: dict[int, BlockResult] = {}
        lock = threading.Lock()

        def work(indices: list[int]) -> None:
            def tell(place: int, result: BlockResult) -> None:
                with lock:
                    results[indices[place]] = result
                    if progress is not None:
                        progress(result)

            self._session([planned[index] for index in indices], tell)

        with ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="block") as pool:
            futures = [pool.submit(work, indices) for indices in sessions.values()]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [results[index] for index in range(len(planned))]

    def _session(self, blocks: Sequence[Planned], tell: Callable[[int, BlockResult], None]) -> None:
        keys = self._keys(blocks)
        known = self._known(blocks, keys)
        session = Session()
        names: set[str] = set()
        for index, one in enumerate(blocks):
            if one.plan in ("run", "dry-run"):
                # These are the variables that verdicts knew of; no block is heard on others.
                names |= names_set(one.block.script)
            result, session = (known[index], session) if known else self._block(one, session)
            session = session.only(names)
            result = self.fair(one, result)
            if self.cache is not None and keys[index] and not result.cached:
                self.cache.keep(keys[index], result)
            tell(index, result)

    def _keys(self, blocks: Sequence[Planned]) -> list[str]:
        """The cache's keys; empty for a block that starts nothing."""
        keys: list[str] = []
        before = ""
        for one in blocks:
            if self.cache is None or not self._starts(one):
                keys.append("")
                continue
            before = self.cache.key(one, before)
            keys.append(before)
        return keys

    def _known(self, blocks: Sequence[Planned], keys: Sequence[str]) -> list[BlockResult] | None:
        """The results of a session of which nothing has changed. It is all or nothing: a block that has to be run
        needs the variables of those before it, and these are not kept."""
        if self.cache is None or not any(keys):
            return None
        found = []
        for one, key in zip(blocks, keys, strict=True):
            result = self.cache.find(key, one) if key else _not_run(one)
            if result is None:
                return None
            found.append(result)
        return found

    def _starts(self, one: Planned) -> bool:
        return one.plan not in _NOT_RUN and not one.filling.missing

    def _block(self, one: Planned, session: Session) -> tuple[BlockResult, Session]:
        """A block's result, and what the next of its session gets."""
        if not self._starts(one):
            return _not_run(one), session
        claims = self.prove(one) if self.prove is not None and one.plan != "run" else None
        if claims is not None:
            return self._proved(one, claims), session
        if self.place is None:
            return self._result(one, "unknown", self.no_place), session
        for attempt in range(one.block.options.retry + 1):
            if attempt:
                self.sleep(BACKOFF[min(attempt, len(BACKOFF)) - 1])
            result, next_session = self._attempt(self.place, one, session)
            if result.state == "passed":
                break
        return result, next_session

    def _proved(self, one: Planned, claims: tuple[Claim, ...]) -> BlockResult:
        if not claims:
            return self._result(one, "unknown", f"nothing could be checked; {one.reason}")
        finding = outcomes.of_claims(claims) or outcomes.Finding("passed", one.reason)
        return replace(self._result(one, finding.state, finding.reason), claims=claims)

    def _attempt(self, place: Place, one: Planned, session: Session) -> tuple[BlockResult, Session]:
        options = one.block.options
        job = Job(one.filling.script, timeout=options.timeout, cwd=options.cwd, session=session, guard=self.guard)
        started_at = _now()
        try:
            outcome = place.run(job)
        except TruebookError as error:
            return self._result(one, "unknown", error.message, started_at), session
        if one.filling.secrets:
            said = hide(outcome.output.decode(errors="surrogateescape"), one.filling.secrets)
            outcome = replace(outcome, output=said.encode(errors="surrogateescape"))
        finding = outcomes.look(one, outcome)
        result = replace(
            self._result(one, finding.state, finding.reason, started_at),
            duration=round(outcome.duration, 3),
            exit_code=outcome.exit_code,
            failed_line=finding.line,
            output=outcomes.redacted(outcome.output),
            requests=outcome.requests,
            claims=outcome.claims,
        )
        return result, outcome.report.session if outcome.report.ended else session

    def _result(self, one: Planned, state: ResultState, reason: str, started_at: str = "") -> BlockResult:
        words = set(one.filling.script.split())
        return replace(
            _not_run(one),
            state=state,
            reason=reason,
            started_at=started_at or _now(),
            cluster=self.cluster,
            tools={name: version for name, version in self.tools.items() if name in words},
        )


def _not_run(one: Planned) -> BlockResult:
    block = one.block
    return BlockResult(
        path=block.path,
        line=block.line,
        ordinal=block.ordinal,
        state="not-run",
        plan=one.plan,
        verdict=one.judgement.verdict,
        reason=one.reason,
        values=one.filling.values,
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
