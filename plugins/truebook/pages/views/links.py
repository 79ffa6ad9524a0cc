"""Links from the cluster into this site: what an alert's `runbook_url` leads to, as a link between two pages."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from truebook.model import Facts
from truebook.pages import escape
from truebook.pages.views.cells import Write, host_and_path
from truebook.pages.views.view import Request


def runbook(key: str) -> Write:
    """A runbook's URL: a link to the page of this site that it leads to, else to where it leads."""

    def write(facts: Facts, request: Request) -> str | Markup:
        return to(facts.text(key), request) if facts.text(key) else ""

    return write


def to(url: str, request: Request) -> Markup:
    """A link to `url`, relative where it leads to a page of this site."""
    for page in pages(url, request.site_url):
        where = request.page_url(page)
        if where is not None:
            fragment = unquote(urlsplit(url).fragment)
            return escape.link(_title(page, request), escape.target(where + (f"#{fragment}" if fragment else "")))
    return escape.link(host_and_path(url), escape.url(url))


def pages(url: str, site_url: str) -> Iterator[str]:
    """The docs pages that a URL below the site's own may be built from, most likely first."""
    try:
        site, there = urlsplit(site_url), urlsplit(url)
    except ValueError:
        return
    root = site.path.rstrip("/") + "/"
    if not site.netloc or there.netloc.casefold() != site.netloc.casefold() or there.scheme not in ("http", "https"):
        return
    if there.path not in ("", root.rstrip("/")) and not there.path.startswith(root):
        return
    path = unquote(there.path[len(root) :])
    if posixpath.normpath(path or ".").startswith(("..", "/")):
        return
    stem, extension = posixpath.splitext(path.rstrip("/"))
    if extension in (".html", ".md"):
        yield f"{stem}.md"
        if stem.endswith("/index"):
            yield f"{stem.removesuffix('/index')}.md"
    elif path in ("", "/"):
        yield "index.md"
    else:
        yield from (f"{path.rstrip('/')}.md", f"{path.rstrip('/')}/index.md")


def _title(page: str, request: Request) -> str:
    """What the page is about: the component whose page it is, else its file's name in words."""
    for component in request.inventory.components:
        if component.text("page") == page:
            return component.title
    stem = posixpath.splitext(page)[0].removesuffix("/index")
    return posixpath.basename(stem).replace("-", " ").replace("_", " ").capitalize()
