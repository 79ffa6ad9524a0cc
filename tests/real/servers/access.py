"""The least rights with which truebook reads a cluster: what the tests' reader account has, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_READ = ("get", "list")

_RESOURCES: Mapping[str, Sequence[str]] = {
    "": (
        *("namespaces", "nodes", "pods", "services", "persistentvolumeclaims", "replicationcontrollers"),
        *("resourcequotas", "limitranges"),
    ),
    "apps": ("deployments", "statefulsets", "daemonsets", "replicasets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("jobs", "cronjobs"),
    "discovery.k8s.io": ("endpointslices",),
    "storage.k8s.io": ("storageclasses",),
    "networking.k8s.io": ("ingresses", "ingressclasses"),
    "gateway.networking.k8s.io": ("gateways", "gatewayclasses", "httproutes"),
    "apiextensions.k8s.io": ("customresourcedefinitions",),
    "argoproj.io": ("applications", "applicationsets", "appprojects"),
    "velero.io": ("backups", "schedules", "restores", "backupstoragelocations", "volumesnapshotlocations"),
    "external-secrets.io": ("externalsecrets", "clusterexternalsecrets", "secretstores", "clustersecretstores"),
    "secrets.hashicorp.com": ("vaultstaticsecrets", "vaultdynamicsecrets", "vaultauths", "vaultconnections"),
    "monitoring.coreos.com": (
        *("prometheusrules", "servicemonitors", "podmonitors", "probes"),
        *("prometheuses", "alertmanagers", "alertmanagerconfigs"),
    ),
}

READER_RULES = tuple(
    {"apiGroups": (group,), "resources": tuple(resources), "verbs": _READ} for group, resources in _RESOURCES.items()
)
