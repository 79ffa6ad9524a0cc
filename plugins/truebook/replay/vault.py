"""What follows from the answers of a Vault or OpenBao that a recording holds, and its clients' variables.

- Which engine serves a path (`sys/internal/ui/mounts/<path>`), which the command asks before anything else: from the
  recorded mounts.
- The health with other status codes, as its parameters ask for.
- A sealed Vault answers nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from truebook.replay.recorded import WORD, Key, Query, RecordedApi, Rules
from truebook.replay.system import json_answer

HEALTH, SEAL = "/v1/sys/health", "/v1/sys/seal-status"
MOUNTS, AUTH = "/v1/sys/mounts", "/v1/sys/auth"
_WHICH = "/v1/sys/internal/ui/mounts/"

_CODES = {
    200: "activecode",
    429: "standbycode",
    472: "drsecondarycode",
    473: "performancestandbycode",
    501: "uninitcode",
    503: "sealedcode",
    530: "removedcode",
}
"""The parameter that asks for another status in place of this one."""
_EMPTY = (204, 304)
"""Answers of these have no body."""
_WELL = {429: "standbyok", 473: "perfstandbyok"}
"""The parameter that asks for this one to count as active."""


def _derive(api: RecordedApi, key: Key) -> Response | None:
    if key.method != "GET":
        return None
    if key.path == HEALTH and key.query:
        return _health(api, key.query)
    if _is_sealed(api) and key.path.startswith("/v1/") and key.path not in (HEALTH, SEAL):
        return json_answer({"errors": ["Vault is sealed"]}, 503)
    if key.path.startswith(_WHICH) and not key.query:
        return _engine(api, key.path.removeprefix(_WHICH))
    return None


def _is_sealed(api: RecordedApi) -> bool:
    found = api.json(SEAL)
    return isinstance(found, dict) and found.get("sealed") is True and found.get("initialized") is not False


def _health(api: RecordedApi, query: Query) -> Response | None:
    """The health as these parameters want it, None where one is not understood."""
    asked = dict(query)
    codes, words = frozenset(_CODES.values()), frozenset(_WELL.values())
    known = all(
        (name in codes and re.fullmatch(r"[2-5][0-9]{2}", value)) or (name in words and value in ("true", "false"))
        for name, value in query
    )
    status = api.status(HEALTH)
    found = api.recorded(Key("GET", "", HEALTH))
    if found is None or not known or len(asked) != len(query):
        return None
    if asked.get(_WELL.get(status, "")) == "true":
        status = 200
    status = int(asked.get(_CODES.get(status, ""), status))
    if status in _EMPTY:
        return Response(status_code=status)
    found.status_code = status
    return found


def _engine(api: RecordedApi, path: str) -> Response | None:
    """The engine or auth method that serves a path, as the command's first question is answered."""
    under_auth = path.startswith("auth/")
    mounts = _mounts(api.json(AUTH if under_auth else MOUNTS))
    if mounts is None or not path:
        return None
    wanted = f"{path.removeprefix('auth/') if under_auth else path}/"
    serving = max((mount for mount in mounts if wanted.startswith(mount)), key=len, default=None)
    if serving is None:
        # Vault says so of a path that nothing serves too, lest it be guessed.
        said = (
            "preflight capability check returned 403, please ensure client's policies grant access to path "
            f'"{path.removesuffix("/")}/"'
        )
        return json_answer({"errors": [said]}, 403)
    data = {**mounts[serving], "path": serving}
    return json_answer({"data": data, "lease_id": "", "lease_duration": 0, "renewable": False, "wrap_info": None})


def _mounts(answer: Any) -> dict[str, dict[str, Any]] | None:
    """Mount → what is known of it. Vault answers it twice, below `data` and at the top."""
    if not isinstance(answer, dict):
        return None
    inner = answer.get("data")
    found = inner if isinstance(inner, dict) else answer
    return {name: value for name, value in found.items() if name.endswith("/") and isinstance(value, dict)}


def environment(url: str) -> Mapping[str, str]:
    """The variables for the vault and bao commands. OpenBao's own win over Vault's."""
    wanted = {"ADDR": url, "TOKEN": WORD, "MAX_RETRIES": "0"}
    return {f"{product}_{name}": value for product in ("VAULT", "BAO") for name, value in wanted.items()}


RULES = Rules(
    open=re.compile(r"/v1/sys/(?:health|seal-status|leader|init)"), head=re.compile(re.escape(HEALTH)), derive=_derive
)
