"""What `systems` may name, and what all sources of one reading share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.inventory_objects import workload
from tests.unit.recordings import recording
from truebook import settings as configuration
from truebook.errors import ConfigError
from truebook.settings import Settings
from truebook.state import known
from truebook.state.collect import collect
from truebook.state.known import Known
from truebook.state.source import Context, NotSetUp, Reading, Source
from truebook.state.sources import SOURCES, check
from truebook.state.systems import find


def written(folder: Path, text: str) -> Settings:
    path = folder / "truebook.yml"
    path.write_text(text)
    return configuration.load(path)


def test_what_no_source_knows_is_said_with_its_line_and_the_nearest(tmp_path: Path) -> None:
    text = (
        "systems:\n  vaultt: {}\n  argocd: {url: 'https://a.local'}\n  minio: {bucket: velero, bukket: x}\n"
        "  loki:\n    urll: http://a\n"
    )
    with pytest.raises(ConfigError) as found:
        collect(written(tmp_path, text))
    path = tmp_path / "truebook.yml"
    assert str(found.value).splitlines() == [
        f"{path}:2: systems: unknown system 'vaultt' (did you mean 'vault'?)",
        f"{path}:3: systems: unknown system 'argocd' (it has a section of its own, `argocd`)",
        f"{path}:4: systems.minio: unknown option 'bukket' (did you mean 'bucket'?)",
        f"{path}:6: systems.loki: unknown option 'urll' (did you mean 'url'?)",
    ]


def test_what_a_source_knows_is_right(tmp_path: Path) -> None:
    check(written(tmp_path, "systems:\n  minio: {bucket: velero, region: home}\n  vault: {proxy: true}\n"))


def test_a_system_is_read_after_those_that_say_where_it_is(tmp_path: Path) -> None:
    for source in SOURCES.values():
        assert not source.system or source.needs[:2] == ("kubernetes", "argocd")
    off = written(tmp_path, "systems:\n  vault: {enabled: false}\n")
    assert not SOURCES["vault"].enabled(off)
    assert SOURCES["loki"].enabled(off)


def test_the_components_are_made_once_for_all_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = known.join  # type: ignore[attr-defined]

    def join(*arguments: object) -> object:
        made.append("join")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(known, "join", join)
    cluster = recording({"apps/deployments Deployment": [workload("loki", called="loki")]}).parts["kubernetes"]
    seen: dict[str, tuple[str, ...]] = {}

    def kubernetes(context: Context) -> Reading:
        return Reading(cluster.data)

    def reader(name: str) -> Source:
        def read(context: Context) -> Reading:
            seen[name] = tuple(subject.name for subject in context.known.joined.subjects)
            return Reading(cluster.data)

        return Source(read, lambda settings: True, ("kubernetes",))

    sources = {"kubernetes": Source(kubernetes, lambda settings: True), "a": reader("a"), "b": reader("b")}
    recorded = collect(Settings(), sources=sources)
    assert {part.reason for part in recorded.parts.values()} == {""}
    assert seen == {"a": ("loki",), "b": ("loki",)}
    assert made == ["join"]


def test_a_cluster_without_a_word_of_a_system_is_not_searched_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "join", None)
    objects = {"apps/deployments Deployment": [workload("web", called="web", image="registry/web:1")]}
    with pytest.raises(NotSetUp, match="no component runs it"):
        find(Context(Settings(), recording(objects).parts), "loki", (3100,))


def test_what_is_known_is_what_was_read_first() -> None:
    parts = recording({"apps/deployments Deployment": [workload("loki", called="loki")]}, systems={}).parts
    found = Known(Settings(), parts)
    assert [component.name for component in found.inventory.components] == ["loki"]
    assert set(found.recording.parts) == {"kubernetes", "argocd"}
