"""The flow of a run, top-down: planned blocks → systems → guard → sandbox or proofs → results → did anything change?

`pipeline_runbooks` says how blocks are found, filled and planned, `pipeline_systems` how APIs are reached,
`pipeline_workshop` what blocks are run with.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache as once
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from truebook import pipeline, pipeline_policy
from truebook.guard.policy import PolicyState
from truebook.model import BlockResult, Inventory, Planned, RequestRecord, ResultState
from truebook.pipeline import State
from truebook.pipeline_blame import fair, instead
from truebook.pipeline_runbooks import available
from truebook.pipeline_workshop import SandboxKind, Workshop
from truebook.recording import KubernetesData, Recording
from truebook.runbooks import results
from truebook.runbooks.cache import Cache, passed, programs
from truebook.runbooks.fingerprint import Change, Fingerprint, Object, changes
from truebook.runbooks.programs import Versions, called
from truebook.runbooks.run import Runner
from truebook.runbooks.split import join, split
from truebook.settings import Settings

Progress = Callable[[BlockResult], None]

CACHE = Path(".cache", "truebook", "runs")
"""Where results are kept, below the folder of the settings."""
_WORDS: dict[ResultState, str] = {
    "passed": "passed",
    "failed": "failed",
    "unknown": "could not be told",
    "not-run": "not run",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How to run. `repository` is what blocks see of this machine. `jobs` pages are run at once, 0: as many as there
    are processors. `start` false takes over results of earlier runs and starts nothing; `fresh` takes over none.
    `cache` is the folder of results. `allow_unrecorded`: what can't be told for want of an answer that the recording
    does not hold (pods' logs, say) is no reason for exit code 2."""

    repository: Path
    cache: Path
    jobs: int = 0
    sandbox: SandboxKind = "bubblewrap"
    start: bool = True
    fresh: bool = False
    allow_unrecorded: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it. `results[i]` is that of `planned[i]`; `place` is where blocks ran, empty where none did;
    `notes` are what everybody has to be told, `unread` which sources could not be read. `policy` says whether the
    cluster itself keeps truebook from writing (None: there is no cluster), `unguarded` that it had to and does not."""

    planned: tuple[Planned, ...]
    results: tuple[BlockResult, ...]
    inventory: Inventory
    replayed: bool
    place: str = ""
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    policy: PolicyState | None = None
    unguarded: bool = False
    allow_unrecorded: bool = False

    @property
    def blamed(self) -> tuple[Change, ...]:
        """What changed meanwhile, and could have been changed by the run."""
        return tuple(change for change in self.changes if change.blamed)

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a block failed or changed something, 2 it could not be told, as where nothing was tested or a
        policy is required that is not in force."""
        states = {result.state for result in self.results}
        if "failed" in states or self.blamed:
            return 1
        told = (result.state != "unknown" or (self.allow_unrecorded and result.unrecorded) for result in self.results)
        unsure = not all(told) or "passed" not in states or self.less_than_planned
        return 2 if unsure or self.unread or self.unguarded else 0

    @property
    def less_than_planned(self) -> bool:
        """Whether blocks that were to run were only proved, for want of a sandbox."""
        pairs = zip(self.planned, self.results, strict=False)
        return any(one.plan == "dry-run" and result.plan == "prove" and not result.requests for one, result in pairs)


def run(
    planned: Sequence[Planned],
    state: State,
    inventory: Inventory,
    settings: Settings,
    options: Options,
    *,
    progress: Progress | None = None,
) -> Run:
    """Run what is planned to be run, prove what is planned to be proved, and look whether anything changed."""
    tools = available()
    policy = pipeline_policy.find_out(settings, replayed=state.replayed)
    with Workshop(
        state,
        inventory,
        settings,
        repository=options.repository,
        sandbox=options.sandbox,
        start=options.start,
        tools=tools,
    ) as workshop:
        names = called(one.filling.script for one in planned)
        cache = None if options.fresh else _cache(state, settings, options, names, workshop)
        runner = Runner(
            place=workshop,
            prove=workshop.prove,
            cache=cache,
            cluster=inventory.cluster,
            tools=Versions(names),
            fair=partial(_fair, workshop=workshop, replayed=state.replayed),
        )
        parts = [split(one, tools=tools, aliases=settings.runbooks.aliases) for one in planned]
        done = iter(runner.run([part for whole in parts for part in whole], jobs=_jobs(options), progress=progress))
        joined = [join(one, [next(done) for _ in whole]) for one, whole in zip(planned, parts, strict=True)]
        requests = (*workshop.requests_of_proofs(), *(record for one in joined for record in one.requests))
        changed, unseen = _changes(state, settings, requests) if workshop.started else ((), ())
        found = Run(
            planned=tuple(planned),
            results=tuple(joined),
            inventory=inventory,
            replayed=state.replayed,
            place=workshop.description,
            notes=(*workshop.notes, *filter(None, (pipeline_policy.note(policy),))),
            unread=(*pipeline.unwell(state.recording.statuses()), *unseen),
            changes=changed,
            policy=policy,
            unguarded=pipeline_policy.is_missed(policy, settings),
            allow_unrecorded=options.allow_unrecorded,
        )
    if cache is not None and workshop.started:
        cache.prune()
    return found


def _jobs(options: Options) -> int:
    return options.jobs or os.cpu_count() or 2


def _fair(planned: Planned, result: BlockResult, *, workshop: Workshop, replayed: bool) -> BlockResult:
    found = fair(result, replayed=replayed)
    return instead(found, workshop.prove_instead(planned)) if found.unrecorded and planned.plan == "run" else found


def repository_of(folder: Path) -> Path:
    """The root of the Git repository that a folder is in, else the folder."""
    place = folder.resolve()
    return next((above for above in (place, *place.parents) if (above / ".git").exists()), place)


def as_json(found: Run, exit_code: int) -> dict[str, Any]:
    """A run for programs."""
    return {
        "cluster": found.inventory.cluster,
        "origin": found.inventory.origin,
        "replayed": found.replayed,
        "read_at": found.inventory.recorded_at,
        "sandbox": found.place,
        "notes": list(found.notes),
        "unread": list(found.unread),
        "policy": found.policy and {"state": found.policy.state, "reason": found.policy.reason},
        "changes": [
            {"object": str(one.object), "kind": one.kind, "blamed": one.blamed, "reason": one.reason}
            for one in found.changes
        ],
        "exit_code": exit_code,
        "blocks": [results.as_json(*pair) for pair in zip(found.planned, found.results, strict=True)],
    }


def summary(found: Run) -> str:
    """`3 shell blocks: 2 passed, 1 not run (1 taken over from an earlier run)`."""
    untold = [result.unrecorded and result.state == "unknown" for result in found.results]
    counts = Counter(result.state for result, is_untold in zip(found.results, untold, strict=True) if not is_untold)
    kinds = [f"{counts[state]} {word}" for state, word in _WORDS.items() if counts[state]]
    unrecorded = sum(untold)
    kinds += [f"{unrecorded} not told by the recording"] if unrecorded else []
    cached = sum(result.cached for result in found.results)
    checked = sum(result.unrecorded and result.state == "passed" for result in found.results)
    kinds += [f"{checked} of those that passed only checked, as the recording ends there"] if checked else []
    taken = f" ({cached} as in an earlier run, of which nothing changed)" if cached else ""
    blocks = "shell block" if len(found.results) == 1 else "shell blocks"
    return f"{len(found.results)} {blocks}: {', '.join(kinds)}{taken}" if kinds else "no shell blocks"


def _cache(state: State, settings: Settings, options: Options, names: Iterable[str], workshop: Workshop) -> Cache:
    """The results of earlier runs. They hold as long as the state that was read is the same."""
    recording = state.recording
    digest = hashlib.sha256()
    for name, part in sorted(recording.parts.items()):
        digest.update(f"{name} {part.state}\n".encode())
        digest.update(bytes(part.data))
    read = digest.hexdigest()
    recorded = {name for name, part in recording.parts.items() if part.state == "fresh"}

    def reads(requests: tuple[RequestRecord, ...]) -> str | None:
        if state.replayed:
            return read
        # Of the live systems, only what was read before the run says whether it is still the same.
        beyond = any(record.system not in recorded or record.path.endswith("/log") for record in requests)
        return None if beyond or not requests else read

    def lasts(result: BlockResult) -> bool:
        # What a recording does not hold today it does not hold tomorrow.
        asked = result.exit_code is not None or result.plan == "prove"
        return passed(result) or (state.replayed and result.state == "unknown" and asked and not workshop.failed)

    places = (options.sandbox, bool(shutil.which("bwrap")), sorted(available()))
    decided = (settings.runbooks, places, state.replayed, recording.cluster.name, version("truebook"), engine())
    return Cache(
        options.cache,
        reads=reads,
        programs=programs(names),
        settings=hashlib.sha256(repr(decided).encode()).hexdigest(),
        lasts=lasts,
    )


@once
def engine(package: Path = Path(__file__).parent) -> str:
    """A digest of this package's own source: results of another engine hold no longer, though its version be the same.

    Of the content, not of times: a fresh checkout of the same source is the same engine.
    """
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _changes(
    state: State, settings: Settings, requests: Sequence[RequestRecord]
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """What is not as it was before the run, and why that can't be told. A replay keeps nothing: nothing of it can
    change."""
    before = state.recording.parts.get("kubernetes")
    if state.replayed or before is None or before.state != "fresh":
        return (), ()
    after = pipeline.read_live(settings)
    part = after.parts.get("kubernetes")
    if part is None or part.state != "fresh":
        return (), ("the cluster could not be read after the run: whether anything changed is not known",)
    return changes(_fingerprint(state.recording), _fingerprint(after), requests), ()


def _fingerprint(recording: Recording) -> Fingerprint:
    """Each object and a digest of what people write of it."""
    data: KubernetesData = recording.kubernetes()
    found = {}
    for key, listed in data.lists.items():
        for one in data.objects(key):
            metadata = one.get("metadata") or {}
            place = Object(listed.group, listed.resource, metadata.get("namespace") or "", metadata.get("name") or "")
            found[place] = _digest(one)
    return found


def _digest(one: dict[str, Any]) -> str:
    kept = {key: value for key, value in one.items() if key not in ("status", "metadata")}
    metadata = one.get("metadata") or {}
    kept["metadata"] = {
        key: value for key, value in metadata.items() if key not in ("resourceVersion", "managedFields")
    }
    return hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest()
