"""Results of earlier runs, for blocks of which nothing has changed.

A result is taken over where the block, its filled values, the programs, the settings, and the blocks before it in its
session are the same, and where what it read then reads the same now. Only what lasts is kept: what passed,
unless the cache is told otherwise.

A file is a seal and one JSON document, checked against the types when it is read; it is data, and as hostile as any
output. The folder lies in the repository, where a pull request could commit a result of its own making: the seal is
made with a key that the user's own cache folder holds, and what it does not fit is not read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from truebook import files
from truebook.model import BlockResult, Planned, RequestRecord
from truebook.redact import redact_text

VERSION = 2
LARGEST = 2 * 1024 * 1024
"""Bytes of one file; larger ones are neither written nor read."""
KEPT_SECONDS = 30 * 86400.0
"""How long a file that is not used any more stays."""

KEY_BYTES = 32

Reads = Callable[[tuple[RequestRecord, ...]], str | None]
"""A digest of the state that requests read, None where it can't be told (then nothing is taken over). It has to be
that of a state which was read before the run: what changes while a block runs must not be taken for what it saw."""


Lasts = Callable[[BlockResult], bool]
"""Whether a result would come out the same again, as long as what it read is the same."""


@dataclass(frozen=True)
class _Entry:
    """A file of the cache."""

    key: str
    reads: str
    result: BlockResult


def passed(result: BlockResult) -> bool:
    """Of live systems, only what passed lasts: whatever went wrong may be over."""
    return result.state == "passed"


def own_key() -> bytes:
    """The user's key for sealing results, made at the first use: `$XDG_CACHE_HOME/truebook/seal` (32 bytes, for the
    user alone). Where it can't be kept, one for this process: its results are then taken over by nobody."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    path = (Path(cache) if cache.startswith("/") else Path("~/.cache").expanduser()) / "truebook" / "seal"
    with suppress(OSError, RuntimeError):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".seal", delete=False) as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            with suppress(FileExistsError):  # another run was first
                os.link(file.name, path)
            Path(file.name).unlink()
        found = path.read_bytes()
        if len(found) == KEY_BYTES:
            return found
    return secrets.token_bytes(KEY_BYTES)


def programs(names: Iterable[str]) -> dict[str, str]:
    """What tells one build of a program from another without starting it: its file, its size, its time."""
    found = {}
    for name in names:
        path = shutil.which(name)
        if path is not None:
            real = Path(path).resolve()
            stat = real.stat()
            found[name] = f"{real} {stat.st_size} {stat.st_mtime_ns}"
    return found


@dataclass(frozen=True)
class Cache:
    """A folder of results. `programs` is what `programs()` gave, `settings` a digest of all that decides a result
    besides the block: guard, policy, limits, cluster."""

    directory: Path
    reads: Reads
    programs: Mapping[str, str] = field(default_factory=dict)
    settings: str = ""
    lasts: Lasts = passed
    seal: bytes = field(default_factory=own_key, repr=False)

    def key(self, planned: Planned, before: str = "") -> str:
        """The key of a block; `before` is that of the block before it in its session."""
        block = planned.block
        options = block.options
        parts = [
            VERSION,
            self.settings,
            sorted(self.programs.items()),
            before,
            planned.plan,
            planned.judgement.verdict,
            planned.filling.script,
            [[one.placeholder, one.value, one.origin] for one in planned.filling.values],
            [[one.kind, one.text] for one in block.expectations],
            [options.returncode, options.cwd, options.timeout],
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def find(self, key: str, planned: Planned) -> BlockResult | None:
        """The result that is to be taken over, None where there is none."""
        path = self._path(key)
        try:
            if path.stat().st_size > LARGEST:
                return None
            seal, _, content = path.read_bytes().partition(b"\n")
            if not hmac.compare_digest(seal, self._sealed(content)):
                return None
            entry = msgspec.json.decode(content, type=_Entry)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        found = entry.result
        if entry.key != key or not self.lasts(found) or entry.reads != self.reads(found.requests):
            return None
        with suppress(OSError):
            os.utime(path)
        block = planned.block
        # A block that could only be proved then can only be proved now: the state that it read is the same.
        proved = planned.plan == "run" and found.unrecorded and found.plan == "prove"
        as_planned = found.state == "passed" and not proved
        # Of the file, only what was seen then; what is known now is not for it to say.
        return replace(
            found,
            path=block.path,
            line=block.line,
            ordinal=block.ordinal,
            plan="prove" if proved else planned.plan,
            verdict=planned.judgement.verdict,
            reason=planned.reason if as_planned else redact_text(found.reason),
            values=planned.filling.values,
            output=redact_text(found.output),
            failed_line=0,
            cached=True,
        )

    def keep(self, key: str, result: BlockResult) -> None:
        """Keep a result that lasts. A folder that can't be written to is no error: the next run takes longer."""
        if not self.lasts(result):
            return
        reads = self.reads(result.requests)
        if reads is None:
            return
        content = msgspec.json.encode(_Entry(key, reads, replace(result, cached=False)))
        if len(content) > LARGEST:
            return
        with suppress(OSError):
            self.directory.mkdir(parents=True, exist_ok=True)
            files.replace(self._path(key), self._sealed(content) + b"\n" + content, mode=0o600)

    def prune(self) -> None:
        """Remove what has not been used for long."""
        oldest = time.time() - KEPT_SECONDS
        with suppress(OSError):
            for path in self.directory.iterdir():
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _sealed(self, content: bytes) -> bytes:
        return hmac.digest(self.seal, content, "sha256").hex().encode()

    def _path(self, key: str) -> Path:
        return self.directory / f"{key}.json"
