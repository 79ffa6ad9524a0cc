"""Which Application an object belongs to.

1. Its tracking-id annotation, where it names the object itself: operators copy annotations onto what they make.
2. The Application's own list, `status.resources`.
3. The label `app.kubernetes.io/instance`, in the Application's destination namespace: other things carry it too.
4. Its owner by rule 1 or 2: a StatefulSet that an operator made for a custom resource of the Application.

Rules 2 to 4 hold for Applications whose destination is this cluster only.
"""

from __future__ import annotations

from truebook.inventory.application import Application
from truebook.inventory.facts import Facts
from truebook.inventory.objects import INSTANCE, TRACKING, Ref, Thing
from truebook.model import Evidence

_LOCAL_SERVERS = {"https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local"}


class Membership:
    """Answers for one recording's Applications."""

    def __init__(self, facts: Facts) -> None:
        self._by_name: dict[str, list[Application]] = {}
        self._listed: dict[Ref, tuple[Application, int]] = {}
        for application in facts.applications:
            self._by_name.setdefault(application.ref.name, []).append(application)
        local = [a for a in facts.applications if is_local(a, facts)]
        for application in local:
            for ref, (index, _) in application.resources.items():
                self._listed.setdefault(ref, (application, index))
        self._local = {id(application) for application in local}

    def named(self, name: str) -> Application | None:
        """The Application called `name`, `namespace/name`, or `namespace_name` as ArgoCD tracks one outside its
        own namespace. Of several the one in ArgoCD's own namespace."""
        found = self._by_name.get(name, [])
        for mark in "/_":
            namespace, _, rest = name.partition(mark)
            if not found and rest:
                found = [a for a in self._by_name.get(rest, []) if a.ref.namespace == namespace]
        own = [a for a in found if (told := a.text("status", "controllerNamespace")) and told.value == a.ref.namespace]
        return next(iter((*own, *found)), None)

    def listing(self, ref: Ref) -> tuple[Application, Evidence] | None:
        """The Application whose `status.resources` lists the object."""
        found = self._listed.get(ref)
        return None if found is None else (found[0], found[0].listed(found[1]))

    def of(self, thing: Thing) -> tuple[Application, Evidence] | None:
        """The Application that `thing` belongs to, and where that was read."""
        tracked = tracking(thing)
        if tracked is not None:
            application = self.named(tracked)
            evidence = thing.evidence("metadata", "annotations", TRACKING)
            return None if application is None else (application, evidence)
        if thing.ref in self._listed:
            return self.listing(thing.ref)
        labelled = self.named(thing.labels[INSTANCE]) if INSTANCE in thing.labels else None
        if labelled is not None and id(labelled) in self._local and _destination(labelled) == thing.ref.namespace:
            return labelled, thing.evidence("metadata", "labels", INSTANCE)
        for index, owner in enumerate(thing.owners):
            if owner in self._listed:
                return self._listed[owner][0], thing.evidence("metadata", "ownerReferences", index, "name")
        return None


def tracking(thing: Thing) -> str | None:
    """The Application that the tracking-id names, None where it names another object than its own."""
    application, _, named = thing.annotations.get(TRACKING, "").partition(":")
    own = f"{thing.ref.group}/{thing.ref.kind}:{thing.ref.namespace}/{thing.ref.name}"
    return application if application and named == own else None


def is_local(application: Application, facts: Facts) -> bool:
    """Whether it deploys to the cluster that was read. Where no Application object was read there, ArgoCD may
    stand elsewhere and know this cluster by any address."""
    if not facts.applications_are_local:
        return True
    server = application.text("spec", "destination", "server")
    name = application.text("spec", "destination", "name")
    if server is not None:
        return str(server.value).rstrip("/").removesuffix(":443") in _LOCAL_SERVERS
    return name is None or name.value == "in-cluster"


def _destination(application: Application) -> str:
    found = application.text("spec", "destination", "namespace")
    return "" if found is None else str(found.value)
