"""The sources: one file each, one line in `SOURCES`.

A source is a callable that reads one live system and says what it read. It raises a `SourceError` where it
can say nothing at all; what is merely missing or not permitted goes into `Reading.reads`.
"""

from __future__ import annotations

from dataclasses import fields

from truebook.errors import ConfigError
from truebook.settings import Settings, SystemSettings
from truebook.settings.reader import nearest, short
from truebook.state.known import FIRST
from truebook.state.source import Context, NotSetUp, Reader, Reading, Source
from truebook.state.sources import (
    alertmanager,
    argocd,
    authentik,
    certificates,
    configmaps,
    git,
    grafana,
    kubernetes,
    loki,
    minio,
    oidc,
    prometheus,
    vault,
)

__all__ = ["SOURCES", "Context", "NotSetUp", "Reader", "Reading", "Source", "check"]


def _system(name: str, read: Reader, *needs: str, options: tuple[str, ...] = ()) -> Source:
    """A source whose settings stand below `systems`. It sees where the others are."""

    def enabled(settings: Settings) -> bool:
        return settings.systems.get(name, SystemSettings()).enabled

    return Source(read, enabled, (*FIRST, *needs), system=True, options=options)


SOURCES: dict[str, Source] = {
    "kubernetes": Source(kubernetes.read, lambda settings: settings.kubernetes.enabled),
    "argocd": Source(argocd.read, lambda settings: settings.argocd.enabled),
    "git": Source(git.read, lambda settings: settings.git.enabled, needs=FIRST),
    "vault": _system("vault", vault.read),
    "authentik": _system("authentik", authentik.read),
    "prometheus": _system("prometheus", prometheus.read),
    "alertmanager": _system("alertmanager", alertmanager.read),
    "grafana": _system("grafana", grafana.read),
    "configmaps": _system("configmaps", configmaps.read),
    "oidc": _system("oidc", oidc.read, *oidc.NEEDS, options=oidc.OPTIONS),
    "loki": _system("loki", loki.read),
    "minio": _system("minio", minio.read, options=minio.OPTIONS),
    "certificates": _system("certificates", certificates.read),
}


WORDS = tuple(word.name for word in fields(SystemSettings) if word.name not in ("options", "line", "lines"))
"""What may be said of every system."""


def check(settings: Settings) -> None:
    """Raise ConfigError, each line with `path:line`, where `systems` names what no source knows."""
    known = {name: source for name, source in SOURCES.items() if source.system}
    problems = []
    for name, system in settings.systems.items():
        if name not in known:
            hint = f"it has a section of its own, `{name}`" if name in SOURCES else nearest(name, known)
            problems.append((system.line, f"systems: unknown system {short(name)} ({hint})"))
            continue
        for word in system.options.keys() - set(known[name].options):
            said = f"systems.{name}: unknown option {short(word)} ({nearest(word, [*known[name].options, *WORDS])})"
            problems.append((system.lines.get(word, system.line), said))
    if problems:
        (line, first), *others = sorted(problems)
        message = "\n".join([first, *(f"{settings.path}:{number}: {said}" for number, said in others)])
        raise ConfigError(message, path=settings.path, line=line)
