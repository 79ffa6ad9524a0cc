"""What a redirection does to the command that it belongs to."""

from __future__ import annotations

import re

from truebook.runbooks.verdicts.files import is_settings, printed
from truebook.runbooks.verdicts.ruling import ANY, MANY, NAME, Argv, Ruling, shown, unknown

_HARMLESS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/dev/fd/2", "/dev/tty"})
_STANDARD = frozenset({"", "0", "1", "2"})
"""Descriptors that a block may use: on others, the runner and the block's shell speak to one another."""
_SPECIAL = ("/dev/", "/proc/", "/sys/")


def judge(operator: str, target: Argv) -> Ruling:
    """The verdict on `operator target`; duplicating a descriptor and reading a file change nothing."""
    if len(target) != 1 or MANY in target[0] or target[0].startswith(ANY):
        return unknown("redirects to a file that is not known before the script runs")
    name = target[0]
    if operator in (">&", "<&") and (name.rstrip("-").isdigit() or name == "-"):
        if name.rstrip("-") not in _STANDARD:
            return unknown(f"the descriptor {shown(name)} is not one that the script has opened")
        return Ruling("read", "duplicates a descriptor")
    if name in _HARMLESS or name == "/dev/fd/" + NAME:
        return Ruling("read", "reads or writes no file")
    path = _plain(name)
    if path.startswith(_SPECIAL) and not (operator == "<" and path in ("/dev/stdin", "/dev/zero", "/dev/urandom")):
        return unknown(f"redirects to {shown(name)}, which is not a plain file")
    if operator == "<":
        # Of certificates, which are no secret, openssl is given files of this name.
        return (None if name.endswith(".pem") else printed([name])) or Ruling("read", f"reads {shown(name)}")
    if is_special(name):
        return unknown(f"redirects to {shown(name)}, which is not a plain file")
    if is_settings(path):
        return unknown(f"{shown(name)} may hold settings by which a program runs others")
    return Ruling("local", f"writes the file {shown(name)}")


def is_special(word: str) -> bool:
    """Whether a word names something of the kernel's in a file's guise: behind it may be another's open file."""
    if word in _HARMLESS:
        return False
    path = _plain(word)
    if path.startswith("/") and re.match(r"/dev(?:/|$)|/proc(?:/(?!sys/)|$)", path):
        return True
    # Whatever the folder is that it starts from, and whatever links lead to: `cd /; tee dev/fd/3`.
    return re.search(r"(?:^|/)(?:proc(?:/(?!sys/)|$)|dev/(?:fd|std(?:in|out|err))|fd/[0-9]|fd$)", path) is not None


def _plain(path: str) -> str:
    """`path` without doubled slashes and dots: the kernel sees through them, and so must a verdict."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)
