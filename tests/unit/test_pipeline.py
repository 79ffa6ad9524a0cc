"""Where state is read from, and what is left of it when a source fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.faults import FaultServer
from tests.unit import recording_sample
from tests.unit.systems_sample import SAMPLES
from tests.unit.systems_sample import settings as only
from truebook import pipeline
from truebook import recording as recordings
from truebook.errors import ConfigError, RecordingError, SourceError, Unreachable
from truebook.model import SourceStatus
from truebook.pipeline import State
from truebook.recording import SCHEMA, SWITCHED_OFF, Cluster, Part, Read, Recording
from truebook.settings import ArgoCDSettings, KubernetesSettings, Settings, SystemSettings
from truebook.state import collect
from truebook.state.sources import Context, Reading, Source

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: {0}
contexts: [{{name: {0}, context: {{cluster: {0}, user: u}}}}]
clusters: [{{name: {0}, cluster: {{server: "http://127.0.0.1:9"}}}}]
users: [{{name: u, user: {{}}}}]
"""


@pytest.fixture
def kubeconfig(home: Path) -> Callable[[str], None]:
    """Writes the user's kubeconfig with one context."""

    def write(context: str) -> None:
        (home / ".kube").mkdir(exist_ok=True)
        (home / ".kube" / "config").write_text(KUBECONFIG.format(context))

    return write


@pytest.fixture
def embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An embedded homelab of our own."""
    path = recording_sample.save(tmp_path, "embedded.json")
    monkeypatch.setattr(pipeline, "EMBEDDED", path)
    return path


class FakeCluster:
    """A cluster that is read at once, or fails as it is told."""

    def __init__(self) -> None:
        self.error: SourceError | None = None
        self.version = "1.20.1"
        self.reads = 0

    def __call__(self, context: Context) -> Reading:
        self.reads += 1
        if self.error is not None:
            raise self.error
        made = recording_sample.recording(version=self.version)
        part = made.parts["kubernetes"]
        context.progress("apps/deployments", 1)
        return Reading(part.data, tuple(part.reads), made.cluster)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, kubeconfig: Callable[[str], None]) -> FakeCluster:
    """The cluster of the user's context `lab`."""
    kubeconfig("lab")
    fake = FakeCluster()
    monkeypatch.setattr(collect, "SOURCES", {"kubernetes": Source(fake, lambda settings: settings.kubernetes.enabled)})
    return fake


def settings_in(folder: Path) -> Settings:
    return Settings(path=folder / "truebook.yml")


def vault(state: State) -> str:
    """The version of Vault in it."""
    found = pipeline.build_inventory(state, Settings()).component("vault")
    return found.text("version") if found else ""


def test_a_named_recording_goes_before_all(tmp_path: Path, cluster: FakeCluster, embedded: Path) -> None:
    path = recording_sample.save(tmp_path, "mine.json", version="1.1.1")
    state = pipeline.read_state(Settings(), path)
    assert (state.origin, state.replayed, vault(state)) == ("recording mine.json", True, "1.1.1")


def test_the_variable_names_a_recording_and_an_option_goes_before_it(
    tmp_path: Path, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(pipeline.VARIABLE, str(recording_sample.save(tmp_path, "variable.json")))
    assert pipeline.choose_origin(Settings()).text == "recording variable.json"
    assert pipeline.choose_origin(Settings(), tmp_path / "option.json").text == "recording option.json"


def test_then_a_kubeconfig(tmp_path: Path, cluster: FakeCluster, embedded: Path) -> None:
    state = pipeline.read_state(settings_in(tmp_path))
    assert (state.origin, state.replayed, vault(state)) == ("the cluster of context lab", False, "1.20.1")


def test_else_the_embedded_homelab(embedded: Path) -> None:
    state = pipeline.read_state(Settings())
    assert (state.origin, state.replayed) == ("the embedded homelab", True)


def test_a_cluster_that_the_settings_switch_off_is_not_read(cluster: FakeCluster, embedded: Path) -> None:
    off = KubernetesSettings(enabled=False)
    assert pipeline.choose_origin(Settings(kubernetes=off)).kind == "embedded"
    argocd = ArgoCDSettings(url="https://argocd.example")
    origin = pipeline.choose_origin(Settings(kubernetes=off, argocd=argocd))
    assert (origin.kind, origin.text) == ("cluster", "ArgoCD at https://argocd.example")


def test_without_cluster_and_argocd_the_systems_that_the_settings_name_are_read(tmp_path: Path) -> None:
    with FaultServer(SAMPLES["loki"].script()) as server:
        settings = replace(only("loki", server.url), path=tmp_path / "truebook.yml")
        state = pipeline.read_state(settings)
        assert pipeline.require_live(settings).text == state.origin == f"loki at {server.url}"
    assert not state.replayed
    assert (state.recording.parts["loki"].state, state.recording.parts["kubernetes"].state) == ("fresh", "absent")


@pytest.mark.parametrize(
    ("systems", "text"),
    [
        ({"loki": SystemSettings(url="http://loki:3100", enabled=False)}, "the embedded homelab"),
        ({"loki": SystemSettings(component="loki")}, "the embedded homelab"),
        (
            {"loki": SystemSettings(url="http://loki:3100"), "vault": SystemSettings(url="https://vault.example")},
            "loki at http://loki:3100, vault at https://vault.example",
        ),
        ({"oidc": SystemSettings(options={"issuers": "https://id.example/a"})}, "oidc at https://id.example/a"),
        (
            {"oidc": SystemSettings(options={"issuers": "https://id.example/a, https://id.example/b"})},
            "oidc at https://id.example/a, https://id.example/b",
        ),
    ],
)
def test_only_a_system_with_an_address_can_be_read_without_a_cluster(
    systems: dict[str, SystemSettings], text: str, embedded: Path
) -> None:
    for argocd in (ArgoCDSettings(enabled=False), ArgoCDSettings()):
        settings = Settings(kubernetes=KubernetesSettings(enabled=False), argocd=argocd, systems=systems)
        assert pipeline.choose_origin(settings).text == text


def test_without_the_embedded_homelab_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "EMBEDDED", tmp_path / "none.json")
    with pytest.raises(RecordingError, match="comes without the embedded homelab; name a kubeconfig, or a recording"):
        pipeline.read_state(Settings())


def test_a_missing_recording_is_an_error_and_no_reason_to_use_another(cluster: FakeCluster, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"nope\.json: cannot read the recording"):
        pipeline.read_state(Settings(), tmp_path / "nope.json")


def test_a_source_that_fails_leaves_its_last_good_part(tmp_path: Path, cluster: FakeCluster) -> None:
    settings = settings_in(tmp_path)
    pipeline.read_state(settings)
    cluster.error = Unreachable("connection refused")
    for _ in range(2):  # a stale part is still the last good one
        state = pipeline.read_state(settings)
        assert vault(state) == "1.20.1"
        assert pipeline.warnings(state, settings) == ["kubernetes is stale: connection refused"]
    with pytest.raises(SourceError, match="kubernetes is stale: connection refused"):
        pipeline.require_fresh(state.recording.statuses())
    cluster.error, cluster.version = None, "1.21.0"
    state = pipeline.read_state(settings)
    assert (vault(state), pipeline.warnings(state, settings)) == ("1.21.0", [])
    pipeline.require_fresh(state.recording.statuses())


def test_without_a_good_part_there_is_nothing_to_show_and_no_crash(tmp_path: Path, cluster: FakeCluster) -> None:
    cluster.error = Unreachable("connection refused")
    state = pipeline.read_state(settings_in(tmp_path))
    assert (vault(state), pipeline.warnings(state, Settings())) == (
        "",
        ["kubernetes could not be read: connection refused"],
    )
    assert not list(tmp_path.rglob("last-good*"))


def test_no_clusters_state_is_shown_as_anothers(
    tmp_path: Path, cluster: FakeCluster, kubeconfig: Callable[[str], None]
) -> None:
    pipeline.read_state(settings_in(tmp_path))
    kubeconfig("prod")
    cluster.error = Unreachable("connection refused")
    assert vault(pipeline.read_state(settings_in(tmp_path))) == ""


def test_two_clusters_of_one_name_are_told_apart_by_their_servers(
    tmp_path: Path, cluster: FakeCluster, home: Path
) -> None:
    pipeline.read_state(settings_in(tmp_path))
    (home / ".kube" / "config").write_text(KUBECONFIG.format("lab").replace("127.0.0.1:9", "10.0.0.1:9"))
    cluster.error = Unreachable("connection refused")
    assert vault(pipeline.read_state(settings_in(tmp_path))) == ""


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        (Settings(cluster="homelab"), {"kubernetes", "argocd", "loki"}),
        (Settings(), None),  # the kubeconfig's is called `lab`
        (Settings(cluster="prod"), None),
        (Settings(cluster="homelab", argocd=ArgoCDSettings(url="https://argocd.example")), {"kubernetes", "loki"}),
        (
            Settings(cluster="homelab", systems={"loki": SystemSettings(url="http://loki:3100")}),
            {"kubernetes", "argocd", "loki"},
        ),
        (
            Settings(cluster="homelab", systems={"loki": SystemSettings(url="http://loki.b:3100")}),
            {"kubernetes", "argocd"},
        ),
    ],
)
def test_what_was_read_elsewhere_stands_in_for_nothing(
    settings: Settings, kept: set[str] | None, cluster: FakeCluster
) -> None:
    parts = {
        "kubernetes": Part("fresh"),
        "argocd": Part("fresh", data=msgspec.Raw(b'{"url":"https://argocd.homelab.local"}')),
        "loki": Part("stale", data=msgspec.Raw(b'{"url":"http://loki:3100"}')),
    }
    found = pipeline.takes_over(settings, Recording(SCHEMA, Cluster("homelab"), "", parts))
    assert (None if found is None else set(found.parts)) == kept


def test_a_last_good_file_that_is_broken_is_as_good_as_none(tmp_path: Path, cluster: FakeCluster) -> None:
    settings = settings_in(tmp_path)
    pipeline.read_state(settings)
    (kept,) = tmp_path.rglob("last-good*.json")
    assert kept.parent == tmp_path / ".cache" / "truebook"
    kept.write_text("{")
    assert vault(pipeline.read_state(settings)) == "1.20.1"
    assert recordings.load(kept).parts["kubernetes"].state == "fresh"


def test_a_replay_keeps_no_last_good_file(tmp_path: Path) -> None:
    path = recording_sample.save(tmp_path)
    pipeline.read_state(settings_in(tmp_path), path)
    assert not list(tmp_path.rglob("last-good*"))


def test_progress_is_told(tmp_path: Path, cluster: FakeCluster) -> None:
    told: list[tuple[str, str, int]] = []
    pipeline.read_state(settings_in(tmp_path), progress=lambda *args: told.append(args))
    assert told == [("kubernetes", "apps/deployments", 1), ("kubernetes", "", 1)]


def test_a_stand_in_for_the_users_cluster_is_warned_of(embedded: Path) -> None:
    state = pipeline.read_state(Settings())
    (warning,) = pipeline.warnings(state, Settings(cluster="prod"))
    assert "pages show the embedded homelab, not prod" in warning
    assert pipeline.VARIABLE in warning
    assert "not your cluster" in pipeline.warnings(state, Settings())[0]
    assert pipeline.warnings(state, Settings(cluster="homelab")) == []


def test_a_live_reading_needs_a_cluster() -> None:
    with pytest.raises(ConfigError, match=r"^there is no cluster to read: there is no kubeconfig$"):
        pipeline.require_live(Settings())
    off = Settings(kubernetes=KubernetesSettings(enabled=False))
    with pytest.raises(ConfigError, match=r"switch kubernetes off and name no argocd\.url and no system's url$"):
        pipeline.require_live(off)


def test_only_sources_that_should_have_answered_are_unwell() -> None:
    statuses = (
        SourceStatus("argocd", "absent", "not set up"),
        SourceStatus("git", "failed"),
        SourceStatus("kubernetes", "fresh"),
    )
    assert pipeline.unwell(statuses) == ["git could not be read"]


def test_what_was_not_there_to_read_is_said_once() -> None:
    denied = "argocd: no token in $ARGOCD_AUTH_TOKEN"
    parts = {
        "kubernetes": Part(
            "fresh",
            reads=[
                Read("pods", "read", 3),
                Read("nodes", "forbidden", reason="kubernetes: GET /api/v1/nodes: 403 Forbidden"),
                Read("velero.io/backups", "absent", reason="not installed"),
                Read("velero.io/schedules", "absent", reason="not installed"),
            ],
        ),
        "argocd": Part("fresh", reads=[Read(f"/api/v1/{what}", "forbidden", reason=denied) for what in ("a", "b")]),
        "git": Part("absent", reason=SWITCHED_OFF),
        "vault": Part("fresh", reads=[Read("/v1/sys/mounts", "absent", reason="not asked: it is sealed")]),
        "minio": Part("absent", reason="no component runs it"),
        "loki": Part("absent", reason="no component runs it"),
    }
    assert pipeline.unread(Recording(SCHEMA, Cluster("lab"), "", parts)) == [
        "not set up: loki, minio (no component runs it)",
        "argocd: not permitted: /api/v1/a, /api/v1/b (no token in $ARGOCD_AUTH_TOKEN)",
        "kubernetes: not permitted: nodes (GET /api/v1/nodes: 403 Forbidden)",
        "kubernetes: not installed: velero.io/backups, velero.io/schedules",
        "vault: not there: /v1/sys/mounts (not asked: it is sealed)",
    ]
