"""The systems that blocks may reach, each with the way to it: a replay of the recording, or the live APIs.

Of a recording there are no web pages and no logs: what asks for them is told so, and its block could not be tested.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from truebook.errors import ConfigError
from truebook.guard.request import Facts, Refuse
from truebook.guard.server import Route, plain
from truebook.guard.systems import SYSTEMS
from truebook.guard.upstream import Upstream
from truebook.model import Inventory
from truebook.pipeline import State
from truebook.settings import Settings

NO_PAGES = "a recording holds no web pages"


@contextmanager
def routes(state: State, inventory: Inventory, settings: Settings, directory: Path) -> Iterator[dict[str, Route]]:
    """Each system and its upstream, as long as the context lasts. `directory` takes files. Raises TruebookError."""
    facts = Facts(hosts=known_hosts(inventory), directory=directory)
    if not state.replayed:
        yield _live(settings, facts)
        return
    from truebook.replay import serve

    with serve.start(state.recording, directory=directory / "replay") as replay:
        found = {name: Route(SYSTEMS[name](facts), plain(url)) for name, url in replay.urls.items()}
        web = replace(SYSTEMS["http"](facts), decide=lambda request: Refuse(503, NO_PAGES), connect=_no_pages)
        yield {**found, "http": Route(web, plain("http://127.0.0.1:9"))}


def _no_pages(authority: str) -> Refuse:
    return Refuse(503, NO_PAGES)


def known_hosts(inventory: Inventory) -> frozenset[str]:
    """`host` or `host:port` of each URL that a component has."""
    hosts = set()
    for component in inventory.components:
        for key in ("url", "urls"):
            value = component.get(key)
            for url in value if isinstance(value, tuple) else (value,):
                if isinstance(url, str) and url.startswith(("http://", "https://")):
                    hosts.add(urlsplit(url).netloc.rpartition("@")[2].lower())
    return frozenset(hosts - {""})


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
    if os.environ.get("VAULT_ADDR"):
        found["vault"] = _vault(os.environ)
    found["http"] = Upstream(httpx.AsyncClient(trust_env=False))
    return {name: Route(SYSTEMS[name](facts), upstream) for name, upstream in found.items()}


def _argocd(settings: Settings) -> Upstream:
    ours = settings.argocd
    assert ours.url is not None

    def headers() -> Mapping[str, str]:
        token = os.environ.get(ours.token_env, "").strip()
        if ours.token_file is not None:
            try:
                token = ours.token_file.expanduser().read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"argocd.token_file can't be read: {ours.token_file}", path=settings.path) from error
        return {"Authorization": f"Bearer {token}"} if token else {}

    client = httpx.AsyncClient(base_url=ours.url.rstrip("/"), verify=_tls(ours.ca_file, settings.path))
    return Upstream(client, headers)


def _vault(environment: Mapping[str, str]) -> Upstream:
    """Vault as its own command finds it."""
    authority = environment.get("VAULT_CACERT")
    verify = _tls(Path(authority) if authority else None, None)
    token, namespace = environment.get("VAULT_TOKEN", ""), environment.get("VAULT_NAMESPACE", "")
    fixed = {"X-Vault-Token": token} if token else {}
    fixed |= {"X-Vault-Namespace": namespace} if namespace else {}
    return Upstream(httpx.AsyncClient(base_url=environment["VAULT_ADDR"].rstrip("/"), verify=verify), lambda: fixed)


def _tls(authority: Path | None, where: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        if authority is not None:
            context.load_verify_locations(authority.expanduser())
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificate authority can't be read: {authority}", path=where) from error
    return context
