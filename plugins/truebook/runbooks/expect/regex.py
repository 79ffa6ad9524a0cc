"""Regular expressions of an author's, bounded: some take longer than the universe has, and none can be told before.

They are tried in a process of their own, which is ended when it takes too long. It starts only where a page has one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

SECONDS = 3.0
"""For all expressions and lines of one expectation."""
MEMORY = 512 * 1024 * 1024

_CODE = f"""
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
patterns, lines = json.load(sys.stdin)
try:
    compiled = [re.compile(pattern) for pattern in patterns]
except (re.error, RecursionError, OverflowError) as error:
    json.dump(str(error), sys.stdout)
else:
    json.dump([[one.fullmatch(line) is not None for line in lines] for one in compiled], sys.stdout)
"""


class Unmatchable(Exception):
    """An expression that can't be tried; the message says why."""


def matches(patterns: Sequence[str], lines: Sequence[str]) -> list[list[bool]]:
    """For each pattern, whether all of each line is what it says. Raises Unmatchable."""
    if not patterns:
        return []
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-S", "-c", _CODE],
            input=json.dumps([list(patterns), list(lines)]),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise Unmatchable(f"the expression took longer than {SECONDS:g} s") from None
    if done.returncode != 0:
        raise Unmatchable("the expression takes too much memory")
    found = json.loads(done.stdout)
    if isinstance(found, str):
        raise Unmatchable(f"not a regular expression: {found}")
    return [[bool(one) for one in row] for row in found]
