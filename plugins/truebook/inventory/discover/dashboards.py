"""Grafana: data sources and dashboards, by its API, else by the ConfigMaps that provision it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover.answers import Answers
from truebook.inventory.look import Step
from truebook.inventory.objects import Ref
from truebook.inventory.told import Dashboard, DataSource, Place


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file of a ConfigMap, reduced to JSON by the source."""

    config: Ref
    labels: dict[str, str]
    name: str
    place: Place
    data: Any


def config_files(configmaps: Answers) -> list[ConfigFile]:
    """All files of all ConfigMaps that were read, each once."""
    found: dict[tuple[Ref, str], ConfigFile] = {}
    for key in configmaps.asked():
        answer = configmaps.get(key)
        body = None if answer is None else answer.ok
        items: list[Any] = [item for _, item in look.entries(body, "items")] or [body]
        for item in items:
            ref = Ref("", "ConfigMap", look.text(item, "metadata", "namespace"), look.text(item, "metadata", "name"))
            labels = look.strings(item, "metadata", "labels")
            for name, data in look.mapping(item, "data").items() if ref.name else ():
                place = Place("configmaps", str(ref), ("data", name))
                found.setdefault((ref, name), ConfigFile(ref, labels, name, place, data))
    return list(found.values())


def datasources(grafana: Answers, files: list[ConfigFile]) -> Iterator[DataSource]:
    """What Grafana says, else what provisions it."""
    answer = grafana.like("/api/datasources")
    if answer is not None and isinstance(answer.ok, list):
        for index, found in look.entries(answer.ok):
            yield _datasource(found, answer.place(index), "")
        return
    for file in files:
        for index, found in look.entries(file.data, "datasources"):
            yield _datasource(found, file.place.at("datasources", index), file.config.namespace)


def _datasource(found: Any, place: Place, namespace: str) -> DataSource:
    name, kind, url, uid = (look.text(found, key) for key in ("name", "type", "url", "uid"))
    return DataSource(place, name, kind, url, uid, namespace)


def dashboards(grafana: Answers, files: list[ConfigFile]) -> Iterator[Dashboard]:
    """What Grafana says, else what provisions it. Of a provisioned one that Grafana knows too, its ConfigMap is
    named all the same: its owner says which component it belongs to."""
    provisioned = list(_provisioned(files))
    answer = grafana.like("/api/search")
    if answer is None or not isinstance(answer.ok, list):
        yield from provisioned
        return
    configs = {dashboard.uid: dashboard.config for dashboard in provisioned if dashboard.uid}
    for index, found in look.entries(answer.ok):
        uid, title = look.text(found, "uid"), look.text(found, "title")
        if title and look.text(found, "type") in {"", "dash-db"}:
            tags, path = _tags(found), look.text(found, "url")
            folder = look.text(found, "folderTitle")
            yield Dashboard(answer.place(index), uid, title, path, tags, folder, configs.get(uid))


def _provisioned(files: list[ConfigFile]) -> Iterator[Dashboard]:
    for file in files:
        title = look.text(file.data, "title")
        if title:
            uid = look.text(file.data, "uid")
            yield Dashboard(file.place, uid, title, f"/d/{uid}" if uid else "", _tags(file.data), config=file.config)


def _tags(found: Any, *path: Step) -> tuple[str, ...]:
    return tuple(text for _, text in look.texts(found, *path, "tags"))
