"""What `systems` may name, and what all sources of one reading share."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.inventory_objects import SHA, application, ingress, service, workload
from tests.unit.recordings import recording
from truebook import settings as configuration
from truebook.errors import ConfigError
from truebook.recording import Recording
from truebook.settings import Settings
from truebook.state import known
from truebook.state.collect import collect
from truebook.state.known import Known
from truebook.state.source import Context, NotSetUp, Reading, Source
from truebook.state.sources import SOURCES, certificates, check, configmaps, git, minio, oidc
from truebook.state.systems import Place, find


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


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda context: find(context, "loki", (3100,)), "no component runs it"),
        (configmaps.read, "no component runs Grafana"),
        (certificates.read, "no component has an https address"),
        (oidc.read, "nothing is known to sign in by OIDC"),
    ],
)
def test_a_cluster_without_a_word_of_a_system_is_not_searched_for_it(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[Context], Any], said: str
) -> None:
    monkeypatch.setattr(known, "discover", None)
    monkeypatch.setattr(known, "join", None)
    objects = {"apps/deployments Deployment": [workload("web", called="web", image="registry/web:1")]}
    with pytest.raises(NotSetUp, match=said):
        read(Context(Settings(), recording(objects).parts))


def test_components_need_not_be_put_together_to_know_what_is_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "join", None)
    url = "https://git.homelab.local/ops"
    source = {"source": {"repoURL": url, "targetRevision": "main"}}
    root = application("root", spec=source, status={"history": [{"revision": SHA}]})
    parts = recording({"argoproj.io/applications Application": [root]}).parts
    assert git._deployed(Context(Settings(), parts)) == {url: {(SHA, "main")}}


def test_all_that_look_for_systems_share_one_look_at_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these takes seconds of a cluster with a hundred thousand objects."""
    made: list[str] = []

    def counted(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def count(*arguments: Any) -> Any:
            made.append(name)
            return real(*arguments)

        monkeypatch.setattr(owner, name, count)

    counted(known, "discover")
    counted(known, "join")
    counted(Recording, "kubernetes")
    issuer = "https://auth.homelab.local/application/o/grafana/"
    grafana = workload("grafana", called="grafana", image="grafana/grafana:12")
    grafana["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "ISSUER", "value": issuer}]
    names = {"vault": "hashicorp/vault:1", "minio": "minio/minio:1", "authentik": "ghcr.io/goauthentik/server:1"}
    objects = {
        "apps/deployments Deployment": [grafana, *(workload(n, called=n, image=i) for n, i in names.items())],
        "services Service": [service(name) for name in ("grafana", *names)],
        "networking.k8s.io/ingresses Ingress": [ingress("authentik", "auth.homelab.local", tls=[{}])],
    }
    parts = recording(objects).parts
    context = Context(Settings(), parts, shared=Known(Settings(), parts))
    for name in names:
        if name == "authentik":
            assert find(context, name, ("http",)).url == "https://auth.homelab.local"
            continue
        with pytest.raises(NotSetUp, match="has no address of its own"):
            find(context, name, ("http",))
    assert configmaps._paths(context)
    assert list(certificates._addresses(context)) == ["https://auth.homelab.local"]
    assert list(oidc._used(context)) == [issuer]
    assert ("auth.homelab.local", 443) in set(oidc._known(context, ()))
    assert minio._buckets(context, Place("http://minio", named=False)) == []
    assert git._deployed(context) == {}
    assert sorted(made) == ["discover", "join", "kubernetes"]


def test_who_wants_what_is_there_does_not_wait_for_what_is_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    joining, go_on = threading.Event(), threading.Event()

    def join(*arguments: object) -> None:
        joining.set()
        go_on.wait(60)

    monkeypatch.setattr(known, "join", join)
    shared = Known(Settings(), recording({"apps/deployments Deployment": [workload("loki", called="loki")]}).parts)
    seen: list[object] = []
    slow = threading.Thread(target=lambda: shared.joined)
    quick = threading.Thread(target=lambda: seen.extend((shared.mentioned, shared.facts, shared.kubernetes)))
    slow.start()
    try:
        assert joining.wait(60)
        quick.start()
        quick.join(20)
        assert len(seen) == 3
    finally:
        go_on.set()
        slow.join()


def test_garbage_is_not_looked_for_among_what_stays_and_is_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def discover(*arguments: object) -> None:
        seen.append(gc.isenabled())
        raise ConfigError("no facts")

    monkeypatch.setattr(known, "discover", discover)
    shared = Known(Settings(), recording({}).parts)
    for collecting in (True, False):
        try:
            (gc.enable if collecting else gc.disable)()
            with pytest.raises(ConfigError, match="no facts"):
                _ = shared.facts
            seen.append(gc.isenabled())
        finally:
            gc.enable()
    assert seen == [False, True, False, False]


def test_objects_are_found_by_their_names_whatever_stands_beside_them() -> None:
    odd: list[Any] = [{"metadata": {"name": ["web"]}}, {"metadata": 7}, {"kind": "x"}, "x", {"metadata": {}}]
    services = [service("web", "a"), *odd, service("web", "b"), service("db", "a")]
    shared = Known(Settings(), recording({"services Service": services}).parts)
    found = list(shared.objects("services", {("a", "web"), ("a", "db"), ("a", "gone")}))
    assert found == [services[0], services[-1]]
    assert list(shared.objects("services", ())) == list(shared.objects("pods", {("a", "web")})) == []


def test_what_is_known_is_what_was_read_first() -> None:
    parts = recording({"apps/deployments Deployment": [workload("loki", called="loki")]}, systems={}).parts
    found = Known(Settings(), parts)
    assert [subject.name for subject in found.joined.subjects] == ["loki"]
    assert set(found.recording.parts) == {"kubernetes", "argocd"}
