"""The command line of bubblewrap, as a pure function of what the sandbox shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from truebook.errors import ConfigError

REPOSITORY = "/repository"
"""Where a block sees the repository, and its working directory."""
OWN = "/truebook"
"""The sandbox's own folder: `bin` for programs that live outside of the system's folders, `block` for its files."""
BIN = f"{OWN}/bin"
BLOCK = f"{OWN}/block"
HOME = "/tmp/home"  # noqa: S108 - of the sandbox, not of this machine
USER = "truebook"
UID = 1000
MEGABYTE = 1024 * 1024

ENVIRONMENT: Mapping[str, str] = {
    "GIT_CONFIG_COUNT": "3",
    # The repository belongs to whoever runs the build, whom the sandbox may not know.
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
    # A folder of the repository's that looks like one of Git's own would bring settings, which name programs to run.
    "GIT_CONFIG_KEY_1": "safe.bareRepository",
    "GIT_CONFIG_VALUE_1": "explicit",
    "GIT_CONFIG_KEY_2": "core.fsmonitor",
    "GIT_CONFIG_VALUE_2": "false",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": HOME,
    "LANG": "C.UTF-8",
    "LOGNAME": USER,
    "NO_COLOR": "1",
    "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    "SHELL": "/bin/bash",
    "TERM": "dumb",
    "TMPDIR": "/tmp",  # noqa: S108
    "TZ": "UTC",
    "USER": USER,
}
"""All that a block's environment holds besides the guard's own variables."""


@dataclass(frozen=True, slots=True)
class View:
    """What the sandbox shows of this machine. All sources are absolute paths, links resolved.

    `folders` are shown where they are, `links` are made (path → target); what is `closed` of the folders is empty.
    `etc` becomes /etc, and `files` are put over it and elsewhere (path inside → source). `programs` (name → source) go
    to `BIN`. Of the repository, `hidden_folders` and `hidden_files` (relative) are empty, and `replaced` (relative →
    source) are others.
    """

    folders: Sequence[str]
    links: Mapping[str, str]
    etc: str
    empty: str
    repository: str
    files: Mapping[str, str] = field(default_factory=dict)
    programs: Mapping[str, str] = field(default_factory=dict)
    hidden_folders: Sequence[str] = ()
    hidden_files: Sequence[str] = ()
    replaced: Mapping[str, str] = field(default_factory=dict)
    closed: Sequence[str] = ()


def command(
    view: View, *, block: str, cwd: str = "", tmp: int = 64, info: int, release: int, seccomp: int, argv: Sequence[str]
) -> list[str]:
    """bubblewrap's command line around `argv`.

    `block` is the folder that is shown as `BLOCK`, `cwd` is relative to the repository, `tmp` is the size of /tmp in
    megabytes. `info`, `release` and `seccomp` are file descriptors: bubblewrap says on the first which process it
    started, starts `argv` when something comes from the second, and reads the filter of system calls from the third.
    Raises ConfigError where `cwd` leaves the repository.
    """
    line = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    line += ["--unshare-cgroup-try", "--disable-userns", "--uid", str(UID), "--gid", str(UID), "--hostname", USER]
    line += ["--new-session", "--die-with-parent", "--cap-drop", "ALL"]
    for folder in view.folders:
        line += ["--ro-bind", folder, folder]
    for folder in view.closed:
        line += [*_tmpfs(folder, 0), "--remount-ro", folder]
    for path, target in view.links.items():
        line += ["--symlink", target, path]
    line += ["--ro-bind", view.etc, "/etc"]
    for path, source in view.files.items():
        line += ["--ro-bind", source, path]
    # Of /proc/sys much belongs to whom the kernel knows as root, who needs no capability to write to it.
    line += ["--proc", "/proc", "--remount-ro", "/proc"]
    line += ["--dev", "/dev", *_tmpfs("/dev/shm", 1), *_tmpfs("/tmp", tmp), "--dir", HOME]  # noqa: S108
    line += _repository(view)
    for name, source in view.programs.items():
        line += ["--ro-bind", source, f"{BIN}/{name}"]
    line += ["--ro-bind", block, BLOCK]
    # Both are file systems in memory that would grow without a bound.
    line += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [
        *line,
        "--chdir",
        working_directory(cwd),
        "--seccomp",
        str(seccomp),
        "--info-fd",
        str(info),
        "--block-fd",
        str(release),
        "--",
        *argv,
    ]


def _repository(view: View) -> list[str]:
    line = ["--ro-bind", view.repository, REPOSITORY]
    for folder in view.folders:
        if PurePosixPath(view.repository).is_relative_to(folder):
            # Else what is hidden in one place would be seen in the other.
            line += [*_tmpfs(view.repository, 0), "--remount-ro", view.repository]
    for name in view.hidden_folders:
        line += [*_tmpfs(f"{REPOSITORY}/{name}", 0), "--remount-ro", f"{REPOSITORY}/{name}"]
    for name in view.hidden_files:
        line += ["--ro-bind", view.empty, f"{REPOSITORY}/{name}"]
    for name, source in view.replaced.items():
        line += ["--ro-bind", source, f"{REPOSITORY}/{name}"]
    return line


def _tmpfs(path: str, megabytes: int) -> list[str]:
    # Size 0 would mean no bound at all.
    return ["--size", str(megabytes * MEGABYTE or 4096), "--tmpfs", path]


def working_directory(cwd: str) -> str:
    """Where a block with the option `cwd` starts. Raises ConfigError where that is not in the repository."""
    path = PurePosixPath(cwd)
    if path.is_absolute() or ".." in path.parts or "\0" in cwd:
        raise ConfigError(f"cwd must be a folder of the repository, relative to its root: {cwd!r}")
    return str(PurePosixPath(REPOSITORY) / path)
