"""The MkDocs plugin `truebook/runbooks`: shell blocks are tested before pages are rendered, and each says how it went.

The plugin is a shell: blocks are planned in `pipeline_runbooks`, run in `pipeline_run`, and shown by `pages.blocks`.
It uses the state of `truebook/state`, and reads it itself where that plugin is not there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.config import base
from mkdocs.config import config_options as c
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
from mkdocs.structure.files import File, InclusionLevel

from truebook import pipeline, pipeline_run
from truebook.errors import ConfigError, TruebookError
from truebook.mkdocs_state import StatePlugin, add_stylesheet, shown_path, with_meta
from truebook.pages.blocks import wrap
from truebook.pages.marks import Marks
from truebook.pages.results import ShownResult
from truebook.pipeline import State
from truebook.pipeline_run import Options, Run
from truebook.pipeline_runbooks import PageBlocks, Planner, SiteReader, known_of, offers_of
from truebook.runbooks.copying import copyable
from truebook.runbooks.plan import Policy
from truebook.settings import DEFAULT_FILE, Settings

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

log = get_plugin_logger("truebook")

VALUES = "assets/truebook-values.js"
"""The script, written by the build, that says what there is to choose from; `pages` need not be served for it."""
SCRIPTS = tuple(f"assets/truebook-{name}.js" for name in ("said", "ages", "fields", "blocks"))
"""In the order in which a page has to load them."""

POLICIES: tuple[Policy, ...] = ("run", "list", "off")
ASKED = "TRUEBOOK_RUN"
"""The variable by which `mkdocs serve` is asked to run what changed (`1`), or a build to run nothing (`0`)."""


class _Policy(c.Choice[str]):
    """One of the policies; `off` without quotes is YAML for false."""

    def run_validation(self, value: object) -> str:
        return super().run_validation("off" if value is False else value)


class RunbooksConfig(base.Config):  # type: ignore[no-untyped-call] # MkDocs' own __init_subclass__
    """The plugin's options. Paths are relative to the folder of `mkdocs.yml`."""

    enabled = c.Type(bool, default=True)
    """False: blocks stay as they are."""

    policy = c.Optional(_Policy(POLICIES))
    """What happens to blocks; default: `runbooks.policy` of the settings, and `run` without any."""

    serve = c.Choice(("list", "run"), default="list")
    """What `mkdocs serve` does where the policy is to run: show results there are, or run what changed."""

    jobs = c.Type(int, default=0)
    """How many pages are tested at once; 0: as many as there are processors."""

    sandbox = c.Choice(("bubblewrap", "none"), default="bubblewrap")
    """`none` turns the sandbox off: blocks then see this machine's files and network."""

    config = c.Optional(c.Type(str))
    """The settings, where the plugin `truebook/state` is not used. Default: `truebook.yml`, where there is one."""

    recording = c.Optional(c.Type(str))
    """The recording, where the plugin `truebook/state` is not used."""


class RunbooksPlugin(BasePlugin[RunbooksConfig]):  # type: ignore[no-untyped-call] # as above
    """Tests blocks and shows their results. `run` is what came of the last build, None where nothing was tested."""

    run: Run | None = None

    def __init__(self) -> None:
        self._command = "build"
        self._marks = Marks()
        self._pages: dict[str, list[ShownResult]] = {}
        self._lost: list[ConfigError] = []

    def on_startup(self, *, command: str, dirty: bool) -> None:
        """Whether pages are built once or served."""
        self._command = command

    @event_priority(-100)  # as the last of the extensions
    def on_config(self, config: MkDocsConfig) -> None:
        """Add the stylesheet, and the marks that say what became of each fence."""
        if self.config.enabled:
            add_stylesheet(config)
            config.extra_javascript += [name for name in (VALUES, *SCRIPTS) if name not in config.extra_javascript]
            config.markdown_extensions.append(self._marks)

    def on_files(self, files: Files, *, config: MkDocsConfig) -> None:
        """The same."""
        if self.config.enabled:
            add_stylesheet(config, files)
            for name in SCRIPTS:
                if files.get_file_from_path(name) is None:
                    files.append(File.generated(config, name, abs_src_path=str(Path(__file__).parent / name)))

    @event_priority(-100)  # when all plugins have said which pages there are
    def on_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> None:
        """Find and test the blocks of all pages, before any is rendered."""
        self.run, self._pages, self._lost = None, {}, []
        if not self.config.enabled:
            return
        offers: str = "{}"
        try:
            offers = self._test(config, files)
        except TruebookError as error:
            raise PluginError(str(error)) from error
        files.append(File.generated(config, VALUES, content=f"window.truebookValues = {offers};\n"))

    def _test(self, config: MkDocsConfig, files: Files) -> str:
        """Test what is to be tested; gives what readers may choose from, as JSON."""
        folder = Path(config.config_file_path).parent if config.config_file_path else Path.cwd()
        settings, state = self._state(config, folder)
        policy = self._policy(settings)
        if policy == "off":
            return "{}"
        inventory = pipeline.build_inventory(state, settings)
        reader = SiteReader(settings, config.markdown_extensions, config.mdx_configs, folder=folder)
        known = known_of(state, inventory, given={}, environment=os.environ)
        planner = Planner(settings, known, policy=policy)
        shown = InclusionLevel.is_in_serve if self._command == "serve" else InclusionLevel.is_included
        sources = files.documentation_pages(inclusion=shown)
        pages = {file.src_uri: planner.page(_read(reader, file, config)) for file in sources}
        for problem in reader.problems:
            log.error("%s", problem)
        if reader.problems:
            raise PluginError("shell blocks have wrong options")
        planned = [one for page in pages.values() for one in page]
        options = Options(
            repository=pipeline_run.repository_of(folder),
            cache=folder / pipeline_run.CACHE,
            jobs=self.config.jobs,
            sandbox="none" if self.config.sandbox == "none" else "bubblewrap",
            start=self._command != "serve" or self.config.serve == "run" or os.environ.get(ASKED) == "1",
        )
        self.run = pipeline_run.run(planned, state, inventory, settings, options)
        self._say(self.run)
        results = iter(self.run.results)
        for name, page in pages.items():
            self._pages[name] = [
                ShownResult(
                    one,
                    next(results),
                    state.origin,
                    state.replayed,
                    copyable(one.block, one.filling),
                    inventory.stale_after,
                )
                for one in page
            ]
        return offers_of(known, (one.copied for page in self._pages.values() for one in page if one.copied is not None))

    def _policy(self, settings: Settings) -> Policy:
        """The option, else the setting; a build can be asked to run nothing."""
        ours = settings.runbooks
        policy: Policy = ours.policy if ours.enabled else "off"
        for known in POLICIES:
            if self.config.policy == known:
                policy = known
        return "list" if policy == "run" and os.environ.get(ASKED) == "0" else policy

    def _say(self, run: Run) -> None:
        """What came of it; what is wrong is a warning, so that `--strict` stops at it."""
        if run.results:
            log.info("%s", pipeline_run.summary(run))
        for note in (*run.notes, *run.unread):
            log.info("%s", note)
        for result in run.results:
            if result.state == "failed":
                where = f"{result.path}:{result.failed_line or result.line}"
                log.warning("%s: a shell block failed: %s", where, result.reason)
        for change in run.blamed:
            log.warning("%s was %s during the run, by %s", change.object, change.kind, change.reason)

    def _state(self, config: MkDocsConfig, folder: Path) -> tuple[Settings, State]:
        """What `truebook/state` read; what is read here where it is not used."""
        plugin = config.plugins.get("truebook/state")
        if isinstance(plugin, StatePlugin) and plugin.state is not None:
            return plugin.settings, plugin.state
        path = folder / (self.config.config or DEFAULT_FILE)
        settings = pipeline.load_settings(path if self.config.config or path.exists() else None)
        own = self.config.recording
        recording = folder / own if own and not os.environ.get(pipeline.VARIABLE) else None
        log.info("reading state from %s", pipeline.choose_origin(settings, recording).text)
        return settings, pipeline.read_state(settings, recording)

    @event_priority(-100)  # when all that changes a page's HTML has done so
    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        """Show each block's result."""
        if not self.config.enabled:
            return html
        wrapped, lost = wrap(html, self._pages.get(page.file.src_uri, ()), self._marks)
        self._lost += lost
        return wrapped

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        """Say in the page's head that its blocks were looked at: `truebook check --site` looks for pages without."""
        return output if self.run is None else with_meta(output, "runbooks", pipeline_run.summary(self.run))

    def on_env(self, env: object, *, config: MkDocsConfig, files: Files) -> None:
        """All pages are rendered: stop where a block was not found on its own."""
        if self._lost:
            raise PluginError("\n".join(map(str, self._lost)))


def _read(reader: SiteReader, file: File, config: MkDocsConfig) -> PageBlocks:
    return reader.page(file.content_string, path=shown_path(file, config), name=file.src_uri)
