"""`truebook:windows`: when ArgoCD may sync, by project. Its options are those of every table of records."""

from __future__ import annotations

from truebook.pages.views.cells import Column, plain
from truebook.pages.views.cron import cron
from truebook.pages.views.records import Records

TABLE = Records(
    kind="sync_window",
    columns={
        "project": Column("Project", plain("project")),
        "kind": Column("Sync is", plain("kind")),
        "when": Column("From", cron("schedule")),
        "zone": Column("Time zone", plain("time_zone")),
        "duration": Column("For", plain("duration")),
        "applications": Column("Applications", plain("applications")),
        "namespaces": Column("Namespaces", plain("namespaces")),
    },
    key=("project", "kind", "when", "applications"),
    stable=("project", "kind", "when", "zone", "duration", "applications"),
    live=(),
    sources=("argocd /api/v1/projects", "kubernetes argoproj.io/appprojects"),
    nothing="There is no window: ArgoCD may sync at any time.",
)

VIEW = TABLE.view()
