"""A site of 1,000 pages with the plugin, against the same site without it.

One page in ten has a table of ten components and a value. Without the plugin these pages hold the same tables, written
out: the ratio is what truebook costs, and not what Markdown takes for a table. State comes from a recording of 200
components. Theme and search are those that MkDocs gives a new site; richer ones would flatter the ratio.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import Row
from tests.unit.recording_sample import workload
from tests.unit.recordings import recording
from truebook import pipeline
from truebook import recording as recordings
from truebook.pages import regions
from truebook.recording import Cluster

PAGES = 1_000
COMPONENTS = 200
GROUPS = 20
EVERY = 10

CONFIG = """\
site_name: Bench
docs_dir: docs-%s
theme: mkdocs
markdown_extensions: [tables, admonition, attr_list, pymdownx.superfences, pymdownx.details]
plugins: %s
"""
PLUGIN = "[search, truebook/state: {recording: bench.json}]"

REGIONS = """
<!-- BEGIN truebook:components group=G{group} columns=component,namespace live=version,status -->
<!-- END truebook -->

Runs <!-- BEGIN truebook:value app-7.version -->?<!-- END truebook --> now.
"""


def measure(rounds: int) -> list[Row]:
    """Both builds in turn, `rounds` times, after one of each that does not count."""
    with tempfile.TemporaryDirectory(prefix="truebook-bench-") as folder:
        site = Path(folder)
        write(site)
        seconds: dict[str, list[float]] = {"without": [], "with": []}
        for number in range(rounds + 1):
            for name, found in seconds.items():
                took = build(site, name)
                if number:
                    found.append(took)
        filled = sum("truebook-status" in path.read_text() for path in (site / "with").rglob("index.html"))
    name = f"a site of {PAGES:,} pages with the plugin"
    return [Row(name, seconds["with"], seconds["without"], goal=1.10, facts={"pages with regions": filled})]


def write(site: Path) -> None:
    """The site's files: pages of about 2 KB of prose, a list, a table and a code fence."""
    apps = [workload("Deployment", f"ns-{n}", f"app-{n}", f"example/app:{n}.0", 1, 1) for n in range(COMPONENTS)]
    made = recording({"apps/deployments Deployment": apps}, cluster=Cluster("bench", "v1.36.3"))
    recordings.save(made, site / "bench.json")
    catalog = "".join(
        f"  - {{name: app-{n}, group: G{n % GROUPS}, find: {{workload: Deployment ns-{n}/app-{n}}}}}\n"
        for n in range(COMPONENTS)
    )
    (site / "truebook.yml").write_text(f"components:\n{catalog}")
    settings = pipeline.load_settings(site / "truebook.yml")
    inventory = pipeline.build_inventory(pipeline.State(made, "bench", True), settings)
    for name, plugins in (("without", "[search]"), ("with", PLUGIN)):
        (site / f"{name}.yml").write_text(CONFIG % (name, plugins))
        docs = site / f"docs-{name}"
        docs.mkdir()
        (docs / "index.md").write_text("# Bench\n")
        for number in range(PAGES - 1):
            text = page(number)
            if name == "without":
                text = regions.fill(text, path="", inventory=inventory, page_url=lambda written: written)
            (docs / f"page-{number}.md").write_text(text)


def page(number: int) -> str:
    """One page's Markdown."""
    text = f"# Page {number}\n\n" + "What is *this* here, and [where](index.md) does it run? " * 25
    text += "\n\n- one\n- two\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n```bash\nkubectl get pods -A\n```\n"
    return text + (REGIONS.format(group=number % GROUPS) if number % EVERY == 0 else "")


def build(site: Path, name: str) -> float:
    """Processor seconds of one build from start to end: all that it does is compute, and a busy machine counts less."""
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", f"{name}.yml", "-d", name]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=site, env={**os.environ, "DISABLE_MKDOCS_2_WARNING": "true"}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
