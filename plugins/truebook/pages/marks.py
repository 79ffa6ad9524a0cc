"""Marks around the fences of a page, from Markdown to HTML: what is between two marks was one fence.

Marks are HTML comments with a name that nobody can guess, and are taken out again by `cut`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from markdown import Markdown
from markdown.extensions import Extension

FENCES = "fenced_code_block"
"""The name that both `fenced_code` and `pymdownx.superfences` register their preprocessor under."""


class Marks(Extension):  # type: ignore[misc] # Markdown ships no types
    """A Markdown extension, to be loaded last."""

    def __init__(self) -> None:
        super().__init__()
        self._name = f"truebook-{secrets.token_hex(8)}"

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Mark what the preprocessor of fences puts away."""
        if FENCES not in md.preprocessors:
            return
        step = md.preprocessors[FENCES]
        run: Callable[[list[str]], list[str]] = step.run

        def marked(lines: list[str]) -> list[str]:
            known = md.htmlStash.html_counter
            after = run(lines)
            stash = md.htmlStash.rawHtmlBlocks
            for number in range(known, md.htmlStash.html_counter):
                if isinstance(stash[number], str):
                    stash[number] = f"<!--{self._name}-->{stash[number]}<!--/{self._name}-->"
            return after

        step.run = marked

    def cut(self, html: str) -> list[str]:
        """The page's HTML without marks, cut at them: text, fence, text, fence, …, text."""
        parts = re.split(f"<!--{self._name}-->(.*?)<!--/{self._name}-->", html, flags=re.DOTALL)
        # What another extension made of a mark whose partner it took away.
        return [re.sub(f"<!--/?{self._name}-->", "", part) for part in parts]
