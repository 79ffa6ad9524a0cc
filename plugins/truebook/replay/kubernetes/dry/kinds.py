"""The fields of built-in kinds that a dry run may change, with their defaults: those that operators change."""

from __future__ import annotations

import re
from typing import Any

from truebook.replay.kubernetes.dry import checks
from truebook.replay.kubernetes.dry.schema import Node, leaf, list_of, map_of, obj

Json = dict[str, Any]
TEXT, BOOL, NUMBER = leaf(checks.text), leaf(checks.boolean), leaf(checks.whole)
OMITTED_TEXT = TEXT.but(omitted=True)
NAME = leaf(checks.dns_label, required=True)
LABELS = map_of(leaf(), checks=(checks.label_map,))
ANNOTATIONS = map_of(leaf(), checks=(checks.annotation_map,))
TEXTS = list_of(leaf(checks.text))
FINALIZER = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"

CRON = r"(\*|[1-5]?\d)(/[1-9])? (\*|1?\d|2[0-3])(/[1-9])? (\*|[1-9]|[12]\d|3[01]) (\*|[1-9]|1[0-2]) (\*|[0-6])"
"""Schedules of the plain kind."""

METADATA = obj(
    {
        "labels": LABELS,
        "annotations": ANNOTATIONS,
        "finalizers": list_of(leaf(checks.only(FINALIZER))),
    }
)

_KEY = obj({"name": leaf(checks.text, default=""), "key": leaf(checks.filled, required=True), "optional": BOOL})
_FIELD = obj(
    {
        "apiVersion": leaf(checks.only("v1"), default="v1"),
        "fieldPath": leaf(
            checks.only(r"metadata\.(name|namespace|uid)|spec\.(nodeName|serviceAccountName)|status\.(hostIP|podIP)"),
            required=True,
        ),
    }
)
_ENV = obj(
    {
        "name": leaf(checks.only("[-._a-zA-Z][-._a-zA-Z0-9]*"), required=True),
        "value": OMITTED_TEXT,
        "valueFrom": obj({"configMapKeyRef": _KEY, "secretKeyRef": _KEY, "fieldRef": _FIELD}),
    }
)
_SOURCE = obj({"name": leaf(checks.filled, required=True), "optional": BOOL})
_ENV_FROM = obj({"prefix": OMITTED_TEXT, "configMapRef": _SOURCE, "secretRef": _SOURCE})
_PORT = obj(
    {
        "name": leaf(checks.only("[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")),
        "containerPort": leaf(checks.port, required=True),
        "protocol": leaf(checks.word("TCP", "UDP", "SCTP"), default="TCP"),
    }
)
_AMOUNTS = map_of(leaf(checks.quantity))
_RESOURCES = obj({"limits": _AMOUNTS, "requests": _AMOUNTS}, default={})
_MOUNT = obj(
    {
        "name": leaf(checks.filled, required=True),
        "mountPath": leaf(checks.filled, required=True),
        "subPath": OMITTED_TEXT,
        "readOnly": BOOL.but(omitted=True),
    }
)
_HTTP = obj(
    {
        "path": leaf(checks.text, default="/"),
        "port": leaf(checks.port_name, required=True),
        "scheme": leaf(checks.word("HTTP", "HTTPS"), default="HTTP"),
    }
)
_PROBE = obj(
    {
        "httpGet": _HTTP,
        "tcpSocket": obj({"port": leaf(checks.port_name, required=True)}),
        "exec": obj({"command": TEXTS}),
        "initialDelaySeconds": NUMBER.but(omitted=True),
        "timeoutSeconds": leaf(checks.positive, default=1),
        "periodSeconds": leaf(checks.positive, default=10),
        "successThreshold": leaf(checks.positive, default=1),
        "failureThreshold": leaf(checks.positive, default=3),
    }
)


def _pull_policy(container: Json) -> str:
    """`Always` for the tag `latest`, which an image without tag and digest has."""
    image = str(container.get("image", ""))
    name = image.partition("@")
    tag = re.search(r":([\w][\w.-]{0,127})$", name[0])
    latest = tag.group(1) == "latest" if tag else not name[1]
    return "Always" if latest else "IfNotPresent"


_CONTAINER = obj(
    {
        "name": NAME,
        "image": leaf(checks.filled, required=True),
        "command": TEXTS,
        "args": TEXTS,
        "workingDir": OMITTED_TEXT,
        "env": list_of(_ENV, "name"),
        "envFrom": list_of(_ENV_FROM),
        "ports": list_of(_PORT, "containerPort"),
        "resources": _RESOURCES,
        "volumeMounts": list_of(_MOUNT, "mountPath"),
        "livenessProbe": _PROBE,
        "readinessProbe": _PROBE,
        "startupProbe": _PROBE,
        "imagePullPolicy": leaf(checks.word("Always", "IfNotPresent", "Never"), default=_pull_policy),
        "terminationMessagePath": leaf(checks.text, default="/dev/termination-log"),
        "terminationMessagePolicy": leaf(checks.word("File", "FallbackToLogsOnError"), default="File"),
    }
)
_VOLUME = obj(
    {
        "name": NAME,
        "configMap": obj({"name": leaf(checks.filled, required=True), "defaultMode": leaf(checks.whole, default=420)}),
        "secret": obj(
            {"secretName": leaf(checks.filled, required=True), "defaultMode": leaf(checks.whole, default=420)}
        ),
        "emptyDir": obj({}, default=lambda volume: {} if set(volume) <= {"name"} else None),
        "persistentVolumeClaim": obj(
            {"claimName": leaf(checks.filled, required=True), "readOnly": BOOL.but(omitted=True)}
        ),
    }
)


def _pod_spec(restart: Node, **spec: Node) -> Node:
    return obj(
        {
            "containers": list_of(_CONTAINER, "name", required=True),
            "initContainers": list_of(_CONTAINER, "name"),
            "volumes": list_of(_VOLUME, "name"),
            "nodeSelector": LABELS,
            "serviceAccountName": leaf(checks.dns_label),
            "serviceAccount": leaf(checks.dns_label),
            "automountServiceAccountToken": BOOL,
            "imagePullSecrets": list_of(obj({"name": leaf(checks.filled)}), "name"),
            "restartPolicy": restart,
            "terminationGracePeriodSeconds": leaf(checks.whole, default=30),
            "dnsPolicy": leaf(checks.word("ClusterFirst"), default="ClusterFirst"),
            "schedulerName": leaf(checks.only("default-scheduler"), default="default-scheduler"),
            "securityContext": obj({}, default={}),
            **spec,
        },
        required=True,
    )


def template(restart: Node) -> Node:
    """A pod template."""
    metadata = obj({"labels": LABELS, "annotations": ANNOTATIONS}, default={})
    return obj({"metadata": metadata, "spec": _pod_spec(restart)}, required=True)


_ALWAYS = template(leaf(checks.only("Always"), default="Always"))
_OF_JOBS = template(leaf(checks.only("OnFailure|Never"), required=True, why='valid values: "OnFailure", "Never"'))
_SELECTOR = obj({"matchLabels": LABELS}, required=True, opaque="it can't be changed")
_NEW_SELECTOR = obj({"matchLabels": LABELS}, required=True)


def _surge(default_surge: Any, default_unavailable: Any) -> Node:
    def rolling(strategy: Json) -> Json | None:
        return {} if strategy.get("type", "RollingUpdate") == "RollingUpdate" else None

    return obj(
        {
            "maxUnavailable": leaf(checks.share, default=default_unavailable),
            "maxSurge": leaf(checks.share, default=default_surge),
        },
        default=rolling,
    )


_COMMON = {"minReadySeconds": NUMBER.but(omitted=True), "revisionHistoryLimit": leaf(checks.whole, default=10)}
_REPLICAS = leaf(checks.whole, default=1)
_PARTITION = obj(
    {"partition": leaf(checks.whole, default=0)},
    default=lambda strategy: {} if strategy.get("type", "RollingUpdate") == "RollingUpdate" else None,
)

SPECS: dict[str, Node] = {
    "apps/deployments": obj(
        {
            **_COMMON,
            "replicas": _REPLICAS,
            "paused": BOOL.but(omitted=True),
            "progressDeadlineSeconds": leaf(checks.positive, default=600),
            "strategy": obj(
                {
                    "type": leaf(checks.only("Recreate|RollingUpdate"), default="RollingUpdate"),
                    "rollingUpdate": _surge("25%", "25%"),
                },
                default={},
            ),
            "selector": _NEW_SELECTOR,
            "template": _ALWAYS,
        }
    ),
    "apps/statefulsets": obj(
        {
            **_COMMON,
            "replicas": _REPLICAS,
            "serviceName": leaf(checks.text, default=""),
            "podManagementPolicy": leaf(checks.word("OrderedReady", "Parallel"), default="OrderedReady"),
            "updateStrategy": obj(
                {
                    "type": leaf(checks.only("OnDelete|RollingUpdate"), default="RollingUpdate"),
                    "rollingUpdate": _PARTITION,
                },
                default={},
            ),
            "persistentVolumeClaimRetentionPolicy": obj(
                {
                    "whenDeleted": leaf(checks.word("Delete", "Retain"), default="Retain"),
                    "whenScaled": leaf(checks.word("Delete", "Retain"), default="Retain"),
                },
                default={},
            ),
            "selector": _NEW_SELECTOR,
            "template": _ALWAYS,
        }
    ),
    "apps/daemonsets": obj(
        {
            **_COMMON,
            "updateStrategy": obj(
                {
                    "type": leaf(checks.only("OnDelete|RollingUpdate"), default="RollingUpdate"),
                    "rollingUpdate": _surge(0, 1),
                },
                default={},
            ),
            "selector": _NEW_SELECTOR,
            "template": _ALWAYS,
        }
    ),
    "apps/replicasets": obj({"replicas": NUMBER, "minReadySeconds": NUMBER.but(omitted=True)}),
    "replicationcontrollers": obj({"replicas": NUMBER}),
    "batch/jobs": obj(
        {
            "suspend": leaf(checks.boolean, default=False),
            "parallelism": leaf(checks.whole, default=1),
            "ttlSecondsAfterFinished": NUMBER,
        }
    ),
    "batch/cronjobs": obj(
        {
            "suspend": leaf(checks.boolean, default=False),
            "schedule": leaf(checks.only(CRON), required=True),
            "concurrencyPolicy": leaf(checks.word("Allow", "Forbid", "Replace"), default="Allow"),
            "successfulJobsHistoryLimit": leaf(checks.whole, default=3),
            "failedJobsHistoryLimit": leaf(checks.whole, default=1),
            "startingDeadlineSeconds": NUMBER,
            "jobTemplate": obj(
                {
                    "metadata": obj({"labels": LABELS, "annotations": ANNOTATIONS}, default={}),
                    "spec": obj(
                        {
                            "template": _OF_JOBS,
                            "backoffLimit": NUMBER,
                            "suspend": BOOL,
                            "activeDeadlineSeconds": NUMBER,
                        },
                        required=True,
                    ),
                },
                required=True,
            ),
        }
    ),
    "autoscaling/horizontalpodautoscalers": obj(
        {"minReplicas": leaf(checks.positive, default=1), "maxReplicas": leaf(checks.positive, required=True)}
    ),
    "nodes": obj(
        {
            "unschedulable": BOOL.but(omitted=True),
            "taints": list_of(
                obj(
                    {
                        "key": leaf(
                            checks.only(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?"),
                            required=True,
                        ),
                        "value": leaf(checks.only(r"([A-Za-z0-9]([-\w.]*[A-Za-z0-9])?)?"), omitted=True),
                        "effect": leaf(checks.only("NoSchedule|PreferNoSchedule|NoExecute"), required=True),
                    }
                )
            ),
        }
    ),
    "services": obj({"selector": LABELS}),
    "namespaces": obj({}),
    "pods": obj({"containers": list_of(obj({"image": leaf(checks.filled, required=True)}), "name")}),
}
"""The specs by resource. A field that is not here can't be changed in a dry run; of some only a few are."""

NEW_SPECS: dict[str, Node] = {
    **{key: SPECS[key] for key in ("apps/deployments", "apps/statefulsets", "apps/daemonsets", "namespaces")},
    "batch/jobs": obj(
        {
            "completions": leaf(checks.whole, default=lambda spec: None if "parallelism" in spec else 1),
            "parallelism": leaf(checks.whole, default=1),
            "backoffLimit": leaf(checks.whole, default=6),
            "activeDeadlineSeconds": leaf(checks.positive),
            "ttlSecondsAfterFinished": NUMBER,
            "manualSelector": leaf(checks.boolean, default=False),
            "completionMode": leaf(checks.only("NonIndexed"), default="NonIndexed"),
            "suspend": leaf(checks.boolean, default=False),
            "podReplacementPolicy": leaf(checks.only("TerminatingOrFailed"), default="TerminatingOrFailed"),
            "template": _OF_JOBS,
        }
    ),
}
"""The built-in kinds of which all defaults are here, so that a new object is known wholly."""
