"""The commands `truebook run` and `truebook accept`: they test shell blocks in the sandbox, behind the guard.

What they do is in `pipeline_run`. Exit codes of `run`: 0 all well, 1 a block failed, 2 it could not be told: there is
no sandbox, a system could not be reached, a recording does not hold an answer (unless `--allow-unrecorded`), an option
is wrong, or there was nothing to test.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from truebook import pipeline_run
from truebook.cli_runbooks import given_values, show_table
from truebook.cli_shared import config_option, load_settings, recording_option, reported, say
from truebook.cli_testing import Testing, read, say_run, test, write_file

if TYPE_CHECKING:
    from truebook.pipeline_run import Run


def _run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What to run, and with what."""
    for option in (
        recording_option,
        config_option,
        click.option(
            "--allow-unrecorded",
            is_flag=True,
            help="Exit 0 where all that can't be told is what the recording does not hold, such as pods' logs.",
        ),
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
    say_run(found)
    code = found.exit_code if not problems or found.exit_code == 1 else 2
    if json_file is not None:
        write_file(json_file, json.dumps(pipeline_run.as_json(found, code), indent=2, ensure_ascii=False) + "\n")
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
            write_file(file, after)
        for one in ours:
            say(f"{path}:{one.expectation.line}: {'written' if after != before else 'not found there any more'}")
    by_hand = [one for one in stale if one is not None and one.output is None]
    for one in by_hand:
        say(f"{one.planned.block.path}:{one.expectation.line}: has to be changed by hand: {one.reason}")
    pairs = zip(found.results, stale, strict=True)
    failed = [result for result, one in pairs if result.state == "failed" and one is None]
    for result in failed:
        say(f"{result.path}:{result.failed_line or result.line}: failed: {result.reason}")
    say_run(found)
    untold = (result for result in found.results if result.state == "unknown")
    unsure = problems or any(not (found.allow_unrecorded and result.unrecorded) for result in untold)
    return 1 if by_hand or failed or found.blamed else 2 if unsure else 0


def _test(
    paths: tuple[Path, ...],
    tags: tuple[str, ...],
    variables: tuple[str, ...],
    jobs: int,
    sandbox: Literal["bubblewrap", "none"],
    fresh: bool,
    allow_unrecorded: bool,
    config: Path | None,
    recording: Path | None,
) -> tuple[Run, bool]:
    """The run, and whether pages have problems. Raises TruebookError where nothing can be tested."""
    settings = load_settings(config)
    given = given_values(variables)
    asked = Testing(tags, given, jobs, sandbox, fresh, allow_unrecorded=allow_unrecorded)
    found = test(paths, *read(settings, recording), settings, asked)
    return found.run, bool(found.problems)
