"""bubblewrap's command line and the filter of system calls, as tables."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from truebook.errors import ConfigError
from truebook.runbooks.sandbox import seccomp
from truebook.runbooks.sandbox.command import View, command

VIEW = View(
    folders=("/usr",),
    links={"/bin": "usr/bin"},
    etc="/run-folder/etc",
    empty="/run-folder/empty",
    repository="/home/ann/ops",
    files={"/etc/ssl/certs": "/etc/ssl/certs"},
    programs={"kubectl": "/home/ann/.local/bin/kubectl"},
    hidden_folders=(".cache",),
    hidden_files=(".env",),
    replaced={".git/config": "/run-folder/git-config"},
    closed=("/usr/local/etc",),
)


def line(view: View = VIEW, *, cwd: str = "", tmp: int = 64) -> list[str]:
    return command(view, block="/run-folder/1", cwd=cwd, tmp=tmp, info=5, release=6, seccomp=7, argv=["/bin/bash", "x"])


def test_whole_line() -> None:
    assert " ".join(line()) == (
        "bwrap --unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try "
        "--disable-userns --uid 1000 --gid 1000 --hostname truebook --new-session --die-with-parent --cap-drop ALL "
        "--ro-bind /usr /usr --size 4096 --tmpfs /usr/local/etc --remount-ro /usr/local/etc --symlink usr/bin /bin "
        "--ro-bind /run-folder/etc /etc --ro-bind /etc/ssl/certs /etc/ssl/certs "
        "--proc /proc --remount-ro /proc --dev /dev "
        "--size 1048576 --tmpfs /dev/shm --size 67108864 --tmpfs /tmp --dir /tmp/home "
        "--ro-bind /home/ann/ops /repository "
        "--size 4096 --tmpfs /repository/.cache --remount-ro /repository/.cache "
        "--ro-bind /run-folder/empty /repository/.env "
        "--ro-bind /run-folder/git-config /repository/.git/config "
        "--ro-bind /home/ann/.local/bin/kubectl /truebook/bin/kubectl "
        "--ro-bind /run-folder/1 /truebook/block --remount-ro /dev --remount-ro / "
        "--chdir /repository --seccomp 7 --info-fd 5 --block-fd 6 -- /bin/bash x"
    )


def test_nothing_is_writable_but_tmp_and_shared_memory() -> None:
    words = line()
    assert "--bind" not in words
    assert "--dev-bind" not in words
    mounts = [words[index + 1] for index, word in enumerate(words) if word == "--tmpfs"]
    closed = [words[index + 1] for index, word in enumerate(words) if word == "--remount-ro"]
    assert set(mounts) - set(closed) == {"/dev/shm", "/tmp"}


@pytest.mark.parametrize(
    ("cwd", "place"), [("", "/repository"), ("docs", "/repository/docs"), ("./docs/", "/repository/docs")]
)
def test_working_directory(cwd: str, place: str) -> None:
    words = line(cwd=cwd)
    assert words[words.index("--chdir") + 1] == place


@pytest.mark.parametrize("cwd", ["/etc", "..", "docs/../../etc", "a\0b"])
def test_working_directory_stays_in_the_repository(cwd: str) -> None:
    with pytest.raises(ConfigError, match="cwd must be a folder of the repository"):
        line(cwd=cwd)


def test_repository_in_a_system_folder_is_not_shown_twice() -> None:
    words = " ".join(line(replace(VIEW, repository="/usr/src/ops")))
    assert "--tmpfs /usr/src/ops --remount-ro /usr/src/ops" in words
    assert "--tmpfs /home/ann/ops" not in " ".join(line())


def run(program: bytes, *, audit: int, number: int, arguments: tuple[int, ...] = (0, 0)) -> int:
    """What the kernel would do with a system call: a small machine for the filter."""
    data = struct.pack("<IIQ", number, audit, 0) + b"".join(struct.pack("<Q", one) for one in arguments)
    lines = list(struct.iter_unpack("<HBBI", program))
    at = value = 0
    while True:
        code, yes, no, operand = lines[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, operand)
        elif code == 0x06:
            return int(operand)
        else:
            holds = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
            at += yes if holds else no


ALLOW, EPERM, ENOSYS, EAFNOSUPPORT = 0x7FFF0000, 0x00050001, 0x00050026, 0x00050061


@pytest.mark.parametrize(
    ("machine", "number", "arguments", "result"),
    [
        ("x86_64", 0, (0, 0), ALLOW),  # read
        ("x86_64", 59, (0, 0), ALLOW),  # execve
        ("x86_64", 101, (0, 0), EPERM),  # ptrace
        ("x86_64", 250, (0, 0), EPERM),  # keyctl
        ("x86_64", 0x40000000 + 1, (0, 0), EPERM),  # write by the x32 table
        ("x86_64", 435, (0, 0), ENOSYS),  # clone3
        ("x86_64", 56, (0x01200011, 0), ALLOW),  # clone, as fork does
        ("x86_64", 56, (0x10000011, 0), EPERM),  # clone with a user namespace
        ("x86_64", 16, (0, 0x5401), ALLOW),  # ioctl TCGETS
        ("x86_64", 16, (0, 0x5412), EPERM),  # ioctl TIOCSTI
        ("x86_64", 16, (0, 0xFFFFFFFF00005412), EPERM),  # the kernel looks at the lower half only
        ("x86_64", 41, (2, 1), ALLOW),  # socket AF_INET
        ("x86_64", 41, (40, 1), EAFNOSUPPORT),  # socket AF_VSOCK
        ("aarch64", 63, (0, 0), ALLOW),  # read
        ("aarch64", 117, (0, 0), EPERM),  # ptrace
        ("aarch64", 198, (40, 1), EAFNOSUPPORT),  # socket AF_VSOCK
        ("aarch64", 220, (0x10000011, 0), EPERM),  # clone
    ],
)
def test_filter(machine: str, number: int, arguments: tuple[int, ...], result: int) -> None:
    program = seccomp.program(machine)
    assert program is not None
    assert run(program, audit=seccomp.MACHINES[machine].audit, number=number, arguments=arguments) == result


def test_filter_refuses_calls_of_another_processor() -> None:
    program = seccomp.program("x86_64")
    assert program is not None
    assert run(program, audit=0x40000003, number=3) == EPERM


def test_unknown_processor() -> None:
    assert seccomp.program("z80") is None
