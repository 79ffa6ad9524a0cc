"""Reading all sources at once into a recording.

Each source runs in a thread as soon as those it needs are done. Nothing that a source does wrong stops the others: its
last good part stays, marked stale with the reason; without one it is failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime

import msgspec

from truebook.errors import ConfigError, TruebookError
from truebook.model import SourceState
from truebook.recording import SCHEMA, SWITCHED_OFF, Cluster, Part, Recording
from truebook.redact import excerpt
from truebook.settings import Settings
from truebook.state.known import Known
from truebook.state.sources import SOURCES, Context, NotSetUp, Reading, Source, check

Progress = Callable[[str, str, int], None]
"""`progress(source, what, count)`: `count` things of `what` are read so far (`"kubernetes", "pods", 500`). When a
source is done, `what` is empty and `count` is 1 where it is fresh, else 0; a source that turns out not to be set up
never is. Called from the sources' threads."""


def collect(
    settings: Settings,
    *,
    previous: Recording | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
    sources: Mapping[str, Source] | None = None,
) -> Recording:
    """Read every source the settings ask for. Never raises for a source that fails: see the module's docstring.
    Raises ConfigError where `systems` names something that no source knows."""
    check(settings)
    chosen = SOURCES if sources is None else sources
    at = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tell: Progress = progress or (lambda source, what, count: None)
    before = previous.parts if previous is not None else {}
    cluster = previous.cluster if previous is not None else Cluster(settings.cluster or "")
    parts = {
        name: Part("absent", reason=SWITCHED_OFF) for name, source in chosen.items() if not source.enabled(settings)
    }
    known = Known(settings, parts, at=at)
    waiting = {name: source for name, source in chosen.items() if name not in parts}
    running: dict[Future[Reading], str] = {}
    with ThreadPoolExecutor(max(1, len(waiting)), thread_name_prefix="source") as pool:
        while waiting or running:
            for name in [name for name, source in waiting.items() if _ready(source, parts, chosen)]:
                source = waiting.pop(name)
                context = Context(
                    settings,
                    parts={needed: parts[needed] for needed in source.needs if needed in parts},
                    previous=_good(before.get(name)),
                    progress=_told(tell, name),
                    shared=known,
                )
                running[pool.submit(source.read, context)] = name
            if not running:
                raise ConfigError(f"sources that need each other: {', '.join(sorted(waiting))}")
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                name = running.pop(future)
                parts[name], found = _part(name, future, _good(before.get(name)), at)
                cluster = found or cluster
                if parts[name].state != "absent":  # what is not set up is neither done nor failed
                    tell(name, "", int(parts[name].state == "fresh"))
    return Recording(SCHEMA, cluster, at, {name: parts[name] for name in sorted(parts)})


def _ready(source: Source, parts: Mapping[str, Part], chosen: Mapping[str, Source]) -> bool:
    return all(needed in parts or needed not in chosen for needed in source.needs)


def _told(tell: Progress, name: str) -> Callable[[str, int], None]:
    return lambda what, count: tell(name, what, count)


def _good(part: Part | None) -> Part | None:
    """A part that has something to show."""
    return part if part is not None and part.state in ("fresh", "stale") else None


def _part(name: str, future: Future[Reading], before: Part | None, at: str) -> tuple[Part, Cluster | None]:
    """What became of a source: fresh, stale, failed or absent."""
    try:
        reading = future.result()
    except NotSetUp as error:
        return Part("absent", reason=error.message), None
    except TruebookError as error:
        reason = str(error)
    except Exception as error:  # a source's own mistake must not take the site down
        reason = f"{name}: {type(error).__name__}: {excerpt(str(error))}"
    else:
        if not reading.problem:
            return _told_now("fresh", at, reading), reading.cluster
        read_at = before.read_at if before is not None else at
        return _told_now("stale", read_at, reading), reading.cluster
    if before is None:
        return Part("failed", reason=reason), None
    return msgspec.structs.replace(before, state="stale", reason=reason), None


def _told_now(state: SourceState, read_at: str, reading: Reading) -> Part:
    return Part(state, read_at, reading.problem, list(reading.reads), reading.stand_in, reading.data)
