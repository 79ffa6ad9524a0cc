"""What is still known of an output once a filter has passed it on."""

from __future__ import annotations

import re

from truebook.runbooks.verdicts.ruling import Prints

_SAME = re.compile(
    r"sort(?: -[urn]+)?|uniq|tac|(?:head|tail)(?: -n ?[0-9]+| -[0-9]+)?|tail -n ?\+[0-9]+|"
    r"e?grep(?: -[viEFw]+)* (?:[\w./=]+|'[^']*'|\"[^\"$`\\]*\")"
)
_FIRST_COLUMN = re.compile(
    r"awk (?:'\{ ?print \$1 ?\}'|'NR ?> ?1 ?\{ ?print \$1 ?\}'|'/[\w.-]+/ ?\{ ?print \$1 ?\}')|"
    r"cut -d(?: ?' '| ?\" \") -f ?1"
)


def passed_on(command: str, given: Prints) -> Prints:
    """What `command`, as it is written, prints when it reads lines of the kind `given`."""
    if not given:
        return ""
    if _SAME.fullmatch(command):
        return given
    return "names" if _FIRST_COLUMN.fullmatch(command) else ""
