"""What this machine has that a sandbox may show: system folders, programs, the repository without what Git ignores."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from truebook.errors import TruebookError
from truebook.runbooks.sandbox.command import UID, USER, View
from truebook.runbooks.verdicts.files import holds_credentials

FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
"""Where programs and their libraries are; where one is a link, it becomes one."""
CLOSED = ("/usr/local/etc",)
"""What of these is settings, such as those of a package manager, which may hold credentials."""
ETC = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/pki/ca-trust/extracted",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
)
"""What programs need of /etc; the rest of it may hold credentials and says much of the machine."""
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"
ACCOUNTS = {
    "passwd": f"root:x:0:0::/:/usr/sbin/nologin\n{USER}:x:{UID}:{UID}::/tmp/home:/bin/bash\n"
    "nobody:x:65534:65534::/:/usr/sbin/nologin\n",
    "group": f"root:x:0:\n{USER}:x:{UID}:\nnogroup:x:65534:\n",
    "hosts": HOSTS,
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
}
GIT_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
"""Stands in for the repository's own, whose URLs and headers may hold credentials."""
PROGRAMS = (
    *("argocd", "bao", "curl", "git", "helm", "jq", "kubectl", "kustomize", "mc", "oc", "openssl", "vault", "velero"),
    *("yq", "flux", "cilium", "istioctl", "wget", "rg"),
)
"""What runbooks call, wherever the caller's PATH finds it."""
_NOISE = ("__pycache__", ".DS_Store")
_SIGNED_IN = re.compile(rb"://[^\s/@]+@")
LARGEST_KUBECONFIG = 1024 * 1024
_NAMED = re.compile(r"""\b(?:client-key|client-certificate|tokenFile)["']?\s*:\s*["']?([^\s"',}]+)""")
"""Where a kubeconfig says what file has a credential."""


def view(repository: Path, directory: Path, *, programs: Iterable[str] = PROGRAMS) -> View:
    """The view of this machine, with `repository` (a folder) at its root. `directory` takes the small files that are
    made up; it has to last as long as the view. Raises TruebookError where the repository can't be looked at."""
    folders = tuple(path for path in FOLDERS if Path(path).is_dir() and not Path(path).is_symlink())
    links = {path: str(Path(path).readlink()) for path in FOLDERS if Path(path).is_symlink()}
    etc, files = _etc(directory)
    empty = directory / "empty"
    empty.write_text("", encoding="utf-8")
    root = repository.resolve()
    hidden = [*_ignored(root), *_credentials(root)]
    replaced, also_hidden = _git(root, directory)
    return View(
        folders=folders,
        links=links,
        etc=str(etc),
        empty=str(empty),
        repository=str(root),
        files=files,
        programs=dict(_elsewhere(programs, folders)),
        hidden_folders=tuple(name for name in hidden if (root / name).is_dir()),
        hidden_files=(*(name for name in hidden if (root / name).is_file()), *also_hidden),
        replaced=replaced,
        closed=tuple(path for path in CLOSED if Path(path).is_dir() and not root.is_relative_to(Path(path).resolve())),
    )


def _etc(directory: Path) -> tuple[Path, Mapping[str, str]]:
    """A folder to be shown as /etc, and what of the real one goes over it."""
    etc = directory / "etc"
    etc.mkdir()
    for name, text in ACCOUNTS.items():
        (etc / name).write_text(text, encoding="utf-8")
    files = {}
    for path in map(Path, ETC):
        real = path.resolve()
        if not real.exists() or not (real.is_dir() or real.is_file()):
            continue
        place = etc / path.relative_to("/etc")
        place.parent.mkdir(parents=True, exist_ok=True)
        if real.is_dir():
            place.mkdir()
        else:
            place.touch()
        files[str(path)] = str(real)
    os_release = Path("/usr/lib/os-release")
    if os_release.is_file():
        (etc / "os-release").symlink_to("../usr/lib/os-release")
    return etc, files


def _elsewhere(programs: Iterable[str], folders: Iterable[str]) -> Iterable[tuple[str, str]]:
    """The programs that are not reached by the system folders, or that the caller prefers to those that are."""
    own = [Path(folder) for folder in folders]
    for name in programs:
        found = shutil.which(name)
        if found is None:
            continue
        real = Path(found).resolve()
        plain = Path(found).parent in (Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin"))
        if not plain or not any(real.is_relative_to(folder) for folder in own):
            yield name, str(real)


def _ignored(root: Path) -> list[str]:
    """What Git ignores in the repository: caches, and the likes of `.env` that hold secrets. Links are left as they
    are: what they lead to is hidden itself or not there. Without Git, only what is known to be ours."""
    if not (root / ".git").exists():
        return [name for name in (".cache", ".venv") if (root / name).is_dir()]
    names = _listed(root, "--ignored", "--directory")
    return [name for name in names if Path(name).name not in _NOISE]


def _credentials(root: Path) -> list[str]:
    """Files that Git neither knows nor ignores and that hold credentials, by their name or because the caller's
    environment says where they are, as `KUBECONFIG` and many a `…_FILE` do. Without Git, the latter."""
    named = _named(root, os.environ)
    if not (root / ".git").exists():
        return sorted(named)
    return [name for name in _listed(root) if name in named or holds_credentials(name)]


def _named(root: Path, environment: Mapping[str, str]) -> set[str]:
    """The files below `root` that an environment names, and those that such a file names as a kubeconfig does."""
    files = {
        path for value in environment.values() for word in value.split(os.pathsep) if (path := _file(Path(), word))
    }
    below = [path for path in files if path.is_relative_to(root)]
    for path in below:
        with suppress(OSError):
            if path.stat().st_size < LARGEST_KUBECONFIG:
                text = path.read_text(encoding="utf-8", errors="replace")
                files |= {other for word in _NAMED.findall(text) if (other := _file(path.parent, word))}
    return {path.relative_to(root).as_posix() for path in files if path.is_relative_to(root)}


def _file(folder: Path, word: str) -> Path | None:
    """The file that a word names, links resolved."""
    try:
        path = (folder / word).resolve()
        return path if word and path.is_file() else None
    except (OSError, ValueError):
        return None


def _listed(root: Path, *options: str) -> list[str]:
    """What of the repository Git does not have: names, none of them behind a link. Raises TruebookError."""
    # Git reads no configuration of a user's, who may have been tricked into running programs by it.
    environment = {"PATH": os.environ.get("PATH", ""), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    environment |= {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    environment |= {"GIT_CONFIG_KEY_1": "core.fsmonitor", "GIT_CONFIG_VALUE_1": "false"}
    git = shutil.which("git")
    if git is None:
        raise TruebookError("git is not installed: what it ignores in the repository can't be kept from the sandbox")
    arguments = ["ls-files", "--others", "--exclude-standard", *options, "-z"]
    found = subprocess.run(  # noqa: S603
        [git, "-C", str(root), *arguments], capture_output=True, env=environment, timeout=60, check=False
    )
    if found.returncode != 0:
        raise TruebookError(f"git can't say what it ignores in {root}")
    names = [os.fsdecode(name).rstrip("/") for name in found.stdout.split(b"\0") if name]
    return [name for name in names if not _behind_link(root, name)]


def _behind_link(root: Path, name: str) -> bool:
    path = root
    for part in Path(name).parts:
        path = path / part
        if path.is_symlink():
            return True
    return False


def _git(root: Path, directory: Path) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """What is replaced and what is hidden of the repository's own Git folder."""
    git = root / ".git"
    if not git.is_dir() or git.is_symlink():
        return {}, ()
    config = directory / "git-config"
    config.write_text(GIT_CONFIG, encoding="utf-8")
    replaced = {".git/config": str(config)} if (git / "config").is_file() else {}
    modules = sorted(path for path in git.glob("modules/**/config") if path.is_file() and not path.is_symlink())
    worktrees = [*git.glob("config.worktree"), *git.glob("worktrees/*/config.worktree")]
    # `git pull URL` writes the URL there as it was given.
    logs = sorted(path for path in git.glob("logs/**/*") if path.is_file() and _SIGNED_IN.search(path.read_bytes()))
    others = [*modules, *worktrees, *logs, *(git / name for name in ("FETCH_HEAD", "credentials"))]
    hidden = tuple(str(path.relative_to(root)) for path in others if path.is_file())
    return replaced, hidden
