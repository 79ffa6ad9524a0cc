"""Planned blocks, and a guard that only counts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from truebook.model import Block, BlockOptions, Claim, Expectation, Filling, Judgement, PlanKind, Planned, RequestRecord
from truebook.runbooks.sandbox import Job, Outcome
from truebook.runbooks.sandbox.shell import Report


def planned(
    script: str,
    *,
    path: str = "docs/page.md",
    line: int = 10,
    ordinal: int = 0,
    plan: PlanKind = "run",
    reason: str = "reads",
    missing: tuple[str, ...] = (),
    expectations: tuple[Expectation, ...] = (),
    session: str = "",
    **options: Any,
) -> Planned:
    """A block whose fence opens at `line`."""
    count = len(script.split("\n"))
    block = Block(
        path=path,
        line=line,
        end_line=line + count + 1,
        heading="",
        tab="",
        language="bash",
        source=script,
        script=script,
        lines=tuple(range(line + 1, line + 1 + count)),
        ordinal=ordinal,
        session=session,
        options=BlockOptions(**options),
        expectations=expectations,
    )
    return Planned(block, Filling(script, missing=missing), Judgement("read", reason), plan, reason)


def outcome(output: bytes = b"", *, exit_code: int = 0, report: Report | None = None, **more: Any) -> Outcome:
    return Outcome(exit_code, output, report or Report(ended=True), 0.25, **more)


@dataclass
class FakePlace:
    """Gives each script its outcome and counts what it starts."""

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    description = "fake"

    def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        return self.outcomes.get(job.script, outcome())

    def close(self) -> None:
        """Nothing."""


@dataclass
class EchoGuard:
    """Says `guarded` to whoever connects."""

    systems: tuple[str, ...] = ("kubernetes", "argocd")
    ended: int = 0
    records: tuple[RequestRecord, ...] = ()

    def serve(self, sockets: Mapping[str, socket.socket] | None = None) -> Any:
        assert sockets is not None
        for name, listener in sockets.items():
            threading.Thread(target=self._answer, args=(name, listener), daemon=True).start()
        return sockets

    @staticmethod
    def _answer(name: str, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(f"guarded {name}\n".encode())

    def environment(self, ports: Mapping[str, int], directory: Path) -> Mapping[str, str]:
        return {"KUBECONFIG": str(directory / "kubeconfig"), "PORTS": " ".join(map(str, ports.values()))}

    def files(self, ports: Mapping[str, int]) -> Mapping[str, str]:
        return {"kubeconfig": f"ports {dict(ports)}\n", "argocd/config": "none\n"}

    def requests(self, handle: Any) -> tuple[RequestRecord, ...]:
        return self.records

    def claims(self, handle: Any) -> tuple[Claim, ...]:
        return ()

    def end(self, handle: Any) -> None:
        self.ended += 1
        for listener in handle.values():
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
