"""What there may be to know of a component: the keys of its values. What finds each, the inventory says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """What the value says. `live`: only a cluster can say it, and a catalog that states it would lie tomorrow. `many`:
    the value is a list."""

    means: str
    live: bool = False
    many: bool = False


KEYS: dict[str, Key] = {
    "purpose": Key("one line for people"),
    "page": Key("the page below the docs folder"),
    "url": Key("the address to open, `https://host/path` without a trailing slash"),
    "urls": Key("all addresses", many=True),
    "version": Key("what runs: image tag of the main workload, else its version label"),
    "namespace": Key("where it runs"),
    "workloads": Key("`Kind namespace/name` of each", live=True, many=True),
    "ready": Key("pods that are ready, over all workloads", live=True),
    "desired": Key("pods that there should be, over all workloads", live=True),
    "sync": Key("ArgoCD's: Synced, OutOfSync, Unknown", live=True),
    "health": Key("ArgoCD's words: Healthy, Suspended, Progressing, Missing, Degraded, Unknown", live=True),
    "status_message": Key("why it is not well, as the cluster says it", live=True),
    "revision": Key("what was deployed: a commit, chart version or digest", live=True),
    "revision_url": Key("the page of that commit on its Git host", live=True),
    "branch_head": Key("the commit that the tracked branch or tag points to now", live=True),
    "repository": Key("the URL of the Git repository or chart registry"),
    "application": Key("the name of the ArgoCD Application"),
    "declared_by": Key("the ApplicationSet or Application that declares the Application"),
    "images": Key("container images", live=True, many=True),
    "storage": Key("where its data is"),
    "systems": Key(
        "the systems that it runs, by the names of their sources: `vault`, `prometheus`", live=True, many=True
    ),
    "state": Key(
        "what its system says it is: a Vault active, standby, sealed, uninitialised; others ready, not ready", live=True
    ),
    "reported_version": Key("the version that its system says it is", live=True),
    "ahead": Key("commits of the tracked branch that were not deployed", live=True),
    "behind": Key("deployed commits that the tracked branch no longer has", live=True),
    "compare_url": Key("the page of what lies between the deployed commit and the branch's head", live=True),
    "targets": Key("its targets in Prometheus; of Prometheus itself: all", live=True),
    "targets_up": Key("how many of these are up", live=True),
    "rules": Key("alerting rules about it; of Prometheus itself: all", live=True),
    "alerts_firing": Key("its alerts that fire; of Alertmanager itself: all", live=True),
    "alerts_silenced": Key("its alerts that are silenced; of Alertmanager itself: all", live=True),
    "last_backup": Key("Velero's newest complete backup", live=True),
    "last_backup_at": Key("when that was done", live=True),
    "storage_available": Key("whether all of Velero's storage locations are", live=True),
    "bucket": Key("where Velero's backups are written to, of the component that holds it"),
    "secret_paths": Key("the paths in Vault that it gets, never what is there", many=True),
    "sso": Key("the component that it signs in through"),
    "dashboards": Key("titles of the dashboards about it", many=True),
}
"""Key → what it means, in the order they are shown. The catalog may state any other, and those that are not live."""

LIVE = frozenset(name for name, key in KEYS.items() if key.live)
LISTS = frozenset(name for name, key in KEYS.items() if key.many)
