"""From a recording to the inventory."""

from __future__ import annotations

from truebook.inventory.discover.facts import discover
from truebook.inventory.join.catalog import join
from truebook.inventory.join.subject import Joined, Subject
from truebook.inventory.records import records
from truebook.inventory.relations import relations
from truebook.inventory.values import values
from truebook.model import OTHER, Component, Inventory
from truebook.recording import Recording
from truebook.settings import Settings


def build(recording: Recording, settings: Settings, *, origin: str) -> Inventory:
    """The components, arrows and records of a recording, completed and corrected by the catalog in `settings`.

    `origin` says what the state was read from, for people. Reads no file and no network.
    Raises RecordingError where a part is of another schema; no object, however malformed, is an error.
    """
    return assemble(join(discover(recording), settings), recording, settings, origin=origin)


def assemble(joined: Joined, recording: Recording, settings: Settings, *, origin: str) -> Inventory:
    """As `build`, of what was joined from the recording with the settings already."""
    joined.keep(records(joined))
    components = [_component(subject, joined) for subject in joined.subjects]
    return Inventory(
        cluster=settings.cluster or recording.cluster.name,
        cluster_version=recording.cluster.version,
        recorded_at=recording.recorded_at,
        origin=origin,
        components=tuple(_ordered(components, settings)),
        relations=relations(joined),
        sources=recording.statuses(),
        stale_after=settings.stale_after,
        records=joined.records,
    )


def _component(subject: Subject, joined: Joined) -> Component:
    stated = subject.stated
    discovered_repository = subject.repository is not None and stated is None
    title = subject.homepage("name")
    return Component(
        name=subject.name,
        title=(stated and stated.title) or (str(title.value) if title is not None else subject.name),
        group=_group(joined.argocd if joined.argocd is not None and discovered_repository else subject),
        values=dict(values(subject, joined)),
    )


def _group(subject: Subject) -> str:
    """The catalog's, else the annotation's, else the Application's project."""
    if subject.stated is not None and subject.stated.group:
        return subject.stated.group
    annotated = subject.homepage("group")
    if annotated is not None:
        return str(annotated.value)
    project = None if subject.application is None else subject.application.text("spec", "project")
    return OTHER if project is None or project.value == "default" else str(project.value)


def _ordered(components: list[Component], settings: Settings) -> list[Component]:
    """By group: those of `groups` in that order, then those of the catalog in its order, then by name, `Other` last.
    Within a group the catalog's components in its order, then the discovered by name."""
    stated = [component.group for component in settings.components if component.group]
    groups = {name: place for place, name in enumerate(dict.fromkeys((*settings.groups, *stated)))}
    places = {component.name: place for place, component in enumerate(settings.components)}

    def place(component: Component) -> tuple[int, bool, str, int, str]:
        group = groups.get(component.group, len(groups))
        name = component.group.casefold()
        return group, component.group == OTHER, name, places.get(component.name, len(places)), component.name

    return sorted(components, key=place)
