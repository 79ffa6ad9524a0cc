"""The command `truebook`: arguments in, exit code out. What it does is in `pipeline`.

Exit codes: 0 all well, 2 could not do it or could not tell. What is for programs goes to stdout, all else to
stderr; which state a command works on is always said.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from truebook import pipeline
from truebook import recording as recordings
from truebook.cli_check import check_command, merge_command, update_command
from truebook.cli_run import accept_command, run_command
from truebook.cli_runbooks import explain_command, list_command
from truebook.cli_shared import config_option, load_settings, recording_option, reported, say
from truebook.errors import RecordingError

if TYPE_CHECKING:
    from truebook.recording import Recording
    from truebook.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("truebook"), prog_name="truebook")
def main() -> None:
    """Operations docs that cannot lie: pages filled from the live cluster and ArgoCD."""


main.add_command(list_command)
main.add_command(explain_command)
main.add_command(run_command)
main.add_command(accept_command)
main.add_command(check_command)
main.add_command(update_command)
main.add_command(merge_command)


@main.command()
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The file to write.")
@config_option
@reported
def record(output: Path, config: Path | None) -> int:
    """Read the live systems once and write what they said to a file.

    Exit code 0 when everything enabled was read. 2 when something was not: what was read is written all the same,
    and what was not is taken from the file as it was before, marked stale, where that is of the same cluster.
    """
    settings = load_settings(config)
    origin = pipeline.require_live(settings)
    recordings.require_replaceable(output)
    say(f"reading {origin.text}")
    with _progress() as progress:
        found = pipeline.read_live(settings, previous=_before(output, settings), progress=progress)
    problems = pipeline.unwell(found.statuses())
    if any(part.state == "fresh" for part in found.parts.values()):
        recordings.save(found, output)
        say(f"wrote {output}: {_summary(found)}")
        for line in pipeline.unread(found):
            say(line)
    else:
        say(f"nothing was read; {output} is {'left as it was' if output.exists() else 'not written'}")
    for problem in problems:
        say(f"truebook: {problem}")
    return 2 if problems else 0


@main.command()
@click.argument("component", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@config_option
@recording_option
@reported
def inventory(component: str | None, as_json: bool, config: Path | None, recording: Path | None) -> None:
    """Print what is known of each component, or of COMPONENT, and where it was read."""
    from truebook.inventory import show

    settings = load_settings(config)
    say(f"state from {pipeline.choose_origin(settings, recording).text}")
    with _progress() as progress:
        state = pipeline.read_state(settings, recording, progress=progress)
    for warning in pipeline.warnings(state, settings):
        say(f"truebook: {warning}")
    if state.not_kept:
        say(f"this reading is not kept: {state.not_kept}")
    found = pipeline.build_inventory(state, settings)
    text = show.as_text(found, component)  # raises for an unknown component, before anything is printed
    if as_json:
        shown = show.as_json(found)
        if component is not None:
            shown["components"] = [c for c in shown["components"] if c["name"] == component]
            shown["relations"] = [r for r in shown["relations"] if component in (r["from"], r["to"])]
        text = json.dumps(shown, indent=2, ensure_ascii=False)
        # Letters as they are, but what a terminal would obey as \u….
        click.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))
    else:
        click.echo(text, nl=False)


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of the Kubernetes API; 0: a free one.")
@click.option(
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where to write the kubeconfig.  [default: a temporary folder]",
)
@reported
def replay(file: Path | None, port: int, directory: Path | None) -> None:
    """Serve FILE on this machine as the APIs that it was read from, until interrupted: Kubernetes, ArgoCD, and each
    other system of which it holds answers.

    Without FILE: the embedded homelab.
    """
    from truebook.replay import serve

    # Who ends a server in the background sends SIGTERM; the temporary folder goes then too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    source = file if file is not None else pipeline.EMBEDDED
    say(f"replaying {source if file is not None else 'the embedded homelab'}")
    found = recordings.load(source)
    with (
        tempfile.TemporaryDirectory(prefix="truebook-replay-") as temporary,
        serve.start(found, port=port, directory=directory or Path(temporary)) as server,
    ):
        for system, url in server.urls.items():
            say(f"{system}: {url}")
        for name, value in server.environment.items():
            click.echo(f"export {name}={shlex.quote(value)}")
        sys.stdout.flush()
        try:
            server.wait()
        except KeyboardInterrupt:
            say("stopped")


def _before(output: Path, settings: Settings) -> Recording | None:
    """What stays of the recording that is to be replaced where a source fails; one of another schema, and one of
    another cluster, is said and replaced."""
    if not output.exists() or not output.stat().st_size:
        return None
    try:
        found = recordings.load(output)
        kept = pipeline.takes_over(settings, found)
    except RecordingError as error:
        say(f"truebook: {error}; it will be replaced")
        return None
    if kept is None:
        name = found.cluster.name or "without a name"
        say(f"truebook: {output} is of another cluster ({name}): nothing of it is kept")
    return kept


def _summary(recording: Recording) -> str:
    """`kubernetes 412 in 31 reads, argocd 20 in 5 reads`."""
    parts = []
    for name, part in sorted(recording.parts.items()):
        if part.state != "absent":
            count = sum(read.count for read in part.reads if read.state == "read")
            parts.append(f"{name} {count} in {len(part.reads)} reads ({part.state})")
    return ", ".join(parts)


@contextmanager
def _progress() -> Iterator[pipeline.Progress | None]:
    """A line for each source on a terminal; nothing where nobody watches (CI, a pipe)."""
    if not sys.stderr.isatty() or os.environ.get("CI"):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
    tasks: dict[str, TaskID] = {}
    counts: dict[str, dict[str, int]] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as lines:

        def progress(source: str, what: str, count: int) -> None:
            if source not in tasks:
                tasks[source] = lines.add_task(source, total=1)
            read = counts.setdefault(source, {})
            if what:
                read[what] = count
                lines.update(tasks[source], description=f"{source}: {sum(read.values())} read, now {what}")
            else:
                ending = "done" if count else "failed"
                lines.update(tasks[source], description=f"{source}: {sum(read.values())} read, {ending}", completed=1)

        yield progress
