"""The commands `truebook list` and `truebook explain`: they look at shell blocks and run nothing.

What they do is in `pipeline_runbooks`. Exit code 0; 2 where an option, a page or a configuration is wrong, after all
that could be told was told.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from truebook import pipeline
from truebook import pipeline_runbooks as runbooks
from truebook.cli_shared import config_option, load_settings, recording_option, reported, say
from truebook.errors import ConfigError

if TYPE_CHECKING:
    from truebook.model import Planned
    from truebook.settings import Settings

_WIDTH = 160
"""Columns of a table that goes to no terminal."""


def _state_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where values come from."""
    for option in (
        recording_option,
        config_option,
        click.option("--no-state", is_flag=True, help="Fill nothing from a cluster or a recording."),
        click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Fill <NAME>. Repeatable."),
    ):
        command = option(command)
    return command


@click.command("list")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_state_options
@reported
def list_command(
    paths: tuple[Path, ...],
    as_json: bool,
    variables: tuple[str, ...],
    no_state: bool,
    config: Path | None,
    recording: Path | None,
) -> int:
    """List the shell blocks of PATHs, with verdict and plan. Runs nothing.

    PATH is a file or a folder of Markdown; without one: the docs of the site, else this folder.
    """
    from truebook.runbooks import show

    settings = load_settings(config)
    given = given_values(variables)
    reader = runbooks.Reader(settings)
    pages = [page for path in runbooks.pages_in(paths) if (page := reader.read(path)).blocks]
    planner = runbooks.Planner(settings, _known(settings, recording, no_state, given))
    planned = runbooks.once(one for page in pages for one in planner.page(page))
    if as_json:
        click.echo(json.dumps(show.as_json(planned), indent=2))
    else:
        show_table([show.as_row(one) for one in planned], show.HEAD)
        say(show.summary(planned, len(pages)))
    return say_problems(reader.problems)


@click.command("explain")
@click.argument("place", metavar="PATH:LINE")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_state_options
@reported
def explain_command(
    place: str,
    as_json: bool,
    variables: tuple[str, ...],
    no_state: bool,
    config: Path | None,
    recording: Path | None,
) -> int:
    """Say why the shell block at PATH:LINE has its verdict and plan, and where its values come from. Runs nothing."""
    from truebook.runbooks import show

    found = re.fullmatch(r"(.+):([0-9]{1,9})", place)
    if found is None:
        raise ConfigError(f"{place} names no line (write it like docs/index.md:117)")
    path, line = Path(found[1]), int(found[2])
    if not path.is_file():
        raise ConfigError("there is no such file", path=path)
    settings = load_settings(config)
    given = given_values(variables)
    reader = runbooks.Reader(settings)
    page = reader.read(path)
    planner = runbooks.Planner(settings, _known(settings, recording, no_state, given))
    planned = planner.page(page)
    one = next((one for one in planned if _holds(one, page.path, line)), None)
    if one is None:
        say_problems(reader.problems)
        places = ", ".join(f"{p.block.line} to {p.block.end_line}" for p in planned[:20]) or "none"
        raise ConfigError(f"no shell block is shown from this line (blocks: {places})", path=path, line=line)
    click.echo(json.dumps(show.as_json([one])[0], indent=2) if as_json else show.explain(one), nl=as_json)
    return say_problems([p for p in reader.problems if p.line is None or one.block.line == p.line])


def _holds(one: Planned, path: str, line: int) -> bool:
    return one.block.path == path and one.block.line <= line <= one.block.end_line


def given_values(variables: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in variables:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"--var {text} gives no value (write it like --var app-name=vault)")
        found[name.strip()] = value
    return found


def _known(settings: Settings, recording: Path | None, no_state: bool, given: dict[str, str]) -> runbooks.Known:
    if no_state:
        return runbooks.Known(given=given, environment=os.environ)
    say(f"state from {pipeline.choose_origin(settings, recording).text}")
    return runbooks.know(settings, recording, given=given, environment=os.environ)


def say_problems(problems: Iterable[ConfigError]) -> int:
    """Say each; the exit code."""
    code = 0
    for problem in problems:
        say(f"truebook: {problem}")
        code = problem.exit_code
    return code


def show_table(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> None:
    """Plain columns: what stands in a block is never taken for markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold", no_wrap=name in ("Verdict", "Plan"))
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False).print(table)
