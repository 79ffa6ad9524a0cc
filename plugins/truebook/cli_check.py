"""The commands `truebook check`, `update` and `merge`: do the docs say what is live, and what Git declares?

What they do is in `pipeline_check`. Exit codes of `check` and `merge`: 0 clean, 1 drift or failed blocks, 2 it could
not be told.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from truebook import pipeline
from truebook.cli_shared import config_option, load_settings, recording_option, reported, say
from truebook.cli_testing import Testing, read, say_run, test, write_file
from truebook.errors import ConfigError, RegionError

if TYPE_CHECKING:
    from truebook.findings import Report, Severity

FORMATS = ("text", "json", "markdown", "junit", "sarif", "github")
ENDINGS = {".txt": "text", ".json": "json", ".md": "markdown", ".xml": "junit", ".sarif": "sarif"}
"""The ending of an output file → its format, where none is named."""
INDEX, SHARDS = "JOB_COMPLETION_INDEX", "TRUEBOOK_SHARDS"
"""By what a pod of an Indexed Job knows its share: Kubernetes says which pod it is, from 0, and the Job how many."""

_paths = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
_formats = click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, help="Repeatable, as --output is. [default: text]"
)
_outputs = click.option(
    "--output",
    "-o",
    "outputs",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="The file of the format at the same place; by its ending where no format is named. Else printed.",
)
_fail_on = click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "off"]),
    default=None,
    help="The least severity that fails.  [default: that of the settings, else warning]",
)


class _Shard(click.ParamType):  # type: ignore[type-arg] # generic in newer versions only
    """`2/5`."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """The two numbers."""
        found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", str(value))
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"{value!r} is no shard; write it like 2/5", param, ctx)
        return int(found[1]), int(found[2])


@click.command("check")
@click.option("--diff", is_flag=True, help="Print what `truebook update` would change.")
@_formats
@_outputs
@_fail_on
@click.option("--baseline", type=click.Path(path_type=Path, dir_okay=False), help="Findings that are known.")
@click.option("--write-baseline", is_flag=True, help="Take what is found now as known: write it to --baseline.")
@click.option("--run", "run_blocks", is_flag=True, help="Test the shell blocks as well.")
@click.option(
    "--allow-unrecorded",
    is_flag=True,
    help="With --run: exit 0 where all that can't be told is what the recording does not hold, such as pods' logs.",
)
@click.option(
    "--shard",
    type=_Shard(),
    default=None,
    help=f"With --run: only the i-th of n shares of the blocks.  [default: by {INDEX} and {SHARDS}]",
)
@click.option(
    "--durations",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A JSON report of an earlier run, by which shares are balanced. All shards need the same.",
)
@click.option("--site", type=click.Path(path_type=Path, file_okay=False), help="Look at this built site too.")
@click.option("--history", is_flag=True, help="Add the numbers to the history of the settings.")
@recording_option
@config_option
@_paths
@reported
def check_command(
    paths: tuple[Path, ...],
    diff: bool,
    formats: tuple[str, ...],
    outputs: tuple[Path, ...],
    fail_on: Severity | None,
    baseline: Path | None,
    write_baseline: bool,
    run_blocks: bool,
    allow_unrecorded: bool,
    shard: tuple[int, int] | None,
    durations: Path | None,
    site: Path | None,
    history: bool,
    config: Path | None,
    recording: Path | None,
) -> int:
    """Compare what PATHs say with what is live and with what Git declares.

    PATH is a file or a folder of Markdown; without one: the docs of the site, else this folder. Exit code 0 clean,
    1 drift or failed blocks, 2 it could not be told: a source is down, or nothing was compared.
    """
    from truebook import pipeline_check
    from truebook.drift import baseline as baselines

    wanted = _wanted(formats, outputs)
    paths = tuple(map(_below_here, paths))
    if write_baseline and baseline is None:
        raise ConfigError("--write-baseline needs the file to write: name it by --baseline")
    settings = load_settings(config)
    if shard is not None and not run_blocks:
        raise ConfigError("--shard divides shell blocks: add --run")
    if shard is None and run_blocks:
        shard = shard_of_job(os.environ)
    state, inventory = read(settings, recording)
    tested = None
    if run_blocks:
        how = Testing(
            shard=shard,
            durations={} if durations is None else pipeline_check.durations(durations),
            allow_unrecorded=allow_unrecorded,
        )
        tested = test(paths, state, inventory, settings, how)
        say_run(tested.run)
    known = None if write_baseline else baseline
    asked = pipeline_check.Asked(paths, known, fail_on, shard, site=site, allow_unrecorded=allow_unrecorded)
    report = pipeline_check.check(
        state,
        inventory,
        settings,
        asked,
        run=None if tested is None else tested.run,
        problems=() if tested is None else tested.problems,
        blocks=0 if tested is None else tested.blocks,
    )
    if write_baseline and baseline is not None:
        if report.problems or not report.compared:
            why = "; ".join(report.problems) or "nothing was compared"
            raise ConfigError(f"not all could be told, and the baseline was not written: {why}", path=baseline)
        baselines.save(report.findings, baseline)
        say(f"wrote {baseline}: {len(report.findings)} known findings")
        return 0
    _give(report, wanted)
    if diff:
        try:
            _print_diff(pipeline_check.updates(paths, inventory, settings))
        except RegionError:  # the report says it
            say("there is no diff: a region can't be filled, and nothing would be written")
    if history:
        pipeline_check.remember(report, settings)
    return report.exit_code


@click.command("update")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 where something would change.")
@click.option("--diff", is_flag=True, help="Print what changes.")
@recording_option
@config_option
@_paths
@reported
def update_command(
    paths: tuple[Path, ...], only_check: bool, diff: bool, config: Path | None, recording: Path | None
) -> int:
    """Write the stable facts of regions into PATHs; all else stays byte for byte as it is.

    Columns of the author's are kept. Exit code 0; 1 where --check finds something to write; 2 where a region can't be
    filled or a source could not be read: then nothing is written.
    """
    from truebook import pipeline_check

    paths = tuple(map(_below_here, paths))
    settings = load_settings(config)
    state, inventory = read(settings, recording)
    pipeline.require_fresh(state.recording.statuses())
    changes = pipeline_check.updates(paths, inventory, settings)
    if diff:
        _print_diff(changes)
    for change in changes:
        if not only_check:
            pipeline_check.write(change)
        say(f"{change.page.path}: {'would change' if only_check else 'written'}")
    if not changes:
        say("nothing to change")
    return 1 if only_check and changes else 0


@click.command("merge")
@click.argument("reports", nargs=-1, required=True, metavar="REPORT...", type=click.Path(path_type=Path))
@_formats
@_outputs
@_fail_on
@reported
def merge_command(
    reports: tuple[Path, ...], formats: tuple[str, ...], outputs: tuple[Path, ...], fail_on: Severity | None
) -> int:
    """Make one report of the JSON reports that shards wrote. A missing shard is exit code 2, and is named."""
    from dataclasses import replace

    from truebook.report import as_json
    from truebook.report.merge import merge

    wanted = _wanted(formats, outputs)
    whole = merge([(path, as_json.load(path)) for path in reports])
    whole = whole if fail_on is None else replace(whole, fail_on=fail_on)
    _give(whole, wanted)
    return whole.exit_code


def shard_of_job(environment: Mapping[str, str]) -> tuple[int, int] | None:
    """The shard of a pod of an Indexed Job; None elsewhere. Raises ConfigError where the two numbers do not fit."""
    index, of = environment.get(INDEX, ""), environment.get(SHARDS, "")
    if not index or not of:
        return None
    if not re.fullmatch(r"\d{1,4}", index) or not re.fullmatch(r"\d{1,4}", of) or int(index) >= int(of):
        raise ConfigError(f"{INDEX}={index} is no shard of {SHARDS}={of}; set {SHARDS} to the Job's completions")
    return int(index) + 1, int(of)


def _below_here(path: Path) -> Path:
    """A path as reports name it: from this folder on, where it is below it. A finding is the same however its page was
    named, and what shows it looks for the page in the repository."""
    return path.relative_to(Path.cwd()) if path.is_absolute() and path.is_relative_to(Path.cwd()) else path


def _wanted(formats: tuple[str, ...], outputs: tuple[Path, ...]) -> list[tuple[str, Path | None]]:
    """Each format with its file, None for what is printed. Raises ConfigError where they do not fit."""
    if not formats:
        unknown = [path for path in outputs if path.suffix not in ENDINGS]
        if unknown:
            fix = f"name one by --format: {', '.join(FORMATS)}"
            raise ConfigError(f"no format is known by this ending ({fix})", path=unknown[0])
        return [(ENDINGS[path.suffix], path) for path in outputs] or [("text", None)]
    if len(outputs) > len(formats):
        raise ConfigError(f"there are more outputs than formats; {outputs[len(formats)]} has none")
    files: list[Path | None] = [*outputs, *[None] * (len(formats) - len(outputs))]
    if files.count(None) > 1:
        raise ConfigError("only one format can be printed; give the others a file by --output")
    return list(zip(formats, files, strict=True))


def _give(report: Report, wanted: list[tuple[str, Path | None]]) -> None:
    """Write each format, and print that without a file. Where none is printed, its text goes to stderr.

    Raises ConfigError for a file that can't be written, after all others: what was found is never lost.
    """
    from truebook.drift import RULES
    from truebook.report import FORMATS as RENDERERS

    lost: list[ConfigError] = []
    for name, path in wanted:
        text = RENDERERS[name](report, RULES)
        if path is None:
            click.echo(text, nl=False)
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A link that is named is meant to be followed, such as /dev/stdout where that is a file.
            write_file(path.resolve() if path.is_file() else path, text)
        except OSError as error:
            lost.append(ConfigError(f"cannot be written: {error.strerror}", path=path))
        except ConfigError as error:
            lost.append(error)
    if all(path is not None for _, path in wanted):
        say(RENDERERS["text"](report, RULES).rstrip("\n"))
    if lost:
        raise ConfigError("\n".join(map(str, lost)))


def _print_diff(changes: Any) -> None:
    """A unified diff of what an update changes."""
    for change in changes:
        # Not `splitlines`: Unicode has more ends of lines than editors and Git.
        before, after = (text.split("\n") for text in (change.page.text, change.text))
        for line in difflib.unified_diff(before, after, change.page.path, change.page.path, lineterm=""):
            say(line.rstrip("\r"))
