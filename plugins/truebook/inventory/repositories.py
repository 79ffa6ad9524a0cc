"""Git repositories: one form for all ways to write a URL, and links to commits on known hosts."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from truebook.inventory import hosts

_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>[^/\s:][^\s:]*)")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PATH = re.compile(r"[A-Za-z0-9._~/-]+")

_COMMIT = {
    "github": "/commit/",
    "gitlab": "/-/commit/",
    "gitea": "/commit/",
    "forgejo": "/commit/",
    "codeberg": "/commit/",
    "bitbucket": "/commits/",
}
"""A word in the host's name → the path of a commit's page there."""


def without_credentials(url: str) -> str:
    """The URL as it is written, but for user and password; the user of `git@host:path` stays."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def canonical(url: str) -> str:
    """`host/owner/name`: the same for `https://`, `ssh://`, `git@host:`, with and without `.git`."""
    url = url.strip()
    scp = _SCP.fullmatch(url) if "://" not in url else None
    if scp is not None:
        host, path = scp["host"], scp["path"]
    else:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return url
        if not parts.scheme:
            return url
    path = path.strip("/")
    return f"{host.lower()}/{path.removesuffix('.git')}"


def web(url: str) -> str | None:
    """The repository's page, https only; None where the host is none that is known or the path is odd."""
    if not re.match(r"https?://|ssh://|git://", url) and _SCP.fullmatch(url) is None:
        return None
    host, _, path = canonical(url).partition("/")
    known = hosts.valid(host) and _forge(host) is not None
    if not known or not path or _PATH.fullmatch(path) is None or ".." in path.split("/"):
        return None
    return f"https://{host}/{path}"


def commit(url: str, revision: str) -> str | None:
    """The page of a commit; None for what is no commit (a chart version, a digest) or an unknown host."""
    page = web(url)
    if page is None or _SHA.fullmatch(revision) is None:
        return None
    return f"{page}{_forge(page.split('/')[2])}{revision}"


def compare(url: str, base: str, head: str) -> str | None:
    """The page of what lies between two commits; None for what are no commits or an unknown host."""
    page = web(url)
    if page is None or _SHA.fullmatch(base) is None or _SHA.fullmatch(head) is None:
        return None
    forge = _forge(page.split("/")[2])
    if forge == _COMMIT["bitbucket"]:
        return f"{page}/branches/compare/{head}..{base}"
    return f"{page}{'/-' if forge == _COMMIT['gitlab'] else ''}/compare/{base}...{head}"


def is_commit(revision: str) -> bool:
    """Whether this is a whole commit id."""
    return _SHA.fullmatch(revision) is not None


def _forge(host: str) -> str | None:
    words = host.split(".")
    return next((path for word, path in _COMMIT.items() if any(word in part.split("-") for part in words)), None)
