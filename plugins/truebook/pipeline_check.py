"""The flows of `truebook check` and `truebook update`, top-down: pages → statements → facts → findings → report."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from truebook import drift, files, pipeline, pipeline_site
from truebook.drift import baseline as baselines
from truebook.drift.declared import declared
from truebook.drift.known import known
from truebook.errors import ConfigError, RegionError
from truebook.findings import Finding, PageStatements, RegionStatements, Report, Severity, TestedBlock
from truebook.inventory import build
from truebook.model import BlockResult, CommandVerdict, Inventory, Planned
from truebook.pages import regions, statements
from truebook.pages.claims import anchors, claims
from truebook.pipeline import State
from truebook.pipeline_run import Run
from truebook.pipeline_runbooks import Reader, pages_in
from truebook.redact import hide
from truebook.report import as_json, history
from truebook.runbooks.blocks import Site, find_site, read_site
from truebook.runbooks.show import file_line
from truebook.settings import Settings


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be compared: as it is shown, below its docs folder, and its text with its own line ends."""

    file: Path
    path: str
    name: str
    text: str
    docs: Path


@dataclass(frozen=True, slots=True)
class Asked:
    """What a check is asked for. `baseline` is the file of known findings; `shard` is `(number, of)`: only the first
    compares pages. `site` is a built site to look at as well. `allow_unrecorded` as in `findings.Report`."""

    paths: tuple[Path, ...] = ()
    baseline: Path | None = None
    fail_on: Severity | None = None
    shard: tuple[int, int] | None = None
    site: Path | None = None
    now: datetime | None = None
    allow_unrecorded: bool = False


def check(
    state: State,
    inventory: Inventory,
    settings: Settings,
    asked: Asked,
    *,
    run: Run | None = None,
    problems: Iterable[str] = (),
    blocks: int = 0,
) -> Report:
    """Compare pages with the state that was read. Never raises for what is wrong in a page: that is a finding.

    `run` is that of the pages' blocks, where they were tested, of which there are `blocks` in all shards. Raises
    ConfigError for wrong settings or paths, ReportError for a baseline that can't be read.
    """
    now = (asked.now or datetime.now(UTC)).astimezone(UTC)
    wanted = declared(state.recording)
    in_git = None if wanted is None else build(wanted, settings, origin=state.origin)
    pages = list(read_pages(asked.paths))
    site = _site_url(pages, settings)
    said = tuple(_statements(page, inventory, in_git, settings, site) for page in pages)
    tested = () if run is None else tuple(zip(run.planned, run.results, strict=True))
    results = tuple(result for _, result in tested)
    built = None if asked.site is None else pipeline_site.look(asked.site, _sources(pages, said, settings))
    facts = drift.Facts(
        said,
        inventory,
        settings,
        now,
        known(state.recording),
        site,
        results,
        built=built,
        others=_others(pages),
        share=asked.shard or (1, 1),
    )
    found = drift.find(facts)
    untold = [f"{path}:{line}: {why}" for path, line, why in drift.untold(facts)]
    new, old = _split(found.findings, asked.baseline)
    return Report(
        cluster=inventory.cluster,
        origin=state.origin,
        recorded_at=inventory.recorded_at,
        generated_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        findings=new,
        ignored=found.ignored,
        known=old,
        blocks=tuple(tested_block(*pair) for pair in tested),
        compared=found.compared,
        problems=tuple(dict.fromkeys((*_problems(state, run), *untold, *problems))),
        fail_on=asked.fail_on or settings.check.fail_on,
        shard_blocks=blocks if asked.shard is not None else 0,
        shard="" if asked.shard is None else f"{asked.shard[0]}/{asked.shard[1]}",
        allow_unrecorded=asked.allow_unrecorded,
    )


def _problems(state: State, run: Run | None) -> Iterator[str]:
    """Why not everything can be told."""
    yield from pipeline.unwell(state.recording.statuses())
    if run is None:
        return
    yield from run.unread
    for change in run.blamed:
        yield f"{change.object} was {change.kind} during the run, which {change.reason} could have done"
    if run.unguarded:
        yield "the cluster does not itself deny truebook's account writes, and runbooks.require_policy wants that"
    if run.less_than_planned:
        yield "blocks that were to run were only proved, for want of a sandbox"


def durations(path: Path) -> dict[tuple[str, int], float]:
    """How long each block of an earlier report took, in seconds, by path and line. Raises ReportError."""
    return {
        (block.result.path, block.result.line): block.result.duration
        for block in as_json.load(path).blocks
        if block.result.duration
    }


def remember(report: Report, settings: Settings) -> None:
    """Add a report's numbers to the history. Raises ConfigError where the settings name no file, ReportError."""
    path = settings.check.history
    if path is None:
        raise ConfigError("no history is kept; name its file by check.history", path=settings.path)
    history.save(history.append(history.load(path), history.build_of(report)), path)


def _sources(
    pages: Sequence[Page], said: Sequence[PageStatements], settings: Settings
) -> Iterator[pipeline_site.Source]:
    """Where each page has its first region and its first shell block."""
    reader = Reader(settings)
    for page, statement in zip(pages, said, strict=True):
        region = min((one.line for one in statement.regions if not one.own), default=0)
        block = min((one.line for one in reader.read(page.file).blocks), default=0)
        yield pipeline_site.Source(page.path, page.name, region, block)


def read_pages(paths: Sequence[Path]) -> Iterator[Page]:
    """The pages that are named, those in folders that are, or the site's. Raises ConfigError where one can't be
    read."""
    sites: dict[Path, Site] = {}
    for file in pages_in(paths):
        folder = file.resolve().parent
        if folder not in sites:
            sites[folder] = _site(folder, paths)
        docs = sites[folder].docs
        try:
            text = file.read_bytes().decode("utf-8", "surrogateescape")
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", path=file) from error
        place = file.resolve()
        name = place.relative_to(docs).as_posix() if place.is_relative_to(docs) else file.name
        yield Page(file, file.as_posix(), name, text, docs)


def _others(pages: Sequence[Page]) -> dict[str, str]:
    """The pages that were not asked for, of the docs folders of those that were: their names and paths."""
    seen = {page.file.resolve() for page in pages}
    found = {}
    for docs in {page.docs for page in pages}:
        for file in pages_in([docs]):
            if file.resolve() not in seen:
                found[file.relative_to(docs).as_posix()] = Path(os.path.relpath(file)).as_posix()
    return found


def _site(folder: Path, paths: Sequence[Path]) -> Site:
    """The site that a folder of pages is of; without an `mkdocs.yml` its docs are the folder that was named."""
    config = find_site(folder)
    with suppress(ConfigError):
        if config is not None:
            return read_site(config)
    named = (path.resolve() for path in (paths or (Path(),)) if path.is_dir())
    return read_site(None, folder=next((root for root in named if folder.is_relative_to(root)), folder))


def _site_url(pages: Sequence[Page], settings: Settings) -> str:
    """Where the built site is: the settings say, else the site's own configuration."""
    if settings.check.site_url:
        return settings.check.site_url
    for page in pages[:1]:
        config = find_site(page.file.resolve().parent)
        with suppress(ConfigError):
            return read_site(config).url if config is not None else ""
    return ""


def _statements(
    page: Page, live: Inventory, in_git: Inventory | None, settings: Settings, site_url: str
) -> PageStatements:
    own = any(fnmatchcase(page.name, glob) for glob in settings.check.documents)
    markdown = page.text.replace("\r\n", "\n")
    try:
        return statements.page(
            markdown,
            path=page.path,
            name=page.name,
            live=live,
            declared=in_git,
            page_url=linker(page),
            domains=settings.domains,
            own=own,
            site_url=site_url,
        )
    except RegionError as error:
        said = tuple(claims(markdown, settings.domains))
        return PageStatements(page.path, page.name, tuple(_broken(error, page.path)), said, anchors(markdown))


def _broken(error: RegionError, path: str) -> Iterator[RegionStatements]:
    """What is wrong with a page's markers and ignores, each at its line: an error has the first, and a line for each
    other one."""
    first, *others = error.message.split("\n")
    told = [(error.line or 1, first)]
    told += [
        (int(match[1]), match[2]) for one in others if (match := re.fullmatch(rf"{re.escape(path)}:(\d+): (.*)", one))
    ]
    for line, message in told:
        yield RegionStatements("", "markers", line, line, error=message)


def linker(page: Page) -> regions.PageURL:
    """The links to write in a page's Markdown: relative, None where there is no such file."""

    def page_url(where: str) -> str | None:
        name, mark, anchor = where.partition("#")
        target = page.docs / name
        if not target.is_file():
            return None
        return Path(os.path.relpath(target, page.file.resolve().parent)).as_posix() + mark + anchor

    return page_url


def _split(findings: tuple[Finding, ...], path: Path | None) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The new findings and those of the baseline."""
    if path is None:
        return findings, ()
    fingerprints = baselines.load(path)
    new = tuple(one for one in findings if one.fingerprint not in fingerprints)
    return new, tuple(one for one in findings if one.fingerprint in fingerprints)


def tested_block(planned: Planned, result: BlockResult) -> TestedBlock:
    """A block as a report tells it: secrets hidden, lines those of the file."""
    block, secrets = planned.block, planned.filling.secrets
    commands = tuple(
        CommandVerdict(file_line(planned, one.line), hide(one.text, secrets), one.verdict, one.reason)
        for one in planned.judgement.commands
    )
    return TestedBlock(result, block.end_line, block.heading, block.tab, block.options.name, planned.reason, commands)


# Update


@dataclass(frozen=True, slots=True)
class Change:
    """A page that an update changes."""

    page: Page
    text: str


def updates(paths: Sequence[Path], inventory: Inventory, settings: Settings) -> list[Change]:
    """What an update would write: regions filled with stable facts, all else byte for byte as it is.

    Raises RegionError that names all that is wrong in all pages, and the regions that say what sources keep to
    themselves this time: nothing is written then.
    """
    changes: list[Change] = []
    errors: list[RegionError] = []
    pages = list(read_pages(paths))
    site = _site_url(pages, settings)
    for page in pages:
        try:
            text = statements.sealed(
                page.text, path=page.path, inventory=inventory, page_url=linker(page), site_url=site
            )
        except RegionError as error:
            errors.append(error)
            continue
        if text != page.text:
            changes.append(Change(page, text))
    errors += _untold(pages, inventory, settings, site)
    regions.raise_all(errors)
    return changes


def _untold(pages: Sequence[Page], inventory: Inventory, settings: Settings, site: str) -> Iterator[RegionError]:
    """The regions that an update would empty for want of a permission."""
    if not any(status.unread for status in inventory.sources):
        return
    said = tuple(_statements(page, inventory, None, settings, site) for page in pages)
    for path, line, why in drift.untold(drift.Facts(said, inventory, settings, datetime.now(UTC))):
        yield RegionError(why, path=path, line=line)


def write(change: Change) -> None:
    """Write a page whole or not at all. Raises ConfigError where it can't be written, or is not what was read."""
    file = change.page.file.resolve()
    before, after = (text.encode("utf-8", "surrogateescape") for text in (change.page.text, change.text))
    try:
        found = file.read_bytes()
        if found == after:
            return  # another update was faster
        if found != before:
            raise ConfigError("has changed meanwhile, and was not written; update it again", path=change.page.path)
        files.replace(file, after)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=change.page.path) from error
