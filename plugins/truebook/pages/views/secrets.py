"""`truebook:secrets`: who uses which path of the secret store, and by what it gets there. Never a value. Its options
are those of every table of records; `component` is the one that uses the secret.
"""

from __future__ import annotations

from truebook.pages.views.cells import Column, of_component, plain
from truebook.pages.views.records import COMPONENT, Records

TABLE = Records(
    kind="secret",
    columns={
        "path": Column("Path", plain("path")),
        "component": Column("Used by", COMPONENT.write),
        "via": Column("By", plain("via")),
        "secret": Column("Secret", plain("secret_name")),
        "workload": Column("Workload", plain("workload")),
        "vault": Column("Kept by", of_component("vault")),
        "mount": Column("Mount", plain("mount")),
    },
    key=("path", "component", "via"),
    stable=("path", "component", "via", "secret"),
    live=(),
    sources=(
        "kubernetes external-secrets.io/externalsecrets",
        "kubernetes secrets.hashicorp.com/vaultstaticsecrets",
    ),
    nothing="Nothing takes a secret from there.",
    joined=True,
)

VIEW = TABLE.view()
