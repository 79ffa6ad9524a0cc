"""What a block must not be able to do, each by a block that tries.

Where it is cheap, the same block is run without a sandbox, which shows that the test would see it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.runbooks_run.conftest import LIMITS
from truebook.runbooks.sandbox import Bare, Job, Outcome, Sandbox

PYTHON = "/usr/bin/python3"


def run(sandbox: Sandbox, script: str, timeout: float = 20.0) -> Outcome:
    return sandbox.run(Job(script, timeout=timeout))


def python(sandbox: Sandbox, program: str) -> str:
    if not Path(PYTHON).exists():
        pytest.skip("no Python among the system's programs")
    return run(sandbox, f"{PYTHON} - <<'PROGRAM'\n{program}\nPROGRAM").output.decode()


@pytest.fixture
def credentials(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with what is worth stealing; variables that point there."""
    for name in (".kube/config", ".ssh/id_ed25519", ".vault-token", ".config/argocd/config", ".netrc"):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("canary-home\n", encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", str(home / ".kube/config"))
    monkeypatch.setenv("CANARY", "canary-environment")
    return home


def test_credentials_of_the_caller(sandbox: Sandbox, credentials: Path) -> None:
    script = f"cat {credentials}/.kube/config {credentials}/.ssh/* {credentials}/.vault-token || true"
    assert b"canary-home" in Bare(sandbox.repository).run(Job(script)).output
    outcome = run(sandbox, script)
    assert outcome.exit_code == 0
    assert b"canary" not in outcome.output


def test_credentials_by_the_usual_paths(sandbox: Sandbox, credentials: Path) -> None:
    places = (
        *("/root", "/home", "/run", "/var", "/etc/kubernetes", "/var/run/secrets", "/mnt", "/media", "/srv", "/opt"),
        *("/boot", "/sys", "~/.kube", "~/.ssh", "/etc/shadow", "/etc/ssl/private", "/etc/ssh", str(credentials)),
    )
    outcome = run(
        sandbox,
        f'for place in {" ".join(places)}; do [[ ! -e $place ]] || echo "there is $place"; done\nls -A ~\n'
        'echo "${KUBECONFIG-none}"\ncat /proc/*/environ /proc/*/cmdline | tr "\\0" "\\n" | grep "[c]anary" || true',
    )
    assert outcome.output == b"none\n"
    assert run(sandbox, "ls -A /usr/local/etc").output in (
        b"",
        b"ls: cannot access '/usr/local/etc': No such file or directory\n",
    )


def test_environment_is_a_fixed_one(sandbox: Sandbox, credentials: Path) -> None:
    names = {line.partition("=")[0] for line in run(sandbox, "env").output.decode().splitlines()}
    assert names == {
        *(
            "GIT_CONFIG_COUNT",
            "GIT_CONFIG_KEY_0",
            "GIT_CONFIG_KEY_1",
            "GIT_CONFIG_KEY_2",
            "GIT_CONFIG_VALUE_0",
            "GIT_CONFIG_VALUE_1",
            "GIT_CONFIG_VALUE_2",
            "GIT_TERMINAL_PROMPT",
            "HOME",
            "LANG",
            "LOGNAME",
        ),
        *("NO_COLOR", "PATH", "PWD", "SHELL", "SHLVL", "TERM", "TMPDIR", "TZ", "USER", "_"),
    }


def test_secrets_of_the_repository(sandbox: Sandbox) -> None:
    script = "cat .env cache/token .git/config link || true; grep -r canary . 2>/dev/null --exclude=fifo || true"
    bare = Bare(sandbox.repository).run(Job(script)).output
    kinds = ("ignored", "git", "link", "key", "named", "client")
    assert all(f"canary-{kind}".encode() in bare for kind in kinds)
    outcome = run(sandbox, script)
    assert b"canary" not in outcome.output
    assert b"cat: link: No such file or directory" in outcome.output


def test_repository_stays_usable(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "git status --short docs .gitignore; cat docs/page.md; git log || true; ls -A cache")
    assert b"?? docs/" in outcome.output
    assert b"# Page" in outcome.output


def test_a_folder_that_poses_as_gits_own_names_no_program(sandbox: Sandbox) -> None:
    script = """
    mkdir -p /tmp/posing/{objects,refs}
    echo 'ref: refs/heads/main' > /tmp/posing/HEAD
    cd /tmp/posing
    printf '%s\\n' '[core]' 'repositoryformatversion = 0' 'bare = false' 'worktree = ".."' \\
      'fsmonitor = "echo canary>&2; false"' > config
    git status || true
    """
    assert b"canary" in run(sandbox, f"unset GIT_CONFIG_COUNT\n{script}").output
    assert b"canary" not in run(sandbox, script).output


def test_fifo_in_the_repository_only_takes_time(sandbox: Sandbox) -> None:
    assert run(sandbox, "cat fifo", timeout=0.5).killed == "it took longer than 0.5 s"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        listener.settimeout(0.2)
        yield listener


def test_network(sandbox: Sandbox, server: socket.socket) -> None:
    port = server.getsockname()[1]
    said = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    for host in ("127.0.0.1", *[address for address in said if ":" not in address][:1]):
        script = f"exec 3<>/dev/tcp/{host}/{port} && echo reached"
        outcome = run(sandbox, script)
        assert b"reached" not in outcome.output, host
        with pytest.raises(TimeoutError):
            server.accept()
        assert b"reached" in Bare(sandbox.repository).run(Job(script)).output
        server.accept()[0].close()


@pytest.mark.parametrize("address", ["169.254.169.254", "10.96.0.1", "192.0.2.1", "fd00:ec2::254"])
def test_addresses_beyond(sandbox: Sandbox, address: str) -> None:
    outcome = run(sandbox, f"exec 3<>/dev/tcp/{address}/80")
    assert b"Network is unreachable" in outcome.output or b"Cannot assign requested address" in outcome.output


def test_interfaces(sandbox: Sandbox) -> None:
    lines = run(sandbox, "cat /proc/net/dev /proc/net/route").output.decode().splitlines()
    assert [line.split(":")[0].strip() for line in lines if ":" in line] == ["lo"]
    assert len([line for line in lines if line.startswith("Iface")]) == 1
    assert lines[-1].startswith("Iface")


def test_abstract_sockets(sandbox: Sandbox) -> None:
    name = f"truebook-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(f"\0{name}")
        listener.listen()
        connect = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0{name}'); print('reached')"
        assert "ConnectionRefusedError" in python(sandbox, connect)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.connect(f"\0{name}")


def test_sockets_of_other_kinds(sandbox: Sandbox) -> None:
    said = python(
        sandbox,
        "import socket\nfor family in (40, 38, 17, 31):\n"
        "  try: socket.socket(family, 1); print('made', family)\n  except OSError as error: print(error.errno)",
    )
    assert said.split() == ["97"] * 4


def test_writing(sandbox: Sandbox) -> None:
    places = (
        *("/", "/usr", "/usr/bin", "/etc", "/etc/ssl", "/repository", "/repository/docs", "/repository/.git"),
        *("/repository/cache", "/repository/.env", "/dev", "/proc", "/proc/sys/kernel", "/truebook", "/truebook/block"),
        *("/truebook/bin", "/truebook/block/script"),
    )
    loop = " ".join(places)
    outcome = run(
        sandbox, f"for p in {loop}; do (echo x > $p/new || echo x > $p) 2>/dev/null && echo wrote $p; done; true"
    )
    assert outcome.output == b""
    assert run(sandbox, "echo x > /tmp/new && echo x > ~/new").exit_code == 0
    assert not (sandbox.repository / "new").exists()


def test_nothing_of_tmp_stays(sandbox: Sandbox) -> None:
    name = f"canary-{uuid.uuid4()}"
    assert run(sandbox, f"echo x > /tmp/{name}").exit_code == 0
    assert not Path("/tmp", name).exists()
    assert run(sandbox, f"test ! -e /tmp/{name}").exit_code == 0


@pytest.mark.parametrize(
    "script",
    [
        # Whoever can write it decides what the kernel runs as root; here, at worst the same as before.
        'value=$(cat /proc/sys/kernel/core_pattern); printf %s "$value" > /proc/sys/kernel/core_pattern',
        "test -w /proc/sysrq-trigger",
        "find /proc/sys /proc/irq /proc/bus -writable 2>/dev/null | grep .",
        "echo 1000 > /proc/self/oom_score_adj; echo -1000 > /proc/self/oom_score_adj",
        "mount -t tmpfs none /tmp",
        "mount -o remount,rw /repository",
        "umount /repository",
        "unshare -Ur true",
        "unshare -n true",
        "nsenter -t 1 -m true",
        "chroot / true",
        "su -c true",
        "sudo -n true",
        "chown 0 /tmp",
        "mknod /tmp/disk b 8 0",
        "ulimit -u 100000",
        "ulimit -t unlimited",
        "cat /proc/kmsg",
        "dmesg",
        "cat /proc/kcore | head -c 1",
        "ip link add dummy0 type dummy",
        "hostname other",
        "kill -9 -- -1; exit 3",
    ],
)
def test_not_permitted(sandbox: Sandbox, script: str) -> None:
    assert run(sandbox, script).exit_code != 0


def test_no_privileges(sandbox: Sandbox) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in run(sandbox, "cat /proc/self/status").output.decode().splitlines()
        if ":\t" in line
    )
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}


def test_keyrings_tracing_and_terminals(sandbox: Sandbox) -> None:
    said = python(
        sandbox,
        "import ctypes, fcntl\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "for call in (('keyctl', 250, 0, -3, 0), ('ptrace', 101, 16, 1, 0, 0), ('unshare', 272, 0x10000000)):\n"
        "  print(call[0], libc.syscall(*call[1:]), ctypes.get_errno())\n"
        "try: fcntl.ioctl(0, 0x5412, b'x')\nexcept OSError as error: print('ioctl', error.errno)",
    )
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    assert said == "keyctl -1 1\nptrace -1 1\nunshare -1 1\nioctl 1\n"


def test_descriptors(sandbox: Sandbox) -> None:
    with open("/etc/hostname", "rb") as file:  # noqa: PTH123 - its number is what matters
        os.set_inheritable(file.fileno(), True)
        said = run(sandbox, "for f in /proc/$$/fd/*; do readlink $f; done").output.decode().splitlines()
    assert said[0] == "/dev/null"
    assert all(line.startswith(("/dev/null", "pipe:", "/truebook/block/")) for line in said), said


def processes_of(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    "script",
    [
        "sleep {mark} &",
        "sleep {mark} >/dev/null 2>&1 </dev/null & disown",
        "setsid sh -c 'sleep {mark} >/dev/null 2>&1 & exit 0'",
        "(trap '' TERM HUP INT; exec 1>&- 2>&- 7>&- 9>&- 11>&-; sleep {mark}) & sleep 0.1",
        "sleep {mark} & kill -9 $$",
    ],
)
def test_nothing_outlives_its_block(sandbox: Sandbox, script: str) -> None:
    mark = f"3{uuid.uuid4().int % 10**9:09}"
    started = time.monotonic()
    run(sandbox, script.format(mark=mark))
    assert processes_of(mark) == []
    assert time.monotonic() - started < 15


def test_that_a_process_would_be_seen(sandbox: Sandbox) -> None:
    mark = f"3{uuid.uuid4().int % 10**9:09}"
    with subprocess.Popen(["sleep", mark]) as process:
        try:
            # The kernel lets Popen go on a little before the new program's command line is there.
            deadline = time.monotonic() + 30
            while not (found := processes_of(mark)) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert found == [str(process.pid)]
        finally:
            process.kill()


def test_killing_its_parent(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "kill -9 1 $PPID; kill -STOP 1; kill -9 -1; echo still here")
    assert outcome.exit_code != 0 or outcome.output.endswith(b"still here\n")
    assert run(sandbox, "echo fine").output == b"fine\n"


@pytest.mark.parametrize(
    "script",
    [
        "bomb() { bomb | bomb & }; bomb; sleep 60",
        "while :; do sleep 60 & done",
        "while :; do (setsid sleep 60 &) ; done",
    ],
)
def test_fork_bomb(sandbox: Sandbox, script: str) -> None:
    before = len(list(Path("/proc").glob("[0-9]*")))
    started = time.monotonic()
    outcome = run(sandbox, script, timeout=3)
    assert time.monotonic() - started < 30
    assert outcome.killed or outcome.exit_code != 0
    assert len(list(Path("/proc").glob("[0-9]*"))) < before + 100
    assert run(sandbox, "echo fine").output == b"fine\n"


def test_processes_are_counted(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "for i in {1..200}; do sleep 5 & done; sleep 5", timeout=1)
    assert b"Resource temporarily unavailable" in outcome.output


def test_endless_output(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "echo first; yes | head -c 10000000000")
    assert outcome.killed == "it printed more than 4 MB"
    assert outcome.cut
    assert outcome.output.startswith(b"first\ny\n")
    assert len(outcome.output) < 2 * LIMITS.kept + 70_000


def test_head_and_tail_of_a_large_output_are_kept(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "echo first; seq 200000; echo last")
    assert outcome.exit_code == 0
    assert outcome.output.startswith(b"first\n1\n")
    assert outcome.output.endswith(b"200000\nlast\n")
    assert b"bytes \xe2\x80\xa6]" in outcome.output


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "~"])
def test_filling_the_disk(sandbox: Sandbox, place: str) -> None:
    free = shutil.disk_usage("/").free
    outcome = run(
        sandbox,
        f"set +e; cd {place}; for i in 1 2 3 4; do head -c 1G /dev/zero > fill$i; done; du -sm . | cut -f1; exit 0",
    )
    assert int(outcome.output.split()[-1]) <= LIMITS.tmp
    assert free - shutil.disk_usage("/").free < 512 * 1024 * 1024


def test_memory(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "x=$(head -c 600M /dev/zero | tr '\\0' a)", timeout=60)
    assert outcome.killed or outcome.exit_code != 0


def test_time(sandbox: Sandbox) -> None:
    started = time.monotonic()
    outcome = run(sandbox, "trap '' TERM INT HUP; while :; do :; done", timeout=0.5)
    assert outcome.killed == "it took longer than 0.5 s"
    assert time.monotonic() - started < 10


def test_blocks_do_not_see_each_other(sandbox: Sandbox) -> None:
    said = run(sandbox, "ps -e 2>/dev/null | wc -l; ls /proc | grep -c '^[0-9]'").output.decode().split()
    assert all(int(number) < 10 for number in said)


def test_display(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/0/bus")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/agent")
    outcome = run(
        sandbox, 'echo "[$DISPLAY$DBUS_SESSION_BUS_ADDRESS$SSH_AUTH_SOCK]"; ls -d /tmp/.X11-unix /run || true'
    )
    assert outcome.output.startswith(b"[]\n")
    assert b"\n/tmp/.X11-unix" not in outcome.output
    assert b"\n/run" not in outcome.output
