"""How the cluster is reached, as kubectl would: by the configuration of the official `kubernetes` client.

kubeconfig files and `KUBECONFIG` lists, contexts, exec plugins (asked again when their token has expired), tokens and
token files, client certificates, basic auth, proxies, `tls-server-name`, `insecure-skip-tls-verify`; in a pod, the
mounted service account. What this module adds is the httpx client, and that nothing fails silently: the official client
only logs an exec plugin's failure.
"""

from __future__ import annotations

import logging
import os
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml

from truebook.errors import ConfigError, Unreachable
from truebook.redact import excerpt
from truebook.settings import Settings

# The official client takes a third of a second to import, so it is imported where a cluster is spoken to.

IN_CLUSTER = "in-cluster"

Client = TypeVar("Client", httpx.Client, httpx.AsyncClient)


@dataclass(frozen=True, slots=True)
class Connection:
    """A client for the API server. `cluster` is its name in the kubeconfig; `headers()` renews credentials."""

    client: httpx.Client
    cluster: str
    context: str
    configuration: Any
    extensions: Mapping[str, object]
    lock: threading.Lock

    def headers(self) -> dict[str, str]:
        """The Authorization header as it is now; an expired token is renewed first, once for all threads."""
        from kubernetes.config import ConfigException

        with self.lock, _loud() as complaints:
            try:
                token = self.configuration.get_api_key_with_prefix("BearerToken")
            except (ConfigException, OSError) as error:
                complaints.append(str(error))
        if complaints:
            raise Unreachable(f"kubernetes: credentials of context '{self.context}': {excerpt(complaints[0])}")
        return {"Authorization": token} if token else {}


def files() -> str:
    """`KUBECONFIG`, else the default file; read at call time, unlike the client's own constant."""
    return os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")


def _exists() -> bool:
    return any(Path(name).expanduser().is_file() for name in files().split(os.pathsep) if name)


def _contexts() -> tuple[list[dict[str, Any]], str | None]:
    """The contexts of the kubeconfig and the current one's name; nothing where there is no kubeconfig."""
    merged = _merged()
    return merged.get("contexts", []), merged.get("current-context") or None


def _entry(merged: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    """The entry of a name in a section, with mappings where it has any."""
    entries: list[dict[str, Any]] = merged.get(section, [])
    found = next((entry for entry in entries if entry.get("name") == name), {})
    return {key: value for key, value in found.items() if isinstance(value, dict)}


def _merged() -> dict[str, Any]:
    """All kubeconfigs as one: the lists of contexts and clusters, and the current context; empty without any."""
    if not _exists():
        return {}
    from kubernetes.config import ConfigException, kube_config

    try:
        merged = kube_config.KubeConfigMerger(files()).config
        if merged is None:
            return {}
        found: dict[str, Any] = {"current-context": merged.value.get("current-context")}
        for section in ("contexts", "clusters"):
            found[section] = [_plain(entry) for entry in merged.value.get(section) or []]
        return found
    except (TypeError, AttributeError, KeyError) as error:
        raise ConfigError("the kubeconfig can't be read: it is not of the shape of one", path=files()) from error
    except (ConfigException, OSError, ValueError) as error:
        raise ConfigError(f"the kubeconfig can't be read: {excerpt(str(error))}", path=files()) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"the kubeconfig is not YAML: {excerpt(str(error))}", path=files()) from error


def _plain(node: Any) -> dict[str, Any]:
    value = getattr(node, "value", node)
    return value if isinstance(value, dict) else {}


def _in_pod() -> bool:
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST") and os.environ.get("KUBERNETES_SERVICE_PORT"))


def available(settings: Settings) -> str | None:
    """The context that would be used: the one named in the settings, else the current one, else `in-cluster`;
    None where this machine knows no cluster. Raises ConfigError for a kubeconfig that can't be read and for a
    context that is not in it."""
    contexts, current = _contexts()
    wanted = settings.kubernetes.context
    if wanted == IN_CLUSTER:
        return IN_CLUSTER
    names = [context.get("name") for context in contexts]
    if wanted is not None:
        if wanted not in names:
            raise ConfigError(
                f"no context '{wanted}' in the kubeconfig; there are: {_listed(names)}", path=settings.path
            )
        return wanted
    if current is not None:
        if current not in names:
            message = f"the current context '{current}' is not in the kubeconfig; there are: {_listed(names)}"
            raise ConfigError(message, path=files())
        return str(current)
    return IN_CLUSTER if _in_pod() else None


def _listed(names: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, names))) or "none"


def why_none() -> str:
    """What to say where `available` found nothing: never that there is no kubeconfig where one is."""
    contexts, _ = _contexts()
    if contexts:
        known = _listed(context.get("name") for context in contexts)
        return f"{files()} has no current context (choose one by kubernetes.context; there are: {known})"
    if _exists():
        return f"{files()} has no contexts"
    if os.environ.get("KUBECONFIG"):
        return f"KUBECONFIG names no file that there is: {files()}"
    return "there is no kubeconfig"


def cluster(context: str) -> tuple[str, str]:
    """The name of a context's cluster, and its server's URL as the kubeconfig has it: two clusters may share the name
    (`default`). Raises ConfigError for a kubeconfig that can't be read."""
    if context == IN_CLUSTER:
        return context, ":".join(os.environ.get(f"KUBERNETES_SERVICE_{word}", "") for word in ("HOST", "PORT"))
    merged = _merged()
    name = str(_entry(merged, "contexts", context).get("context", {}).get("cluster") or context)
    return name, str(_entry(merged, "clusters", name).get("cluster", {}).get("server") or "")


def connect(settings: Settings) -> Connection:
    """A connection to the cluster of the settings. Raises ConfigError for a wrong kubeconfig and Unreachable where
    there is no cluster to speak of or credentials can't be had."""
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, kube_config, load_incluster_config

    context = available(settings)
    if context is None:
        raise Unreachable("kubernetes: no kubeconfig with a current context, and not in a cluster")
    configuration = type.__call__(Configuration)
    # Only the kubeconfig's own `proxy-url`: httpx reads the environment's proxies itself, `NO_PROXY` included.
    configuration.proxy = None
    with _loud() as complaints:
        try:
            if context == IN_CLUSTER:
                load_incluster_config(client_configuration=configuration)
            else:
                kube_config.load_kube_config(
                    config_file=files(), context=context, client_configuration=configuration, persist_config=False
                )
        except (ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            where = None if context == IN_CLUSTER else files()
            raise ConfigError(f"context '{context}': {excerpt(str(error))}", path=where) from error
    if complaints:
        raise Unreachable(f"kubernetes: credentials of context '{context}': {excerpt(complaints[0])}")
    name = configuration.tls_server_name
    return Connection(
        client=_client(configuration),
        cluster=cluster(context)[0],
        context=context,
        configuration=configuration,
        extensions={"sni_hostname": name} if name else {},
        lock=threading.Lock(),
    )


@contextmanager
def _loud() -> Iterator[list[str]]:
    """Collect what the official client only logs: the errors of exec plugins."""
    said: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    root, handler = logging.getLogger(), Collector(logging.ERROR)
    thread = threading.get_ident()
    handler.addFilter(lambda record: record.thread == thread)
    root.addHandler(handler)
    try:
        yield said
    finally:
        root.removeHandler(handler)


def asynchronous(connection: Connection) -> httpx.AsyncClient:
    """Another client of the same API server, for use in one event loop. It closes apart from the connection's own."""
    return _made(httpx.AsyncClient, connection.configuration)


def _client(configuration: Any) -> httpx.Client:
    """The httpx client for a loaded configuration."""
    return _made(httpx.Client, configuration)


def _made(kind: type[Client], configuration: Any) -> Client:
    """A client of either kind. The environment's proxies count, as they do for kubectl."""
    context = _tls(configuration) if str(configuration.host).startswith("https") else None
    try:
        return kind(
            base_url=configuration.host,
            verify=context if context is not None else False,
            proxy=configuration.proxy or None,
            trust_env=not configuration.proxy,
            headers={"User-Agent": "truebook"},
            limits=httpx.Limits(max_connections=16),
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise ConfigError(f"the kubeconfig's server or proxy can't be used: {excerpt(str(error))}") from error


def _tls(configuration: Any) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
        # Cluster authorities rarely carry the key-usage extensions that Python 3.13 began to insist on.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if not configuration.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, configuration.key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the kubeconfig's certificates can't be used: {excerpt(str(error))}") from error
    return context
