"""`truebook.yml`: where state is read from, and the catalog of components.

    cluster: homelab                  # name shown to readers; default: the kubeconfig's
    stale_after: 24h                  # state older than this is visibly stale
    domains: [homelab.local]          # hosts below these are this site's own
    kubernetes:
      enabled: true
      context: null                   # default: the kubeconfig's current context
      resources: []                   # more to read, as `group/resource` (never secrets)
      timeout: 60s
    argocd:
      enabled: true
      url: https://argocd.homelab.local
      token_env: ARGOCD_AUTH_TOKEN    # credentials by environment variable or file, never in here
      token_file: null
      ca_file: null
      timeout: 30s
    git:
      enabled: true
      timeout: 20s
    groups: [GitOps, Security]        # order of the groups
    components:                       # the catalog
      - name: vault
        title: Vault
        group: Security
        purpose: Secrets management
        page: vault.md                # below the docs folder
        find: {application: vault, workload: StatefulSet vault/vault, ingress: vault/vault}
        values: {storage: Raft}       # any stable value the cluster does not say
    relations:                        # arrows the cluster does not show; drawn dashed
      - {from: authentik, to: grafana, label: SSO}

All problems of a file are reported at once, each as `path:line: … (the fix)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KubernetesSettings:
    """How the cluster is read. `timeout` in seconds is for the whole source."""

    enabled: bool = True
    context: str | None = None
    resources: tuple[str, ...] = ()
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class ArgoCDSettings:
    """How ArgoCD's REST API is read; without `url` its Application objects are used instead."""

    enabled: bool = True
    url: str | None = None
    token_env: str = "ARGOCD_AUTH_TOKEN"  # noqa: S105 - the variable's name
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class GitSettings:
    """How repositories are asked for their branch heads. `timeout` in seconds is per repository."""

    enabled: bool = True
    timeout: float = 20.0


@dataclass(frozen=True, slots=True)
class Find:
    """Where the catalog says a component is: an Application's name, `Kind namespace/name`, `namespace/name`."""

    application: str | None = None
    workload: str | None = None
    ingress: str | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class CatalogComponent:
    """A component as the author wrote it. `line` is where, for evidence; unset fields are discovered."""

    name: str
    line: int
    title: str | None = None
    group: str | None = None
    purpose: str | None = None
    page: str | None = None
    find: Find = field(default_factory=Find)
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CatalogRelation:
    """An arrow as the author wrote it."""

    source: str
    target: str
    label: str
    line: int


@dataclass(frozen=True, slots=True)
class Settings:
    """`truebook.yml`, typed. `path` is the file (None where there is none); times are in seconds."""

    path: Path | None = None
    cluster: str | None = None
    stale_after: float = 86400.0
    domains: tuple[str, ...] = ()
    kubernetes: KubernetesSettings = KubernetesSettings()
    argocd: ArgoCDSettings = ArgoCDSettings()
    git: GitSettings = GitSettings()
    groups: tuple[str, ...] = ()
    components: tuple[CatalogComponent, ...] = ()
    relations: tuple[CatalogRelation, ...] = ()
