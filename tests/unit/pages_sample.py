"""A small inventory for the tests of pages: one component of each kind that views treat differently."""

from __future__ import annotations

from truebook.model import Component, Evidence, Inventory, Relation, Scalar, SourceStatus, Value

EVIDENCE = Evidence("argocd", "Application argocd/vault", "status.health.status")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def component(name: str, title: str, group: str, **values: Scalar | tuple[str, ...]) -> Component:
    """A component whose values all have the same evidence."""
    return Component(name, title, group, {key: Value(value, EVIDENCE) for key, value in values.items()})


def inventory(*components: Component, relations: tuple[Relation, ...] = ()) -> Inventory:
    """An inventory of just these."""
    return Inventory("homelab", "v1.36.3", "2026-11-24T05:30:00Z", "recording homelab.json", components, relations)


def arrow(source: str, target: str, label: str = "", kind: str = "deploys") -> Relation:
    """A relation with some evidence."""
    return Relation(source, target, label, kind, EVIDENCE)


SAMPLE = Inventory(
    "homelab",
    "v1.36.3",
    "2026-11-24T05:30:00Z",
    "recording homelab.json",
    (
        component("github", "GitHub", "GitOps", repository="https://github.com/example/homelab"),
        component(
            "argocd",
            "ArgoCD",
            "GitOps",
            purpose="Continuous delivery",
            page="argocd.md",
            url="https://argocd.homelab.local",
            version="v3.6.1",
            namespace="argocd",
            ready=7,
            desired=7,
            health="Healthy",
            sync="Synced",
            revision=COMMIT,
            revision_url=f"https://github.com/example/homelab/commit/{COMMIT}",
        ),
        component(
            "vault",
            "Vault",
            "Security",
            purpose="Secrets management",
            page="vault.md",
            url="https://vault.homelab.local",
            namespace="vault",
            ready=0,
            desired=1,
            health="Degraded",
            sync="OutOfSync",
        ),
        component("velero", "Velero", "Backup", purpose="Cluster backup", page="velero.md", storage="MinIO S3"),
        component("minio", "MinIO", "Backup", shape="storage", namespace="minio", ready=0, desired=0),
        component("blog", "Blog", "Other", namespace="blog"),
    ),
    (
        arrow("github", "argocd", kind="feeds"),
        arrow("argocd", "vault", "deploys"),
        arrow("argocd", "velero", "deploys"),
        arrow("velero", "minio", "stores in", "stated"),
    ),
    (SourceStatus("kubernetes", "fresh"),),
)

PAGES = {"argocd.md", "vault.md"}


def page_url(page: str) -> str | None:
    """Pages of a site that has two of them."""
    return page if page in PAGES else None
