"""Host names: what may become part of a URL."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_WORDS = re.compile(r"(/[A-Za-z0-9_~-]+(?=[/(\[{|*+?$^\\]))*")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


_NEVER = frozenset(("localhost", "metadata", "metadata.google.internal", "metadata.goog", "instance-data"))
"""Names that mean something to the machine that asks, whatever the cluster says of them."""


def near(host: str) -> bool:
    """Whether a host may mean the machine that asks, or its cloud: every bare address, and some names."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host in _NEVER or host.endswith(".localhost")
    return True


def valid(host: str) -> bool:
    """Whether `host` is a lower-case DNS name; a wildcard is none."""
    return _HOST.fullmatch(host) is not None


def covers(pattern: str, host: str, *, labels: int | None = 1) -> bool:
    """Whether `host` is `pattern`, or falls under its `*.` (by `labels` labels, None: by any number)."""
    if not pattern.startswith("*."):
        return pattern == host
    inner = host.removesuffix(pattern[1:])
    return inner not in {"", host} and (labels is None or inner.count(".") < labels)


def link(scheme: str, host: str, path: str = "") -> str | None:
    """`scheme://host/path`, None for a host that is no DNS name. Of a path that is a pattern (`/api(/|$)(.*)`) the
    plain words before it are kept."""
    host = host.lower()
    if not valid(host):
        return None
    plain = _PATH.fullmatch(path) or _WORDS.match(path)
    return f"{scheme}://{host}{plain[0].rstrip('/') if plain else ''}"


def web(url: str) -> str | None:
    """An http(s) URL as it is fit to be a link: no credentials, a DNS name, no control or bidi characters."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not valid(host) or parts.username is not None:
        return None
    tail = (parts.path.rstrip("/") if not parts.query and not parts.fragment else parts.path) or ""
    tail += f"?{parts.query}" if parts.query else ""
    tail += f"#{parts.fragment}" if parts.fragment else ""
    if re.fullmatch(r"[!#$%&'()*+,/0-9:;=?@A-Z\[\]_a-z~.-]*", tail) is None:
        return None
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{tail}"
