"""The flow of runbooks, top-down: pages → blocks → filled → judged → planned. Runs nothing.

A page is read with the extensions of the nearest `mkdocs.yml`, else with the usual ones.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from truebook import pipeline
from truebook.errors import ConfigError
from truebook.model import Block, CommandVerdict, Copyable, Inventory, Judgement, Planned
from truebook.pipeline import State
from truebook.runbooks.blocks import Finder, Site, find_site, read_site, split_front_matter
from truebook.runbooks.fill import Facts, Memo, Variables, fill, from_environment, names_set, read_facts, stand_in
from truebook.runbooks.fill.offer import offer
from truebook.runbooks.plan import PROVED, Policy, plan
from truebook.runbooks.verdicts import judge
from truebook.settings import Settings

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd"})
_NOT_PAGES = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})


@dataclass(frozen=True, slots=True)
class PageBlocks:
    """A page's blocks. `path` is as shown; `name` is its path below the docs folder."""

    path: str
    name: str
    blocks: tuple[Block, ...]
    front_matter: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What placeholders are filled from. `inventory` is None where state is not to be used."""

    inventory: Inventory | None = None
    facts: Facts = field(default_factory=Facts)
    given: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def know(
    settings: Settings, recording: Path | None, *, given: Mapping[str, str], environment: Mapping[str, str]
) -> Known:
    """Read the state that truebook would use, for values. Raises what `pipeline.read_state` raises."""
    state = pipeline.read_state(settings, recording)
    return known_of(state, pipeline.build_inventory(state, settings), given=given, environment=environment)


def known_of(state: State, inventory: Inventory, *, given: Mapping[str, str], environment: Mapping[str, str]) -> Known:
    """What placeholders are filled from, of a state that was read already."""
    return Known(inventory, read_facts(state.recording), given, environment)


def offers_of(known: Known, copied: Iterable[Copyable]) -> str:
    """What readers may choose from for the fields of these blocks, as JSON that is safe within a script."""
    if known.inventory is None:
        return "{}"
    roles = {role for one in copied for *_, field in one.fields for role in field.roles if role}
    found = json.dumps(offer(roles, known.inventory, known.facts), separators=(",", ":"))
    return found.replace("<", "\\u003c")


class Reader:
    """Reads pages, each as its own site renders it. Problems are kept, none stops the reading."""

    def __init__(self, settings: Settings) -> None:
        self._timeout = settings.runbooks.timeout
        self._finders: dict[Path | None, tuple[Site, Finder]] = {}
        self._sites: dict[Path, Path | None] = {}
        self.problems: list[ConfigError] = []

    def read(self, path: Path) -> PageBlocks:
        """One page. A file that cannot be read has no blocks, and is a problem."""
        shown = path.as_posix()
        try:
            content = path.read_text(encoding="utf-8-sig", errors="replace")
        except OSError as error:
            self.problems.append(ConfigError(f"cannot be read: {error.strerror}", path=shown))
            return PageBlocks(shown, path.name, ())
        site, finder = self._site(path)
        document = split_front_matter(content)
        blocks, problems = finder.find(document.text, path=shown, first_line=document.first_line)
        self.problems += problems
        place = path.resolve()
        name = place.relative_to(site.docs).as_posix() if place.is_relative_to(site.docs) else path.name
        return PageBlocks(shown, name, tuple(blocks), document.front_matter)

    def _site(self, path: Path) -> tuple[Site, Finder]:
        folder = path.resolve().parent
        if folder not in self._sites:
            self._sites[folder] = find_site(folder)
        config = self._sites[folder]
        if config not in self._finders:
            try:
                site = read_site(config)
            except ConfigError as error:
                self.problems.append(error)
                site = read_site(None)
            # Without a site there is no folder that includes would be looked up in.
            includes = site.folder if config is not None else None
            finder = Finder(site.extensions, site.configs, folder=includes, shown=_shown, timeout=self._timeout)
            self._finders[config] = (site, finder)
        return self._finders[config]


class SiteReader:
    """Reads pages of one site whose Markdown extensions are known, such as those that MkDocs has loaded."""

    def __init__(
        self,
        settings: Settings,
        extensions: Sequence[Any],
        configs: Mapping[str, Mapping[str, Any]],
        *,
        folder: Path,
    ) -> None:
        """`folder` is where included files must lie, and what their paths are shown relative to."""

        def shown(path: Path) -> str:
            return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()

        self._finder = Finder(extensions, configs, folder=folder, shown=shown, timeout=settings.runbooks.timeout)
        self.problems: list[ConfigError] = []

    def page(self, content: str, *, path: str, name: str) -> PageBlocks:
        """The blocks of a page's source, shown as `path`; `name` is its path below the docs folder."""
        document = split_front_matter(content)
        blocks, problems = self._finder.find(document.text, path=path, first_line=document.first_line)
        self.problems += problems
        return PageBlocks(path, name, tuple(blocks), document.front_matter)


def _shown(path: Path) -> str:
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def pages_in(paths: Sequence[Path]) -> Iterator[Path]:
    """The Markdown files that are named, and those in folders that are: the site's docs where none is named.

    Raises ConfigError for a path that does not exist.
    """
    if not paths:
        config = find_site(Path())
        here = config is not None and config.parent == Path.cwd()
        paths = [Path(os.path.relpath(read_site(config).docs))] if here else [Path()]
    for path in paths:
        if path.is_dir():
            yield from _below(path)
        elif path.exists():
            yield path
        else:
            raise ConfigError("there is no such file or folder", path=path)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_PAGES)
        for name in sorted(files):
            path = Path(place, name)
            if path.suffix.lower() in SUFFIXES and path.is_file():
                yield path


def once(planned: Iterable[Planned]) -> list[Planned]:
    """Each block once: one of an included file is found on its own page too, and on every page that includes it."""
    return list({(one.block.path, one.block.line): one for one in planned}.values())


class Planner:
    """Plans the blocks of pages with one state and one policy."""

    def __init__(
        self, settings: Settings, known: Known, *, policy: Policy | None = None, tools: Iterable[str] | None = None
    ) -> None:
        runbooks = settings.runbooks
        self._runbooks = runbooks
        self._known = known
        self._policy: Policy = policy or (runbooks.policy if runbooks.enabled else "off")
        self._tools = frozenset(available() if tools is None else tools)
        self._memo: Memo = {}
        self._pages = {c.text("page"): c.name for c in (known.inventory.components if known.inventory else ())}

    def page(self, page: PageBlocks) -> list[Planned]:
        """The page's blocks, planned in the order in which they stand: variables reach the later ones of a session
        from those that will run."""
        variables = self._variables(page)
        component = self._component(page)
        sessions: dict[str, set[str]] = {}
        planned = []
        for block in page.blocks:
            names = sessions.setdefault(block.session, set())
            filling = fill(
                block,
                inventory=self._known.inventory,
                variables=variables,
                page_component=component,
                session_names=names,
                facts=self._known.facts,
                memo=self._memo,
            )
            judgement = self._judge(filling.script, names)
            one = plan(
                block, filling, judgement, policy=self._policy, tools=self._tools, aliases=self._runbooks.aliases
            )
            if one.plan in ("run", "dry-run"):
                names |= names_set(block.script)
            planned.append(one)
        return planned

    def _judge(self, script: str, names: Iterable[str]) -> Judgement:
        """The verdict on a script; for placeholders that are not filled, as if they were some name."""
        filled, words = stand_in(script)
        found = judge(filled, aliases=self._runbooks.aliases, variables=dict.fromkeys(names))
        if not words:
            return found

        def written(text: str) -> str:
            for word, placeholder in words.items():
                text = text.replace(word, placeholder)
            return text

        commands = (
            CommandVerdict(one.line, written(one.text), one.verdict, written(one.reason)) for one in found.commands
        )
        return Judgement(found.verdict, written(found.reason), tuple(commands))

    def _variables(self, page: PageBlocks) -> Variables:
        chain = (
            ("--var", self._known.given),
            ("environment", self._environment),
            ("front matter", _front_values(page.front_matter)),
            ("settings", self._runbooks.values),
        )
        return Variables(chain)

    @cached_property
    def _environment(self) -> dict[str, str]:
        return from_environment(self._known.environment, self._runbooks.environment)

    def _component(self, page: PageBlocks) -> str | None:
        """The component that a page is about: the catalog says so, else its front matter, else its name."""
        if self._known.inventory is None:
            return None
        ours = page.front_matter.get("truebook")
        stated = ours.get("component") if isinstance(ours, dict) else None
        named = self._pages.get(page.name) or (stated if isinstance(stated, str) else Path(page.name).stem)
        return named if self._known.inventory.component(named) is not None else None


def _front_values(front_matter: Mapping[str, Any]) -> dict[str, str]:
    """`truebook: {values: {app-name: vault}}`."""
    ours = front_matter.get("truebook")
    values = ours.get("values") if isinstance(ours, dict) else None
    if not isinstance(values, dict):
        return {}
    return {str(name): str(value) for name, value in values.items() if isinstance(value, str | int | float)}


def available() -> frozenset[str]:
    """The programs that are installed here, of those whose absence changes a plan."""
    return frozenset(name for name in PROVED if shutil.which(name) is not None)
