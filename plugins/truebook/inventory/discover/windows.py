"""The sync windows of ArgoCD's projects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from truebook.inventory import look
from truebook.inventory.discover.answers import Answers
from truebook.inventory.discover.objects import objects
from truebook.inventory.objects import Ref
from truebook.inventory.told import Place, Window
from truebook.recording import KubernetesData


def windows(argocd: Answers, kubernetes: KubernetesData) -> Iterator[Window]:
    """By ArgoCD's API, else by the AppProjects of the cluster."""
    answer = argocd.like("/api/v1/projects")
    if answer is not None and isinstance(look.at(answer.ok, "items"), list):
        for _, project in look.entries(answer.ok, "items"):
            yield from _of(project, "argocd")
        return
    for project in objects(kubernetes, "argoproj.io/appprojects"):
        yield from _of(project, "kubernetes")


def _of(project: Any, source: str) -> Iterator[Window]:
    name = look.text(project, "metadata", "name")
    ref = Ref("argoproj.io", "AppProject", look.text(project, "metadata", "namespace"), name)
    for index, window in look.entries(project, "spec", "syncWindows") if name else ():
        yield Window(
            Place(source, str(ref), ("spec", "syncWindows", index)),
            name,
            look.text(window, "kind"),
            look.text(window, "schedule"),
            look.text(window, "duration"),
            tuple(text for _, text in look.texts(window, "applications")),
            tuple(text for _, text in look.texts(window, "namespaces")),
            look.text(window, "timeZone"),
        )
