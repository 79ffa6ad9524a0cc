"""Names what has no name for those who listen to a page: Material's search is a dialog, of what? A list's boxes are
ticked or not, which only their looks say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

_SEARCH = re.compile(r'<div class="md-search"(?![^>]*aria-label)(?=[^>]*role="dialog")')
_BOX = re.compile(r'(?<=<label class="task-list-control">)<input(?![^>]*aria-label)(?P<rest>[^>]*)>')


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """MkDocs event: the page as it is written."""
    return named(output)


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """MkDocs event: a page that is none of the site's own, such as 404.html."""
    return named(output_content)


def named(html: str) -> str:
    """A page whose search and boxes have names."""
    html = _SEARCH.sub('<div class="md-search" aria-label="Search"', html)
    return _BOX.sub(lambda box: f'<input aria-label="{_ticked(box["rest"])}"{box["rest"]}>', html)


def _ticked(attributes: str) -> str:
    return "Done" if re.search(r"\bchecked\b", attributes) else "To do"
