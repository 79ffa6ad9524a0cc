"""`python -m tests.real.servers [NAME ...]`: find, build or install all real servers, one after another."""

from __future__ import annotations

import sys

from tests.real.servers.binaries import BINARIES, Unavailable, prepare, say


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BINARIES]
    if unknown:
        say(f"unknown server {', '.join(unknown)}; there are: {', '.join(BINARIES)}")
        return 2
    missing = 0
    for name in names or BINARIES:
        try:
            say(f"{name}: {prepare(name)}")
        except Unavailable as error:
            missing += 1
            say(f"UNAVAILABLE {error}")
    if missing:
        say(f"{missing} of {len(names or BINARIES)} real servers cannot be had; their tests will be skipped")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
