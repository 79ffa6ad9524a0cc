"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace(path: Path, body: bytes, *, mode: int = 0o644) -> None:
    """Put `body` in place of `path`: a reader sees the old file or the new one, a crash leaves the old one. An existing
    file keeps its mode; a link is replaced, and not what it leads to: a repository may hold links to anywhere. What is
    no file, such as a pipe or a device, is written to. Raises OSError; nothing is left behind then."""
    if path.exists() and not path.is_file():
        path.write_bytes(body)
        return
    if path.exists():
        mode = path.stat().st_mode & 0o777
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
