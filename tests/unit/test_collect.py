"""All sources at once: order, failures, and what stays of what was known before."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import msgspec
import pytest

from truebook.errors import ConfigError, Unreachable
from truebook.recording import SCHEMA, Cluster, Part, Read, Recording
from truebook.settings import Settings
from truebook.state.collect import collect
from truebook.state.sources import SOURCES, Context, NotSetUp, Reader, Reading, Source

AT = datetime(2026, 11, 24, 5, 30, 15, 999999, tzinfo=UTC)
WHEN = "2026-11-24T05:30:15Z"
DATA = msgspec.Raw(b'{"new":true}')
BEFORE = Recording(
    SCHEMA,
    Cluster("home", "v1"),
    "2026-11-23T00:00:00Z",
    {"a": Part("fresh", "2026-11-23T00:00:00Z", data=msgspec.Raw(b"1"))},
)


def source(read: Reader, *needs: str, enabled: bool = True) -> Source:
    return Source(read, lambda settings: enabled, needs)


def good(context: Context) -> Reading:
    return Reading(DATA, (Read("things", "read", 3),), Cluster("new", "v2"))


def failing(error: Exception) -> Reader:
    def read(context: Context) -> Reading:
        raise error

    return read


def test_a_reading_becomes_a_fresh_part() -> None:
    recording = collect(Settings(), now=AT, sources={"b": source(good), "a": source(good)})
    assert list(recording.parts) == ["a", "b"]
    assert recording.recorded_at == WHEN
    assert recording.cluster == Cluster("new", "v2")
    assert recording.parts["a"] == Part("fresh", WHEN, "", [Read("things", "read", 3)], data=DATA)


def test_sources_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    def read(context: Context) -> Reading:
        both.wait()
        return good(context)

    recording = collect(Settings(), sources={"a": source(read), "b": source(read)})
    assert {part.state for part in recording.parts.values()} == {"fresh"}


def test_a_source_gets_the_parts_that_it_needs_and_its_own_from_before() -> None:
    seen: dict[str, Context] = {}

    def read(context: Context) -> Reading:
        seen["c"] = context
        return good(context)

    sources = {
        "c": source(read, "a", "b", "nowhere"),
        "b": source(failing(Unreachable("b: refused"))),
        "a": source(good),
    }
    collect(Settings(), sources=sources, previous=Recording(SCHEMA, Cluster(), "", {"c": Part("stale", "t")}))
    assert {name: part.state for name, part in seen["c"].parts.items()} == {"a": "fresh", "b": "failed"}
    assert seen["c"].previous == Part("stale", "t")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unreachable("a: GET /x: refused"), "a: GET /x: refused"),
        (ConfigError("wrong", path="truebook.yml", line=3), "truebook.yml:3: wrong"),
        (ZeroDivisionError("password=pl4nted"), "a: ZeroDivisionError: password=REDACTED"),
    ],
)
def test_a_failure_is_stale_with_and_failed_without_a_part_before(error: Exception, reason: str) -> None:
    sources = {"a": source(failing(error)), "b": source(good)}
    failed = collect(Settings(), now=AT, sources=sources)
    assert failed.parts["a"] == Part("failed", reason=reason)
    assert failed.parts["b"].state == "fresh"
    stale = collect(Settings(), now=AT, sources=sources, previous=BEFORE)
    assert stale.parts["a"] == Part("stale", "2026-11-23T00:00:00Z", reason, data=msgspec.Raw(b"1"))
    assert collect(Settings(), sources={"a": sources["a"]}, previous=BEFORE).cluster == BEFORE.cluster


def test_a_part_that_had_failed_is_nothing_to_show() -> None:
    before = Recording(SCHEMA, Cluster(), "", {"a": Part("failed", reason="then")})
    recording = collect(Settings(), sources={"a": source(failing(Unreachable("now")))}, previous=before)
    assert recording.parts["a"] == Part("failed", reason="now")


def test_what_is_switched_off_or_not_set_up_is_absent() -> None:
    sources = {"a": source(good, enabled=False), "b": source(failing(NotSetUp("no url")))}
    recording = collect(Settings(), sources=sources, previous=BEFORE)
    assert recording.parts["a"] == Part("absent", reason="switched off in the settings")
    assert recording.parts["b"] == Part("absent", reason="no url")


def test_a_partial_reading_is_stale_with_what_is_new() -> None:
    sources = {"a": source(lambda context: Reading(DATA, problem="pods: 500"))}
    assert collect(Settings(), now=AT, sources=sources, previous=BEFORE).parts["a"] == Part(
        "stale", "2026-11-23T00:00:00Z", "pods: 500", [], data=DATA
    )
    assert collect(Settings(), now=AT, sources=sources).parts["a"].read_at == WHEN


def test_progress_is_told_by_source() -> None:
    told: list[tuple[str, str, int]] = []

    def read(context: Context) -> Reading:
        context.progress("things", 2)
        return good(context)

    sources = {
        "a": source(read),
        "b": source(failing(Unreachable("no")), "a"),
        "not set up": source(failing(NotSetUp("no url"))),
    }
    collect(Settings(), sources=sources, progress=lambda *what: told.append(what))
    assert told == [("a", "things", 2), ("a", "", 1), ("b", "", 0)]


def test_sources_that_need_each_other_are_refused() -> None:
    with pytest.raises(ConfigError, match="need each other: a, b"):
        collect(Settings(), sources={"a": source(good, "b"), "b": source(good, "a")})


def test_the_sources_are_known_by_name() -> None:
    assert [name for name, source in SOURCES.items() if not source.system] == ["kubernetes", "argocd", "git"]
    assert {"vault", "prometheus", "alertmanager", "loki", "minio"} <= set(SOURCES)
    assert set(SOURCES["git"].needs) == {"kubernetes", "argocd"}
