"""The web as far as a recording holds it: by URL, as a client without credentials would see it.

Which URLs lead to which systems, the inventory says; the answers of OpenID Connect providers are recorded by their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from truebook.recording import Recording
from truebook.replay.argocd import ArgoApi
from truebook.replay.recorded import Key, RecordedApi, pairs
from truebook.replay.systems import HOSTS, RECORDED, api

PORTS = {"http": 80, "https": 443}
_ARGOCD_OPEN = frozenset(("/healthz", "/api/version"))


class Web:
    """Answers GET and HEAD of URLs. `systems` maps the URL of a component to the systems that answer there."""

    def __init__(self, recording: Recording, systems: Mapping[str, Iterable[str]]) -> None:
        self._sites: list[tuple[str, str, RecordedApi]] = []
        self._argocd: list[tuple[str, str]] = []
        for url, names in systems.items():
            place = _origin(url), urlsplit(url).path.rstrip("/")
            for name in names:
                found = api(name, recording) if name in RECORDED else None
                if found is not None:
                    self._sites.append((*place, found))
                elif name == "argocd":
                    self._argocd.append(place)
        for name in HOSTS:
            for origin in sorted({Key.of(written).origin for written in recording.http(name).answers}):
                found = api(name, recording, origin)
                if found is not None:
                    self._sites.append((_origin(origin), "", found))
        self._api = ArgoApi(recording)

    def answer(self, method: str, origin: str, path: str, query: str = "") -> Response | str:
        """The answer to a request (`origin` is `https://host` or `https://host:port`, `path` is decoded), or why there
        is none."""
        place = _origin(origin)
        reasons = []
        for inner, found in self._at(place, path):
            answer = found.held(Key(method, found.origin, inner, pairs(query)), credential=False)
            if isinstance(answer, Response):
                return answer
            reasons.append(answer)
        for known, prefix in self._argocd:
            inner = path.removeprefix(prefix)
            if known == place and path.startswith(prefix) and inner in _ARGOCD_OPEN and method == "GET" and not query:
                answer = self._argocd_answer(inner)
                if answer.status_code == 200:
                    return answer
        shown = origin.removesuffix(f":{PORTS.get(origin.partition(':')[0], 0)}")
        return reasons[0] if reasons else f"a recording holds no web pages, nor {method} {shown}{path}"

    def _at(self, place: str, path: str) -> Iterator[tuple[str, RecordedApi]]:
        """The systems at an origin whose prefix a path has, each with the path that it sees."""
        for known, prefix, found in self._sites:
            if known == place and (path == prefix or path.startswith(f"{prefix}/")):
                yield path.removeprefix(prefix) or "/", found

    def _argocd_answer(self, path: str) -> Response:
        """ArgoCD's answer to strangers."""
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        return self._api.answer(Request(scope))


def _origin(url: str) -> str:
    """`https://HOST./path` → `https://host:443`."""
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    return f"{parts.scheme}://{(parts.hostname or '').removesuffix('.')}:{port}"
