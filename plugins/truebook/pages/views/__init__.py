"""The views: what a region can be filled with. One file each, one line here."""

from __future__ import annotations

from truebook.pages.views import (
    alerts,
    backups,
    certificates,
    components,
    dashboards,
    datasources,
    incident,
    oidc,
    rules,
    runbooks,
    secrets,
    silences,
    stack,
    storage,
    system,
    targets,
    value,
    windows,
)
from truebook.pages.views.view import Checked, Request, Tested, View, nearest, read_options

__all__ = ["VIEWS", "Checked", "Request", "Tested", "View", "nearest", "read_options"]

VIEWS: dict[str, View] = {
    "alerts": alerts.VIEW,
    "backups": backups.VIEW,
    "certificates": certificates.VIEW,
    "components": components.VIEW,
    "dashboards": dashboards.VIEW,
    "datasources": datasources.VIEW,
    "incident": incident.VIEW,
    "oidc": oidc.VIEW,
    "rules": rules.VIEW,
    "runbooks": runbooks.VIEW,
    "secrets": secrets.VIEW,
    "silences": silences.VIEW,
    "stack": stack.VIEW,
    "storage": storage.VIEW,
    "system": system.VIEW,
    "targets": targets.VIEW,
    "value": value.VIEW,
    "windows": windows.VIEW,
}
