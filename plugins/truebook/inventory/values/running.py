"""What runs: version, images, workloads and pods."""

from __future__ import annotations

import re
from collections.abc import Iterable

from truebook.inventory import look
from truebook.inventory.facts import Workload
from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.objects import VERSION
from truebook.inventory.programs import PROGRAMS
from truebook.model import Evidence, Value

_TAG = re.compile(r"[^@]*[^/:@]:(?P<tag>\w[\w.-]*)(@.*)?", re.ASCII)
_MOVING = {"latest", "stable", "main", "master", "edge", "nightly"}


def version(subject: Subject, known: Joined) -> Value | None:
    """The tag of the main workload's image (what is asked to run), else its label `app.kubernetes.io/version` (what
    its author says; often left behind at an update), else a tag that names no version, such as `latest`.
    ArgoCD that runs elsewhere says its version itself."""
    main = subject.main
    if main is None:
        return known.facts.argocd.get("version") if subject is known.argocd else None
    tagged = _tag(subject, main)
    if tagged is not None and tagged.value not in _MOVING:
        return tagged
    label = main.labels.get(VERSION)
    return Value(label, main.evidence("metadata", "labels", VERSION)) if label else tagged


def _tag(subject: Subject, main: Workload) -> Value | None:
    """The tag of the container that is called like the component or workload, else of the first."""
    names = (subject.name, main.called, main.ref.name)
    ordered = sorted(main.containers, key=lambda container: container[0] not in names)
    for _, image, path in ordered[:1]:
        found = _TAG.fullmatch(image)
        if found is not None:
            return Value(found["tag"], main.evidence(*path))
    return None


def images(subject: Subject, known: Joined) -> Value | None:
    """The images of the workloads' containers, else those in the Application's summary."""
    found = [(image, w.evidence(*path)) for w in subject.workloads for _, image, path in w.containers]
    if not found and subject.application is not None and subject.whole:
        source, document = subject.application.best("status", "summary", "images")
        evidence = subject.application.evidence(source, "status", "summary", "images")
        found = [(image, evidence) for _, image in look.texts(document, "status", "summary", "images")]
    names = tuple(dict.fromkeys(image for image, _ in found))
    return Value(names, found[0][1]) if found else None


def namespace(subject: Subject, known: Joined) -> Value | None:
    """The main workload's, else that of the workload that the catalog names, else the Application's destination,
    else that of its Ingress or HTTPRoute."""
    if subject.main is not None and subject.main.ref.namespace:
        return Value(subject.main.ref.namespace, subject.main.evidence("metadata", "namespace"))
    if subject.expected is not None:
        return Value(subject.expected.namespace, subject.line("find.workload"))
    if subject.application is not None:
        found = subject.application.text("spec", "destination", "namespace")
        if found is not None:
            return found
    exposed = next((exposure for exposure in subject.exposures if exposure.ref.namespace), None)
    return None if exposed is None else Value(exposed.ref.namespace, exposed.evidence("metadata", "namespace"))


def workloads(subject: Subject, known: Joined) -> Value | None:
    """`Kind namespace/name` of each. The evidence is what joined the main one."""
    if subject.main is None:
        return None
    return Value(tuple(str(workload.ref) for workload in subject.workloads), subject.joined[subject.main.ref])


def ready(subject: Subject, known: Joined) -> Value | None:
    """Ready pods of all workloads that count them."""
    return _sum((w, w.ready, w.ready_field) for w in subject.workloads)


def desired(subject: Subject, known: Joined) -> Value | None:
    """Wanted pods of all workloads that count them."""
    return _sum((w, w.desired, w.desired_field) for w in subject.workloads)


def systems(subject: Subject, known: Joined) -> Value | None:
    """The systems whose programs its workloads run. The evidence is that of the first."""
    found = {name: subject.systems[name] for name in PROGRAMS if name in subject.systems}
    return Value(tuple(found), next(iter(found.values()))) if found else None


def _sum(counts: Iterable[tuple[Workload, int | None, str]]) -> Value | None:
    """The sum; its evidence names all objects and fields that were added."""
    found = [(workload, count, field) for workload, count, field in counts if count is not None]
    if not found:
        return None
    objects = ", ".join(str(workload.ref) for workload, _, _ in found)
    fields = ", ".join(dict.fromkeys(field for _, _, field in found))
    return Value(sum(count for _, count, _ in found), Evidence("kubernetes", objects, fields))
