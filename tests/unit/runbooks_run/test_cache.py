"""Results that are taken over, and those that are not."""

from __future__ import annotations

import hmac
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runbooks_run.samples import planned
from truebook.model import BlockResult, Expectation, FilledValue, RequestRecord
from truebook.runbooks.cache import KEPT_SECONDS, LARGEST, Cache, own_key, programs

READ = RequestRecord("kubernetes", "GET", "/api/v1/pods", "forward", 200)
BLOCK = planned("kubectl get pods")
RESULT = BlockResult("docs/page.md", 10, 0, "passed", "run", "read", "reads", output="x\n", requests=(READ,))


def cache(directory: Path, reads: str | None = "1", **more: Any) -> Cache:
    return Cache(directory / "runbooks", lambda requests: reads, **more)


def write(path: Path, content: bytes, key: bytes) -> None:
    """Write a file of the cache as whoever has this key would."""
    path.write_bytes(hmac.digest(key, content, "sha256").hex().encode() + b"\n" + content)


def read(path: Path) -> Any:
    """What a file of the cache holds below its seal."""
    return json.loads(path.read_bytes().partition(b"\n")[2])


def test_taken_over(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    key = kept.key(BLOCK)
    assert kept.find(key, BLOCK) is None
    kept.keep(key, RESULT)
    assert kept.find(key, BLOCK) == replace(RESULT, cached=True)


def test_moved_block_keeps_its_result(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    kept.keep(kept.key(BLOCK), RESULT)
    moved = planned("kubectl get pods", path="docs/other.md", line=40, ordinal=3)
    found = kept.find(kept.key(moved), moved)
    assert found is not None
    assert (found.path, found.line, found.ordinal) == ("docs/other.md", 40, 3)


@pytest.mark.parametrize(
    "other",
    [
        planned("kubectl get pods -A"),
        planned("kubectl get pods", plan="dry-run"),
        planned("kubectl get pods", returncode=1),
        planned("kubectl get pods", timeout=5.0),
        planned("kubectl get pods", cwd="docs"),
        planned("kubectl get pods", expectations=(Expectation("literal", "x", 1),)),
        replace(BLOCK, filling=replace(BLOCK.filling, values=(FilledValue("<x>", "y", "--var"),))),
    ],
)
def test_other_blocks_have_other_keys(tmp_path: Path, other: Any) -> None:
    kept = cache(tmp_path)
    assert kept.key(other) != kept.key(BLOCK)
    assert kept.key(other) == kept.key(other)


def test_programs_settings_and_session_are_part_of_the_key(tmp_path: Path) -> None:
    keys = {
        cache(tmp_path).key(BLOCK),
        cache(tmp_path).key(BLOCK, "before"),
        cache(tmp_path, programs={"kubectl": "a"}).key(BLOCK),
        cache(tmp_path, programs={"kubectl": "b"}).key(BLOCK),
        cache(tmp_path, settings="x").key(BLOCK),
    }
    assert len(keys) == 5


def test_programs_are_told_apart_without_starting_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "kubectl"
    program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    first = programs(["kubectl", "argocd"])
    assert set(first) == {"kubectl"}
    program.write_text("#!/bin/sh\nexit 0 \n", encoding="utf-8")
    assert programs(["kubectl"]) != first


def test_state_that_was_read_has_changed(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    kept.keep(kept.key(BLOCK), RESULT)
    assert cache(tmp_path, "2").find(kept.key(BLOCK), BLOCK) is None
    assert cache(tmp_path, None).find(kept.key(BLOCK), BLOCK) is None


def test_reads_are_asked_for_what_the_earlier_run_asked(tmp_path: Path) -> None:
    asked: list[tuple[RequestRecord, ...]] = []
    kept = Cache(tmp_path, lambda requests: asked.append(requests) or "1")  # type: ignore[func-returns-value]
    kept.keep(kept.key(BLOCK), RESULT)
    kept.find(kept.key(BLOCK), BLOCK)
    assert asked == [(READ,), (READ,)]


@pytest.mark.parametrize("state", ["failed", "unknown", "not-run"])
def test_only_what_passed_is_kept(tmp_path: Path, state: Any) -> None:
    kept = cache(tmp_path)
    kept.keep(kept.key(BLOCK), replace(RESULT, state=state))
    assert not (tmp_path / "runbooks").exists()


def test_state_that_cannot_be_told_is_not_kept(tmp_path: Path) -> None:
    kept = cache(tmp_path, None)
    kept.keep(kept.key(BLOCK), RESULT)
    assert not (tmp_path / "runbooks").exists()


def test_file_says_nothing_that_is_known_better(tmp_path: Path) -> None:
    """Whoever has the key may claim that a block passed, but nothing of what was planned."""
    kept = cache(tmp_path)
    key = kept.key(BLOCK)
    kept.keep(key, RESULT)
    path = tmp_path / "runbooks" / f"{key}.json"
    forged = read(path)
    forged["result"] |= {"reason": "<b>", "plan": "refuse", "verdict": "secret", "output": "password: hunter2hunter2"}
    write(path, json.dumps(forged).encode(), own_key())
    found = kept.find(key, BLOCK)
    assert found is not None
    assert (found.reason, found.plan, found.verdict) == ("reads", "run", "read")
    assert "hunter2" not in found.output


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"key": 1}',
        b'{"key":"KEY","reads":"1","result":{"path":"a","line":"ten"}}',
        b"[" * 100_000,
        b'{"key":"other","reads":"1","result":RESULT}',
        b'{"key":"KEY","reads":"1","result":FAILED}',
        b" " * (LARGEST + 1),
    ],
)
def test_damaged_files_are_none(tmp_path: Path, content: bytes) -> None:
    kept = cache(tmp_path)
    key = kept.key(BLOCK)
    kept.keep(key, RESULT)
    path = tmp_path / "runbooks" / f"{key}.json"
    result = json.dumps(read(path)["result"]).encode()
    failed = result.replace(b'"passed"', b'"failed"')
    filled = content.replace(b"KEY", key.encode()).replace(b"RESULT", result).replace(b"FAILED", failed)
    write(path, filled, own_key())
    assert kept.find(key, BLOCK) is None


def test_result_that_was_committed_is_none(tmp_path: Path) -> None:
    """A pull request can bring a file, but not the user's key."""
    kept = cache(tmp_path)
    key = kept.key(BLOCK)
    kept.keep(key, RESULT)
    path = tmp_path / "runbooks" / f"{key}.json"
    content = path.read_bytes().partition(b"\n")[2]
    assert kept.find(key, BLOCK) is not None
    write(path, content, b"a guess")
    assert kept.find(key, BLOCK) is None
    path.write_bytes(content)
    assert kept.find(key, BLOCK) is None


def test_key_is_the_users_own_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    key = own_key()
    assert own_key() == key
    assert (tmp_path / "truebook" / "seal").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert own_key() != key


def test_key_that_cannot_be_kept_is_for_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "truebook").write_text("a file", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert own_key() != own_key()


def test_folder_that_cannot_be_had_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "runbooks").write_text("a file", encoding="utf-8")
    kept = cache(tmp_path)
    kept.keep(kept.key(BLOCK), RESULT)
    kept.prune()
    assert kept.find(kept.key(BLOCK), BLOCK) is None


def test_what_is_not_used_goes(tmp_path: Path) -> None:
    kept = cache(tmp_path)
    for script in ("old", "used"):
        kept.keep(kept.key(planned(script)), RESULT)
        long_ago = time.time() - KEPT_SECONDS - 60
        os.utime(tmp_path / "runbooks" / f"{kept.key(planned(script))}.json", (long_ago, long_ago))
    assert kept.find(kept.key(planned("used")), planned("used")) is not None
    kept.prune()
    assert [path.stem for path in (tmp_path / "runbooks").iterdir()] == [kept.key(planned("used"))]
