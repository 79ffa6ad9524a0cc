"""Blocks are found again in the HTML that the site's own highlighter made of the page."""

from __future__ import annotations

from typing import Any

import pytest
from markdown import Markdown

from truebook.runbooks.blocks import find_blocks, places, usual_extensions

PAGE = """\
# T

```bash
kubectl get pods <x> && echo "a"

  b
```

```yaml
kubectl get pods: x
```

=== "Tab"

    - item

        ``` { .console #x title="t" linenums="1" }
        $ date
        Tue
        ```

    indented:

        date

```
kubectl get nodes
```

```bash
kubectl get nodes
```
"""

HIGHLIGHTERS: list[tuple[list[str], dict[str, dict[str, Any]]]] = [
    ([], {}),
    ([], {"pymdownx.highlight": {"anchor_linenums": True, "line_spans": "__span", "pygments_lang_class": True}}),
    ([], {"pymdownx.highlight": {"linenums": True, "linenums_style": "table"}}),
    ([], {"pymdownx.highlight": {"linenums": True, "linenums_style": "inline"}}),
    ([], {"pymdownx.highlight": {"use_pygments": False}}),
]


@pytest.mark.parametrize("number", range(len(HIGHLIGHTERS)))
def test_places(number: int) -> None:
    names, configs = usual_extensions()
    configs = {**configs, **HIGHLIGHTERS[number][1]}
    blocks = find_blocks(PAGE, path="p.md", extensions=names, extension_configs=configs)
    assert len(blocks) >= 3
    html = Markdown(extensions=names, extension_configs=configs).convert(PAGE)
    found = places(html, blocks)
    ends = [0]
    for block, place in zip(blocks, found, strict=True):
        assert place is not None, block
        start, end = place
        assert ends[-1] <= start < end
        ends.append(end)
        assert html[start] == "<"
        assert html[end - 1] == ">"
        assert html[start:end].count("<div") == html[start:end].count("</div>")
        assert html[start:end].count("<pre") >= 1
        assert ("yaml" in html[start:end]) is False


def test_what_is_not_there_has_no_place() -> None:
    names, configs = usual_extensions()
    blocks = find_blocks(PAGE, path="p.md", extensions=names, extension_configs=configs)
    assert places("<p>nothing</p><pre><code>kubectl get nodes</code></pre >", blocks)[:2] == [None, None]
    assert places("<pre><code>never closed", blocks) == [None] * len(blocks)


def test_plain_fences() -> None:
    page = "```bash\na\n```\n\n```bash\na\n```\n"
    for names in (["fenced_code"], ["fenced_code", "codehilite"]):
        blocks = find_blocks(page, path="p.md", extensions=names, extension_configs={})
        first, second = places(Markdown(extensions=names).convert(page), blocks)
        assert first is not None
        assert second is not None
        assert first[1] <= second[0]
