"""Gives every page a Content-Security-Policy by which nothing runs that this build did not put there.

Material and Mermaid's plugin write scripts into pages. They are allowed by their hashes, no other script within a page
runs; nothing is asked of another host. Styles within a page stay allowed: Mermaid draws with them, and they differ from
diagram to diagram. The policy is the same for all pages, as Material's instant navigation keeps that of the first one.

It stands in each page's head, so it holds wherever the site lies, on a disk too. A web server may send the text of
`content-security-policy.txt` as the header of that name besides: only a header can say `frame-ancestors`. For nginx the
same is there as a directive, which `deploy/site/nginx.conf` includes.
`mkdocs serve` puts a script of its own into pages; there is no policy then.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

FILE = "content-security-policy.txt"
NGINX = "content-security-policy.conf"
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "frame-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
HEADER_ONLY = {"frame-ancestors": "'none'"}
_EXECUTED = frozenset({"", "text/javascript", "application/javascript", "module"})
_START = re.compile(r'<head(?:\s[^>]*)?>(?:\s*<meta charset="?utf-8"?\s*/?>)?', re.IGNORECASE)

_serving = False


def on_startup(command: str, dirty: bool) -> None:
    """MkDocs event: whether pages are served while they are written."""
    global _serving
    _serving = command == "serve"


def on_post_build(config: MkDocsConfig) -> None:
    """MkDocs event: all pages are there; write the policy into each."""
    if not _serving:
        apply(Path(config.site_dir))


def apply(site: Path) -> str:
    """Write the policy into all pages below `site`, and as a header into two files; gives the header's value."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    hashes = sorted({digest for text in pages.values() for digest in inline(text)})
    policy = written(POLICY, hashes)
    for path, text in pages.items():
        _write(path, with_policy(text, policy))
    header = written({**POLICY, **HEADER_ONLY}, hashes)
    _write(site / FILE, f"{header}\n")
    _write(site / NGINX, f'add_header Content-Security-Policy "{header}" always;\n')
    return header


def written(policy: dict[str, str], hashes: list[str]) -> str:
    """A policy as browsers read it, with the scripts that these hashes are of."""
    scripts = " ".join([policy["script-src"], *(f"'sha256-{digest}'" for digest in hashes)])
    return "; ".join(f"{name} {value}" for name, value in {**policy, "script-src": scripts}.items())


def with_policy(text: str, policy: str) -> str:
    """A page with the policy before all that it is to hold for; the same text where there is no head."""
    meta = f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=False)}">'
    return _START.sub(lambda found: found[0] + meta, text, count=1)


def inline(text: str) -> list[str]:
    """The SHA-256 of each script that stands within a page, as a policy has it."""
    reader = _Scripts()
    reader.feed(text)
    reader.close()
    return [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in reader.found]


class _Scripts(HTMLParser):
    """The text of all `<script>`s that a browser runs and that name no file."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and "src" not in given and (given.get("type") or "").casefold() in _EXECUTED:
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._text is not None:
            self.found.append("".join(self._text))
            self._text = None


def _write(path: Path, text: str) -> None:
    """At once or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
