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
)
"""All keys, in the order they are shown."""

LIVE = LIVE_KEYS
"""Keys that only a cluster can say."""

OTHER = "Other"
"""The group of a component for which nothing names one."""
