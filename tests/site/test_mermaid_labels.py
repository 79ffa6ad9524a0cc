"""What `escape.mermaid` writes, read by the Mermaid that comes with the site, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.browsing import visit
from tests.site.building import DOCS, serving
from tests.unit.pages_sample import arrow, component, inventory
from tests.unit.test_escape import HOSTILE
from truebook.pages import escape, regions

pytestmark = pytest.mark.browser

MERMAID = DOCS / "assets" / "vendor" / "mermaid.min.js"

HTML = """\
<!doctype html><meta charset="utf-8"><title>Labels</title><link rel="icon" href="data:,">
<script src="mermaid.min.js"></script>
"""

DRAW = """\
async ([diagram, level]) => {
  mermaid.initialize({startOnLoad: false, securityLevel: level});
  const drawn = document.createElement("div");
  drawn.innerHTML = (await mermaid.render("drawn", diagram)).svg;
  const texts = (selector) => [...drawn.querySelectorAll(selector)].map(found => found.textContent);
  const labels = [...drawn.querySelectorAll("foreignObject *")];
  return {
    nodes: texts(".node .nodeLabel"),
    groups: texts(".cluster-label .nodeLabel"),
    arrows: texts(".edgeLabel .edgeLabel"),
    tags: [...new Set(labels.map(found => found.tagName))].sort(),
  };
}
"""


def diagram(title: str) -> str:
    """Vault and a component of this title, in a group and with an arrow that have it too."""
    text = regions.fill(
        "<!-- BEGIN truebook:stack -->\n<!-- END truebook -->\n",
        path="a.md",
        inventory=inventory(
            component("vault", "Vault", "Security"),
            component("other", title, title),
            relations=(arrow("vault", "other", title),),
        ),
        page_url=lambda page: None,
    )
    return text.partition("```mermaid\n")[2].partition("\n```")[0]


@pytest.mark.parametrize("level", ["strict", "loose"])
def test_every_hostile_name_is_drawn_as_it_is(browser: Browser, tmp_path: Path, level: str) -> None:
    (tmp_path / "mermaid.min.js").write_bytes(MERMAID.read_bytes())
    (tmp_path / "index.html").write_text(HTML)
    with serving(tmp_path) as base, visit(browser, base) as found:
        page = found.open("index.html")
        for title in HOSTILE:
            shown = escape.visible(title, escape.LABEL_LIMIT)
            if not shown:
                continue
            drawn = page.evaluate(DRAW, [diagram(title), level])
            texts = [*drawn["nodes"], *drawn["groups"], *drawn["arrows"]]
            assert sorted(text.replace("\u2060", "") for text in texts) == sorted(
                ["VaultUnknown", "Security", f"{shown}Unknown", shown, shown]
            )
            assert drawn["tags"] == ["BR", "DIV", "P", "SPAN"], title
