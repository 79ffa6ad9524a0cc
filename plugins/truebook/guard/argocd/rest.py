"""ArgoCD's REST API: which GETs pass, with which parameters."""

from __future__ import annotations

import re
from dataclasses import replace

from truebook.guard.request import Decision, Forward, GuardRequest, Refuse

STREAM_SECONDS = 30
"""How long a watch lasts at most."""

NEVER_SENT = frozenset(("refresh", "forcerefresh", "nocache", "follow"))
"""Parameters, in lower case, that make ArgoCD write an annotation or work anew, or that never end: taken off."""

_APP = "appNamespace project"
_LIST = "projects project selector repo appNamespace name names fields resourceVersion"
_OBJECT = f"{_APP} namespace resourceName version group kind"
_LOG = f"{_OBJECT} podName container sinceSeconds sinceTime tailLines untilTime filter previous matchCase"

_SHAPES: dict[str, str] = {
    "/healthz": "",
    "/api/version": "",
    "/api/v1/settings": "",
    "/api/v1/settings/plugins": "",
    "/api/v1/session/userinfo": "",
    "/api/v1/account": "",
    "/api/v1/account/*": "",
    "/api/v1/account/can-i/*/*/**": "",
    "/api/v1/applications": _LIST,
    "/api/v1/applications/*": f"{_APP} projects fields resourceVersion",
    "/api/v1/applications/*/resource-tree": f"{_APP} namespace name version group kind",
    "/api/v1/applications/*/managed-resources": f"{_APP} namespace name version group kind fields",
    "/api/v1/applications/*/manifests": f"{_APP} revision revisions sourcePositions",
    "/api/v1/applications/*/events": f"{_APP} resourceNamespace resourceName resourceUID",
    "/api/v1/applications/*/syncwindows": _APP,
    "/api/v1/applications/*/links": f"{_APP} namespace",
    "/api/v1/applications/*/revisions/*/metadata": f"{_APP} sourceIndex versionId",
    "/api/v1/applications/*/revisions/*/chartdetails": f"{_APP} sourceIndex versionId",
    "/api/v1/applications/*/revisions/*/ocimetadata": f"{_APP} sourceIndex versionId",
    "/api/v1/applications/*/resource": _OBJECT,
    "/api/v1/applications/*/resource/actions": _OBJECT,
    "/api/v1/applications/*/resource/links": _OBJECT,
    "/api/v1/applications/*/logs": _LOG,
    "/api/v1/applications/*/pods/*/logs": _LOG,
    "/api/v1/stream/applications": _LIST,
    "/api/v1/stream/applications/*/resource-tree": f"{_APP} namespace name version group kind",
    "/api/v1/applicationsets": "projects selector appsetNamespace",
    "/api/v1/applicationsets/*": "appsetNamespace",
    "/api/v1/applicationsets/*/resource-tree": "appsetNamespace",
    "/api/v1/applicationsets/*/events": "appsetNamespace",
    "/api/v1/projects": "",
    "/api/v1/projects/*": "",
    "/api/v1/projects/*/detailed": "",
    "/api/v1/projects/*/events": "",
    "/api/v1/projects/*/globalprojects": "",
    "/api/v1/projects/*/syncwindows": "",
    "/api/v1/projects/*/links": "",
    "/api/v1/repositories": "repo appProject",
    "/api/v1/repocreds": "url",
    "/api/v1/clusters": "server name id.type id.value",
    "/api/v1/clusters/*": "name id.type",
    "/api/v1/certificates": "hostNamePattern certType certSubType",
    "/api/v1/gpgkeys": "",
    "/api/v1/gpgkeys/*": "",
    "/api/v1/notifications/triggers": "",
    "/api/v1/notifications/services": "",
    "/api/v1/notifications/templates": "",
}
"""Paths (`*` is one segment, `**` any) and the parameters that they take."""


def _pattern(shape: str) -> re.Pattern[str]:
    return re.compile(re.escape(shape).replace(r"\*\*", r".+").replace(r"\*", r"[^/]+"))


_READS = tuple((_pattern(shape), frozenset(names.split())) for shape, names in _SHAPES.items())


def decide(request: GuardRequest) -> Decision:
    """What becomes of a GET or HEAD."""
    if request.body:
        return Refuse(400, "a read has no body")
    allowed = next((names for pattern, names in _READS if pattern.fullmatch(request.path)), None)
    if allowed is None:
        return Refuse(403, f"{request.path} is not a read that the guard knows")
    kept = tuple(pair for pair in request.query if pair[0].lower() not in NEVER_SENT)
    for name, _ in kept:
        if name not in allowed:
            return Refuse(400, f"the parameter {name} is not one that the guard knows for {request.path}")
    stripped = sorted({name for name, _ in request.query} - {name for name, _ in kept})
    reason = f"a read, without {', '.join(stripped)}" if stripped else "a read"
    streamed = request.path.startswith("/api/v1/stream/")
    return Forward(replace(request, query=kept), reason, seconds=float(STREAM_SECONDS) if streamed else None)
