"""Opens listening sockets inside other network namespaces. Runs as a process of its own, of the standard library only.

Joining a user namespace is for processes of one thread; so this one forks for each request, the child joins, opens,
hands the sockets back and is gone. It ends with the other end of its control socket.

A request is JSON, `{"pid": …, "ports": [ports on 127.0.0.1]}`; the answer is `ok` with the sockets in
their order, or why not.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import sys

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
NS_GET_USERNS = 0xB701
IP_FREEBIND = 15
BACKLOG = 128


def main(control: socket.socket) -> None:
    """Answer requests until there is nobody left to ask."""
    libc = ctypes.CDLL(None, use_errno=True)
    while request := control.recv(65536):
        child = os.fork()
        if child == 0:
            _answer(control, request, libc)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            control.send(b"the process that opens sockets ended without an answer")


def _answer(control: socket.socket, request: bytes, libc: ctypes.CDLL) -> None:
    try:
        asked = json.loads(request)
        _join(int(asked["pid"]), libc)
        opened = [_listen(port) for port in asked["ports"]]
    except OSError as error:
        control.send(f"{error.strerror or error}".encode())
        return
    socket.send_fds(control, [b"ok"], [listener.fileno() for listener in opened])


def _join(pid: int, libc: ctypes.CDLL) -> None:
    """Enter the network namespace of a process, by way of the user namespace that owns it."""
    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    user = fcntl.ioctl(network, NS_GET_USERNS)
    for descriptor, kind in ((user, CLONE_NEWUSER), (network, CLONE_NEWNET)):
        if libc.setns(descriptor, kind) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # bubblewrap may not have given the loopback its address yet, and fails where somebody else does.
    listener.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(BACKLOG)
    return listener


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
