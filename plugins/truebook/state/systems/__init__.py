"""Reading a system that answers plain HTTP: finding it, its credentials, and asking it by a table.

    VAULT = System("vault", ports=("http", "https", 8200), variable="VAULT_TOKEN", headers=…)

    def read(context: Context) -> Reading:
        with connect(context, VAULT) as session:
            session.put(Ask("/v1/sys/health", {"sealed": SCALAR, …}, statuses={503, …}), …)
            return session.read()

`finding` says where the system is, `credentials` what it is told, `shape` which fields of an answer are kept, `asking`
how one question is put, `session` joins them.
"""

from __future__ import annotations

from truebook.state.systems.asking import Ask, Gathered, Paging
from truebook.state.systems.credentials import bearer
from truebook.state.systems.finding import Place, find, serving
from truebook.state.systems.session import Session, System, client, connect
from truebook.state.systems.shape import SCALAR, TEXT, Each, Shape, keep, scalars

__all__ = [
    "SCALAR",
    "TEXT",
    "Ask",
    "Each",
    "Gathered",
    "Paging",
    "Place",
    "Session",
    "Shape",
    "System",
    "bearer",
    "client",
    "connect",
    "find",
    "keep",
    "scalars",
    "serving",
]
