"""The systems that blocks may reach, each with the way to it: a replay of the recording, or the live APIs.

Of a recording there are the web answers that it holds of the systems' own addresses, and no logs: what asks for more is
told so, and its block could not be tested.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import httpx

from truebook.errors import ConfigError
from truebook.guard import address
from truebook.guard.request import Answer, Decision, Facts, Forward, GuardRequest, Refuse
from truebook.guard.server import Route, plain
from truebook.guard.systems import SYSTEMS
from truebook.guard.upstream import Upstream
from truebook.model import Component, Inventory
from truebook.pipeline import State
from truebook.settings import Settings, SystemSettings

if TYPE_CHECKING:
    from truebook.replay.web import Web

UNRECORDED = 503
"""The status of what a recording does not hold of the web."""


@contextmanager
def routes(state: State, inventory: Inventory, settings: Settings, directory: Path) -> Iterator[dict[str, Route]]:
    """Each system and its upstream, as long as the context lasts. `directory` takes files. Raises TruebookError."""
    near = own_hosts(settings)
    facts = Facts(hosts=known_hosts(inventory, near), near=near, directory=directory)
    if not state.replayed:
        yield _live(settings, facts)
        return
    from truebook.replay import serve
    from truebook.replay.recorded import WORD
    from truebook.replay.web import Web

    web = Web(state.recording, component_systems(inventory))
    # A replay wants a credential of whoever asks for what only an account may see; any will do.
    account = {"Authorization": f"Bearer {WORD}"}
    with serve.start(state.recording, directory=directory / "replay") as replay:
        served = {name: url for name, url in replay.urls.items() if name in SYSTEMS}
        found = {name: Route(SYSTEMS[name](facts), plain(url, account)) for name, url in served.items()}
        system = SYSTEMS["http"](facts)

        def decide(request: GuardRequest) -> Decision:
            return recorded(system.decide(request), web)

        yield {**found, "http": Route(replace(system, decide=decide), plain("http://127.0.0.1:9"))}


def recorded(decision: Decision, web: Web) -> Decision:
    """What is answered from a recording where the live system would be asked. Pure."""
    if not isinstance(decision, Forward):
        return decision
    asked = decision.request
    origin = f"{asked.scheme}://{asked.authority}"
    found = web.answer(asked.method, origin, asked.path, urlencode(asked.query))
    if isinstance(found, str):
        return Refuse(UNRECORDED, found)
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in found.raw_headers)
    return Answer(found.status_code, headers, bytes(found.body), (), "answered from the recording")


def component_systems(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """The URL of each component and the systems whose program it runs."""
    found: dict[str, tuple[str, ...]] = {}
    for component in inventory.components:
        names = component.get("systems")
        if isinstance(names, tuple):
            for url in _urls(component):
                found[url] = (*found.get(url, ()), *names)
    return found


def known_hosts(inventory: Inventory, own: frozenset[str] = frozenset()) -> frozenset[str]:
    """`host` or `host:port` of each URL that a component has. One that means this machine is not among them unless it
    is one of `own`: whoever may write to a cluster must not make the guard read what listens here."""
    hosts = {host for component in inventory.components for url in _urls(component) for host in _host(url)}
    return frozenset(host for host in hosts if host in own or not address.forbidden(_name(host)))


def own_hosts(settings: Settings) -> frozenset[str]:
    """`host` or `host:port` of each URL that the settings name."""
    urls = (settings.argocd.url, *(system.url for system in settings.systems.values()))
    stated = (value for component in settings.components for key, value in component.values.items() if key == "url")
    return frozenset(host for url in (*urls, *stated) if url for host in _host(url))


def _urls(component: Component) -> Iterator[str]:
    for key in ("url", "urls"):
        value = component.get(key)
        for url in value if isinstance(value, tuple) else (value,):
            if isinstance(url, str) and url.startswith(("http://", "https://")):
                yield url


def _host(url: str) -> Iterator[str]:
    """The host of a URL as lists name it, without its user; nothing where there is none."""
    try:
        found = urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return
    if found:
        yield found


def _name(host: str) -> str:
    """`host:port` without the port."""
    bare, colon, port = host.rpartition(":")
    return bare if colon and port.isdigit() and (not bare.count(":") or bare.endswith("]")) else host


def _live(settings: Settings, facts: Facts) -> dict[str, Route]:
    found: dict[str, Upstream] = {}
    if settings.kubernetes.enabled:
        from truebook.state import kubeconfig

        connection = kubeconfig.connect(settings)
        # The guard lives in a loop of its own: it has a client of its own.
        connection.client.close()
        found["kubernetes"] = Upstream(kubeconfig.asynchronous(connection), connection.headers, connection.extensions)
    if settings.argocd.enabled and settings.argocd.url:
        found["argocd"] = _argocd(settings)
    vault = _vault(settings, os.environ)
    if vault is not None:
        found["vault"] = vault
    found["http"] = Upstream(httpx.AsyncClient(trust_env=False), near=facts.near)
    return {name: Route(SYSTEMS[name](facts), upstream) for name, upstream in found.items()}


def _argocd(settings: Settings) -> Upstream:
    ours = settings.argocd
    assert ours.url is not None

    def headers() -> Mapping[str, str]:
        token = _token("argocd", ours.token_file, ours.token_env, settings)
        return {"Authorization": f"Bearer {token}"} if token else {}

    client = httpx.AsyncClient(base_url=ours.url.rstrip("/"), verify=_tls(ours.ca_file, settings.path))
    return Upstream(client, headers)


def _vault(settings: Settings, environment: Mapping[str, str]) -> Upstream | None:
    """Vault where the settings say it is, else as its own command finds it; None without either."""
    ours = settings.systems.get("vault", SystemSettings())
    url = ours.url or environment.get("VAULT_ADDR", "")
    if not ours.enabled or not url:
        return None
    # The settings' Vault is the one that its authority was named for; the environment's may be another.
    authority = environment.get("VAULT_CACERT") if ours.url is None else None
    verify = _tls(ours.ca_file or (Path(authority) if authority else None), settings.path)
    namespace = environment.get("VAULT_NAMESPACE", "")

    def headers() -> Mapping[str, str]:
        token = _token("systems.vault", ours.token_file, ours.token_env or "VAULT_TOKEN", settings)
        found = {"X-Vault-Token": token} if token else {}
        return found | ({"X-Vault-Namespace": namespace} if namespace else {})

    return Upstream(httpx.AsyncClient(base_url=url.rstrip("/"), verify=verify), headers)


def _token(section: str, file: Path | None, variable: str, settings: Settings) -> str:
    """The credential that a file holds, else a variable; empty without either."""
    if file is None:
        return os.environ.get(variable, "").strip()
    try:
        return file.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{section}.token_file can't be read: {file}", path=settings.path) from error


def _tls(authority: Path | None, where: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        if authority is not None:
            context.load_verify_locations(authority.expanduser())
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificate authority can't be read: {authority}", path=where) from error
    return context
