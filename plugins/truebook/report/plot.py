"""The trend of the last builds as a small plot: an SVG made at build, for both themes, readable without colour.

Above the line stand blocks (passed, and on top of them those that did not), below it findings. Colours are the
stylesheet's; each bar says in words what it stands for.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from truebook.redact import printable
from truebook.report.history import Build

SHOWN = 30
"""Builds, the newest on the right."""
BAR, GAP, HEIGHT, BELOW, MARGIN = 12, 6, 80, 40, 4


def plot(builds: list[Build]) -> str:
    """The SVG as one line of markup, empty where there is no build to show."""
    shown = builds[-SHOWN:]
    if not shown:
        return ""
    width = len(shown) * (BAR + GAP) + 2 * MARGIN
    size = {"viewBox": f"0 0 {width} {HEIGHT + BELOW + 2 * MARGIN}", "width": str(width), "height": "128"}
    svg = ET.Element("svg", {"class": "truebook-trend", "role": "img", "aria-labelledby": "truebook-trend", **size})
    ET.SubElement(svg, "title", id="truebook-trend").text = _said(shown)
    most = max(1, *(sum(build.blocks.values()) for build in shown))
    worst = max(1, *(sum(build.findings.values()) for build in shown))
    for place, build in enumerate(shown):
        left = MARGIN + place * (BAR + GAP)
        bar = ET.SubElement(svg, "g")
        ET.SubElement(bar, "title").text = _words(build)
        good = build.blocks.get("passed", 0)
        bad = build.blocks.get("failed", 0) + build.blocks.get("unknown", 0)
        base = float(MARGIN + HEIGHT)
        for kind, number in (("passed", good), ("not-run", build.blocks.get("not-run", 0)), ("failed", bad)):
            tall = HEIGHT * number / most
            base -= tall
            _bar(bar, kind, left, base, tall)
        low = float(MARGIN + HEIGHT)
        for kind in ("note", "warning", "error"):
            tall = BELOW * build.findings.get(kind, 0) / worst
            _bar(bar, kind, left, low, tall)
            low += tall
    level = str(MARGIN + HEIGHT)
    ET.SubElement(svg, "line", {"class": "truebook-trend__line", "x1": "0", "x2": str(width), "y1": level, "y2": level})
    return ET.tostring(svg, encoding="unicode")


def _bar(parent: ET.Element, kind: str, left: float, top: float, tall: float) -> None:
    if tall:
        place = {"x": f"{left:g}", "y": f"{top:.1f}", "width": str(BAR), "height": f"{tall:.1f}"}
        ET.SubElement(parent, "rect", {"class": f"truebook-trend__{kind}", **place})


def _words(build: Build) -> str:
    """`2026-11-24: 96 passed, 2 failed; 1 error`."""
    blocks = ", ".join(f"{number} {name}" for name, number in sorted(build.blocks.items())) or "no blocks"
    found = ", ".join(f"{number} {name}" for name, number in sorted(build.findings.items())) or "no findings"
    return printable(f"{build.at[:16].replace('T', ' ')}: {blocks}; {found}")


def _said(shown: list[Build]) -> str:
    return f"The last {len(shown)} builds. Blocks above the line, findings below it. The newest: {_words(shown[-1])}"
