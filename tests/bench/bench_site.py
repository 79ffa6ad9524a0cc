"""A site of 1,000 pages with the plugin, against the same site without it.

One page in ten has a table of components and a value; all others have none, as in the sites that we know. State comes
from a recording of 200 components. The theme is a bare one: a real theme takes longer and would flatter the ratio.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import Row
from tests.unit.recording_sample import workload
from tests.unit.recordings import recording
from truebook import recording as recordings
from truebook.recording import Cluster

PAGES = 1_000
COMPONENTS = 200
EVERY = 10

CONFIG = """\
site_name: Bench
theme: {name: null, custom_dir: theme}
markdown_extensions: [tables, admonition, attr_list, pymdownx.superfences, pymdownx.details]
plugins: %s
"""
PLUGIN = "[truebook/state: {recording: bench.json}]"

REGIONS = """
<!-- BEGIN truebook:components group=Other columns=component,namespace live=version,status -->
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
    (site / "theme").mkdir()
    (site / "theme" / "main.html").write_text("<!doctype html><title>{{ page.title }}</title>{{ page.content }}")
    for name, plugins in (("without", "[]"), ("with", PLUGIN)):
        (site / f"{name}.yml").write_text(CONFIG % plugins)
    (site / "docs").mkdir()
    (site / "docs" / "index.md").write_text("# Bench\n")
    for number in range(PAGES - 1):
        text = f"# Page {number}\n\n" + "What is *this* here, and [where](index.md) does it run? " * 25
        text += "\n\n- one\n- two\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n```bash\nkubectl get pods -A\n```\n"
        (site / "docs" / f"page-{number}.md").write_text(text + (REGIONS if number % EVERY == 0 else ""))
    apps = [workload("Deployment", f"ns-{n}", f"app-{n}", f"example/app:{n}.0", 1, 1) for n in range(COMPONENTS)]
    made = recording({"apps/deployments Deployment": apps}, cluster=Cluster("bench", "v1.36.3"))
    recordings.save(made, site / "bench.json")


def build(site: Path, name: str) -> float:
    """Seconds of one build from start to end, as a user waits for it."""
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", f"{name}.yml", "-d", name]
    started = time.perf_counter()
    subprocess.run(command, cwd=site, env={**os.environ, "DISABLE_MKDOCS_2_WARNING": "true"}, check=True)
    return time.perf_counter() - started
