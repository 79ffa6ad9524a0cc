"""The commands `truebook run` and `truebook accept`: they test shell blocks in the sandbox, behind the guard.

What they do is in `pipeline_run`. Exit codes of `run`: 0 all well, 1 a block failed, 2 it could not be told: there is
no sandbox, a system could not be reached, an option is wrong, or there was nothing to test.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from truebook import pipeline, pipeline_run
from truebook import pipeline_runbooks as runbooks
from truebook.cli_runbooks import given_values, say_problems, show_table
from truebook.cli_shared import config_option, load_settings, recording_option, reported, say
from truebook.errors import ConfigError, TruebookError

if TYPE_CHECKING:
    from truebook.model import BlockResult
    from truebook.pipeline_run import Run
    from truebook.settings import Settings


def _run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What to run, and with what."""
    for option in (
        recording_option,
        config_option,
        click.option("--fresh", is_flag=True, help="Run what has not changed since it last passed too."),
        click.option(
            "--sandbox",
            type=click.Choice(["bubblewrap", "none"]),
            default="bubblewrap",
            help="none: blocks see this machine's files and network. Writes to the cluster stay dry runs.",
        ),
        click.option("--jobs", type=click.IntRange(0, 256), default=0, help="Pages at once.  [default: processors]"),
        click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Fill <NAME>. Repeatable."),
        click.option("--tag", "tags", multiple=True, help="Only blocks with this tag. Repeatable."),
        click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


@click.command("run")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write results to a file.")
@_run_options
@reported
def run_command(json_file: Path | None, **options: Any) -> int:
    """Test the shell blocks of PATHs against the cluster or a recording. Nothing is changed.

    PATH is a file or a folder of Markdown; without one: the docs of the site, else this folder. Exit code 0 all well,
    1 a block failed, 2 it could not be told.
    """
    from truebook.runbooks import results

    found, problems = _test(**options)
    pairs = list(zip(found.planned, found.results, strict=True))
    show_table([results.as_row(one, result) for one, result in pairs], results.HEAD)
    for one, result in pairs:
        if result.state == "failed":
            say(results.failure(one, result))
    _say_run(found)
    code = found.exit_code if not problems or found.exit_code == 1 else 2
    if json_file is not None:
        _write(json_file, json.dumps(pipeline_run.as_json(found, code), indent=2, ensure_ascii=False) + "\n")
    return code


@click.command("accept")
@_run_options
@reported
def accept_command(**options: Any) -> int:
    """Test the shell blocks of PATHs, and write what they print in place of what their pages expect of them.

    Only outputs in fences of their own are written. Exit code 1 where an expectation has to be changed by hand, or a
    block failed for another reason; else as `truebook run`.
    """
    from truebook.runbooks import accept

    found, problems = _test(**options)
    stale = [accept.outdated(one, result) for one, result in zip(found.planned, found.results, strict=True)]
    changed = [one for one in stale if one is not None and one.output is not None]
    for path in sorted({one.planned.block.path for one in changed}):
        ours = [one for one in changed if one.planned.block.path == path]
        file = Path(path)
        before = file.read_bytes().decode("utf-8", "surrogateescape")
        after = accept.write(before, ours)
        if after != before:
            _write(file, after)
        for one in ours:
            say(f"{path}:{one.expectation.line}: {'written' if after != before else 'not found there any more'}")
    by_hand = [one for one in stale if one is not None and one.output is None]
    for one in by_hand:
        say(f"{one.planned.block.path}:{one.expectation.line}: has to be changed by hand: {one.reason}")
    pairs = zip(found.results, stale, strict=True)
    failed = [result for result, one in pairs if result.state == "failed" and one is None]
    for result in failed:
        say(f"{result.path}:{result.failed_line or result.line}: failed: {result.reason}")
    _say_run(found)
    unsure = problems or any(result.state == "unknown" for result in found.results)
    return 1 if by_hand or failed or found.blamed else 2 if unsure else 0


def _test(
    paths: tuple[Path, ...],
    tags: tuple[str, ...],
    variables: tuple[str, ...],
    jobs: int,
    sandbox: Literal["bubblewrap", "none"],
    fresh: bool,
    config: Path | None,
    recording: Path | None,
) -> tuple[Run, bool]:
    """The run, and whether pages have problems. Raises TruebookError where nothing can be tested."""
    settings = load_settings(config)
    if not settings.runbooks.enabled or settings.runbooks.policy == "off":
        raise ConfigError("runbooks are off; set runbooks.policy to run", path=settings.path)
    given = given_values(variables)
    reader = runbooks.Reader(settings)
    pages = [page for path in runbooks.pages_in(paths) if (page := reader.read(path)).blocks]
    if not pages:
        say_problems(reader.problems)
        raise TruebookError("there are no shell blocks to test")
    say(f"state from {pipeline.choose_origin(settings, recording).text}")
    state = pipeline.read_state(settings, recording)
    for warning in pipeline.warnings(state, settings):
        say(f"truebook: {warning}")
    inventory = pipeline.build_inventory(state, settings)
    known = runbooks.known_of(state, inventory, given=given, environment=os.environ)
    planner = runbooks.Planner(settings, known, policy="run")
    planned = runbooks.once(one for page in pages for one in planner.page(page))
    if tags:
        planned = [one for one in planned if not set(tags).isdisjoint(one.block.options.tag)]
        if not planned:
            raise TruebookError(f"no shell block has the tag {' or '.join(tags)}")
    options = pipeline_run.Options(
        repository=pipeline_run.repository_of(Path.cwd()),
        cache=_folder(settings) / pipeline_run.CACHE,
        jobs=jobs,
        sandbox=sandbox,
        fresh=fresh,
    )
    with _progress(len(planned)) as progress:
        found = pipeline_run.run(planned, state, inventory, settings, options, progress=progress)
    return found, bool(say_problems(reader.problems))


def _folder(settings: Settings) -> Path:
    return settings.path.parent if settings.path is not None else Path.cwd()


def _say_run(found: Run) -> None:
    for note in (*found.notes, *found.unread):
        say(f"truebook: {note}")
    for change in found.changes:
        by = f", which {change.reason} could have done" if change.blamed else ", not by this run"
        say(f"truebook: {change.object} was {change.kind} meanwhile{by}")
    say(pipeline_run.summary(found))


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises ConfigError where it can't be written."""
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=".", encoding="utf-8", newline="", delete=False
        ) as file:
            try:
                file.write(text)
                file.close()
                Path(file.name).chmod(mode)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
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
