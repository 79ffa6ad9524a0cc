"""A real kubectl in the real sandbox, through the real guard, against a replay."""

from __future__ import annotations

import base64
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit import replay_sample
from tests.unit.runbooks_run.samples import planned
from truebook.guard.request import Facts
from truebook.guard.server import Guard, Route, plain
from truebook.guard.systems import SYSTEMS
from truebook.model import BlockResult, Expectation
from truebook.replay.serve import Replay, start
from truebook.runbooks.run import Runner
from truebook.runbooks.sandbox import Job, Sandbox, discovery

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    with start(replay_sample.recording(), directory=tmp_path_factory.mktemp("replay")) as running:
        yield running


@pytest.fixture(scope="module")
def guard(replay: Replay) -> Iterator[Guard]:
    with Guard({"kubernetes": Route(SYSTEMS["kubernetes"](Facts()), plain(replay.urls["kubernetes"]))}) as running:
        yield running


def run(sandbox: Sandbox, guard: Guard, script: str, **more: object) -> BlockResult:
    (result,) = Runner(sandbox, guard).run([planned(script, **more)])  # type: ignore[arg-type]
    return result


def test_read(sandbox: Sandbox, guard: Guard) -> None:
    table = Expectation("table", "NAME    READY   AGE\nweb-1   1/1     5m", 3)
    result = run(sandbox, guard, "kubectl get pods", expectations=(table,))
    assert result.state == "passed", result
    assert {(one.method, one.path, one.decision) for one in result.requests} >= {
        ("GET", "/api/v1/namespaces/default/pods", "forward")
    }


def test_write_is_a_dry_run(sandbox: Sandbox, guard: Guard) -> None:
    result = run(
        sandbox,
        guard,
        "kubectl scale deployment web --replicas=7\nkubectl get deployment web -o jsonpath={.spec.replicas}",
    )
    assert result.state == "passed", result
    assert [one.decision for one in result.requests if one.method == "PATCH"] == ["dry-run"]
    assert result.output.endswith("2")


def test_refusal_fails_the_block_and_is_named(sandbox: Sandbox, guard: Guard) -> None:
    result = run(
        sandbox, guard, "kubectl get pods -o name\nkubectl get --raw /api/v1/namespaces/vault/secrets/vault || true"
    )
    assert result.state == "failed"
    assert result.reason.startswith("the guard refused GET /api/v1/namespaces/vault/secrets/vault: a Secret's data")


def test_what_does_not_exist(sandbox: Sandbox, guard: Guard) -> None:
    result = run(sandbox, guard, "kubectl get pods\nkubectl get pod nowhere\nkubectl get pods")
    assert (result.state, result.failed_line, result.exit_code) == ("failed", 12, 1)
    assert "NotFound" in result.reason


def test_what_the_api_serves_is_asked_once(repository: Path, guard: Guard) -> None:
    with Sandbox(repository) as sandbox:
        outcomes = [sandbox.run(Job("kubectl get pods -o name", guard=guard)) for _ in range(discovery.AFTER + 1)]
        forged = sandbox.run(Job("echo x > $KUBECACHEDIR/x; kubectl get pods", guard=guard))
    asked = [sum(one.path in ("/api", "/apis") for one in outcome.requests) for outcome in outcomes]
    assert asked == [2] * (discovery.AFTER - 1) + [0, 0]
    assert len({outcome.output for outcome in outcomes}) == 1
    assert b"Read-only file system" in forged.output


@pytest.mark.parametrize("output", [b"", b"no base64!", base64.b64encode(b"no archive")])
def test_what_is_no_cache(tmp_path: Path, output: bytes) -> None:
    assert not discovery.unpack(output, tmp_path)


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside-of-it"])
def test_cache_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as made:
        made.addfile(tarfile.TarInfo(name))
    folder = tmp_path / "folder"
    folder.mkdir()
    discovery.unpack(base64.b64encode(archive.getvalue()), folder)
    assert not (tmp_path / "outside").exists()
    assert not Path("/tmp/outside-of-it").exists()
