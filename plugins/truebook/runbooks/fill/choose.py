"""Values from the inventory: one component, in one namespace, answers for all of a block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from truebook.model import Component, Evidence, Inventory
from truebook.runbooks.fill.facts import Facts, Named, is_safe
from truebook.runbooks.fill.roles import Wish

_WORKLOADS = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet", "cronjob": "CronJob"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A value and where it was read."""

    value: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Subject:
    """A component in one of its namespaces."""

    component: Component
    namespace: str


def choose(
    wishes: Mapping[str, Sequence[Wish]], *, inventory: Inventory, facts: Facts, page_component: str | None
) -> dict[str, Choice]:
    """A value for each placeholder that the cluster has one for; all from one component where that can be.

    The page's own component comes first, then healthy ones, those with the most answers, those whose things bear
    their names, and the order of the inventory.
    """
    if not wishes:
        return {}
    best: dict[str, Choice] = {}
    best_rank: tuple[int, ...] | None = None
    for place, component in enumerate(inventory.components):
        for subject in _subjects(component):
            found = _answers(wishes, subject, inventory, facts)
            natural = _natural(wishes, found, component)
            own = component.name != page_component
            rank = (len(wishes) - len(found), own, _unwell(component), -natural, place)
            if found and (best_rank is None or rank < best_rank):
                best, best_rank = found, rank
    if best_rank is None:
        # Nothing of a component's is asked for, or there are none: nodes, namespaces and the like still have names.
        return _answers(wishes, None, inventory, facts)
    return best


def _natural(wishes: Mapping[str, Sequence[Wish]], found: Mapping[str, Choice], component: Component) -> int:
    """How many things bear the component's name; a namespace that does so says nothing."""
    names = (component.name, component.text("application"))
    return sum(
        choice.value in names
        for text, choice in found.items()
        if not any(wish.role == "namespace" for wish in wishes[text])
    )


def _subjects(component: Component) -> Iterator[Subject]:
    spaces = [component.text("namespace"), *(one.namespace for one in _workloads(component))]
    for namespace in dict.fromkeys(spaces):
        yield Subject(component, namespace)


def _answers(
    wishes: Mapping[str, Sequence[Wish]], subject: Subject | None, inventory: Inventory, facts: Facts
) -> dict[str, Choice]:
    found: dict[str, Choice] = {}
    pods: list[Named] = []
    # Pods before containers, as a container is one of the pod that was chosen.
    for name, asked in sorted(wishes.items(), key=lambda item: any(wish.role == "container" for wish in item[1])):
        common: dict[str, Choice] | None = None
        for wish in asked:
            options = {
                choice.value: choice
                for choice in _options(wish, subject, inventory, facts, pods)
                if is_safe(choice.value)
            }
            common = options if common is None else {value: common[value] for value in common if value in options}
        if common:
            found[name] = next(iter(common.values()))
            pods += [pod for pod in facts.of("pods") if pod.name == found[name].value]
    return found


def _options(
    wish: Wish, subject: Subject | None, inventory: Inventory, facts: Facts, pods: Sequence[Named]
) -> Iterator[Choice]:
    """All values that would do, the best first."""
    if wish.of:
        component = inventory.component(wish.of)
        if component is None:
            return
        subject = next((one for one in _subjects(component) if wish.namespace in ("", one.namespace)), None)
    if wish.role == "node":
        yield from _objects(facts.of("nodes"))
    elif subject is None:
        yield from _of_nobody(wish, facts)
    elif wish.namespace in ("", subject.namespace) or wish.role in ("app", "component", "host", "url"):
        yield from _of_subject(wish.role, subject, facts, pods)


def _of_nobody(wish: Wish, facts: Facts) -> Iterator[Choice]:
    """What has a name without a component: namespaces, and the things of the namespace that the command says."""
    kind = "namespaces" if wish.role == "namespace" else wish.role.removeprefix("kind:")
    named = wish.namespace or kind == "namespaces"
    yield from _objects(
        one for one in facts.of(kind) if one.namespace == wish.namespace and (named or not one.namespace)
    )


def _of_subject(role: str, subject: Subject, facts: Facts, pods: Sequence[Named]) -> Iterator[Choice]:
    component, namespace = subject.component, subject.namespace
    if role == "namespace":
        yield from _namespace(subject)
    elif role == "app":
        yield from _value(component, "application")
    elif role == "component":
        yield Choice(component.name, Evidence("catalog", component.name, "name"))
    elif role in _WORKLOADS or role == "workload":
        yield from _objects(_own_workloads(subject, _WORKLOADS.get(role, "")), _evidence(component, "workloads"))
    elif role == "pod":
        yield from _objects(_own_pods(subject, facts))
    elif role == "container":
        chosen = [pod for pod in pods if pod.namespace == namespace] or _own_pods(subject, facts)
        for pod in chosen[:1]:
            for container in pod.containers:
                yield Choice(container, Evidence("kubernetes", str(pod), "spec.containers"))
    elif role.startswith("label:"):
        key = role.removeprefix("label:")
        for pod in _own_pods(subject, facts):
            if key in pod.labels:
                yield Choice(pod.labels[key], Evidence("kubernetes", str(pod), f"metadata.labels.{key}"))
    elif role in ("host", "url"):
        for choice in _value(component, "url"):
            yield Choice(urlsplit(choice.value).netloc, choice.evidence) if role == "host" else choice
    elif role in ("service", "ingress", "pvc", "job", "replicaset") or role.startswith("kind:"):
        yield from _objects(_near(facts.of(role.removeprefix("kind:")), subject))


def _namespace(subject: Subject) -> Iterator[Choice]:
    component, namespace = subject.component, subject.namespace
    key = "namespace" if namespace == component.text("namespace") else "workloads"
    if namespace and (evidence := _evidence(component, key)) is not None:
        yield Choice(namespace, evidence)


def _value(component: Component, key: str) -> Iterator[Choice]:
    if text := component.text(key):
        yield Choice(text, component.values[key].evidence)


def _evidence(component: Component, key: str) -> Evidence | None:
    found = component.values.get(key)
    return None if found is None else found.evidence


def _objects(things: Iterable[Named], evidence: Evidence | None = None) -> Iterator[Choice]:
    for thing in things:
        yield Choice(thing.name, evidence or Evidence("kubernetes", str(thing), "metadata.name"))


def _workloads(component: Component) -> list[Named]:
    """Those of the inventory, which says them as `Kind namespace/name`."""
    written = component.get("workloads")
    found = []
    for text in written if isinstance(written, tuple) else ():
        kind, _, place = text.partition(" ")
        namespace, slash, name = place.partition("/")
        if slash:
            found.append(Named(kind, namespace, name))
    return found


def _own_workloads(subject: Subject, kind: str) -> list[Named]:
    """Those in the namespace, of one kind or of any; the one that bears the component's name first."""
    names = (subject.component.name, subject.component.text("application"))
    found = [w for w in _workloads(subject.component) if w.namespace == subject.namespace and kind in ("", w.kind)]
    return sorted(found, key=lambda one: (one.kind == "CronJob", one.name not in names))


def _own_pods(subject: Subject, facts: Facts) -> list[Named]:
    """Pods of the component's workloads: of its main one first, healthy before unhealthy."""
    order = {str(one): place for place, one in enumerate(_own_workloads(subject, ""))}
    own = [pod for pod in facts.of("pods") if pod.owner in order]
    return sorted(own, key=lambda pod: (not pod.healthy, order[pod.owner], pod.name))


def _near(things: Sequence[Named], subject: Subject) -> list[Named]:
    """Objects in the namespace: those with the component's name, those that start with it, then any of them.

    Those of no namespace count by their name only.
    """
    name = subject.component.name
    workloads = {one.name for one in _own_workloads(subject, "")}

    def distance(one: Named) -> int:
        if one.name == name:
            return 0
        return 1 if one.name.startswith(f"{name}-") or one.name in workloads else 2

    here = [one for one in things if one.namespace == subject.namespace or not one.namespace]
    return sorted(here, key=lambda one: (distance(one), not one.healthy, one.name))


def _unwell(component: Component) -> int:
    """0 for a component that is well and as Git says, more the worse it is; 2 where nothing is known."""
    health, sync = component.text("health"), component.text("sync")
    if not health:
        ready, desired = component.get("ready"), component.get("desired")
        return 2 if desired is None else 1 if ready == desired else 3
    if health != "Healthy":
        return 3
    return 0 if sync in ("Synced", "") else 1
