"""Query parameters: each has to be known by its exact name and be said once.

The API server ignores a parameter that it does not know, `DryRun=All` for one; another server may know it.
"""

from __future__ import annotations

from truebook.guard.request import Pairs, Refuse

OBJECT = frozenset(("pretty", "resourceVersion", "includeObject", "timeout"))
LIST = OBJECT | frozenset(
    (
        *("labelSelector", "fieldSelector", "limit", "continue", "resourceVersionMatch", "timeoutSeconds"),
        *("watch", "allowWatchBookmarks", "sendInitialEvents", "shardSelector"),
    )
)
LOG = frozenset(
    (
        *("container", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"),
        *("follow", "pretty", "timeout"),
    )
)
DISCOVERY = frozenset(("timeout", "verbose", "exclude", "hash", "pretty"))
CREATE = frozenset(("dryRun", "fieldManager", "fieldValidation", "pretty", "timeout"))
PATCH = CREATE | {"force"}
DELETE = frozenset(("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy", "pretty", "timeout"))
DELETE_COLLECTION = DELETE | (LIST - {"watch", "allowWatchBookmarks", "sendInitialEvents", "includeObject"})

_REPEATABLE = frozenset(("exclude",))
_DELETE_OPTIONS = frozenset(("gracePeriodSeconds", "orphanDependents", "propagationPolicy"))


def check(query: Pairs, allowed: frozenset[str]) -> Refuse | None:
    """A refusal where a parameter is unknown here or said twice."""
    seen: set[str] = set()
    for name, _ in query:
        if name not in allowed:
            known = next((right for right in allowed if right.lower() == name.lower()), None)
            hint = f"; did you mean '{known}'?" if known else ""
            return Refuse(403, f"the query parameter '{name}' is not known here{hint}")
        if name in seen and name not in _REPEATABLE:
            return Refuse(403, f"the query parameter '{name}' is said twice")
        seen.add(name)
    return None


def value(query: Pairs, name: str) -> str | None:
    """The value of a parameter, None where it is not there."""
    return next((text for key, text in query if key == name), None)


def truth(text: str | None) -> bool:
    """A Boolean as the API server reads it: there and not false."""
    return text is not None and text.lower() not in ("false", "0")


def put(query: Pairs, name: str, text: str) -> Pairs:
    """The query with a parameter set."""
    return (*drop(query, {name}), (name, text))


def drop(query: Pairs, names: set[str] | frozenset[str]) -> Pairs:
    """The query without some parameters."""
    return tuple(pair for pair in query if pair[0] not in names)


def delete_options(query: Pairs) -> tuple[Pairs, dict[str, object]] | Refuse:
    """The query without its DeleteOptions, and these as the body has them."""
    options: dict[str, object] = {}
    for name, text in query:
        if name == "gracePeriodSeconds":
            if not (text.isascii() and text.lstrip("-").isdigit() and len(text) < 10):
                return Refuse(400, f"gracePeriodSeconds is not a number: '{text}'")
            options[name] = int(text)
        elif name == "orphanDependents":
            options[name] = truth(text)
        elif name == "propagationPolicy":
            options[name] = text
    return drop(query, _DELETE_OPTIONS), options
