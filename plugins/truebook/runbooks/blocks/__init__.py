"""Blocks: what a site shows as shell, found where its author wrote it.

    Markdown ─► render (the site's own extensions) ─► HTML ─► shown fences ─► options, prompts, expectations ─► Block

A fence counts when it comes out of the rendering as a code block: in tabs, admonitions, lists, blockquotes and
included files, and not in HTML comments or inside another fence.
"""

from __future__ import annotations

from truebook.runbooks.blocks.extensions import usual_extensions
from truebook.runbooks.blocks.find import Finder, find_blocks
from truebook.runbooks.blocks.front import split_front_matter
from truebook.runbooks.blocks.site import Site, find_site, read_site

__all__ = [
    "Finder",
    "Site",
    "find_blocks",
    "find_site",
    "read_site",
    "split_front_matter",
    "usual_extensions",
]
