"""The source `authentik`: whether it is well, and which applications sign in through it.

Its token's account needs to view applications and OAuth2 providers, and nothing else. What the API says of a provider
has its client secret in it, which is not among the fields that are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from truebook.state.source import Context, Reading
from truebook.state.systems import TEXT, Ask, Paging, System, connect, scalars

AUTHENTIK = System("authentik", ("http", "https", 80, 9000), variable="AUTHENTIK_TOKEN")
PAGE = "100"
"""Entries of a page: the most that it gives."""

UNWELL = frozenset((204, 503))
"""Older releases say 204 where they are well; 503 is its word that it is not."""


def _following(page: Any, number: int) -> Mapping[str, str] | None:
    """A page says the number of the next one, 0 where it is the last."""
    following = int(page["pagination"]["next"])
    return {"page_size": PAGE, "page": str(following)} if following else None


PAGING = Paging("results", _following, {"page_size": PAGE})


def _redirects(found: Any) -> Any:
    """Where an application may send people back to; older releases say it as lines of one text."""
    if isinstance(found, str):
        return [{"matching_mode": "strict", "url": line.strip()} for line in found.splitlines() if line.strip()]
    if not isinstance(found, list):
        raise ValueError
    return [
        {key: each[key] for key in ("matching_mode", "url") if isinstance(each.get(key), str)}
        for each in found
        if isinstance(each, dict)
    ]


OPEN = (Ask("/-/health/live/", TEXT, statuses=UNWELL), Ask("/-/health/ready/", TEXT, statuses=UNWELL))
"""Answered to anyone."""
CLOSED = (
    Ask("/api/v3/admin/version/", scalars("version_current"), closed=True, require=("version_current",)),
    Ask(
        "/api/v3/core/applications/?superuser_full_list=true",
        {
            "results": [
                {
                    **scalars("pk", "name", "slug", "group", "launch_url", "meta_launch_url", "provider"),
                    "provider_obj": scalars("pk", "name"),
                }
            ]
        },
        closed=True,
        require=("results",),
        paging=PAGING,
    ),
    Ask(
        "/api/v3/providers/oauth2/",
        {
            "results": [
                {
                    **scalars("pk", "name", "client_id", "client_type", "issuer_mode"),
                    **scalars("assigned_application_slug", "assigned_application_name"),
                    "redirect_uris": _redirects,
                    "signing_key": bool,  # whether there is one: its id says nothing to anyone
                }
            ]
        },
        closed=True,
        require=("results",),
        paging=PAGING,
    ),
)
"""Answered to a token that may view them."""


def read(context: Context) -> Reading:
    """Read Authentik. Raises NotSetUp where it can't be found, SourceError where nothing can be said."""
    with connect(context, AUTHENTIK) as authentik:
        authentik.put(*OPEN, *CLOSED)
        return authentik.read()
