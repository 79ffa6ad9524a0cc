"""Names what Material leaves without a name for those who listen to a page: the search is a dialog, of what?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

_SEARCH = re.compile(r'<div class="md-search"(?![^>]*aria-label)(?=[^>]*role="dialog")')


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """MkDocs event: the page as it is written."""
    return named(output)


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """MkDocs event: a page that is none of the site's own, such as 404.html."""
    return named(output_content)


def named(html: str) -> str:
    """A page whose search has a name."""
    return _SEARCH.sub('<div class="md-search" aria-label="Search"', html)
