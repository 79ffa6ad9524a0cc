"""Results on a page: the right one at the right block, and nothing of it taken for markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import markdown
import pytest

from truebook.model import (
    Block,
    BlockOptions,
    BlockResult,
    Claim,
    Evidence,
    FilledValue,
    Filling,
    Planned,
    RequestRecord,
)
from truebook.pages.blocks import wrap
from truebook.pages.marks import Marks
from truebook.pages.results import ShownResult, closing, said
from truebook.runbooks.blocks import find_blocks
from truebook.runbooks.verdicts import judge

EXTENSIONS = [
    *("admonition", "attr_list", "def_list", "md_in_html", "tables", "toc"),
    *("pymdownx.details", "pymdownx.highlight", "pymdownx.superfences", "pymdownx.tabbed"),
]
CONFIGS: dict[str, dict[str, Any]] = {
    "pymdownx.tabbed": {"alternate_style": True},
    "pymdownx.highlight": {"anchor_linenums": True},
}
HOSTILE = "</code></pre><script>alert(1)</script>\"'\u202e&amp;"

PAGE = """\
# Page

```bash
kubectl get pods
```

=== "Tab"

    ```bash title="A title" hl_lines="2"
    # first
    kubectl get nodes  # <x> & "y"
    ```

    and more

- a list

    ```console
    $ kubectl get pods
    NAME   READY
    ```

!!! tip

    ``` { .sh linenums="1" }
    echo a
    echo b
    ```

> ```
> kubectl get svc
> ```

```python
kubectl get pods
```

```bash
kubectl get pods
```
"""


class Tree(HTMLParser):
    """What stands in which `truebook-block`, and whether all elements are closed in their order."""

    VOID = frozenset({"input", "br", "hr", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.blocks: list[dict[str, str | None]] = []
        self.code: list[str] = []
        self.tags: set[str] = set()
        self._within = 0
        self._text: list[str] | None = None
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in self.VOID:
            return
        self.open.append(tag)
        given = dict(attrs)
        if given.get("class") == "truebook-block":
            assert not self._within
            self._within = len(self.open)
            self.blocks.append(given)
        if tag == "code" and self._within and self._text is None and "pre" in self.open:
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None and "code" in self.open and "details" not in self.open:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        assert self.open.pop() == tag
        if tag == "code" and self._text is not None and "pre" in self.open and "details" not in self.open:
            self.code.append("".join(self._text).strip("\n"))
            self._text = None
        if self._within > len(self.open):
            self._within = 0


MARKS = Marks()


def shown_with(block: Block, **result: Any) -> ShownResult:
    """A block that ran well, unless `result` says otherwise."""
    judgement = judge(block.script)
    planned = Planned(block, Filling(block.script), judgement, result.get("plan", "run"), "reads objects")
    made = BlockResult(
        path=block.path,
        line=block.line,
        ordinal=block.ordinal,
        state="passed",
        plan="run",
        verdict=judgement.verdict,
        reason="reads objects",
        started_at="2026-11-24T05:30:00Z",
        duration=0.25,
        cluster="homelab",
    )
    return ShownResult(planned, replace(made, **result), "recording homelab.json", replayed=True)


def rendered(text: str) -> tuple[str, list[Block]]:
    html = markdown.markdown(text, extensions=[*EXTENSIONS, MARKS], extension_configs=CONFIGS)
    return html, find_blocks(text, path="page.md", extensions=EXTENSIONS, extension_configs=CONFIGS)


def test_each_block_is_wrapped_where_it_stands() -> None:
    html, blocks = rendered(PAGE)
    assert [block.line for block in blocks] == [3, 9, 18, 25, 30, 38]
    plans = ("run", "dry-run", "prove", "parse", "skip", "refuse")
    wrapped, lost = wrap(html, [shown_with(block, plan=plan) for block, plan in zip(blocks, plans, strict=True)], MARKS)
    assert lost == []
    tree = Tree(wrapped)
    assert tuple(block["data-plan"] for block in tree.blocks) == plans
    assert {block["data-result"] for block in tree.blocks} == {"passed"}
    assert [block["data-verdict"] for block in tree.blocks] == ["read", "read", "read", "read", "read", "read"]
    shown = [[line for line in code.split("\n") if line.strip()] for code in tree.code]
    assert shown == [[line for line in block.source.split("\n") if line.strip()] for block in blocks]


ANNOTATED = """\
```bash
kubectl get pods # (1)!
kubectl get nodes # (2)!
```

1.  Say which:

    1.  with a flag

    ```bash
    kubectl get pods -n vault # (1)!
    ```

    1.  the namespace

2.  All of them.

After.

```bash
echo a # (1)
```

Between.

1.  Not behind its code.

```bash
kubectl get svc
```

1.  No annotation.
"""


def test_the_list_of_annotations_stays_right_behind_its_code() -> None:
    html, blocks = rendered(ANNOTATED)
    wrapped, lost = wrap(html, [shown_with(block) for block in blocks], MARKS)
    assert (len(blocks), lost) == (4, [])
    order = re.sub(r"(?s)<details.*?</details>", "<details>", wrapped)
    order = re.sub(r'(?s)<div class="highlight">.*?</div>', "<code>", order)
    order = re.sub(r'<div class="truebook-block"[^>]*>', "<block>", order)
    found = re.findall(r"<block>|<code>|</?ol>|<details>|</div>|<p>(?:After|Between)", order)
    assert found == [
        *("<block>", "<code>", "<ol>", "<ol>", "</ol>"),
        *("<block>", "<code>", "<ol>", "</ol>", "<details>", "</div>"),
        *("</ol>", "<details>", "</div>", "<p>After"),
        *("<block>", "<code>", "<details>", "</div>", "<p>Between", "<ol>", "</ol>"),
        *("<block>", "<code>", "<details>", "</div>", "<ol>", "</ol>"),
    ]
    assert wrapped.count("<div") == wrapped.count("</div>")


def test_nothing_else_of_the_page_is_touched() -> None:
    html, blocks = rendered(PAGE)
    wrapped, _ = wrap(html, [shown_with(block) for block in blocks], MARKS)
    unwrapped = wrapped
    unmarked, _ = wrap(html, [], MARKS)
    assert "<!--" not in unmarked
    for block in blocks:
        start = unwrapped.index('<div class="truebook-block"')
        end = unwrapped.index("</details></div>", start) + len("</details></div>")
        whole = unwrapped[start:end]
        inner = whole[whole.index(">") + 1 : whole.index("<details")]
        assert "<details" not in inner, block.where
        unwrapped = unwrapped[:start] + inner + unwrapped[end:]
    assert unwrapped == unmarked


def test_a_page_without_blocks_is_the_same_object() -> None:
    html = "<p>none</p>"
    assert wrap(html, [], MARKS) == (html, [])


def test_a_block_that_is_not_there_is_reported_and_no_other_gets_its_result() -> None:
    html, blocks = rendered(PAGE)
    changed = replace(blocks[1], source="kubectl delete nodes --all")
    wrapped, lost = wrap(html, [shown_with(block, plan="run") for block in (blocks[0], changed, *blocks[2:])], MARKS)
    # Those whose text stands there twice can't be told any more either.
    assert [str(error).partition(" ")[0] for error in lost] == ["page.md:3:", "page.md:9:", "page.md:38:"]
    tree = Tree(wrapped)
    assert len(tree.blocks) == len(blocks) - 3
    assert "# first" not in "".join(tree.code)


def test_fences_that_something_adds_shift_no_result() -> None:
    """Where the page shows other fences than its source, only a text that is there once says which block it is."""
    _, blocks = rendered(PAGE)
    html, _ = rendered("```bash\nkubectl delete pods --all\n```\n\n" + PAGE)
    wrapped, lost = wrap(html, [shown_with(block) for block in blocks], MARKS)
    assert [error.line for error in lost] == [blocks[0].line, blocks[5].line]
    tree = Tree(wrapped)
    assert [code.split("\n")[0] for code in tree.code if code] == [
        "# first",
        "$ kubectl get pods",
        "echo a",
        "kubectl get svc",
    ]


def test_a_fence_of_another_language_with_the_same_text_gets_no_result() -> None:
    html, blocks = rendered(PAGE)
    wrapped, lost = wrap(html, [shown_with(blocks[0]), shown_with(blocks[5], state="failed", failed_line=39)], MARKS)
    assert not lost
    between = wrapped[wrapped.index("</details></div>") : wrapped.rindex('<div class="truebook-block"')]
    assert re.sub("<[^>]+>", "", between).count("kubectl get pods") == 2  # the console's and Python's
    assert 'data-result="failed"' in wrapped[wrapped.rindex('<div class="truebook-block"') :]


def test_marks_that_another_extension_broke_are_taken_out() -> None:
    html, blocks = rendered(PAGE)
    broken = html.replace("<!--/", "<!--gone", 1)
    wrapped, _ = wrap(broken, [shown_with(block) for block in blocks], MARKS)
    assert "<!--truebook" not in wrapped


def test_whatever_comes_from_outside_is_text() -> None:
    html, blocks = rendered("```bash\necho x\n```\n")
    block = replace(blocks[0], options=BlockOptions(output=True))
    one = shown_with(
        block,
        state="failed",
        reason=HOSTILE,
        cluster=HOSTILE,
        output=f"{HOSTILE}\n\x1b[31mred",
        started_at=HOSTILE,
        values=(FilledValue(HOSTILE, HOSTILE, HOSTILE, Evidence("x", HOSTILE, HOSTILE)),),
        claims=(Claim(HOSTILE, False, HOSTILE),),
        requests=(RequestRecord("http", HOSTILE, HOSTILE, "refuse", 403, HOSTILE),),
        tools={HOSTILE: HOSTILE},
    )
    one = replace(
        one,
        origin=HOSTILE,
        planned=replace(one.planned, reason=HOSTILE, filling=Filling("", notes=(HOSTILE,))),
    )
    wrapped, _ = wrap(html, [one], MARKS)
    tree = Tree(wrapped)
    assert "script" not in tree.tags
    assert "\u202e" not in wrapped
    assert "\x1b" not in wrapped
    assert wrapped.count("&lt;script&gt;") > 10


def test_output_is_shown_only_where_its_author_wants_it() -> None:
    html, blocks = rendered("```bash\necho x\n```\n")
    quiet, _ = wrap(html, [shown_with(blocks[0], output="UNWANTED")], MARKS)
    assert "UNWANTED" not in quiet
    loud, _ = wrap(html, [shown_with(replace(blocks[0], options=BlockOptions(output=True)), output="a <b>\nc")], MARKS)
    assert "<samp>a &lt;b&gt;\nc</samp>" in loud


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({}, "Ran"),
        ({"plan": "dry-run"}, "Dry-run"),
        (
            {"plan": "prove", "claims": (Claim("a", True), Claim("b", True))},
            "Proved: 2 of 2 claims",
        ),
        (
            {"plan": "prove", "claims": (Claim("a", True), Claim("b", None))},
            "Proved in part: 1 of 2 claims",
        ),
        ({"state": "failed", "reason": "exit code 1", "failed_line": 7}, "Failed at line 7: exit code 1"),
        ({"state": "unknown", "reason": "there is no sandbox"}, "Could not be tested: there is no sandbox"),
        (
            {"state": "not-run", "plan": "parse", "reason": "not run: <x> is not filled"},
            "Not run: <x> is not filled",
        ),
        ({"state": "not-run", "plan": "skip", "reason": "needs a night"}, "Skipped: needs a night"),
        ({"state": "not-run", "plan": "refuse", "reason": "opens a terminal"}, "Never run here: opens a terminal"),
        ({"state": "not-run", "plan": "run", "reason": ""}, "Not run yet"),
    ],
)
def test_the_line_below_a_block_says_in_words_how_it_went(result: dict[str, Any], words: str) -> None:
    _, blocks = rendered("```bash\necho x\n```\n")
    started = {"started_at": ""} if result.get("state") == "not-run" else {}
    assert said(shown_with(blocks[0], **started, **result)) == words


def test_the_details_say_when_where_and_with_what() -> None:
    html, blocks = rendered("```bash\nkubectl get pods -n <ns>\n```\n")
    value = FilledValue(
        "<ns>", "vault", "inventory", Evidence("kubernetes", "Deployment vault/x", "metadata.namespace")
    )
    record = RequestRecord("kubernetes", "GET", "/api/v1/pods", "forward", 200, "a read")
    one = shown_with(blocks[0], values=(value,), requests=(record,) * 50, tools={"kubectl": "v1.34.2"}, cached=True)
    wrapped, _ = wrap(html, [one], MARKS)
    for words in (
        "24 November 2026, 05:30 UTC, in 0.25 s; nothing changed since, so it was not run again",
        "homelab, a recording, replayed: recording homelab.json",
        "<code>&lt;ns&gt;</code> is <code>vault</code>, from inventory: Deployment vault/x metadata.namespace",
        "<code>GET /api/v1/pods</code> kubernetes: 200, a read",
        "and 10 more",
        "kubectl v1.34.2",
        'datetime="2026-11-24T05:30:00Z"',
    ):
        assert words in wrapped
    assert "data-search-exclude" in wrapped


def test_themes_without_pygments_and_plain_fences() -> None:
    text = "```bash\nkubectl get pods\n```\n\n    indented\n\n```sh\necho <a> && echo b\n```\n"
    extensions = ["fenced_code"]
    html = markdown.markdown(text, extensions=[*extensions, MARKS])
    blocks = find_blocks(text, path="p.md", extensions=extensions, extension_configs={})
    wrapped, lost = wrap(html, [shown_with(block) for block in blocks], MARKS)
    assert not lost
    assert Tree(wrapped).code == ["kubectl get pods", "echo <a> && echo b"]


def test_a_secret_that_was_filled_in_is_not_on_the_page() -> None:
    block = find_blocks(
        "```bash\nvault login <token>\n```\n", path="p.md", extensions=EXTENSIONS, extension_configs=CONFIGS
    )[0]
    shown = shown_with(block)
    judgement = judge("vault login hvs.not-to-be-shown")
    filling = Filling("vault login hvs.not-to-be-shown", secrets=("hvs.not-to-be-shown",))
    shown = replace(shown, planned=replace(shown.planned, filling=filling, judgement=judgement))
    assert "<code>vault login REDACTED</code>" in closing(shown)
    assert "not-to-be-shown" not in closing(shown)
