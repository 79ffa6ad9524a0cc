"""The source `oidc`: what identity providers say of themselves, for each issuer that something signs in with.

Which there are, the other systems say (ArgoCD's and Vault's settings, Authentik's providers, Grafana's configuration,
variables of workloads), and `systems.oidc.issuers`. No credential is sent. The URLs come from a cluster in which many
may write: only https is spoken, and only to hosts that a component has an address at, that lie below `domains`, or that
the settings name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import msgspec

from truebook.errors import ConfigError
from truebook.inventory.discover.answers import Answers
from truebook.inventory.discover.dashboards import config_files
from truebook.inventory.discover.signing_in import MARKS, providers, sign_ins
from truebook.inventory.hosts import covers, near
from truebook.inventory.uses.signing_in import clients, issuer
from truebook.recording import SCHEMA, Cluster, HttpData, Part, Read, Recording
from truebook.redact import excerpt
from truebook.settings import Settings, SystemSettings
from truebook.state.fetch import Fetcher
from truebook.state.source import Context, NotSetUp, Reading
from truebook.state.systems import Ask, Gathered, Shape, client, scalars
from truebook.state.systems.shape import SCALAR

NEEDS = ("vault", "authentik", "grafana", "configmaps")
"""The sources that say who signs in where, beside the first two."""
OPTIONS = ("issuers",)
WELL_KNOWN = "/.well-known/openid-configuration"
LARGEST = 1024 * 1024

_DISCOVERY: Shape = {
    **scalars("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint"),
    **scalars("introspection_endpoint", "revocation_endpoint", "device_authorization_endpoint", "jwks_uri"),
    "code_challenge_methods_supported": [SCALAR],
    "id_token_signing_alg_values_supported": [SCALAR],
    "scopes_supported": [SCALAR],
}
_KEYS: Shape = {"keys": [scalars("kid", "kty", "alg", "use", "crv")]}

_URL = re.compile(r"https://[A-Za-z0-9.\[\]:-]+(/[A-Za-z0-9._~%-]+)*/?", re.ASCII)

Origin = tuple[str, int]
"""Host and port of an https URL."""


def read(context: Context) -> Reading:
    """Ask every issuer. Raises NotSetUp where there is none to ask, SourceError where nothing can be said."""
    named = _named(context.settings)
    found = dict.fromkeys([*named, *_used(context)])
    if not found:
        raise NotSetUp("nothing is known to sign in by OIDC; systems.oidc.issuers may name who is to be asked")
    known = frozenset(_known(context, named))
    refused = {url: _refusal(url, known, context.settings) for url in found}
    asked = [url for url, reason in refused.items() if not reason]
    if not asked:
        raise NotSetUp(f"{excerpt(next(iter(refused)))} is not asked: {next(iter(refused.values()))}")
    gathered = Gathered("oidc", context.progress)
    with ExitStack() as stack:
        hosts = _Hosts(context, stack)
        documents = dict.fromkeys((f"{url.rstrip('/')}{WELL_KNOWN}" for url in asked), _DISCOVERY)
        hosts.ask(gathered, documents, ("issuer", "jwks_uri"))
        keys = dict.fromkeys(_keys(gathered, context.previous, documents))
        refused |= {url: _refusal(url, known, context.settings) for url in keys}
        hosts.ask(gathered, {url: _KEYS for url in keys if not refused[url]}, ("keys",))
    for url, reason in refused.items():
        if reason:
            gathered.add(Read(excerpt(url), "forbidden", reason=f"not asked: {reason}"))
    gathered.reads.sort(key=lambda read: read.what)
    return gathered.reading("", context.previous)


def _keys(gathered: Gathered, previous: Part | None, documents: Iterable[str]) -> Iterator[str]:
    """Where the keys are, by the documents; one that can't be had now has them where it had them before."""
    before = HttpData() if previous is None else msgspec.json.decode(previous.data, type=HttpData)
    for url in documents:
        body = gathered.body(url) or before.json(url)
        keys = body.get("jwks_uri") if isinstance(body, dict) else None
        if isinstance(keys, str):
            yield keys


class _Hosts:
    """The way to each host, within one deadline."""

    def __init__(self, context: Context, stack: ExitStack) -> None:
        self._settings, self._stack = context.settings, stack
        self._timeout = context.settings.systems.get("oidc", SystemSettings()).timeout
        self._end = time.monotonic() + self._timeout
        self._fetchers: dict[Origin, Fetcher] = {}

    def ask(self, gathered: Gathered, urls: dict[str, Shape], require: tuple[str, ...]) -> None:
        """Ask all hosts at once; each answer is kept under its whole URL."""
        asks: dict[Origin, list[Ask]] = {}
        for url, shape in urls.items():
            asks.setdefault(_origin(url), []).append(Ask(urlsplit(url).path, shape, require=require, key=url))
        fetchers = {origin: self._fetcher(origin) for origin in asks}
        with ThreadPoolExecutor(max(1, len(asks)), thread_name_prefix="oidc") as pool:
            list(pool.map(lambda origin: gathered.ask(fetchers[origin], *asks[origin]), asks))

    def _fetcher(self, origin: Origin) -> Fetcher:
        if origin not in self._fetchers:
            host, port = origin
            shown = f"[{host}]" if ":" in host else host
            base = f"https://{shown}{'' if port == 443 else f':{port}'}"
            http = self._stack.enter_context(client(self._settings, "oidc", base))
            left = max(0.1, self._end - time.monotonic())
            self._fetchers[origin] = Fetcher(http, system=f"oidc: {host}", timeout=left, largest=LARGEST)
        return self._fetchers[origin]


def _named(settings: Settings) -> tuple[str, ...]:
    """The issuers of the settings. Raises ConfigError where one is none."""
    ours = settings.systems.get("oidc", SystemSettings())
    urls = ours.listed("issuers")
    for url in urls:
        if _place(url) is None:
            raise ConfigError(
                f"systems.oidc.issuers: not an https URL of an issuer: {excerpt(url)}",
                path=settings.path,
                line=ours.lines.get("issuers"),
            )
    return urls


def _used(context: Context) -> Iterator[str]:
    """The issuers that something signs in with, by all that was read."""
    known = context.known
    if not known.says(*MARKS) and not _told(context.parts):
        return
    joined = known.told(context.parts)
    for used in clients(joined):
        found = issuer(joined, used)
        if found is not None:
            yield str(found.value)


def _told(parts: Mapping[str, Part]) -> bool:
    """Whether any system says that somebody signs in: else no component need be looked for."""
    systems = Recording(SCHEMA, Cluster(), "", {name: part for name, part in parts.items() if name != "kubernetes"})
    argocd, vault, authentik, configmaps = (
        Answers(systems, name) for name in ("argocd", "vault", "authentik", "configmaps")
    )
    said = (*sign_ins(argocd, vault, config_files(configmaps), ()), *providers(authentik))
    return bool(said)


def _known(context: Context, named: Iterable[str]) -> Iterator[Origin]:
    """The hosts that may be asked: of components, and of the settings."""
    systems = (system.url for system in context.settings.systems.values())
    for url in (*named, *systems, context.settings.argocd.url):
        place = _place(url or "")
        if place is not None:
            yield place
    shared = context.known
    for subject in shared.joined.subjects:
        for key in ("url", "urls"):
            found = shared.value(subject, key)
            value = None if found is None else found.value
            for address in value if isinstance(value, tuple) else (value,):
                host = urlsplit(address).hostname if isinstance(address, str) else None
                if host and not near(host):  # a found host must not mean this machine
                    yield host, 443


def _refusal(url: str, known: frozenset[Origin], settings: Settings) -> str:
    """Why a URL is not asked, empty where it is."""
    place = _place(url)
    if place is None:
        return "only a plain https URL is"
    if place in known:
        return ""
    host, port = place
    below = any(covers(f"*.{domain}", host, labels=None) for domain in settings.domains)
    if below and port == 443 and not near(host):
        return ""
    return f"no component has the host {excerpt(host, 80)}; systems.oidc.issuers may name it"


def _place(url: str) -> Origin | None:
    """Host and port of a plain https URL, None for any other."""
    if _URL.fullmatch(url) is None or ".." in url:
        return None
    try:
        return _origin(url)
    except ValueError:
        return None


def _origin(url: str) -> Origin:
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(url)
    return parts.hostname, parts.port or 443
