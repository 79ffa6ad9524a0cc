"""What a pod's spec refers to: variables that hold URLs, Secrets, ConfigMaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.inventory import look
from truebook.inventory.look import Step

_CONTAINERS = ("containers", "initContainers")
_KEPT = "GF_AUTH_GENERIC_OAUTH_"
"""Variables that are kept whatever they hold: they go with one that holds a URL."""


def variables(pod: Any, path: tuple[Step, ...]) -> Iterator[tuple[str, str, tuple[Step, ...]]]:
    """(name, value, path to the value) of what the containers are started with, but for what is no URL."""
    for kind in _CONTAINERS:
        for number, container in look.entries(pod, kind):
            for index, entry in look.entries(container, "env"):
                name, value = look.text(entry, "name"), look.text(entry, "value")
                if value and ("://" in value or name.startswith(_KEPT)):
                    yield name, value, (*path, kind, number, "env", index, "value")


def secrets(pod: Any, path: tuple[Step, ...]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """(name, path to the name) of each Secret that a container or a volume gets."""
    for kind in _CONTAINERS:
        for number, container in look.entries(pod, kind):
            for key, reference in (("env", ("valueFrom", "secretKeyRef", "name")), ("envFrom", ("secretRef", "name"))):
                for index, entry in look.entries(container, key):
                    name = look.text(entry, *reference)
                    if name:
                        yield name, (*path, kind, number, key, index, *reference)
    for index, volume in look.entries(pod, "volumes"):
        name = look.text(volume, "secret", "secretName")
        if name:
            yield name, (*path, "volumes", index, "secret", "secretName")
        for number, source in look.entries(volume, "projected", "sources"):
            name = look.text(source, "secret", "name")
            if name:
                yield name, (*path, "volumes", index, "projected", "sources", number, "secret", "name")


def configs(pod: Any) -> Iterator[str]:
    """The ConfigMaps that volumes mount."""
    for _, volume in look.entries(pod, "volumes"):
        for found in (volume, *(source for _, source in look.entries(volume, "projected", "sources"))):
            name = look.text(found, "configMap", "name")
            if name:
                yield name
