"""Who tells of which arrows: so that one which nobody may know of now is not called gone."""

from __future__ import annotations

from truebook.model import Inventory
from truebook.pages.views import datasources, secrets, sources, storage

_APPLICATIONS = ("argocd /api/v1/applications", "kubernetes argoproj.io/applications")

ALTERNATIVES: dict[str, tuple[str, ...]] = {
    "feeds": _APPLICATIONS,
    "deploys": _APPLICATIONS,
    "app-of-apps": _APPLICATIONS,
    "datasource": datasources.TABLE.sources,
    "alerts": ("prometheus /api/v1/alertmanagers", "kubernetes monitoring.coreos.com/prometheuses"),
    "scrapes": ("prometheus /api/v1/targets", "kubernetes monitoring.coreos.com/servicemonitors"),
    "backup": storage.TABLE.sources,
}
"""Kind of arrow → the sources that tell of it, of which one is enough."""

JOINED: dict[str, tuple[str, ...]] = {
    "sso": ("authentik /api/v3/providers/oauth2/", "argocd /api/v1/settings", "vault /v1/sys/auth"),
    "secrets": secrets.TABLE.sources,
}
"""Kind of arrow → the sources that each tell of some."""


def untold(inventory: Inventory) -> list[str]:
    """What sources keep to themselves of arrows, a sentence each."""
    found = [said for names in ALTERNATIVES.values() for said in sources.untold(inventory, names)]
    found += [said for names in JOINED.values() for said in sources.untold(inventory, names, joined=True)]
    return list(dict.fromkeys(found))
