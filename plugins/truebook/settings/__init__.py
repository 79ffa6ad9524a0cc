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
    systems:                          # the others; without a word here each is found by the inventory
      vault: {token_env: VAULT_TOKEN} # enabled, url, component, proxy, token_env, token_file, ca_file, timeout
      loki: {component: loki-write}   # a credential goes only where url, component or the catalog leads
      prometheus: {proxy: true}       # has no address out here: through the API server (get of services/proxy)
      minio: {bucket: velero}         # words of its own: minio has bucket and region, oidc has issuers
    runbooks:
      enabled: true
      policy: run                     # or list (judge, run nothing), or off
      timeout: 30s                    # of a block that says none
      aliases: {k: kubectl}           # words that stand for a command
      values: {app-name: grafana}     # fill placeholders, where nothing nearer does
      environment: [CLUSTER]          # variables that may fill placeholders, as any TRUEBOOK_VAR_… may
    check:
      fail_on: warning                # the least severity that fails: error, warning, note, or off
      severities: {stale-version: note}
      documents: [services.md]        # pages whose hand-written tables and diagrams are compared too
      site_url: https://docs.homelab.local
      history: .truebook/history.json # numbers of the last builds
      ignores:
        - {rule: unknown-host, page: "old/*", subject: "*", reason: moved next week, until: 2026-12-31}
    groups: [GitOps, Security]        # order of the groups
    components:                       # the catalog
      - name: vault
        title: Vault
        group: Security
        purpose: Secrets management
        page: vault.md                # below the docs folder
        find: {application: vault, workload: StatefulSet vault/vault, ingress: vault/vault}
        values: {storage: Raft}       # any stable value the cluster does not say (never live status)
    relations:                        # arrows the cluster does not show; drawn dashed
      - {from: authentik, to: grafana, label: SSO}

All problems of a file are reported at once, each as `path:line: … (the fix)`.
"""

from __future__ import annotations

from truebook.settings.loader import DEFAULT_FILE, load
from truebook.settings.types import (
    ArgoCDSettings,
    CatalogComponent,
    CatalogRelation,
    CheckSettings,
    Find,
    GitSettings,
    Ignore,
    KubernetesSettings,
    RunbookSettings,
    Settings,
    SystemSettings,
)

__all__ = [
    "DEFAULT_FILE",
    "ArgoCDSettings",
    "CatalogComponent",
    "CatalogRelation",
    "CheckSettings",
    "Find",
    "GitSettings",
    "Ignore",
    "KubernetesSettings",
    "RunbookSettings",
    "Settings",
    "SystemSettings",
    "load",
]
