"""Real MkDocs sites, built by the real command, and their HTML read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.unit import recording_sample
from truebook import recording as recordings
from truebook.pipeline import EMBEDDED, VARIABLE
from truebook.replay import serve
from truebook.state.sources import SOURCES

PAGE = """\
---
title: Home
---
# Operations

<!-- BEGIN truebook:components group=Security columns=component,purpose,url,storage live=version,status -->
| Component | Purpose | URL | Owner |
|-----------|---------|-----|-------|
| [Vault](vault.md) | old | old.example | Ann |
<!-- END truebook -->

<!-- BEGIN truebook:components group=GitOps -->
<!-- END truebook -->

ArgoCD is <!-- BEGIN truebook:value argocd.version -->v0<!-- END truebook -->.

<!-- BEGIN truebook:stack -->
<!-- END truebook -->
"""

MKDOCS = """\
site_name: Test
theme: {name: null, custom_dir: theme}
plugins:
  - truebook/state: %s
markdown_extensions:
  - tables
  - pymdownx.superfences:
      custom_fences:
        - name: mermaid
          class: mermaid
          format: !!python/name:pymdownx.superfences.fence_div_format
"""


class Site:
    """A small site in a folder of its own."""

    def __init__(self, folder: Path, options: str = "{recording: homelab.json}") -> None:
        self.folder = folder
        (folder / "docs" / "ops").mkdir(parents=True)
        (folder / "theme").mkdir()
        (folder / "theme" / "main.html").write_text("<!doctype html><title>{{ page.title }}</title>{{ page.content }}")
        (folder / "mkdocs.yml").write_text(MKDOCS % options)
        (folder / "truebook.yml").write_text(recording_sample.CATALOG)
        self.write("index.md", PAGE)
        self.write("argocd.md", "# ArgoCD\n")
        self.write("ops/deep.md", PAGE)
        recording_sample.save(folder)

    def write(self, name: str, text: str) -> None:
        (self.folder / "docs" / name).write_text(text)

    def build(self, *options: str, module: str = "mkdocs", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, "build", *options],
            cwd=self.folder,
            env={**os.environ, "DISABLE_MKDOCS_2_WARNING": "true", **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def html(self, name: str = "index.html") -> str:
        return (self.folder / "site" / name).read_text()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def rows(html: str) -> list[list[str]]:
    """The cells of all table rows, as they are marked up."""
    found = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [re.findall(r"<t[hd]>(.*?)</t[hd]>", row, re.DOTALL) for row in found]


def fresh(html: str) -> str:
    """A page without the marks that say how old its state is."""
    html = re.sub(r'<meta name="truebook:state"[^>]*>', "", html)
    return re.sub(r'<br\s*/?><span class="truebook-old">.*?</span>', "", html)


def version(number: str) -> str:
    """A version as it is marked up."""
    return f'<span class="truebook-version">{number}</span>'


HEALTHY = '<span class="truebook-status truebook-status--healthy">Healthy</span>'
VAULT = '<a href="https://vault.homelab.local">vault.homelab.local</a>'


@pytest.mark.parametrize("module", ["mkdocs", "properdocs"])
def test_a_site_is_filled(site: Site, module: str) -> None:
    done = site.build("--strict", module=module)
    assert done.returncode == 0, done.stderr
    assert "reading state from recording homelab.json" in done.stderr
    assert rows(site.html())[:2] == [
        ["Component", "Purpose", "URL", "Owner", "Storage", "Version", "Status"],
        ["Vault", "Secrets management", VAULT, "Ann", "Raft", version("1.20.1"), HEALTHY],
    ]
    assert '<a href="argocd/">ArgoCD</a>' in site.html()
    assert "-->v3.6.1<!--" in site.html()
    assert 'click n1 href "argocd/"' in site.html()
    deep = site.html("ops/deep/index.html")
    assert '<a href="../../argocd/">ArgoCD</a>' in deep
    assert 'click n1 href "../../argocd/"' in deep


class Nesting(HTMLParser):
    """The elements that are open around each `<details>`."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.around: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "details":
            self.around.append(self.open[:])
        if tag not in ("br", "meta"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<input />` holds nothing."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_evidence_stands_where_html_allows_it_in_tabs_and_lists_too(site: Site) -> None:
    config = site.folder / "mkdocs.yml"
    config.write_text(f"{config.read_text()}  - admonition\n  - pymdownx.tabbed: {{alternate_style: true}}\n")
    region = "<!-- BEGIN truebook:stack -->\n<!-- END truebook -->\n"

    def indented(text: str) -> str:
        return "".join(f"    {line}\n" if line else "\n" for line in text.split("\n"))

    nested = (
        f'=== "Tab"\n\n{indented(region)}\n1. One\n\n{indented("!!! note" + chr(10) + chr(10) + indented(region))}\n'
    )
    site.write("index.md", f"# Here\n\n{region}\n{nested}")
    site.build("--strict")
    found = Nesting()
    found.feed(site.html())
    assert len(found.around) == 3
    assert [element for around in found.around for element in around if element == "p"] == []


def test_the_look_of_what_is_filled_comes_along(site: Site) -> None:
    theme = site.folder / "theme" / "main.html"
    theme.write_text(theme.read_text() + "{% for path in config.extra_css %}{{ path }};{% endfor %}")
    (site.folder / "docs" / "own.css").write_text("")
    (site.folder / "mkdocs.yml").write_text(MKDOCS % "{recording: homelab.json}" + "extra_css: [own.css]\n")
    assert site.build("--strict").returncode == 0
    assert re.search(r"assets/truebook\.css;(?:assets/truebook-\w+\.css;)+own\.css;$", site.html())
    assert ".truebook-field--live" in site.html("assets/truebook-fields.css")
    assert ".truebook-status--healthy" in site.html("assets/truebook.css")


def test_the_source_stays_as_it_is(site: Site) -> None:
    site.build()
    assert (site.folder / "docs" / "index.md").read_text() == PAGE


def test_the_environment_goes_before_the_sites_own_recording(site: Site) -> None:
    path = recording_sample.save(site.folder, "other.json", version="1.99.0", ready=0)
    done = site.build(**{VARIABLE: str(path)})
    assert "reading state from recording other.json" in done.stderr
    assert rows(site.html())[1][-2] == version("1.99.0")


def test_all_wrong_regions_of_a_site_stop_the_build_with_their_places(site: Site) -> None:
    site.write("index.md", PAGE.replace("value argocd.version", "value argo.version").replace("live=", "life="))
    site.write("ops/deep.md", PAGE.rpartition("<!-- END truebook -->")[0])
    done = site.build()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (site.folder / "site" / "index.html").exists()
    for message in (
        "docs/index.md:6: unknown option 'life'; did you mean 'live'?",
        "docs/index.md:15: unknown component 'argo'; did you mean 'argocd'?",
        "docs/ops/deep.md:17: the region has no END; add <!-- END truebook --> after it",
    ):
        assert message in done.stderr


def test_a_site_needs_no_catalog_unless_it_names_one(site: Site) -> None:
    (site.folder / "truebook.yml").unlink()
    site.write("index.md", "# Home\n\n<!-- BEGIN truebook:components -->\n<!-- END truebook -->\n")
    site.write("ops/deep.md", "# Deep\n")
    done = site.build("--strict")
    assert done.returncode == 0, done.stderr
    assert "Deprecat" not in done.stderr
    (site.folder / "mkdocs.yml").write_text(MKDOCS % "{recording: homelab.json, config: mine.yml}")
    done = site.build()
    assert done.returncode == 1
    assert "mine.yml: there is no such file" in done.stderr


def test_a_wrong_catalog_stops_the_build(site: Site) -> None:
    (site.folder / "truebook.yml").write_text("componets: []\n")
    done = site.build()
    assert done.returncode == 1
    assert "truebook.yml:1: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_that_is_not_there_stops_the_build(site: Site) -> None:
    (site.folder / "homelab.json").unlink()
    done = site.build()
    assert done.returncode == 1
    assert "homelab.json: cannot read the recording" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("state", ["stale", "failed"])
def test_a_source_that_is_not_fresh_warns_and_fails_only_the_strict(site: Site, state: str) -> None:
    recording_sample.save(site.folder, state=state, reason="connection refused")
    done = site.build()
    assert done.returncode == 0
    assert re.search(r"WARNING.*kubernetes (is stale|could not be read): connection refused", done.stderr)
    assert rows(fresh(site.html()))[1][0] == "Vault"
    assert site.build("--strict").returncode == 1
    (site.folder / "mkdocs.yml").write_text(MKDOCS % "{recording: homelab.json, strict: true}")
    done = site.build()
    assert done.returncode == 1
    assert "connection refused" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disabled_plugin_leaves_what_is_committed_and_says_so(site: Site) -> None:
    (site.folder / "mkdocs.yml").write_text(MKDOCS % "{enabled: false}")
    done = site.build()
    assert done.returncode == 0
    assert re.search(r"WARNING.*regions keep what is committed in docs/index.md, docs/ops/deep.md", done.stderr)
    assert "old.example" in site.html()


def test_templates_of_the_site_take_the_place_of_ours(site: Site) -> None:
    (site.folder / "mkdocs.yml").write_text(MKDOCS % "{recording: homelab.json, templates: mine}")
    done = site.build()
    assert done.returncode == 1
    assert "'templates': The path" in done.stderr
    (site.folder / "mine").mkdir()
    (site.folder / "mine" / "value.md.j2").write_text("**{{ value }}**")
    assert site.build("--strict").returncode == 0
    assert "<strong>v3.6.1</strong>" in site.html()


def test_an_option_that_there_is_not_stops_the_build(site: Site) -> None:
    (site.folder / "mkdocs.yml").write_text(MKDOCS % "{recordng: homelab.json}")
    assert "recordng" in site.build("--strict").stderr


def test_a_build_from_the_api_is_the_build_from_its_recording(site: Site) -> None:
    every = "columns=component,namespace,url,version live=workloads,images,status,sync,health,ready,revision"
    site.write("index.md", f"# All\n\n<!-- BEGIN truebook:components {every} -->\n<!-- END truebook -->\n")
    site.write("ops/deep.md", "# All\n\n<!-- BEGIN truebook:stack -->\n<!-- END truebook -->\n")
    # The other systems answer at addresses of the homelab's, which a replay here has not: tests/real reads those.
    whole = recordings.load(EMBEDDED)
    parts = {name: whole.parts[name] for name in ("kubernetes", "argocd", "git")}
    recording = recordings.Recording(whole.schema, whole.cluster, whole.recorded_at, parts)
    recordings.save(recording, site.folder / "homelab.json")
    systems = ", ".join(f"{name}: {{enabled: false}}" for name, source in SOURCES.items() if source.system)
    with serve.start(recording, directory=site.folder / "replay") as replay:
        catalog = f"cluster: homelab\ngit: {{enabled: false}}\nargocd: {{url: {replay.urls['argocd']}}}\n"
        catalog += f"systems: {{{systems}}}\n"
        (site.folder / "truebook.yml").write_text(catalog)
        done = site.build("--strict")
        recorded = fresh(site.html()), fresh(unescape(site.html("ops/deep/index.html")))
        assert "reading state from recording homelab.json" in done.stderr
        (site.folder / "mkdocs.yml").write_text(MKDOCS % "{}")
        done = site.build("--strict", **replay.environment)
        assert done.returncode == 0, done.stderr
        assert "reading state from the cluster of context " in done.stderr
        arrows = fresh(unescape(site.html("ops/deep/index.html")))  # their evidence says where ArgoCD was asked
        assert (fresh(site.html()), arrows.replace(replay.urls["argocd"], "https://argocd.homelab.local")) == recorded
        assert len(rows(recorded[0])) > 15
    done = site.build(**replay.environment)
    assert done.returncode == 0
    assert "WARNING -  truebook: kubernetes is stale: " in done.stderr
    assert rows(fresh(site.html())) == rows(recorded[0])
    assert site.build("--strict", **replay.environment).returncode == 1


class TestServing:
    """What `mkdocs serve` does: the same plugin, build after build."""

    @pytest.fixture(autouse=True)
    def quiet(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(site.folder)

    def rebuild(self) -> object:
        from mkdocs.commands.build import build
        from mkdocs.config import load_config

        config = load_config("mkdocs.yml")
        config.plugins.on_startup(command="serve", dirty=False)
        build(config)
        return config.plugins["truebook/state"]

    def test_state_is_read_once_and_the_catalog_each_time(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        from truebook import pipeline

        reads: list[str] = []
        read_state = pipeline.read_state

        def counting(*args: object, **options: object) -> pipeline.State:
            reads.append("read")
            return read_state(*args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(pipeline, "read_state", counting)
        first = self.rebuild()
        (site.folder / "truebook.yml").write_text(recording_sample.CATALOG.replace("Secrets management", "Safe"))
        second = self.rebuild()
        assert first is second
        assert reads == ["read"]
        assert rows(site.html())[1][1] == "Safe"
        recording_sample.save(site.folder, version="1.99.0")
        self.rebuild()
        assert reads == ["read", "read"]
        assert rows(site.html())[1][-2] == version("1.99.0")
        with (site.folder / "truebook.yml").open("a") as file:
            file.write("\nsystems:\n  vault: {enabled: false}\n")
        self.rebuild()
        assert reads == ["read", "read", "read"]

    def test_the_catalog_and_the_recording_are_watched(self, site: Site) -> None:
        from mkdocs.config import load_config

        config = load_config("mkdocs.yml")
        config.plugins.on_startup(command="serve", dirty=False)
        config = config.plugins.on_config(config)
        assert {str(site.folder / name) for name in ("truebook.yml", "homelab.json")} <= set(config.watch)
