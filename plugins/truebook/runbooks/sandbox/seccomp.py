"""System calls that no block needs, as a filter for the kernel.

Namespaces do not cover all: keyrings are inherited from the caller, vsock reaches the machine's own host from any
network namespace, and what is rarely used is where the kernel's errors are. Numbers and structures are from Linux's
`syscall_64.tbl`, `asm-generic/unistd.h`, `seccomp.h`, `filter.h` and `audit.h`.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass

DENIED: Mapping[str, tuple[int, int]] = {
    # name: (x86_64, the generic table of arm64, riscv64 and loongarch64)
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
_CLONE, _CLONE3, _IOCTL, _SOCKET = (56, 220), (435, 435), (16, 29), (41, 198)
_NAMESPACES = 0x7E020000
"""All of clone's flags that make a namespace."""
_TERMINAL = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: type into the caller's terminal."""
_FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK, which all belong to the sandbox's own network namespace."""

_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
"""Where seccomp_data holds them; of arguments, the lower half (all these machines are little-endian)."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of processor: its audit number, and which of the two tables it has."""

    audit: int
    table: int


MACHINES: Mapping[str, Machine] = {
    "aarch64": Machine(0xC00000B7, 1),
    "loongarch64": Machine(0xC0000102, 1),
    "riscv64": Machine(0xC00000F3, 1),
    "x86_64": Machine(0xC000003E, 0),
}


def program(machine: str = platform.machine()) -> bytes | None:
    """The filter for a processor as `platform.machine` names it, None where it is not known."""
    known = MACHINES.get(machine)
    if known is None:
        return None
    forbidden = _ERROR | errno.EPERM
    lines = [(_LOAD, 0, 0, _ARCHITECTURE), *_unless(_EQUAL, known.audit, forbidden), (_LOAD, 0, 0, _NUMBER)]
    if known.table == 0:
        lines += _if(_AT_LEAST, _X32, forbidden)
    for numbers in DENIED.values():
        lines += _if(_EQUAL, numbers[known.table], forbidden)
    # Its flags are in memory, where they can't be looked at; without it, programs use clone.
    lines += _if(_EQUAL, _CLONE3[known.table], _ERROR | errno.ENOSYS)
    lines += _call(_CLONE[known.table], _FIRST, _if(_ANY_BIT, _NAMESPACES, forbidden))
    lines += _call(_IOCTL[known.table], _SECOND, [one for code in _TERMINAL for one in _if(_EQUAL, code, forbidden)])
    families = [one for family in _FAMILIES for one in _if(_EQUAL, family, _ALLOW)]
    lines += _call(_SOCKET[known.table], _FIRST, [*families, (_RETURN, 0, 0, _ERROR | errno.EAFNOSUPPORT)])
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


_Line = tuple[int, int, int, int]


def _if(test: int, value: int, result: int) -> list[_Line]:
    return [(test, 0, 1, value), (_RETURN, 0, 0, result)]


def _unless(test: int, value: int, result: int) -> list[_Line]:
    return [(test, 1, 0, value), (_RETURN, 0, 0, result)]


def _call(number: int, argument: int, tests: list[_Line]) -> list[_Line]:
    """Tests of one argument of one system call, which is allowed after them. The call's number is loaded before."""
    body = [(_LOAD, 0, 0, argument), *tests, (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(body), number), *body]
