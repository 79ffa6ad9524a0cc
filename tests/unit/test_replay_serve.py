"""Starting and ending a replay, and the door to it."""

from __future__ import annotations

import json
import re
import socket
import stat
import threading
from pathlib import Path

import httpx
import pytest

from tests.unit import replay_sample as sample
from truebook.errors import ConfigError
from truebook.replay.serve import APPS, start


def test_every_system_listens_on_loopback_at_an_address_of_its_own(tmp_path: Path) -> None:
    with start(sample.recording(), directory=tmp_path) as replay:
        assert list(replay.urls) == list(APPS)[:2] == ["kubernetes", "argocd"]
        assert all(re.fullmatch(r"http://127\.0\.0\.1:\d+", url) for url in replay.urls.values())
        assert len(set(replay.urls.values())) == 2
        for url in replay.urls.values():
            assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    for url in replay.urls.values():
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/healthz", trust_env=False)


def test_a_server_leaves_the_logging_of_others_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that start at the same time would be heard on stderr."""
    configured: list[object] = []
    monkeypatch.setattr("logging.config.dictConfig", configured.append)
    with start(sample.recording(), directory=tmp_path):
        assert configured == []


def test_the_kubeconfig_and_the_environment_lead_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    with start(sample.recording(), directory=folder) as replay:
        assert replay.kubeconfig == folder / "kubeconfig"
        assert stat.S_IMODE(replay.kubeconfig.stat().st_mode) == 0o600
        config = json.loads(replay.kubeconfig.read_text())
        assert config["clusters"][0]["cluster"] == {"server": replay.urls["kubernetes"]}
        assert config["current-context"] == config["contexts"][0]["name"]
        assert replay.environment == {
            "KUBECONFIG": str(replay.kubeconfig),
            "KUBECACHEDIR": str(folder / "kubectl-cache"),
            "ARGOCD_SERVER": replay.urls["argocd"].removeprefix("http://"),
            "ARGOCD_OPTS": "--grpc-web --plaintext",
            "ARGOCD_AUTH_TOKEN": "replay",
            "ARGOCD_CONFIG_DIR": str(folder / "argocd"),
        }
        assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_ports_follow_the_one_that_is_asked_for(tmp_path: Path) -> None:
    with start(sample.recording(), directory=tmp_path) as found:
        free = int(found.urls["kubernetes"].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {number} is taken; choose another"):
            start(sample.recording(), port=number, directory=tmp_path)
        # A following one that is taken is no reason to give up.
        if number > 1024:
            with start(sample.recording(), port=free, directory=tmp_path) as replay:
                assert replay.urls["kubernetes"] == f"http://127.0.0.1:{free}"
    with pytest.raises(ConfigError, match="no such port: 65536"):
        start(sample.recording(), port=65536, directory=tmp_path)


def test_two_replays_stand_side_by_side(tmp_path: Path) -> None:
    one, other = sample.recording(), sample.recording([sample.pods()])
    with start(one, directory=tmp_path / "1") as first, start(other, directory=tmp_path / "2") as second:
        path = "/apis/apps/v1/deployments"
        assert httpx.get(first.urls["kubernetes"] + path, trust_env=False).status_code == 200
        assert httpx.get(second.urls["kubernetes"] + path, trust_env=False).status_code == 403


def test_closing_ends_the_wait_and_a_watch_that_goes_on(tmp_path: Path) -> None:
    replay = start(sample.recording(), directory=tmp_path)
    waiting = threading.Thread(target=replay.wait)
    waiting.start()
    url = f"{replay.urls['kubernetes']}/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=30"
    with httpx.Client(trust_env=False) as client, client.stream("GET", url) as answer:
        assert answer.status_code == 200
        replay.close()
        replay.close()
    waiting.join(10)
    assert not waiting.is_alive()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("replay-")]


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("127.0.0.1:{port}", 200),
        ("127.0.0.1", 200),
        ("localhost:{port}", 200),
        ("[::1]:{port}", 200),
        ("evil.example", 421),
        ("evil.example:{port}", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("192.168.1.4", 421),
        ("0.0.0.0", 421),
        ("user@evil.example", 421),
        ("", 421),
    ],
)
def test_a_foreign_host_is_refused(tmp_path: Path, host: str, code: int) -> None:
    with start(sample.recording(), directory=tmp_path) as replay:
        for url in replay.urls.values():
            header = host.format(port=url.rpartition(":")[2])
            answer = httpx.get(f"{url}/healthz", headers={"Host": header}, trust_env=False)
            assert answer.status_code == code


def test_no_page_of_another_origin_may_read_it(tmp_path: Path) -> None:
    with start(sample.recording(), directory=tmp_path) as replay:
        for url in replay.urls.values():
            headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
            for method in ("GET", "OPTIONS"):
                answer = httpx.request(method, f"{url}/api", headers=headers, trust_env=False)
                assert not [name for name in answer.headers if name.startswith("access-control")]


def test_an_upgrade_is_answered_as_a_plain_request(tmp_path: Path) -> None:
    with start(sample.recording(), directory=tmp_path) as replay:
        headers = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": "a",
            "Sec-WebSocket-Version": "13",
        }
        path = "/api/v1/namespaces/default/pods/web-1/exec?command=ls"
        answer = httpx.get(replay.urls["kubernetes"] + path, headers=headers, trust_env=False)
        assert (answer.status_code, answer.json()["reason"]) == (403, "Forbidden")
