"""What this machine has that a sandbox may show: system folders, programs, the repository without what Git ignores."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from truebook.errors import TruebookError
from truebook.runbooks.sandbox.command import UID, USER, View

FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
"""Where programs and their libraries are; where one is a link, it becomes one."""
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


def view(repository: Path, directory: Path, *, programs: Iterable[str] = PROGRAMS) -> View:
    """The view of this machine, with `repository` (a folder) at its root. `directory` takes the small files that are
    made up; it has to last as long as the view. Raises TruebookError where the repository can't be looked at."""
    folders = tuple(path for path in FOLDERS if Path(path).is_dir() and not Path(path).is_symlink())
    links = {path: str(Path(path).readlink()) for path in FOLDERS if Path(path).is_symlink()}
    etc, files = _etc(directory)
    empty = directory / "empty"
    empty.write_text("", encoding="utf-8")
    root = repository.resolve()
    hidden = _ignored(root)
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
    # Git reads no configuration of a user's, who may have been tricked into running programs by it.
    environment = {"PATH": os.environ.get("PATH", ""), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    environment |= {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    environment |= {"GIT_CONFIG_KEY_1": "core.fsmonitor", "GIT_CONFIG_VALUE_1": "false"}
    if not (root / ".git").exists():
        return [name for name in (".cache", ".venv") if (root / name).is_dir()]
    git = shutil.which("git")
    if git is None:
        raise TruebookError("git is not installed: what it ignores in the repository can't be kept from the sandbox")
    arguments = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"]
    found = subprocess.run(  # noqa: S603
        [git, "-C", str(root), *arguments], capture_output=True, env=environment, timeout=60, check=False
    )
    if found.returncode != 0:
        raise TruebookError(f"git can't say what it ignores in {root}")
    names = [os.fsdecode(name).rstrip("/") for name in found.stdout.split(b"\0") if name]
    return [name for name in names if Path(name).name not in _NOISE and not _behind_link(root, name)]


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
    others = [*modules, *worktrees, *(git / name for name in ("FETCH_HEAD", "credentials"))]
    hidden = tuple(str(path.relative_to(root)) for path in others if path.is_file())
    return replaced, hidden
