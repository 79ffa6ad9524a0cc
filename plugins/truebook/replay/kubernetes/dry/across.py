"""Rules of built-in kinds that go across fields. Where the API server's words for a breach are not known here, the dry
run is refused: it would not have been answered with success."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from truebook.replay.kubernetes.dry.problems import (
    Problem,
    cannot_tell,
    forbidden_value,
    invalid_value,
    not_found,
    required,
)

Json = dict[str, Any]
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
ENV_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
AMOUNTS = ("cpu", "memory", "ephemeral-storage")
CHANGEABLE = ("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit")
ALSO_CHANGEABLE = ("persistentVolumeClaimRetentionPolicy", "minReadySeconds")
STATEFUL = (
    f"updates to statefulset spec for fields other than {', '.join(map(repr, CHANGEABLE))}, "
    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
UNITS |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def prepare(found: Json) -> None:
    """Write what stands in two fields into both: a pod's account has a field of old."""
    for spec in _pod_specs(found):
        account = spec.get("serviceAccountName") or spec.get("serviceAccount")
        if account:
            spec["serviceAccountName"] = spec["serviceAccount"] = account


def renamed(problem: Problem) -> Problem:
    """The problem with the path that the API server gives: it leaves `metadata` out of a template's."""
    field = re.sub(r"(template)\.metadata\.(labels|annotations)$", r"\1.\2", problem.field)
    return Problem(field, problem.reason, problem.message)


def check(key: str, old: Json, found: Json) -> Iterator[Problem]:
    """What is wrong with an object of the resource `key` that takes the place of `old` (empty for a new one)."""
    spec, before = found.get("spec"), old.get("spec") or {}
    if not isinstance(spec, dict) or spec == before:
        return
    if key in ("apps/deployments", "apps/statefulsets", "apps/daemonsets"):
        problems = [*_selector(old, spec)]
        immutable = [*_immutable(key, before, spec)] if old else []
        yield from (*immutable, *problems) if key == "apps/daemonsets" else (*problems, *immutable)
        yield from _rollout(key, spec)
    elif key == "autoscaling/horizontalpodautoscalers" and spec.get("minReplicas", 1) > spec.get("maxReplicas", 0):
        raise cannot_tell("spec.minReplicas is more than spec.maxReplicas")
    elif key == "nodes":
        taints = [(taint.get("key"), taint.get("effect")) for taint in spec.get("taints") or ()]
        if len(set(taints)) < len(taints):
            raise cannot_tell("spec.taints has two of one key and effect")
    old_specs = _pod_specs(old)
    claims = {(claim.get("metadata") or {}).get("name") for claim in spec.get("volumeClaimTemplates") or ()}
    for place, pod in enumerate(_pod_specs(found)):
        if place >= len(old_specs) or pod != old_specs[place]:
            yield from _pod(pod, "spec.template.spec" if "template" in spec else "spec", claims)


def _pod_specs(found: Json) -> list[Json]:
    """The spec of a Pod, or of the template in a workload or CronJob."""
    spec = found.get("spec") or {}
    if "jobTemplate" in spec:
        spec = (spec["jobTemplate"] or {}).get("spec") or {}
    spec = (spec["template"] or {}).get("spec") or {} if "template" in spec else spec
    return [spec] if "containers" in spec else []


def _selector(old: Json, spec: Json) -> Iterator[Problem]:
    selector, template = spec.get("selector") or {}, spec["template"]
    labels = (template.get("metadata") or {}).get("labels") or {}
    wanted = selector.get("matchLabels") or {}
    if not set(selector) <= {"matchLabels"}:
        before = ((old.get("spec") or {}).get("template") or {}).get("metadata") or {}
        if not old or labels != (before.get("labels") or {}):
            raise cannot_tell("spec.selector has expressions, which are not matched here")
    elif any(labels.get(name) != value for name, value in wanted.items()):
        yield invalid_value("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    elif not wanted:
        raise cannot_tell("spec.selector is empty")


def _immutable(key: str, before: Json, spec: Json) -> Iterator[Problem]:
    if key == "apps/statefulsets":
        allowed = (*CHANGEABLE, *ALSO_CHANGEABLE)
        if {k: v for k, v in before.items() if k not in allowed} != {k: v for k, v in spec.items() if k not in allowed}:
            yield forbidden_value("spec", STATEFUL)
    elif before.get("selector") != spec.get("selector"):
        yield invalid_value("spec.selector", spec.get("selector"), "field is immutable")


def _rollout(key: str, spec: Json) -> Iterator[Problem]:
    ready, deadline = spec.get("minReadySeconds", 0), spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= ready:
        yield invalid_value("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    strategy = spec.get("strategy") or spec.get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate")
    if rolling is None:
        return
    if strategy.get("type") == "Recreate":
        why = "may not be specified when strategy `type` is 'Recreate'"
        yield forbidden_value("spec.strategy.rollingUpdate", why)
    elif key == "apps/statefulsets" and strategy.get("type") == "OnDelete":
        raise cannot_tell("spec.updateStrategy.rollingUpdate is not allowed with OnDelete")
    shares = [rolling.get(name) for name in ("maxUnavailable", "maxSurge")]
    zero = [share in (0, "0%", "00%", "000%") for share in shares]
    if key == "apps/deployments" and all(zero):
        if shares != [0, 0]:
            raise cannot_tell("a rolling update needs maxUnavailable or maxSurge")
        field = "spec.strategy.rollingUpdate.maxUnavailable"
        yield invalid_value(field, 0, "may not be 0 when `maxSurge` is 0")
    if key == "apps/daemonsets" and zero[0] == zero[1]:
        if not all(zero):
            raise cannot_tell("a DaemonSet's rolling update has maxUnavailable or maxSurge, not both")
        field = "spec.updateStrategy.rollingUpdate.maxUnavailable"
        yield required(field, "cannot be 0 when maxSurge is 0")
    if any(isinstance(share, str) and int(share[:-1]) > 100 for share in shares[:1]):
        raise cannot_tell("maxUnavailable is more than 100%")


def _pod(pod: Json, path: str, claims: set[Any]) -> Iterator[Problem]:
    volumes = pod.get("volumes") or ()
    for volume in volumes:
        if len(volume) > 2:
            raise cannot_tell(f"the volume {volume.get('name')} has two sources")
    names = {volume.get("name") for volume in volumes} | claims
    taken: set[Any] = set()
    for field in ("containers", "initContainers"):
        for index, container in enumerate(pod.get(field) or ()):
            where = f"{path}.{field}[{index}]"
            if container.get("name") in taken:
                raise cannot_tell(f"{where}: there is another container of this name")
            taken.add(container.get("name"))
            for place, mount in enumerate(container.get("volumeMounts") or ()):
                if mount.get("name") not in names:
                    yield not_found(f"{where}.volumeMounts[{place}].name", str(mount.get("name")))
            _container(container, where)
            if field == "initContainers" and any(name.endswith("Probe") for name in container):
                raise cannot_tell(f"{where} has a probe")


def _container(container: Json, where: str) -> None:
    """Raises Refused where a rule is broken."""
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if probe is not None and sum(handler in probe for handler in HANDLERS) != 1:
            raise cannot_tell(f"{where}.{name} has no handler, or two")
        if probe is not None and name != "readinessProbe" and probe.get("successThreshold", 1) != 1:
            raise cannot_tell(f"{where}.{name}.successThreshold is not 1")
    for variable in container.get("env") or ():
        source = variable.get("valueFrom")
        if source is not None and (variable.get("value") or sum(name in source for name in ENV_SOURCES) != 1):
            raise cannot_tell(f"{where}.env: {variable.get('name')} has no source, or two")
    for source in container.get("envFrom") or ():
        if sum(name in source for name in ("configMapRef", "secretRef")) != 1:
            raise cannot_tell(f"{where}.envFrom has an element with no source, or two")
    ports = [port["name"] for port in container.get("ports") or () if port.get("name")]
    if len(set(ports)) < len(ports) or any(not re.search("[a-z]", port) or "--" in port for port in ports):
        raise cannot_tell(f"{where}.ports: a name is taken, or is none")
    _resources(container.get("resources") or {}, where)


def _resources(resources: Json, where: str) -> None:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name in {*limits, *requests} - set(AMOUNTS):
        if "/" not in name:
            raise cannot_tell(f"{where}.resources: {name} is not known here")
    for name in limits.keys() & requests.keys():
        if _amount(requests[name]) > _amount(limits[name]):
            raise cannot_tell(f"{where}.resources: more {name} is requested than its limit")


def _amount(text: Any) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]{0,2})", str(text))
    if found is None or found.group(2) not in UNITS:
        raise cannot_tell(f"the amount {text} is not known here")
    return float(found.group(1)) * UNITS[found.group(2)]
