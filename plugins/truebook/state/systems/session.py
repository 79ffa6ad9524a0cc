"""A system that was found, open to be asked."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from truebook.errors import ConfigError
from truebook.settings import Settings, SystemSettings
from truebook.state import kubeconfig
from truebook.state.fetch import Fetcher
from truebook.state.source import Context, Reading
from truebook.state.systems import credentials
from truebook.state.systems.asking import Ask, Gathered
from truebook.state.systems.finding import Place, find


@dataclass(frozen=True, slots=True)
class System:
    """What is particular to a system. `ports` are the names and numbers of its Service's port, the best first;
    `variable` is where its credential is looked for when the settings name no other place, `headers` is how it is
    sent. `credential` looks for it in another way, `sign` sends it in another way; both give the words for the place.
    """

    name: str
    ports: tuple[str | int, ...]
    variable: str
    headers: Callable[[str], Mapping[str, str]] = credentials.bearer
    credential: Callable[[Settings, str, str], tuple[str, str]] = credentials.token
    sign: Callable[[str], httpx.Auth] | None = None


class Session(Gathered):
    """The answers of a system, and the way to ask for more. `denied` says why closed questions are not put, empty
    where they are."""

    def __init__(self, context: Context, system: System, place: Place, fetcher: Fetcher, denied: str) -> None:
        super().__init__(system.name, context.progress)
        self.place, self.denied = place, denied
        self._context, self._fetcher = context, fetcher

    def put(self, *asks: Ask) -> None:
        """Put the questions, those that need a credential where there is one."""
        closed = tuple(ask for ask in asks if ask.closed) if self.denied else ()
        self.ask(self._fetcher, *(ask for ask in asks if ask not in closed))
        self.refuse(*closed, reason=self.denied)

    def read(self) -> Reading:
        """All that was answered; see `Gathered.reading`."""
        return self.reading(self.place.url, self._context.previous)


@contextmanager
def connect(context: Context, system: System) -> Iterator[Session]:
    """Find the system and open it, for as long as the context lasts. Raises what `find` raises."""
    place = find(context, system.name, system.ports)
    ours = context.settings.systems.get(system.name, SystemSettings())
    credential, origin = system.credential(context.settings, system.name, system.variable)
    denied = _denied(place, system.name, credential, origin)
    options: dict[str, Any] = {"system": system.name, "timeout": ours.timeout}
    with ExitStack() as stack:
        if place.proxy:
            # The cluster's own credentials go to the API server, and nothing of the system's.
            connection = kubeconfig.connect(context.settings)
            http = stack.enter_context(connection.client)
            options |= {"headers": connection.headers, "extensions": connection.extensions, "prefix": place.proxy}
        else:
            http = stack.enter_context(client(context.settings, system.name, place.url))
            if not denied and system.sign is not None:
                http.auth = system.sign(credential)
            elif not denied:
                options["headers"] = lambda: system.headers(credential)
        yield Session(context, system, place, Fetcher(http, **options), denied)


def client(settings: Settings, name: str, url: str) -> httpx.Client:
    """An HTTP client of a server of the system `name`, that trusts the authority which its settings name too.
    Raises ConfigError where that can't be read."""
    ours = settings.systems.get(name, SystemSettings())
    # To load the authorities takes longer than a system in the same rack takes to answer.
    verify = ssl.create_default_context() if url.startswith("https:") or ours.ca_file is not None else None
    try:
        if verify is not None and ours.ca_file is not None:
            verify.load_verify_locations(ours.ca_file.expanduser())
    except OSError as error:  # an SSLError too
        said = "no PEM certificates" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(
            f"systems.{name}.ca_file can't be read: {said}: {ours.ca_file}", path=settings.path, line=ours.line or None
        ) from error
    return httpx.Client(
        base_url=url, verify=verify if verify is not None else False, headers={"User-Agent": "truebook"}
    )


def _denied(place: Place, name: str, credential: str, origin: str) -> str:
    """Why a credential is not sent, empty where it is."""
    if not credential:
        return f"no credential in {origin}"
    if place.proxy:
        return f"its own credential is not sent through the API server; set systems.{name}.url"
    if not place.named:
        return (
            f"it was discovered, and a credential goes only where the settings say; set systems.{name}.url or component"
        )
    return ""
