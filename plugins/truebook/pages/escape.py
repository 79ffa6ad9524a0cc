"""Escaping of text that came from a cluster, an API or a file: one function per place it is written to.

Python-Markdown, its usual extensions and GitHub's Markdown disagree about backslashes, but all of them take a
numeric character reference for a plain character. So whatever could mean something becomes a reference, and
ordinary names stay readable in the committed source. Characters that nobody can see (controls, bidi overrides,
zero-width ones) become U+FFFD: a name that lies about itself shows that it does.

Each function escapes what it is given, always: text that is escaped twice looks odd, text that is escaped for
another place would be a hole.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, urlsplit

from markupsafe import Markup

TEXT_LIMIT = 160
"""Characters of a text that are shown; a longer one ends in an ellipsis."""

LABEL_LIMIT = 80
"""The same for a label in a diagram."""

URL_LIMIT = 2000
"""Characters of a URL; a longer one is not linked."""

_ALWAYS = frozenset("&<>|`[]{}\\*^~$#@")
"""Characters that begin something in some Markdown or in HTML, wherever they stand."""

_SOMETIMES = re.compile(
    r"""
      (?<![^\W_])_ | _(?![^\W_])        # emphasis; an underscore within a word is just that
    | :(?=//) | :(?=[\w+-]+:)           # bare links; emoji short codes
    | =(?==) | \+(?=\+) | -(?=-8)       # marked text, keys, snippets
    | (?<=www)\.                      # bare links without a scheme
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Characters that mean something next to others."""

_LEADING = re.compile(r"^(?:[^\w\s.,/—…('\"]|/(?=//)|\d+[.)](?=\s|$))")
"""What begins a block (a list, a heading, a definition, an admonition) at the start of a line."""

_HTML = re.compile(r"[^\w\s.,;/()%—…→-]|_|(?<=www)\.", re.IGNORECASE)
"""What is not ordinary in raw HTML: there all but a few characters become references."""

_MERMAID_LATE = re.compile(r"(?<=\$)(?=\$)|(?<=:)(?=fa-)", re.IGNORECASE)
_MERMAID_WORDS = re.compile(r"\b(?:end|graph|subgraph|flowchart|style|linkStyle|class|classDef|click)\b", re.IGNORECASE)


def visible(text: str, limit: int = TEXT_LIMIT) -> str:
    """`text` on one line, cut to `limit` characters, with invisible characters made visible."""
    head = text[: limit * 4]  # white space is folded below; what is beyond that is not worth looking at
    line = " ".join(head.split())
    shown = line
    if not line.isprintable():
        shown = "".join("\ufffd" if _invisible(c) else c for c in line)
    if len(shown) > limit or len(head) < len(text):
        return shown[: limit - 1].rstrip() + "…"
    return shown


def _invisible(c: str) -> bool:
    """Controls, formats (bidi, zero-width), surrogates, and what Unicode says is no character at all."""
    no_character = ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF
    return no_character or unicodedata.category(c) in ("Cc", "Cf", "Cs")


def text(value: object) -> Markup:
    """Text of a paragraph, safe at the start of a line too."""
    return _text(visible(str(value)))


@lru_cache(maxsize=4096)  # a site says the same words on many pages
def _text(shown: str) -> Markup:
    marked = {found.start() for found in _SOMETIMES.finditer(shown)}
    if leading := _LEADING.match(shown):
        marked.add(leading.end() - 1)
    return Markup("".join(f"&#{ord(c)};" if c in _ALWAYS or i in marked else c for i, c in enumerate(shown)))  # noqa: S704 - escaped here


def cell(value: object) -> Markup:
    """Text of a table cell: `text` leaves no pipe and no line break."""
    return text(value)


def link_text(value: object) -> Markup:
    """Text between the brackets of a link: `text` leaves no bracket."""
    return text(value)


def html(value: object) -> Markup:
    """Text or a quoted attribute of raw HTML that stands in Markdown, which Markdown may still read."""
    return _html(visible(str(value)))


@lru_cache(maxsize=4096)
def _html(shown: str) -> Markup:
    return Markup(_HTML.sub(lambda found: f"&#{ord(found[0])};", shown))  # noqa: S704 - escaped here


def url(value: object) -> str:
    """An `http` or `https` URL from the cluster as a link's target; empty where it must not be a link."""
    written = str(value)
    if len(written) > URL_LIMIT or "\\" in written or any(c.isspace() or not c.isprintable() for c in written):
        return ""
    try:
        parts = urlsplit(written)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return ""
    return target(written)


def target(written: str) -> str:
    """The target of a link of the site's own (a page, an anchor), percent-encoded for Markdown and Mermaid."""
    return quote(written, safe="/:?#=&%~.,+@-_")


def link(label: object, where: str) -> Markup:
    """A Markdown link to `where`, which `url` or `target` made; just the text where it is empty."""
    shown = link_text(label)
    return Markup(f"[{shown}]({where})") if where else shown  # noqa: S704 - both parts are escaped


def mermaid(value: object) -> Markup:
    """Text between the quotes of a Mermaid label, in Mermaid's own character codes.

    A label must not start as a Markdown list does (newer Mermaid reads it as Markdown) nor hold a word that
    older ones take for a statement. Formulas and icons are looked for after the codes are gone: an invisible
    word joiner keeps their marks apart.
    """
    shown = _MERMAID_LATE.sub("\u2060", visible(str(value), LABEL_LIMIT))
    coded = re.sub(r"[\x20-\x7e]", lambda m: m[0] if m[0].isalnum() or m[0] in " ./()-" else f"#{ord(m[0])};", shown)
    coded = re.sub(r"^(\d+)([.)])", lambda m: f"{m[1]}#{ord(m[2])};", coded)
    coded = re.sub(r"^-", "#45;", coded)
    return Markup(_MERMAID_WORDS.sub(lambda m: f"#{ord(m[0][0])};{m[0][1:]}", coded))  # noqa: S704 - escaped here
