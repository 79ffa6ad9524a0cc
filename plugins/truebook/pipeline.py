"""The flow, top-down: settings → state → inventory.

State is read once, from the first of these that there is:

1. the recording that the user names (an option, or the variable TRUEBOOK_RECORDING);
2. the cluster of the kubeconfig that the user names or has;
3. the recording of the embedded homelab, which comes with truebook.

What was read live is kept in a file beside the configuration, so that a source that fails at the next reading
leaves its last good part in place, marked stale.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from truebook import recording as recordings
from truebook import settings as configuration
from truebook.errors import ConfigError, RecordingError, SourceError
from truebook.model import Inventory, SourceStatus
from truebook.recording import SWITCHED_OFF, Recording
from truebook.redact import printable
from truebook.settings import Settings, SystemSettings

VARIABLE = "TRUEBOOK_RECORDING"
EMBEDDED_NAME = "the embedded homelab"
EMBEDDED = Path(__file__).parent / "embedded" / "homelab.json"

Progress = Callable[[str, str, int], None]
"""`progress(source, what, count)`: `count` things of `what` are read so far. When a source is done, `what` is empty and
`count` is 1 where it is fresh, else 0. Called from several threads."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where state comes from. `text` says it to people; `path` is the recording's, None for a cluster."""

    kind: Literal["recording", "cluster", "embedded"]
    text: str
    path: Path | None = None
    context: str = ""


class State(NamedTuple):
    """What was read, the words for where, and whether it is a replay and no live reading.

    `not_kept` says why a live reading could not be kept for the day on which the cluster cannot be read.
    """

    recording: Recording
    origin: str
    replayed: bool
    not_kept: str = ""


def load_settings(path: Path | None) -> Settings:
    """`truebook.yml`, or what truebook does without one. Raises ConfigError with all that is wrong in it."""
    return configuration.load(path)


def choose_origin(
    settings: Settings, recording: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Origin:
    """Decide where state comes from, without reading it. See the module for the order."""
    if recording is None and environment.get(VARIABLE):
        recording = Path(environment[VARIABLE])
    if recording is not None:
        return Origin("recording", f"recording {recording.name}", recording)
    context = _context(settings)
    if context is not None:
        return Origin("cluster", context, context=context)
    return Origin("embedded", EMBEDDED_NAME, EMBEDDED)


def _context(settings: Settings) -> str | None:
    """The words for the live systems that can be read, None where there are none."""
    if settings.kubernetes.enabled:
        from truebook.state import kubeconfig  # the client takes its time to load; a recording needs none

        context = kubeconfig.available(settings)
        if context is not None:
            return f"the cluster of context {context}"
        return None
    if settings.argocd.enabled and settings.argocd.url:
        return f"ArgoCD at {settings.argocd.url}"
    named = [f"{name} at {url}" for name, url in _stated(settings).items()]
    return ", ".join(named) or None


def _stated(settings: Settings) -> dict[str, str]:
    """The systems whose address the settings name, so that no cluster has to say it, and that address."""
    found = {name: ours.url for name, ours in settings.systems.items() if ours.enabled and ours.url}
    oidc = settings.systems.get("oidc", SystemSettings())
    issuers = oidc.listed("issuers") if oidc.enabled else ()
    return {name: url for name, url in {**found, "oidc": ", ".join(issuers)}.items() if url}


def _why_none(settings: Settings) -> str:
    """Why there are no live systems to read."""
    if not settings.kubernetes.enabled:
        return "the settings switch kubernetes off and name no argocd.url and no system's url"
    from truebook.state import kubeconfig

    return kubeconfig.why_none()


def read_state(
    settings: Settings, recording: Path | None = None, *, progress: Progress | None = None, keep: bool = True
) -> State:
    """Read state from where `choose_origin` says. Never raises for a live system that fails: its part is stale or
    failed. Raises RecordingError for a recording that cannot be read, ConfigError for a wrong kubeconfig.

    `keep` writes a live reading to `last_good(settings, …)`.
    """
    origin = choose_origin(settings, recording)
    if origin.path is not None:
        return State(_recorded(origin), origin.text, replayed=True)
    kept = last_good(settings, origin)
    found = read_live(settings, previous=_previous(kept), progress=progress)
    not_kept = ""
    if keep and any(part.state == "fresh" for part in found.parts.values()):
        try:
            recordings.save(found, kept)
        except RecordingError as error:  # a folder that is only to be read is no reason not to read it
            not_kept = str(error)
    return State(found, origin.text, replayed=False, not_kept=not_kept)


def read_live(settings: Settings, *, previous: Recording | None = None, progress: Progress | None = None) -> Recording:
    """Read the live systems, whatever recordings there are."""
    from truebook.state import collect

    return collect.collect(settings, previous=previous, progress=progress)


def require_live(settings: Settings) -> Origin:
    """The origin of a live reading. Raises ConfigError where there is nothing to read from."""
    context = _context(settings)
    if context is None:
        raise ConfigError(f"there is no cluster to read: {_why_none(settings)}")
    return Origin("cluster", context, context=context)


def _recorded(origin: Origin) -> Recording:
    assert origin.path is not None
    if origin.kind == "embedded" and not origin.path.exists():
        raise RecordingError(
            "there is no cluster to read, and this installation comes without the embedded homelab; "
            f"name a kubeconfig, or a recording by --recording or {VARIABLE}"
        )
    return recordings.load(origin.path)


def last_good(settings: Settings, origin: Origin) -> Path:
    """The file that keeps the last reading of these live systems: one for each, so that no cluster's state is ever
    shown as another's."""
    folder = settings.path.parent if settings.path is not None else Path.cwd()
    stated = [f"{name} {system.url}" for name, system in sorted(settings.systems.items()) if system.url]
    words = "\n".join((origin.context, _cluster(settings)[1], settings.argocd.url or "", *stated))
    key = hashlib.sha256(words.encode()).hexdigest()[:12]
    return folder / ".cache" / "truebook" / f"last-good-{key}.json"


def _cluster(settings: Settings) -> tuple[str, str]:
    """The name that the cluster has here and its server, empty where there is none."""
    if not settings.kubernetes.enabled:
        return settings.cluster or "", ""
    from truebook.state import kubeconfig

    context = kubeconfig.available(settings)
    name, server = kubeconfig.cluster(context) if context is not None else ("", "")
    return settings.cluster or name, server


def takes_over(settings: Settings, before: Recording) -> Recording | None:
    """What of an earlier recording may stand in for a source that fails now: nothing of another cluster, and nothing
    that a system said at another address than that of the settings. None where nothing may."""
    if before.cluster.name != _cluster(settings)[0]:
        return None
    urls = {**_stated(settings), **({"argocd": settings.argocd.url} if settings.argocd.url else {})}
    moved = {name for name, url in urls.items() if name in before.parts and before.http(name).url not in ("", url)}
    return msgspec.structs.replace(before, parts={k: v for k, v in before.parts.items() if k not in moved})


def _previous(path: Path) -> Recording | None:
    """The last good reading. One that cannot be read (an older schema, say) is as good as none."""
    try:
        return recordings.load(path) if path.exists() else None
    except RecordingError:
        return None


def build_inventory(state: State, settings: Settings) -> Inventory:
    """Components and relations from what was read. Pure."""
    from truebook import inventory

    return inventory.build(state.recording, settings, origin=state.origin)


def unwell(statuses: tuple[SourceStatus, ...]) -> list[str]:
    """One line for each source whose state is not of now: `argocd is stale: …`."""
    return [
        printable(
            f"{status.name} {'is stale' if status.state == 'stale' else 'could not be read'}"
            + (f": {status.reason.removeprefix(f'{status.name}: ')}" if status.reason else "")
        )
        for status in statuses
        if status.state in ("stale", "failed")
    ]


def unread(recording: Recording) -> list[str]:
    """One line for each source and reason that something was not there to read: it is no failure, and what pages do
    not show may be missing for it. `kubernetes: not installed: velero.io/backups, velero.io/schedules`. What is not
    set up at all comes first, all that are so for one reason in one line."""
    lines = [
        printable(f"not set up: {', '.join(names)} ({reason})")
        for reason, names in sorted(_not_set_up(recording).items(), key=lambda item: item[1])
    ]
    for name, part in sorted(recording.parts.items()):
        missing = "not installed" if name == "kubernetes" else "not there"
        for state, says in (("forbidden", "not permitted"), ("absent", missing)):
            found = [read for read in part.reads if read.state == state]
            if found:
                reasons = {read.reason.removeprefix(f"{name}: ") for read in found} - {says, ""}
                why = f" ({reasons.pop()})" if len(reasons) == 1 else ""
                lines.append(printable(f"{name}: {says}: {', '.join(read.what for read in found)}{why}"))
    return lines


def _not_set_up(recording: Recording) -> dict[str, list[str]]:
    """Reason → the sources that are absent for it; one that the settings switch off is nobody's loss."""
    found: dict[str, list[str]] = {}
    for name, part in sorted(recording.parts.items()):
        if part.state == "absent" and part.reason != SWITCHED_OFF:
            found.setdefault(part.reason, []).append(name)
    return found


def require_fresh(statuses: tuple[SourceStatus, ...]) -> None:
    """Raise SourceError where a source is stale or failed, for those who asked for strictness."""
    found = unwell(statuses)
    if found:
        raise SourceError("; ".join(found))


def warnings(state: State, settings: Settings) -> list[str]:
    """What the user must be told about the state: sources that are not fresh, and a stand-in for their own."""
    found = unwell(state.recording.statuses())
    name = state.recording.cluster.name
    if state.origin == EMBEDDED_NAME and settings.cluster != name:
        found.insert(
            0,
            f"{_why_none(settings)}, and no recording is named: pages show the embedded homelab, not "
            f"{settings.cluster or 'your cluster'} (name a recording by --recording or {VARIABLE}, "
            f"or set cluster: {name} where the embedded homelab is meant)",
        )
    return found
