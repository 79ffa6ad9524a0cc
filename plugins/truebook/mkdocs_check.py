"""The MkDocs plugin `truebook/check`: two pages about the site itself, *Verification* and *Drift*.

    plugins:
      - truebook/state
      - truebook/runbooks
      - truebook/check

The first shows every shell block with its result, the second every finding of `truebook check`, each with the trend of
the last builds where `check.history` names a file. An adapter: what it does is in `pipeline_check` and `report`.
"""

from __future__ import annotations

from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config import base
from mkdocs.config import config_options as c
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

from truebook import pipeline_check
from truebook.drift import RULES
from truebook.errors import TruebookError
from truebook.mkdocs_runbooks import RunbooksPlugin
from truebook.mkdocs_state import StatePlugin, shown_path
from truebook.report import history, pages, words

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

    from truebook.findings import Report

log = get_plugin_logger("truebook")

SCRIPT = "assets/truebook-filter.js"


class CheckConfig(base.Config):  # type: ignore[no-untyped-call] # MkDocs' own __init_subclass__
    """The plugin's options. Names of pages are below the docs folder."""

    enabled = c.Type(bool, default=True)
    """False: there are no such pages."""

    verification = c.Type(str, default="verification.md")
    """The page of all shell blocks."""

    drift = c.Type(str, default="drift.md")
    """The page of all findings."""


class CheckPlugin(BasePlugin[CheckConfig]):  # type: ignore[no-untyped-call] # as above
    """Makes the pages. `report` is that of the last build, None where there was no state."""

    report: Report | None = None

    def __init__(self) -> None:
        self._builds: list[history.Build] = []
        self._links: dict[str, str] = {}

    def on_config(self, config: MkDocsConfig) -> None:
        """Add the script that filters."""
        if self.config.enabled and SCRIPT not in config.extra_javascript:
            config.extra_javascript.append(SCRIPT)

    def on_files(self, files: Files, *, config: MkDocsConfig) -> None:
        """Make room for the pages, unless the site has its own of these names."""
        if not self.config.enabled:
            return
        for name in (self.config.verification, self.config.drift):
            if files.get_file_from_path(name) is not None:
                raise PluginError(
                    f"truebook/check: {name} is a page of the site; give the plugin another name for its own"
                )
            files.append(File.generated(config, name, content=""))
        script = Path(__file__).parent / "assets" / "truebook-filter.js"
        files.append(File.generated(config, SCRIPT, abs_src_path=str(script)))

    @event_priority(-200)  # when the blocks were tested
    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> None:
        """Compare all pages."""
        state = config.plugins.get("truebook/state")
        if (
            not self.config.enabled
            or not isinstance(state, StatePlugin)
            or state.state is None
            or state.inventory is None
        ):
            return
        runbooks = config.plugins.get("truebook/runbooks")
        run = runbooks.run if isinstance(runbooks, RunbooksPlugin) else None
        docs = Path(relpath(config.docs_dir))
        try:
            asked = pipeline_check.Asked((docs,))
            self.report = pipeline_check.check(state.state, state.inventory, state.settings, asked, run=run)
            path = state.settings.check.history
            self._builds = [] if path is None else history.load(path).builds
            self._builds = history.append(history.History(builds=self._builds), history.build_of(self.report)).builds
        except TruebookError as error:
            raise PluginError(str(error)) from error
        self._links = {}
        for file in files.documentation_pages():
            if file.abs_src_path is not None:
                self._links[Path(relpath(file.abs_src_path)).as_posix()] = file.url
                self._links[shown_path(file, config)] = file.url
        log.info("drift: %s", words.conclusion(self.report))

    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        """The text of the two pages."""
        name = page.file.src_uri
        if not self.config.enabled or name not in (self.config.verification, self.config.drift):
            return markdown

        def page_link(path: str) -> str | None:
            found = self._links.get(path)
            return None if found is None else get_relative_url(found, page.file.url)

        if self.report is None:
            return f"# {Path(name).stem.capitalize()}\n\nThis build was not filled from live state.\n"
        page.meta.setdefault("search", {"exclude": True})
        if name == self.config.verification:
            page.meta.setdefault("hide", ["toc"])  # there is none; the table takes its room in Material
            return pages.verification(self.report, self._builds, page_link)
        return pages.drift(self.report, RULES, self._builds, page_link)
