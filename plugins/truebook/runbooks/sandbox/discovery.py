"""kubectl's own cache of what an API serves, made once per run, so that not every block has to ask again.

It is made by kubectl, in the sandbox, through the guard; blocks see it read-only, so none can lie to the next.
"""

from __future__ import annotations

import base64
import binascii
import io
import tarfile
from pathlib import Path

from truebook.runbooks.sandbox.command import HOME, OWN

PLACE = f"{OWN}/cache"
AFTER = 3
"""Blocks with kubectl in a run, from which on it is worth its while."""
LARGEST = 4 * 1024 * 1024

SCRIPT = (
    f"kubectl api-resources >/dev/null 2>&1 || :\ntar -C {HOME}/.kube/cache -cz discovery 2>/dev/null | base64 -w 0"
)


def unpack(output: bytes, directory: Path) -> bool:
    """Make `directory` of what the script printed; whether there was anything."""
    try:
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(output, validate=True)), mode="r:gz") as archive:
            archive.extractall(directory, filter="data")
    except (tarfile.TarError, OSError, EOFError, binascii.Error):
        return False
    return any(directory.iterdir())
