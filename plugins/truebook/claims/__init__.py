"""Claims: what an API's answers prove of a command that is not run. One module per system; pure, no I/O.

Both the guard (in place of a write that came to it) and the proofs (where a command can't run at all) ask the same
questions and draw the same conclusions here. A claim holds, does not, or could not be told (`None`) and then says why.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from truebook.model import Claim

UNTOLD = "the API answered 501"
"""Why a claim is not known that somebody was asked for who can't tell, such as a replay."""

_PERMISSIONS = ("/account/can-i/", "/selfsubjectaccessreviews", "/sys/capabilities")
"""What is asked of ArgoCD, Kubernetes and Vault for a permission."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an API answered: an HTTP status, 0 where it could not be reached, and the decoded body, None where it is
    not JSON. `source` says what was asked, for people."""

    status: int
    json: object = None
    source: str = ""

    @classmethod
    def of(cls, status: int, body: bytes, source: str = "") -> Reply:
        """A reply from a body as it came."""
        try:
            return cls(status, msgspec.json.decode(body), source)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return cls(status, None, source)

    @property
    def ok(self) -> bool:
        """Whether it answered with JSON and success."""
        return 200 <= self.status < 300 and self.json is not None

    def get(self, *path: str) -> object:
        """The value under these keys, None where it is not there."""
        return dig(self.json, *path)


def dig(value: object, *path: str) -> object:
    """The value under these keys of nested objects, None where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: object) -> str:
    """A string as it is, anything else as no text."""
    return value if isinstance(value, str) else ""


def items(value: object) -> list[object]:
    """A list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def unknown(claim: str, reply: Reply) -> Claim:
    """A claim that could not be told, with the reason that its reply gives."""
    if reply.status == 0:
        why = "the API could not be reached"
    elif reply.status in (401, 403):
        why = "the account may not ask"
    elif reply.status < 300:
        why = "the answer was not understood"
    else:
        why = f"the API answered {reply.status}"
    return Claim(f"{claim}: not known, {why}", None, reply.source)


def refused(claims: tuple[Claim, ...]) -> Claim | None:
    """The first claim that does not hold."""
    return next((claim for claim in claims if claim.holds is False), None)


def permission(claim: Claim) -> bool:
    """Whether it is about what truebook's own account may do, as the API says. People may be permitted more."""
    return any(asked in claim.source for asked in _PERMISSIONS)


def worst(claims: tuple[Claim, ...]) -> bool | None:
    """False where any claim does not hold, None where none could be told, else True.

    One unknown claim among others that hold does not undo them; a proof of unknowns alone is none.
    """
    known = [claim.holds for claim in claims if claim.holds is not None]
    if not known:
        return None
    return all(known)
