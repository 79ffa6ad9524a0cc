"""Which systems blocks reach, and how: by a replay what the recording holds, live what the settings name."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import msgspec
import pytest

from tests.unit.recordings import recording as made
from truebook import pipeline, pipeline_run, pipeline_runbooks
from truebook import recording as recordings
from truebook.errors import ConfigError
from truebook.guard.request import Answer, Forward, GuardRequest, Refuse
from truebook.guard.upstream import Upstream
from truebook.model import BlockResult, Component, Evidence, Inventory, Value
from truebook.pipeline import State
from truebook.pipeline_systems import _vault, component_systems, known_hosts, own_hosts, recorded
from truebook.replay.web import Web
from truebook.settings import ArgoCDSettings, CatalogComponent, Settings, SystemSettings

ROOT = Path(__file__).parents[2]
SANDBOXED = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("curl") is None, reason="needs bubblewrap and curl"
)
EVIDENCE = Evidence("kubernetes", "Ingress a/b", "spec.rules[0].host")
HEALTH = {"initialized": True, "sealed": False, "standby": False, "version": "1.21.1"}
SYSTEMS = {
    "vault": {
        "url": "https://vault.homelab.local",
        "answers": {
            "/v1/sys/health": HEALTH,
            "/v1/sys/seal-status": {"initialized": True, "sealed": False},
            "/v1/sys/mounts": {"data": {"secret/": {"type": "kv", "options": {"version": "2"}}}},
        },
    },
    "prometheus": {
        "url": "https://prometheus.homelab.local",
        "answers": {
            "/-/ready": "Prometheus Server is Ready.",
            "/api/v1/rules?type=alert": {"status": "success", "data": {"groups": []}},
        },
    },
}


def component(**values: object) -> Component:
    return Component("a", "A", "G", {name: Value(value, EVIDENCE) for name, value in values.items()})  # type: ignore[arg-type]


def inventory_of(*components: Component) -> Inventory:
    return Inventory("homelab", "v1", "2026-11-24T05:30:00Z", "a test", components)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://grafana.homelab.local/d/a", "grafana.homelab.local"),
        ("http://Grafana.homelab.local:3000", "grafana.homelab.local:3000"),
        ("https://user:word@vault.homelab.local/", "vault.homelab.local"),
        ("http://192.168.1.5:8123", "192.168.1.5:8123"),
        ("http://[fd00::5]:8123", "[fd00::5]:8123"),
        ("http://[fd00::5]", "[fd00::5]"),
        ("http://127.0.0.1:6443/", ""),
        ("http://127.9.9.9", ""),
        ("http://localhost:9090", ""),
        ("http://LOCALHOST.", ""),
        ("http://x.localhost:80", ""),
        ("http://0.0.0.0:10250", ""),
        ("https://[::1]:6443/", ""),
        ("https://[::]/", ""),
        ("http://[::ffff:127.0.0.1]:22", ""),
        ("http://169.254.169.254/latest/meta-data", ""),
        ("http://[fe80::1]:80/", ""),
        ("http://metadata.google.internal/", ""),
        ("ftp://grafana.homelab.local", ""),
        ("https://", ""),
        ("https://[not-an-address", ""),
    ],
)
def test_what_a_cluster_names_is_known_unless_it_means_this_machine(url: str, host: str) -> None:
    expected = frozenset((host,)) if host else frozenset()
    assert known_hosts(inventory_of(component(url=url))) == expected
    assert known_hosts(inventory_of(component(urls=(url,)))) == expected


def test_what_the_settings_name_may_be_this_machine() -> None:
    settings = Settings(
        argocd=ArgoCDSettings(url="https://localhost:8443/"),
        systems={"vault": SystemSettings(url="http://127.0.0.1:8200"), "loki": SystemSettings()},
        components=(CatalogComponent("a", 1, values={"url": "http://[::1]:80/x", "purpose": "http://127.0.0.1:1"}),),
    )
    own = own_hosts(settings)
    assert own == {"localhost:8443", "127.0.0.1:8200", "[::1]:80"}
    found = inventory_of(
        component(urls=("http://127.0.0.1:8200", "http://127.0.0.1:8201", "https://vault.homelab.local"))
    )
    assert known_hosts(found, own) == {"127.0.0.1:8200", "vault.homelab.local"}


def test_the_systems_of_a_url_are_those_that_its_component_runs() -> None:
    found = inventory_of(
        component(url="https://a.local", urls=("https://a.local", "https://b.local"), systems=("grafana", "loki")),
        component(url="https://c.local"),
        component(systems=("vault",)),
    )
    assert component_systems(found) == {
        "https://a.local": ("grafana", "loki", "grafana", "loki"),
        "https://b.local": ("grafana", "loki"),
    }


def ask(url: str) -> GuardRequest:
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    query = (("type", "alert"),) if "rules" in path else ()
    return GuardRequest("GET", url, f"/{path}", query, scheme=scheme, authority=authority)


def test_a_forward_becomes_the_recorded_answer_or_a_refusal_and_nothing_goes_out() -> None:
    urls = {"https://vault.homelab.local": ("vault",), "https://prometheus.homelab.local": ("prometheus",)}
    web = Web(made(systems=SYSTEMS), urls)
    found = recorded(Forward(ask("https://vault.homelab.local/v1/sys/health")), web)
    assert isinstance(found, Answer)
    assert (found.status, msgspec.json.decode(found.body)) == (200, HEALTH)
    assert dict(found.headers)["content-type"] == "application/json"
    rules = recorded(Forward(ask("https://prometheus.homelab.local/api/v1/rules")), web)
    assert isinstance(rules, Answer)
    gone = recorded(Forward(ask("https://vault.homelab.local/ui")), web)
    assert gone == Refuse(503, "this recording does not hold GET /ui")
    refused = Refuse(403, "no")
    assert recorded(refused, web) is refused


# --- live -------------------------------------------------------------------------------------------------------------


async def _asked(upstream: Upstream | None) -> tuple[str, dict[str, str]] | None:
    if upstream is None:
        return None
    try:
        return str(upstream.client.base_url), dict(upstream.headers())
    finally:
        await upstream.client.aclose()


@pytest.mark.parametrize(
    ("settings", "environment", "expected"),
    [
        (None, {}, None),
        (SystemSettings(), {}, None),
        (None, {"VAULT_ADDR": "https://env:8200", "VAULT_TOKEN": "t"}, ("https://env:8200", {"X-Vault-Token": "t"})),
        (SystemSettings(url="https://set:8200"), {"VAULT_ADDR": "https://env"}, ("https://set:8200", {})),
        (SystemSettings(url="https://set/v/"), {"VAULT_TOKEN": "t"}, ("https://set/v/", {"X-Vault-Token": "t"})),
        (
            SystemSettings(url="https://set", token_env="DOCS_TOKEN"),
            {"VAULT_TOKEN": "t", "DOCS_TOKEN": "d", "VAULT_NAMESPACE": "team"},
            ("https://set", {"X-Vault-Token": "d", "X-Vault-Namespace": "team"}),
        ),
        (SystemSettings(enabled=False, url="https://set"), {"VAULT_ADDR": "https://env"}, None),
    ],
)
def test_vault_is_where_the_settings_say_else_where_its_command_finds_it(
    settings: SystemSettings | None,
    environment: dict[str, str],
    expected: tuple[str, dict[str, str]] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = _vault(Settings(systems={"vault": settings} if settings else {}), environment)
    assert asyncio.run(_asked(found)) == expected


def test_a_token_file_is_read_anew_and_its_absence_is_said(tmp_path: Path) -> None:
    path = tmp_path / "token"
    settings = Settings(systems={"vault": SystemSettings(url="https://set", token_file=path)})
    upstream = _vault(settings, {"VAULT_TOKEN": "other"})
    assert upstream is not None
    with pytest.raises(ConfigError, match=r"systems\.vault\.token_file can't be read"):
        upstream.headers()
    for word in ("first", "second"):
        path.write_text(f"{word}\n")
        assert upstream.headers() == {"X-Vault-Token": word}
    asyncio.run(upstream.client.aclose())


# --- blocks before a replay -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def state() -> State:
    """The embedded homelab, with these answers of its systems."""
    embedded = recordings.load(pipeline.EMBEDDED)
    theirs = {name: part for name, part in made(systems=SYSTEMS).parts.items() if name in SYSTEMS}
    parts = {name: part for name, part in embedded.parts.items() if name in ("kubernetes", "argocd", "git")}
    return State(msgspec.structs.replace(embedded, parts={**parts, **theirs}), pipeline.EMBEDDED_NAME, replayed=True)


def run(state: State, folder: Path, *blocks: str) -> tuple[BlockResult, ...]:
    settings = pipeline.load_settings(ROOT / "truebook.yml")
    inventory = pipeline.build_inventory(state, settings)
    text = "\n\n".join(f"```bash\n{block}\n```" for block in blocks) + "\n"
    page = pipeline_runbooks.SiteReader(settings, ["fenced_code"], {}, folder=Path()).page(
        text, path="a.md", name="a.md"
    )
    known = pipeline_runbooks.known_of(state, inventory, given={}, environment={})
    planned = pipeline_runbooks.Planner(settings, known, policy="run").page(page)
    (folder / "repository").mkdir()
    folder.chmod(0o755)
    options = pipeline_run.Options(folder / "repository", folder / "cache", jobs=2)
    return pipeline_run.run(planned, state, inventory, settings, options).results


@SANDBOXED
def test_curl_reads_what_the_recording_holds_through_the_guards_own_authority(state: State, tmp_path: Path) -> None:
    found = run(
        state,
        tmp_path,
        "curl -fsS https://vault.homelab.local/v1/sys/health",
        "curl -sI https://vault.homelab.local/v1/sys/health | head -1",
        "curl -s 'https://prometheus.homelab.local/api/v1/rules?type=alert' | grep -q success",
        "curl -fsS https://prometheus.homelab.local/metrics",
        "curl -fsS https://vault.homelab.local/v1/sys/mounts",
        "curl -fsS https://elsewhere.example/",
        "curl -fsS -X POST https://vault.homelab.local/v1/sys/health -d a=b",
    )
    assert [one.state for one in found[:6]] == ["passed", "passed", "passed", "unknown", "unknown", "not-run"], found
    assert '"version":"1.21.1"' in found[0].output
    assert found[1].output.startswith("HTTP/1.1 200")
    assert found[0].requests[-1].reason == "answered from the recording"
    assert found[3].reason == "this recording does not hold GET /metrics"
    assert "no credential was sent" in found[4].reason
    assert "elsewhere.example:443 is of no domain that the inventory knows" in found[5].reason
    assert found[6].state != "passed"


def test_a_write_to_a_recorded_vault_is_proved_by_its_mounts(state: State, tmp_path: Path) -> None:
    if shutil.which("vault") is not None:
        pytest.skip("the vault command is installed: it is run instead")
    found = run(
        state,
        tmp_path,
        "vault kv put secret/app/db password=x",
        "vault kv put nothing/app/db password=x",
        "vault status",
        "vault kv metadata get secret/app/db",
    )
    assert [one.state for one in found] == ["passed", "failed", "passed", "passed"], found
    claims = {claim.text: claim.holds for claim in found[0].claims}
    assert claims["secret/ is a KV engine, version 2"] is True
    may = "the account may create or update secret/data/app/db: not known, a recording does not tell"
    assert claims[may] is None
    assert "no engine serves nothing/app/db" in found[1].reason
    assert found[2].claims[0].text == "Vault is unsealed"
    assert any("secret/app/db exists: not known" in claim.text for claim in found[3].claims)
