"""What flows through the guard: a request that is understood in one way only, and what is decided about it.

A system (`kubernetes`, `argocd`, …) is one module with a pure `decide`. The server parses, decides, does, records; it
knows nothing of any API. `Ask` lets a decision depend on what the API itself says without doing I/O in `decide`.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from truebook.model import Claim

Pairs = tuple[tuple[str, str], ...]
"""Headers (names in lower case) or query parameters, in their order."""


@dataclass(frozen=True, slots=True)
class GuardRequest:
    """A request that was parsed strictly: what is not canonical never gets this far.

    `raw_target` is the target as it came, for messages. `path` was decoded once: `/`-separated segments, none of them
    empty, `.` or `..`, ASCII or not, never a control character. `query` holds decoded pairs in their order.
    `headers` are those that came, names in lower case. What goes out is built anew from `path` and `query`, so that no
    other reading of `raw_target` can reach a server. `scheme` and `authority` are set for a system that is spoken to as
    an HTTP proxy (`System.proxy`), else empty.
    """

    method: str
    raw_target: str
    path: str
    query: Pairs = ()
    headers: Pairs = ()
    body: bytes = b""
    scheme: str = ""
    authority: str = ""

    def header(self, name: str) -> str:
        """The value of a header by its name in lower case, empty where it is not there."""
        return next((value for key, value in self.headers if key == name), "")

    def with_header(self, name: str, value: str) -> Self:
        """The same with one header (a name in lower case) set."""
        kept = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What an API answered to a request of the guard's own. `status` 0: it could not be reached, `body` says why."""

    status: int
    headers: Pairs
    body: bytes


@dataclass(frozen=True, slots=True)
class Forward:
    """Send `request` (as it is here, not as it came) and stream the answer back.

    `seconds` ends the answer after that time, for watches; None leaves it to the server's own bound.
    `reply` sees the whole answer first and gives the one to send on; it is for small answers only. Whoever sets it
    also sees to it that the answer is not compressed (`accept-encoding: identity`).
    `marks` are what the system's `decide_marked` shall know of the block from here on.
    """

    request: GuardRequest
    reason: str = ""
    seconds: float | None = None
    reply: Callable[[UpstreamAnswer], UpstreamAnswer] | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForwardAsDryRun(Forward):
    """The same for a write that was made a dry run: `request` carries it where the API reads it.

    `gone` is the path of what would be gone if it had been a real write, for clients that wait for it: after a 2xx
    answer the block's own GETs of exactly that path are answered by the system's `gone`. Empty for nothing.
    """

    gone: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer in the API's place; nothing goes out. `claims` are what was proved instead of doing it; `marks` as in
    `Forward`."""

    status: int
    headers: Pairs
    body: bytes
    claims: tuple[Claim, ...] = ()
    reason: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing goes out. `reason` is for people; the system's `refuse` puts it into its API's own error shape."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Send these reads first, in order, and let `conclude` decide by their answers. It may ask again, a few times.

    The reads go out as they are here: whoever builds them answers for their being reads.
    """

    requests: tuple[GuardRequest, ...]
    conclude: Callable[[tuple[UpstreamAnswer, ...]], Decision]


Decision = Forward | ForwardAsDryRun | Answer | Refuse | Ask


@dataclass(frozen=True, slots=True)
class System:
    """One API behind the guard, on a listening socket of its own.

    `decide` is pure. `refuse` renders a refusal (`request` is None where it could not be parsed). `headers` are the
    names of the request headers that are sent on; none else is, whatever they are: no Authorization, Cookie,
    Impersonate-*. `environment(port, directory)` are the variables that point the system's clients at the guard, and
    `files(port)` what they read: name → text, to be written into `directory`.
    A `proxy` is spoken to in absolute form and by CONNECT: `connect(authority)` gives the TLS context to
    answer as that host with, or a refusal. `gone` answers for what the block's dry runs would have removed.
    `decide_marked` stands in for `decide` once a block's decisions left marks: it is given them all.
    `trailing_slash`: a path may end in one; else such a path is refused.
    """

    name: str
    decide: Callable[[GuardRequest], Decision]
    refuse: Callable[[GuardRequest | None, Refuse], Answer]
    headers: frozenset[str]
    environment: Callable[[int, Path], Mapping[str, str]]
    files: Callable[[int], Mapping[str, str]] = field(default=lambda port: {})
    proxy: bool = False
    connect: Callable[[str], ssl.SSLContext | Refuse] | None = None
    gone: Callable[[GuardRequest], Answer] | None = None
    decide_marked: Callable[[GuardRequest, frozenset[str]], Decision] | None = None
    trailing_slash: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What systems know of the place before the first request. `hosts` are those of the inventory's URLs, each
    `host` or `host:port`; `near` are those that may be this machine itself, as the settings name them; `namespace` is
    the one that the user's context names, if it does; `directory` takes files that outlive one block, such as a
    certificate authority."""

    hosts: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    namespace: str = ""
    directory: Path | None = None
