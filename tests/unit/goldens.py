"""Golden files: `ACCEPT_GOLDEN=1 pytest …` writes what came out in place of comparing it."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"
ACCEPT = bool(os.environ.get("ACCEPT_GOLDEN"))


def check(name: str, text: str) -> None:
    """Compare `text` with the golden file `name`, or write it where new ones are accepted."""
    path = FOLDER / name
    if ACCEPT:
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing: accept it with ACCEPT_GOLDEN=1"
    assert text == path.read_text(encoding="utf-8")
