"""The ways in which a kubeconfig can say how the cluster is reached."""

from __future__ import annotations

import base64
import json
import os
import re
import ssl
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from tests.faults import FaultServer, Request, json_answer
from tests.unit.kube_api import kubeconfig, only_kubernetes
from truebook.errors import ConfigError, Unreachable
from truebook.settings import Settings
from truebook.state.fetch import Fetcher
from truebook.state.kubeconfig import available, cluster, connect, why_none

GOOD = json_answer({"gitVersion": "v1.36.3"})


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(default=GOOD) as found:
        yield found


def using(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, paths)))


def ask(settings: Settings | None = None) -> bytes:
    connection = connect(settings or Settings())
    with connection.client:
        fetcher = Fetcher(
            connection.client,
            system="kubernetes",
            timeout=10,
            headers=connection.headers,
            extensions=connection.extensions,
        )
        return fetcher.get("/version").body


def seen(server: FaultServer) -> Request:
    return server.requests[-1]


def test_a_token_a_token_file_and_basic_auth(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from-file")
    users: list[tuple[dict[str, Any], str]] = [
        ({"token": "inline"}, "Bearer inline"),
        ({"tokenFile": "token"}, "Bearer from-file"),
        ({"username": "u", "password": "p"}, "Basic dTpw"),
    ]
    for user, expected in users:
        using(monkeypatch, kubeconfig(tmp_path, server.url, **user))
        assert ask() == GOOD.body
        assert seen(server).headers["authorization"] == expected


def test_the_default_file_is_used_and_nothing_where_there_is_none(server: FaultServer, tmp_path: Path) -> None:
    assert available(Settings()) is None
    with pytest.raises(Unreachable, match="no kubeconfig with a current context, and not in a cluster"):
        connect(Settings())
    (tmp_path / "home" / ".kube").mkdir(parents=True)
    kubeconfig(tmp_path, server.url).rename(tmp_path / "home" / ".kube" / "config")
    assert available(Settings()) == "homelab"
    assert ask() == GOOD.body


def test_a_list_is_merged_and_the_settings_name_the_context(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kubeconfig(tmp_path, "http://127.0.0.1:1")
    users = {"users": [{"name": "second", "user": {"token": "second"}}]}
    (tmp_path / "users").write_text(json.dumps(users))
    rest = {
        "clusters": [{"name": "away", "cluster": {"server": server.url}}],
        "contexts": [{"name": "other", "context": {"cluster": "away", "user": "second"}}],
    }
    (tmp_path / "rest").write_text(json.dumps(rest))
    using(monkeypatch, tmp_path / "missing", first, tmp_path / "users", tmp_path / "rest")
    assert available(Settings()) == "homelab"
    settings = only_kubernetes()
    settings = replace(settings, kubernetes=replace(settings.kubernetes, context="other"))
    assert available(settings) == "other"
    assert connect(settings).cluster == "away"
    assert cluster("other") == ("away", server.url)
    assert ask(settings) == GOOD.body
    assert seen(server).headers["authorization"] == "Bearer second"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not YAML"),
        ("- a", "can't be read: it is not of the shape of one"),
        ("", "can't be read"),
        ("contexts: {}\nclusters: []\nusers: []", None),
    ],
)
def test_a_wrong_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str | None) -> None:
    path = tmp_path / "wrong"
    path.write_text(text)
    using(monkeypatch, path)
    if said is None:
        assert available(Settings()) is None
        return
    with pytest.raises(ConfigError, match=f"wrong: the kubeconfig .*{said}|wrong: the kubeconfig is {said}"):
        available(Settings())


def test_a_current_context_that_is_not_there_is_no_lack_of_a_cluster(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kubeconfig(tmp_path, server.url)
    config = json.loads(path.read_text()) | {"current-context": "gone"}
    path.write_text(json.dumps(config))
    using(monkeypatch, path)
    message = f"{path}: the current context 'gone' is not in the kubeconfig; there are: homelab"
    with pytest.raises(ConfigError, match=re.escape(message)):
        available(Settings())


def test_why_there_is_no_cluster(server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_none() == "there is no kubeconfig"
    using(monkeypatch, tmp_path / "missing")
    assert why_none() == f"KUBECONFIG names no file that there is: {tmp_path / 'missing'}"
    path = kubeconfig(tmp_path, server.url)
    config = json.loads(path.read_text())
    del config["current-context"]
    path.write_text(json.dumps(config))
    using(monkeypatch, path)
    assert available(Settings()) is None
    assert why_none() == f"{path} has no current context (choose one by kubernetes.context; there are: homelab)"
    path.write_text(json.dumps(config | {"contexts": []}))
    assert why_none() == f"{path} has no contexts"


def test_a_context_that_is_not_there_or_not_whole_is_said(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = kubeconfig(tmp_path, server.url)
    using(monkeypatch, path)
    settings = only_kubernetes()
    with pytest.raises(ConfigError, match="no context 'elsewhere' in the kubeconfig; there are: homelab"):
        available(replace(settings, kubernetes=replace(settings.kubernetes, context="elsewhere")))
    config = json.loads(path.read_text())
    config["clusters"] = []
    path.write_text(json.dumps(config))
    with pytest.raises(ConfigError, match=r"context 'homelab': .*Expected object with name home"):
        connect(settings)


PLUGIN = """#!{python}
import json, os, pathlib, sys
count = pathlib.Path({count!r})
number = int(count.read_text()) + 1 if count.exists() else 1
count.write_text(str(number))
if {fails!r}:
    sys.exit("no session for password=pl4nted")
status = {{"token": f"{{os.environ['PREFIX']}}-{{number}}", "expirationTimestamp": {expires!r}}}
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}}))
"""


def plugin(folder: Path, *, expires: str = "2020-01-01T00:00:00Z", fails: bool = False) -> dict[str, Any]:
    path = folder / "plugin"
    path.write_text(PLUGIN.format(python=sys.executable, count=str(folder / "count"), expires=expires, fails=fails))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    environment = [{"name": "PREFIX", "value": "exec"}]
    return {"apiVersion": "client.authentication.k8s.io/v1", "command": str(path), "env": environment}


def test_an_exec_plugin_is_asked_again_when_its_token_has_expired(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    using(monkeypatch, kubeconfig(tmp_path, server.url, exec=plugin(tmp_path)))
    connection = connect(Settings())
    with connection.client:
        assert [connection.headers()["Authorization"] for _ in range(2)] == ["Bearer exec-2", "Bearer exec-3"]
    (tmp_path / "count").unlink()
    using(monkeypatch, kubeconfig(tmp_path, server.url, exec=plugin(tmp_path, expires="2099-01-01T00:00:00Z")))
    connection = connect(Settings())
    with connection.client:
        assert [connection.headers()["Authorization"] for _ in range(2)] == ["Bearer exec-1"] * 2


def test_an_exec_plugin_that_fails_is_said_and_what_it_says_is_redacted(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    using(monkeypatch, kubeconfig(tmp_path, server.url, exec=plugin(tmp_path, fails=True)))
    with pytest.raises(Unreachable, match=r"credentials of context 'homelab': exec: .* password=REDACTED"):
        connect(Settings())
    assert "pl4nted" not in "".join(capfd.readouterr())
    missing = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(tmp_path / "none")}
    using(monkeypatch, kubeconfig(tmp_path, server.url, exec=missing))
    with pytest.raises(Unreachable, match="No such file"):
        connect(Settings())


def data(pem: trustme.Blob) -> str:
    return base64.b64encode(pem.bytes()).decode()


def test_client_certificates_authorities_and_the_servers_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, clients = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("kubernetes.homelab.local").configure_cert(context)
    clients.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    certificate = clients.issue_cert("reader@homelab.local")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    user = {"client-certificate-data": data(certificate.cert_chain_pems[0]), "client-key": "key.pem"}
    trusting = {"certificate-authority-data": data(authority.cert_pem)}
    named = {**trusting, "tls-server-name": "kubernetes.homelab.local"}
    with FaultServer(default=GOOD, tls=context) as server:
        for cluster, error in (
            (named, None),
            ({"insecure-skip-tls-verify": True}, None),
            (trusting, "certificate is not trusted: IP address mismatch"),
            ({"tls-server-name": "kubernetes.homelab.local"}, "certificate is not trusted"),
        ):
            using(monkeypatch, kubeconfig(tmp_path, server.url, cluster=cluster, **user))
            if error is None:
                assert ask() == GOOD.body
            else:
                with pytest.raises(Unreachable, match=error):
                    ask()
    (tmp_path / "key.pem").write_text("no key")
    using(monkeypatch, kubeconfig(tmp_path, "https://127.0.0.1:1", cluster=named, **user))
    with pytest.raises(ConfigError, match="the kubeconfig's certificates can't be used"):
        connect(Settings())


def test_proxies_of_the_kubeconfig_and_of_the_environment(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server of ours plays the proxy: it is asked for the whole URL."""
    target = "http://kubernetes.homelab.local"
    server.script[f"{target}/version"] = [GOOD]
    using(monkeypatch, kubeconfig(tmp_path, target, cluster={"proxy-url": server.url}))
    assert ask() == GOOD.body
    assert seen(server).path == f"{target}/version"
    using(monkeypatch, kubeconfig(tmp_path, target))
    monkeypatch.setenv("HTTP_PROXY", server.url)
    assert ask() == GOOD.body
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    using(monkeypatch, kubeconfig(tmp_path, server.url))
    assert ask() == GOOD.body
    assert seen(server).path == "/version"
    using(monkeypatch, kubeconfig(tmp_path, target, cluster={"proxy-url": "gopher://x"}))
    with pytest.raises(ConfigError, match="server or proxy can't be used"):
        connect(Settings())


def test_in_a_pod_the_mounted_account_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    (tmp_path / "token").write_text("mounted")
    loader = "kubernetes.config.incluster_config"
    monkeypatch.setattr(f"{loader}.SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(f"{loader}.SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    with FaultServer(default=GOOD, tls=context) as server:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", server.url.rpartition(":")[2])
        assert available(Settings()) == "in-cluster"
        assert ask() == GOOD.body
        assert seen(server).headers["authorization"].lower() == "bearer mounted"
        (tmp_path / "token").unlink()
        with pytest.raises(ConfigError, match=r"^context 'in-cluster': Service token file does not exist"):
            connect(Settings())
        # A kubeconfig wins over the pod it is in.
        using(monkeypatch, kubeconfig(tmp_path, server.url))
        assert available(Settings()) == "homelab"


def test_yaml_dates_and_numbers_for_names_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "odd"
    path.write_text(yaml.safe_dump({"clusters": None, "contexts": [{"name": 1}], "users": None, "current-context": 1}))
    using(monkeypatch, path)
    assert available(Settings()) == "1"
    with pytest.raises(ConfigError):
        connect(Settings())


def test_a_context_that_names_no_cluster_has_its_own_name_and_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd").write_text(json.dumps({"contexts": [{"name": "a", "context": 7}], "clusters": ["b"]}))
    using(monkeypatch, tmp_path / "odd")
    assert cluster("a") == ("a", "")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert cluster("in-cluster") == ("in-cluster", "10.0.0.1:443")
