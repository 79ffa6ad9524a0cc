"""The keys of a component's values.

| key | value |
|---|---|
| purpose | one line for people |
| page | the page below the docs folder |
| url | the address to open, `https://host/path` without a trailing slash |
| urls | all addresses |
| version | what runs: image tag of the main workload, else its version label |
| namespace | where it runs |
| workloads | `Kind namespace/name` of each |
| ready, desired | pods, over all workloads |
| sync | ArgoCD's: Synced, OutOfSync, Unknown |
| health | ArgoCD's words: Healthy, Suspended, Progressing, Missing, Degraded, Unknown |
| status_message | why it is not well, as the cluster says it |
| revision | what was deployed: a commit, chart version or digest |
| revision_url | the page of that commit on its Git host |
| branch_head | the commit that the tracked branch or tag points to now |
| repository | the URL of the Git repository or chart registry |
| application | the name of the ArgoCD Application |
| declared_by | the ApplicationSet or Application that declares the Application |
| images | container images |
| storage | where its data is |
| systems | the systems that it runs, by the names of their sources: `vault`, `prometheus` |
| state | what its system says it is: a Vault active, standby, sealed, uninitialised; others ready, not ready |
| reported_version | the version that its system says it is |
| ahead, behind | commits of the tracked branch that were not deployed; deployed ones that it no longer has |
| compare_url | the page of what lies between the deployed commit and the branch's head |
| targets, targets_up | its targets in Prometheus; of Prometheus itself: all |
| rules | alerting rules about it; of Prometheus itself: all |
| alerts_firing, alerts_silenced | its alerts; of Alertmanager itself: all |
| last_backup, last_backup_at | Velero's newest complete backup, and when it was done |
| storage_available | whether all of Velero's storage locations are |
| bucket | where Velero's backups are written to, of the component that holds it |
| secret_paths | the paths in Vault that it gets, never what is there |
| sso | the component that it signs in through |
| dashboards | titles of the dashboards about it |

The catalog may state any other key, and any of these but those in `LIVE`.
"""

from __future__ import annotations

from truebook.settings import LIVE_KEYS

KEYS = (
    "purpose",
    "page",
    "url",
    "urls",
    "version",
    "namespace",
    "workloads",
    "ready",
    "desired",
    "sync",
    "health",
    "status_message",
    "revision",
    "revision_url",
    "branch_head",
    "repository",
    "application",
    "declared_by",
    "images",
    "storage",
    "systems",
    "state",
    "reported_version",
    "ahead",
    "behind",
    "compare_url",
    "targets",
    "targets_up",
    "rules",
    "alerts_firing",
    "alerts_silenced",
    "last_backup",
    "last_backup_at",
    "storage_available",
    "bucket",
    "secret_paths",
    "sso",
    "dashboards",
)
"""All keys, in the order they are shown."""

LISTS = frozenset({"urls", "workloads", "images", "systems", "secret_paths", "dashboards"})
"""Keys whose value is a list."""

LIVE = LIVE_KEYS
"""Keys that only a cluster can say."""

OTHER = "Other"
"""The group of a component for which nothing names one."""
