"""Running Git for what the cluster names: no prompt, no shell, and no variable of the caller's that leads elsewhere."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable
from urllib.parse import urlsplit

REFUSED_VARIABLES = re.compile(r"GIT_(?!SSL_|SSH|PROXY_|CONFIG_|HTTP_)")
"""Git's own variables that would point it elsewhere or make it chatty; TLS, SSH, proxies and configuration pass."""
SPOKEN = ("https", "http", "ssh", "git")
"""The protocols that a repository elsewhere may be asked by."""


def environment(url: str) -> dict[str, str]:
    """What Git sees when it asks the repository at `url`."""
    found = {name: value for name, value in os.environ.items() if not REFUSED_VARIABLES.match(name)} | {
        "GIT_ALLOW_PROTOCOL": "file" if urlsplit(url).scheme.lower() == "file" else ":".join(SPOKEN),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "LC_ALL": "C",
    }
    if not found.get("GIT_SSH_COMMAND") and not found.get("GIT_SSH"):
        found["GIT_SSH_COMMAND"] = "ssh -oBatchMode=yes"
    return found


def run(
    command: list[str],
    environment: dict[str, str],
    timeout: float,
    *,
    started: Callable[[int], None] = lambda process: None,
) -> tuple[int, str, str]:
    """Exit code, output and the start of the complaints. It runs in a session of its own, so that ssh and remote
    helpers end with it. `started` gets its process id.

    Raises subprocess.TimeoutExpired after `timeout` seconds, OSError where Git can't be run.
    """
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(  # noqa: S603 - an argument list, no shell, the URL after `--`
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment,
            cwd=os.sep,
            start_new_session=True,
        ) as process,
    ):
        try:
            started(process.pid)
            output, _ = process.communicate(timeout=timeout)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        complaints.seek(0)
        return process.returncode, output.decode("utf-8", "replace"), complaints.read(8192).decode("utf-8", "replace")
