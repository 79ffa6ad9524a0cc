"""What a secret is called: keys, environment variables, flags and headers."""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = (
    r"pass[_.\- ]?(?:w(?:or)?d|phrase|code)|pwd|secret|token|credential|authorization|bearer|connection[_.\- ]?string"
    r"|docker(?:config(?:json)?|cfg)"
    r"|(?:api|access|private|signing|encryption|master|session|ssh|hmac|account|shared|client)[_.\- ]?key"
)
"""One of these in a name makes it secret, unless what follows says that it only refers to one. ASCII only."""

REFERENCES = (
    "name|names|ref|refs|reference|keyref|storeref|path|paths|file|filename|files|dir|mount|mountpath|store|storename"
    "|storekind|class|classname|type|kind|ttl|maxttl|minttl|period|expiry|expiration|expires|expiresin|seconds"
    "|expirationseconds|ttlseconds|timeout|interval|refreshinterval|url|uri|urls|endpoint|address|host|namespace"
    "|namespaces|selector|enabled|disabled|required|create|policy|policies|version|format|length|size|count|rotation"
    "|audience|audiences|issuer|issuers|backend|engine|manager|provider|template|templates|annotations|labels|mode"
    "|method|pattern|authmethod|reviewer|algorithm|algorithms|signingalg|from|source|header|field|claim|prefix|attribute"
    "|numuses|boundcidrs|nodefaultpolicy|explicitmaxttl|grants?|flow|strategy|accessor|status|state|[a-z]*supported"
)
_REFERENCE = re.compile(rf"(?:{REFERENCES})", re.ASCII)
_WORD = re.compile(WORDS, re.ASCII | re.IGNORECASE)
_SEPARATORS = re.compile(r"[^A-Za-z0-9]", re.ASCII)

_POINTS_AT_ONE = re.compile(
    r"(?:existing|pull)secrets?|existingsecret\w*key|(?:password|passphrase|token)key", re.ASCII
)
"""Helm's habits: `existingSecret: grafana-admin`, `imagePullSecrets: [registry]`, `passwordKey: admin-password`."""

_NAMED_BY_PREFIX = ("vault.hashicorp.com/agent-", "nginx.ingress.kubernetes.io/", "argocd.argoproj.io/tracking-id")
"""Annotations whose values are paths and names, whatever the key says."""


@lru_cache(maxsize=65536)
def is_secret_name(name: str) -> bool:
    """Whether the value under `name` is taken for a secret: `DB_PASSWORD` is, `passwordFile`, `secretName` are not.

    The last secret word of the name decides, by what comes after it. Only the part after the last slash of an
    annotation's key counts.
    """
    if name.startswith(_NAMED_BY_PREFIX):
        return False
    bare = name.rpartition("/")[2]
    last = None
    for last in _WORD.finditer(bare):  # noqa: B007 - the last one decides
        pass
    if last is None:
        return False
    if _POINTS_AT_ONE.search(_SEPARATORS.sub("", bare).lower()):
        return False
    tail = _SEPARATORS.sub("", bare[last.end() :]).lower()
    return not (tail and (_REFERENCE.fullmatch(tail) or _REFERENCE.fullmatch(tail.removeprefix("s"))))


def ends_as_secret(name: str) -> bool:
    """Whether `name` ends with a secret word: `db-password`, not `token-service`."""
    return any(match.end() == len(name) for match in _WORD.finditer(name))


@lru_cache(maxsize=4096)
def is_password_name(name: str) -> bool:
    """Whether even a number or a mapping's text under `name` is a secret: passwords, not `tokens: 4096`."""
    return re.search(r"pass[_.\- ]?(?:w(?:or)?d|phrase|code)|pwd", name, re.ASCII | re.IGNORECASE) is not None
