"""What the records of a component come to: counts of targets and alerts, paths of secrets, dashboards."""

from __future__ import annotations

from truebook.inventory.join.subject import Joined, Subject
from truebook.model import Evidence, Record, Value


def targets(subject: Subject, known: Joined) -> Value | None:
    """How many targets of this component Prometheus has; of Prometheus itself: all that it has."""
    found = _of(subject, known, "target", whole="prometheus")
    return _counted(found, "health")


def targets_up(subject: Subject, known: Joined) -> Value | None:
    """How many of these are up; the evidence is one that isn't."""
    found = _of(subject, known, "target", whole="prometheus")
    if not found:
        return None
    down = [record for record in found if record.get("health") != "up"]
    return Value(len(found) - len(down), (down or found)[0].values["health"].evidence)


def alerts_firing(subject: Subject, known: Joined) -> Value | None:
    """How many alerts of this component fire and are not silenced; of Alertmanager itself: of all."""
    return _alerts(subject, known, "firing")


def alerts_silenced(subject: Subject, known: Joined) -> Value | None:
    """How many are silenced."""
    return _alerts(subject, known, "silenced")


def _alerts(subject: Subject, known: Joined, state: str) -> Value | None:
    """None where nobody was asked, or nothing watches the component: no alert is then no good news."""
    asked = known.facts.told.alerts_were_read
    if asked is None:
        return None
    mine = _of(subject, known, "alert", whole="alertmanager")
    watched = known.system("alertmanager") is subject or any(_of(subject, known, kind) for kind in ("target", "rule"))
    found = [record for record in mine if record.get("state") == state]
    if found:
        return _counted(found, "state")
    return Value(0, asked) if watched or mine else None


def rules(subject: Subject, known: Joined) -> Value | None:
    """How many alerting rules Prometheus has, or the cluster declares for it; of another component: those about it."""
    found = _of(subject, known, "rule", whole="prometheus")
    return _counted(found, "alertname")


def secret_paths(subject: Subject, known: Joined) -> Value | None:
    """The paths in Vault that it gets; never what is there."""
    return _texts(_of(subject, known, "secret"), "path")


def sso(subject: Subject, known: Joined) -> Value | None:
    """The component or host that it signs in through."""
    return next((r.values["provider"] for r in _of(subject, known, "oidc_client") if "provider" in r.values), None)


def dashboards(subject: Subject, known: Joined) -> Value | None:
    """The titles of the dashboards about it."""
    return _texts(_of(subject, known, "dashboard"), "title")


def _of(subject: Subject, known: Joined, kind: str, *, whole: str = "") -> list[Record]:
    """The component's records of a kind; all of them for the component that is the system `whole`."""
    everything = whole and known.system(whole) is subject
    return known.records_of(kind, None if everything else subject.name)


def _counted(found: list[Record], key: str) -> Value | None:
    """How many have the value; the evidence is that of the first."""
    values = [record.values[key] for record in found if key in record.values]
    return Value(len(values), values[0].evidence) if values else None


def _texts(found: list[Record], key: str) -> Value | None:
    """The different texts; the evidence is that of the first."""
    values: dict[str, Evidence] = {}
    for record in found:
        if key in record.values:
            values.setdefault(record.text(key), record.values[key].evidence)
    return Value(tuple(values), next(iter(values.values()))) if values else None
