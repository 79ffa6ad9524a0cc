"""The MkDocs plugin `truebook/state`: fills the regions of all pages from state that is read once.

    plugins:
      - truebook/state

An adapter: what it does is in `pipeline` and `pages`. It runs unchanged under ProperDocs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config import base
from mkdocs.config import config_options as c
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

from truebook import pipeline
from truebook.errors import RegionError, TruebookError
from truebook.model import BlockResult, Inventory, Planned
from truebook.pages import regions
from truebook.pages.views import Checked, Tested
from truebook.pipeline import State
from truebook.settings import DEFAULT_FILE, Settings

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

    from truebook.pipeline_run import Run

log = get_plugin_logger("truebook")

_PARTS = ("", "-blocks", "-fields", "-tables", "-diagram", "-print")
STYLESHEETS = tuple(f"assets/truebook{part}.css" for part in _PARTS)
SCRIPTS = ("assets/truebook-tables.js", "assets/truebook-diagram.js")
"""Where the files of this package stand in the built site, as they do in the package."""


class StateConfig(base.Config):  # type: ignore[no-untyped-call] # MkDocs' own __init_subclass__
    """The plugin's options. Paths are relative to the folder of `mkdocs.yml`."""

    enabled = c.Type(bool, default=True)
    """False: regions keep what is committed, and the build says so."""

    config = c.Optional(c.Type(str))
    """The settings and the catalog. Default: `truebook.yml`, where there is one."""

    recording = c.Optional(c.Type(str))
    """Fill pages from this recording. The variable TRUEBOOK_RECORDING goes before it. Default: the cluster."""

    strict = c.Type(bool, default=False)
    """True: a source that is stale or failed stops the build. `mkdocs build --strict` does so too."""

    templates = c.Optional(c.Dir(exists=True))
    """A folder of Jinja2 templates that take the place of those in `truebook/pages/templates`."""


class StatePlugin(BasePlugin[StateConfig]):  # type: ignore[no-untyped-call] # as above
    """Fills regions. `inventory` is there from `on_config` on, None while the plugin is disabled."""

    inventory: Inventory | None = None

    def __init__(self) -> None:
        self._state: State | None = None
        self._read_with: tuple[Any, ...] = ()
        self._settings = Settings()
        self._templates: Path | None = None
        self._watched: Path | None = None
        self._errors: list[RegionError] = []
        self._unfilled: list[str] = []
        self._checked: Checked | None = None

    @property
    def state(self) -> State | None:
        """What `inventory` was built from, None while the plugin is disabled."""
        return None if self.inventory is None else self._state

    @property
    def settings(self) -> Settings:
        """The settings that it was built with."""
        return self._settings

    def on_startup(self, *, command: str, dirty: bool) -> None:
        """MkDocs keeps a plugin with this event from build to build of `mkdocs serve`: state stays read."""

    def on_config(self, config: MkDocsConfig) -> None:
        """Read settings; read state, unless an earlier build did; build the inventory."""
        self._errors, self._unfilled = [], []
        self.inventory, self._checked = None, None
        if not self.config.enabled:
            return
        folder = Path(config.config_file_path).parent if config.config_file_path else Path.cwd()
        try:
            self.inventory = self._build(folder)
        except TruebookError as error:
            raise PluginError(str(error)) from error
        watched = [self._settings.path, self._templates, self._watched]
        there = [str(path.absolute()) for path in watched if path is not None]
        config.watch.extend(path for path in there if path not in config.watch)
        add_stylesheet(config)

    def on_files(self, files: Files, *, config: MkDocsConfig) -> None:
        """Add the stylesheet of what regions are filled with."""
        if self.config.enabled:
            add_stylesheet(config, files)

    def _build(self, folder: Path) -> Inventory:
        # As it is written and shown: relative to where the build was started.
        path = Path(os.path.relpath(folder / (self.config.config or DEFAULT_FILE)))
        self._settings = pipeline.load_settings(path if self.config.config or path.exists() else None)
        self._templates = folder / self.config.templates if self.config.templates else None
        recording = self._recording(folder)
        origin = pipeline.choose_origin(self._settings, recording)
        self._watched = origin.path if origin.kind == "recording" else None
        modified = origin.path.stat().st_mtime_ns if origin.path is not None and origin.path.exists() else 0
        ours = self._settings
        reads = (origin, modified, ours.kubernetes, ours.argocd, ours.git, ours.systems)
        if self._state is None or self._read_with != reads:
            log.info("reading state from %s", origin.text)
            self._state = pipeline.read_state(self._settings, recording)
            self._read_with = reads
            for line in [] if self._state.replayed else pipeline.unread(self._state.recording):
                log.info("%s", line)
            if self._state.not_kept:
                log.info("this reading is not kept: %s", self._state.not_kept)
        for warning in pipeline.warnings(self._state, self._settings):
            log.warning("%s", warning)
        if self.config.strict:
            pipeline.require_fresh(self._state.recording.statuses())
        return pipeline.build_inventory(self._state, self._settings)

    def _recording(self, folder: Path) -> Path | None:
        """The site's own recording, unless the environment names another."""
        if self.config.recording is None or os.environ.get(pipeline.VARIABLE):
            return None
        return folder / self.config.recording

    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        """Fill the page's regions. What is wrong on any page is kept until all pages were looked at."""
        if not regions.mentions(markdown):
            return markdown
        source = page.file.src_uri
        path = shown_path(page.file, config)
        if self.inventory is None:
            self._unfilled.append(path)
            return markdown

        def page_url(written: str) -> str | None:
            name, anchor = _split(written)
            found = files.get_file_from_path(name)
            return None if found is None else get_relative_url(found.src_uri, source) + anchor

        def built_url(written: str) -> str | None:
            name, anchor = _split(written)
            found = files.get_file_from_path(name)
            return None if found is None else get_relative_url(found.url, page.url) + anchor

        try:
            return regions.fill(
                markdown,
                path=path,
                inventory=self.inventory,
                page_url=page_url,
                built_url=built_url,
                templates=self._templates,
                first_line=_first_line(page.file, markdown),
                site_url=self._settings.check.site_url or config.site_url or "",
                page=source,
                checked=self._found_out(config, files),
            )
        except RegionError as error:
            self._errors.append(error)
            return markdown

    def _found_out(self, config: MkDocsConfig, files: Files) -> Checked:
        """What the plugins `truebook/runbooks` and `truebook/check` made out before the first page was rendered."""
        if self._checked is None:
            run = getattr(config.plugins.get("truebook/runbooks"), "run", None)
            check = config.plugins.get("truebook/check")
            report = getattr(check, "report", None)
            tested = None if run is None else tuple(_tested(run, config, files))
            pages = (check.config.drift, check.config.verification) if report is not None and check is not None else ()
            self._checked = Checked(tested, None if report is None else report.findings, *pages)
        return self._checked

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        """Mend what Markdown makes of a filled region."""
        return regions.tidy(html)

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        """Say in the page's head that it was filled: `truebook check --site` looks for pages where nothing did."""
        if self.inventory is None:
            return output
        return with_meta(output, "state", f"{self.inventory.recorded_at} {self.inventory.cluster}")

    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> None:
        """All pages were looked at: stop where regions are wrong, say where regions were not filled."""
        if self._errors:
            raise PluginError("\n".join(str(error) for error in self._errors))
        if self._unfilled:
            log.warning("disabled: regions keep what is committed in %s", ", ".join(self._unfilled))


def with_meta(output: str, name: str, content: str) -> str:
    """A page's HTML with `<meta name="truebook:NAME">` at the end of its head; behind its title where a theme leaves
    the head's end tag out, as HTML allows."""
    meta = f'<meta name="truebook:{name}" content="{escape(content, quote=True)}">'
    if "</head>" in output:
        return output.replace("</head>", f"{meta}</head>", 1)
    return output.replace("</title>", f"</title>{meta}", 1)


def add_stylesheet(config: MkDocsConfig, files: Files | None = None) -> None:
    """See to it that pages link this package's stylesheets and scripts, or, given the site's files, that those are
    among them. A site that has a file of the same name in the same place uses its own."""
    for number, name in enumerate(STYLESHEETS):
        if name not in config.extra_css:  # first, so that a site's own can change it
            config.extra_css.insert(number, name)
    for name in SCRIPTS:
        if name not in config.extra_javascript:
            config.extra_javascript.append(name)
    for name in (*STYLESHEETS, *SCRIPTS):
        if files is not None and files.get_file_from_path(name) is None:
            files.append(File.generated(config, name, abs_src_path=str(Path(__file__).parent / name)))


def _split(written: str) -> tuple[str, str]:
    """`vault.md#unseal` as the page and the anchor with its mark."""
    name, mark, anchor = written.partition("#")
    return name, mark + anchor


def shown_path(file: File, config: MkDocsConfig) -> str:
    """The page's source as the author would open it: relative to the folder of `mkdocs.yml` where it lies there."""
    if file.abs_src_path is None:
        return file.src_uri
    path = Path(file.abs_src_path)
    folder = Path(config.config_file_path).parent if config.config_file_path else Path.cwd()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _tested(run: Run, config: MkDocsConfig, files: Files) -> Iterator[Tested]:
    """The pages that have blocks, in the order of the site."""
    blocks: dict[str, list[tuple[Planned, BlockResult]]] = {}
    for planned, result in zip(run.planned, run.results, strict=True):
        blocks.setdefault(planned.block.path, []).append((planned, result))
    for file in files.documentation_pages():
        found = blocks.get(shown_path(file, config))
        if found:
            title = re.search(r"^#[ \t]+(.+?)[ \t#]*$", file.content_string, re.MULTILINE)
            stem = file.name.replace("-", " ").replace("_", " ").capitalize()
            yield Tested(file.src_uri, title[1] if title else stem, tuple(found))


def _first_line(file: File, markdown: str) -> int:
    """The number in the file of the page's first line: MkDocs has taken off the front matter."""
    try:
        source = file.content_string
    except (OSError, UnicodeDecodeError):
        return 1
    at = source.find(markdown[:2000]) if markdown else -1
    return source.count("\n", 0, at) + 1 if at > 0 else 1
