"""What `run`, `accept` and `check --run` have in common: they plan the blocks of pages and test them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from truebook import files, pipeline, pipeline_run
from truebook import pipeline_runbooks as runbooks
from truebook.cli_runbooks import say_problems
from truebook.cli_shared import say
from truebook.errors import ConfigError, TruebookError
from truebook.pipeline_workshop import SandboxKind
from truebook.runbooks.shards import share

if TYPE_CHECKING:
    from truebook.model import BlockResult, Inventory
    from truebook.pipeline import State
    from truebook.pipeline_run import Run
    from truebook.settings import Settings


@dataclass(frozen=True, slots=True)
class Testing:
    """How to test. `given` are values for placeholders; `shard` is (number, of), balanced by `durations` in seconds by
    path and line; `allow_unrecorded` as in `pipeline_run.Options`."""

    tags: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 0
    sandbox: SandboxKind = "bubblewrap"
    fresh: bool = False
    shard: tuple[int, int] | None = None
    durations: Mapping[tuple[str, int], float] = field(default_factory=dict)
    allow_unrecorded: bool = False


@dataclass(frozen=True, slots=True)
class Tested:
    """The run, why it may be less than all, and how many blocks all shards have."""

    run: Run
    problems: tuple[str, ...]
    blocks: int


def read(settings: Settings, recording: Path | None) -> tuple[State, Inventory]:
    """The state and the inventory, with a word to the user about where they are from and what is wrong with them."""
    say(f"state from {pipeline.choose_origin(settings, recording).text}")
    state = pipeline.read_state(settings, recording)
    for warning in pipeline.warnings(state, settings):
        say(f"truebook: {warning}")
    return state, pipeline.build_inventory(state, settings)


def test(paths: tuple[Path, ...], state: State, inventory: Inventory, settings: Settings, asked: Testing) -> Tested:
    """Test the blocks of pages. Raises TruebookError where nothing can be tested."""
    if not settings.runbooks.enabled or settings.runbooks.policy == "off":
        raise ConfigError("runbooks are off; set runbooks.policy to run", path=settings.path)
    reader = runbooks.Reader(settings)
    pages = [page for path in runbooks.pages_in(paths) if (page := reader.read(path)).blocks]
    if not pages:
        say_problems(reader.problems)
        raise TruebookError("there are no shell blocks to test")
    known = runbooks.known_of(state, inventory, given=asked.given, environment=os.environ)
    planner = runbooks.Planner(settings, known, policy="run")
    planned = runbooks.once(one for page in pages for one in planner.page(page))
    if asked.tags:
        planned = [one for one in planned if not set(asked.tags).isdisjoint(one.block.options.tag)]
        if not planned:
            raise TruebookError(f"no shell block has the tag {' or '.join(asked.tags)}")
    total = len(planned)
    if asked.shard is not None:
        planned = share(planned, *asked.shard, asked.durations)
    options = pipeline_run.Options(
        repository=pipeline_run.repository_of(Path.cwd()),
        cache=_folder(settings) / pipeline_run.CACHE,
        jobs=asked.jobs,
        sandbox=asked.sandbox,
        fresh=asked.fresh,
        allow_unrecorded=asked.allow_unrecorded,
    )
    with _progress(len(planned)) as progress:
        found = pipeline_run.run(planned, state, inventory, settings, options, progress=progress)
    say_problems(reader.problems)
    return Tested(found, tuple(map(str, reader.problems)), total)


def _folder(settings: Settings) -> Path:
    return settings.path.parent if settings.path is not None else Path.cwd()


def say_run(found: Run) -> None:
    for note in (*found.notes, *found.unread):
        say(f"truebook: {note}")
    for change in found.changes:
        by = f", which {change.reason} could have done" if change.blamed else ", not by this run"
        say(f"truebook: {change.object} was {change.kind} meanwhile{by}")
    say(pipeline_run.summary(found))


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises ConfigError where it can't be written."""
    try:
        files.replace(path, text.encode())
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=path) from error


@contextmanager
def _progress(total: int) -> Iterator[Callable[[BlockResult], None] | None]:
    """A bar on a terminal; nothing where nobody watches (CI, a pipe)."""
    if not sys.stderr.isatty() or os.environ.get("CI"):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("testing", total=total)

        def progress(result: BlockResult) -> None:
            bars.update(task, advance=1, description=f"{result.path}:{result.line}")

        yield progress
