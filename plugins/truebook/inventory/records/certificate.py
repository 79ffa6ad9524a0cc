"""Certificates that the addresses of components are served with.

Values: `not_after` (RFC 3339). The name is the host.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from truebook.inventory.join.subject import Joined
from truebook.inventory.records.row import kept, row
from truebook.model import Record


def certificates(joined: Joined) -> Iterator[Record]:
    """One for each address that was looked at."""
    for url, (place, not_after) in sorted(joined.facts.told.certificates.items()):
        values = {"not_after": kept(place, not_after, "not_after")}
        yield row("certificate", _host(url), joined.resolver.url(url), values)


def _host(url: str) -> str:
    """Host and port, the text itself where it is no URL."""
    try:
        return urlsplit(url).netloc or url
    except ValueError:
        return url
