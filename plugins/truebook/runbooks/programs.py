"""Which programs a block calls, and their versions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from truebook.redact import excerpt
from truebook.runbooks.sandbox.host import PROGRAMS

_ASK: dict[str, tuple[str, ...]] = {
    "argocd": ("version", "--client", "--short"),
    "helm": ("version", "--short"),
    "kubectl": ("version", "--client", "--output=json"),
    "oc": ("version", "--client", "--output=json"),
    "openssl": ("version",),
    "velero": ("version", "--client-only"),
}
"""How a program is asked for its version without asking a server; all others by `--version`."""
_NUMBER = re.compile(r"v?[0-9]+\.[0-9]+[\w.+-]*")
_SECONDS = 10


def called(scripts: Iterable[str]) -> tuple[str, ...]:
    """The programs that occur in scripts, of those whose version matters and that are installed."""
    words = {word for script in scripts for word in re.split(r"[^\w.-]+", script)}
    return tuple(name for name in PROGRAMS if name in words and shutil.which(name) is not None)


class Versions(Mapping[str, str]):
    """Program → version; the programs are asked when the first version is wanted."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)

    @cached_property
    def _versions(self) -> dict[str, str]:
        return {name: _version(name) for name in self._names}

    def __getitem__(self, name: str) -> str:
        return self._versions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _version(name: str) -> str:
    """The version as the program says it, `of unknown version` where it does not."""
    path = shutil.which(name)
    if path is None:
        return "not installed"
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.devnull, "LANG": "C.UTF-8"}
    try:
        said = subprocess.run(  # noqa: S603 - a program that the block calls too, without the caller's environment
            [path, *_ASK.get(name, ("--version",))],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            env=environment,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return "of unknown version"
    if said.lstrip().startswith(b"{"):
        try:
            return str(json.loads(said)["clientVersion"]["gitVersion"])[:80]
        except (ValueError, KeyError, TypeError):
            pass
    found = _NUMBER.search(excerpt(said))
    return found[0] if found else "of unknown version"
