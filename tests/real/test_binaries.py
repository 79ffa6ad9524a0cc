"""Where a server's binary is looked for, and how it is built. No real server is needed to see that."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.servers import __main__ as command
from tests.real.servers import binaries
from tests.real.servers.binaries import Unavailable, find, prepare


@dataclass
class Machine:
    """A machine of the test's own: its environment, cache and PATH."""

    environment: dict[str, str]
    cache: Path
    path: Path

    def program(self, path: Path, script: str = "exit 0") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine({"PATH": str(tmp_path / "path")}, tmp_path / "cache", tmp_path / "path")
    made.path.mkdir()
    monkeypatch.setattr(binaries, "ENVIRONMENT", made.environment)
    monkeypatch.setattr(binaries, "CACHE", made.cache)
    return made


def test_a_variable_comes_before_assets_before_path_before_cache(machine: Machine, tmp_path: Path) -> None:
    name = "kube-apiserver"
    cached = machine.program(binaries.BINARIES[name].cached)
    assert find(name) == cached
    on_path = machine.program(machine.path / name)
    assert find(name) == on_path
    asset = machine.program(tmp_path / "assets" / name)
    machine.environment["KUBEBUILDER_ASSETS"] = str(asset.parent)
    assert find(name) == asset
    named = machine.program(tmp_path / "mine")
    machine.environment["TRUEBOOK_KUBE_APISERVER"] = str(named)
    assert find(name) == named


def test_a_variable_that_names_no_program_is_an_error(machine: Machine) -> None:
    machine.program(machine.path / "argocd", "echo argocd: v3.6.1")
    machine.environment["TRUEBOOK_ARGOCD"] = "/nowhere/argocd"
    for look in (find, prepare):
        with pytest.raises(Unavailable, match="TRUEBOOK_ARGOCD names /nowhere/argocd"):
            look("argocd")


@pytest.mark.parametrize(
    ("version", "taken"),
    [("etcd Version: 3.4.23", False), ("etcd Version: 3.5.13", True), ("etcd Version: 3.10.0", True), ("?", False)],
)
def test_an_etcd_that_is_too_old_for_watchers_is_passed_over(machine: Machine, version: str, taken: bool) -> None:
    on_path = machine.program(machine.path / "etcd", f"echo '{version}'")
    cached = machine.program(binaries.BINARIES["etcd"].cached)
    assert find("etcd") == (on_path if taken else cached)


def test_what_cannot_be_found_is_named_in_one_line(machine: Machine) -> None:
    for name in ("kwok", "redis-server"):
        with pytest.raises(Unavailable) as caught:
            find(name)
        assert str(caught.value).startswith(f"{name}: not in $TRUEBOOK_")
        assert "\n" not in str(caught.value)


GO = """
PATH=/usr/bin:/bin
case "$1" in
  env) echo go1.99.0 ;;
  build)
    echo "$@" >>"{log}"
    sleep 0.2
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\n' >"$2" && chmod +x "$2" ;;
esac
"""


def test_two_that_need_the_same_binary_build_it_once(machine: Machine, tmp_path: Path) -> None:
    log = tmp_path / "builds"
    machine.program(machine.path / "go", GO.format(log=log))
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(prepare("helm"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [binaries.BINARIES["helm"].cached] * 2
    (build,) = log.read_text().splitlines()
    assert "-trimpath" in build
    assert build.endswith("helm.sh/helm/v4/cmd/helm")
    assert not list(machine.cache.glob("*.partial")) + list(machine.cache.glob(".*.partial"))


def test_the_version_is_set_when_the_program_is_linked(machine: Machine, tmp_path: Path) -> None:
    log = tmp_path / "builds"
    machine.program(machine.path / "go", GO.format(log=log))
    prepare("kube-apiserver")
    assert "-X k8s.io/component-base/version.gitVersion=v1.36.3" in log.read_text()


def test_parts_that_nobody_needs_are_left_out_by_build_tags(machine: Machine, tmp_path: Path) -> None:
    log = tmp_path / "builds"
    machine.program(machine.path / "go", GO.format(log=log))
    prepare("prometheus")
    prepare("helm")
    prometheus, helm = log.read_text().splitlines()
    assert "-tags=remove_all_sd " in prometheus
    assert "-tags" not in helm


def test_a_failed_build_leaves_nothing_and_says_why(machine: Machine) -> None:
    machine.program(machine.path / "go", '[ "$1" = env ] && echo go1.99.0 || { echo no space left >&2; exit 1; }')
    with pytest.raises(Unavailable, match=r"^helm: the build failed: no space left$"):
        prepare("helm")
    assert not binaries.BINARIES["helm"].cached.exists()


APT = """
PATH=/usr/bin:/bin:{folder}
case "$1" in
  update) touch {folder}/lists ;;
  install)
    [ -e {folder}/lists ] || exit 100
    printf '#!/bin/sh\n' >{folder}/redis-server && chmod +x {folder}/redis-server ;;
esac
"""


def test_root_installs_debian_packages_and_fetches_lists_where_there_are_none(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.program(machine.path / "apt-get", APT.format(folder=machine.path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(Unavailable, match=r"^redis-server: missing; install the Debian package redis-server$"):
        prepare("redis-server")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert prepare("redis-server") == machine.path / "redis-server"


def test_the_command_counts_what_cannot_be_had(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.program(machine.path / "go", '[ "$1" = env ] && echo go1.99.0 || exit 1')
    machine.program(machine.path / "kubectl")
    assert command.main(["kubectl", "helm"]) == 1
    said = capsys.readouterr().err
    assert f"kubectl: {machine.path / 'kubectl'}" in said
    assert "UNAVAILABLE helm: the build failed" in said
    assert "1 of 2 real servers cannot be had" in said
    assert command.main(["postgres"]) == 2


def test_every_binary_can_be_built_from_a_committed_module_or_is_a_debian_package() -> None:
    for binary in binaries.BINARIES.values():
        if binary.debian:
            continue
        module = binaries.MODULES / binary.module
        assert (module / "go.sum").is_file()
        tools = (module / "go.mod").read_text()
        assert binary.package in tools
        assert (binary.module_version or f"v{binary.version}") in tools
