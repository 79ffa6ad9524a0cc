"""`truebook:oidc`: each client of the identity provider, the application that uses it, and whether what both say of
each other fits together. Its options are those of every table of records.

The column `checks` says in a word whether all of these hold, and else which do not; each is a column of its own too:
`discovery` (the issuer answers), `issuer_equal` (it calls itself what the application calls it), `https` (all of its
endpoints are), `keys` (it has keys to check tokens with), `s256` (PKCE is offered), `redirect_served` (the cluster
serves the hosts that it redirects to).
"""

from __future__ import annotations

from markupsafe import Markup

from truebook.model import Record
from truebook.pages import escape
from truebook.pages.views import cells
from truebook.pages.views.cells import Column, check, plain
from truebook.pages.views.records import COMPONENT, Records
from truebook.pages.views.status import Status
from truebook.pages.views.view import Request

CHECKS = {
    "discovery": "issuer does not answer",
    "issuer_equal": "issuer differs",
    "https": "not by https",
    "keys": "no keys",
    "s256": "no S256",
    "redirect_served": "redirect is not served",
}
"""What is wrong where one of them does not hold."""


def _checks(record: Record, _request: Request) -> Markup | str:
    """`all 6 hold`, or what does not; a check that could not be made is counted and said apart."""
    found = {key: record.get(key) for key in CHECKS}
    wrong = [words for key, words in CHECKS.items() if found[key] is False]
    right = [key for key, value in found.items() if value not in (False, None, "")]
    if wrong:
        return Markup(" ").join(Status(words, "degraded").markup for words in wrong)
    if not right:
        return Status("not checked", "unknown").markup
    if len(right) < len(CHECKS):
        return Status(f"{len(right)} hold, {len(CHECKS) - len(right)} unknown", "unknown").markup
    return Status(f"all {len(right)} hold", "healthy").markup


def _application(record: Record, request: Request) -> Markup | str:
    """The application: the component that uses the client, else what the provider calls it."""
    used_by = record.text("used_by") or record.component
    if request.inventory.component(used_by) is not None:
        return cells.component(used_by, request)
    return escape.cell(record.text("application") or used_by)


TABLE = Records(
    kind="oidc_client",
    columns={
        "application": Column("Application", _application),
        "client": Column("Client", plain("client_id")),
        "redirects": Column("Redirects to", plain("redirect_hosts")),
        "provider": Column("Provider", cells.of_component("provider")),
        "issuer": Column("Issuer", plain("issuer")),
        "component": COMPONENT,
        "checks": Column("Checks", _checks, volatile=True),
        "discovery": Column("Issuer answers", check("discovery"), volatile=True),
        "issuer_equal": Column("Issuer equal", check("issuer_equal"), volatile=True),
        "https": Column("https", check("https"), volatile=True),
        "keys": Column("Keys", check("keys"), volatile=True),
        "s256": Column("S256", check("s256"), volatile=True),
        "redirect_served": Column("Redirect served", check("redirect_served"), volatile=True),
    },
    key=("application", "client"),
    stable=("application", "client", "redirects"),
    live=("checks",),
    sources=("authentik /api/v3/providers/oauth2/", "oidc"),
    nothing="No client is known.",
    joined=True,
)

VIEW = TABLE.view()
