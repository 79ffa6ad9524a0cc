"""The source `argocd`: what ArgoCD's REST API says, as it says it but for secrets.

The token comes from an environment variable or a file. Version and settings need none; without a token the rest is
not asked for. Without a URL there is nothing to ask: the Application objects of the source `kubernetes` are used.
"""

from __future__ import annotations

import os
import ssl
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import msgspec

from truebook.errors import BadAnswer, ConfigError, NotServed
from truebook.recording import HttpAnswer, HttpData, Read, encode_http
from truebook.redact import excerpt, redact_json, redact_url
from truebook.settings import ArgoCDSettings
from truebook.state.argocd_targets import targets
from truebook.state.fetch import Fetcher, Forbidden
from truebook.state.sources import Context, NotSetUp, Reading
from truebook.state.tidy import Fields, tidy

OPEN = ("/api/version", "/api/v1/settings")
"""Answered to anyone."""
CLOSED = ("/api/v1/applications", "/api/v1/projects", "/api/v1/applicationsets", "/api/v1/clusters")
"""Answered to a token with the permission to get them."""


def read(context: Context) -> Reading:
    """Read ArgoCD. Raises NotSetUp without a URL, SourceError where nothing can be said."""
    settings = context.settings.argocd
    if not settings.url:
        raise NotSetUp("no API access (argocd.url is not set); Application objects are used")
    token = _token(settings, context)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with _client(settings, context) as client:
        fetcher = Fetcher(client, system="argocd", timeout=settings.timeout, headers=lambda: headers)
        # The open ones first: where even they fail there is no point in asking for more.
        results = [_one(context, fetcher, path) for path in OPEN]
        if token:
            with ThreadPoolExecutor(len(CLOSED), thread_name_prefix="argocd") as pool:
                results += pool.map(lambda path: _one(context, fetcher, path), CLOSED)
            known = {result.what: answer for result, answer in results}
            results += targets(fetcher, known.get("/api/v1/applications"))
        else:
            how = f"no token in ${settings.token_env}" + (" or token_file" if settings.token_file else "")
            results += [(Read(path, "forbidden", reason=how), None) for path in CLOSED]
    answers = {result.what: answer for result, answer in results if answer is not None}
    if not answers:
        raise NotServed(f"argocd: nothing of ArgoCD's API is served at {redact_url(settings.url)}")
    data = HttpData(url=redact_url(settings.url.rstrip("/")), answers=answers)
    return Reading(data=encode_http(data), reads=tuple(result for result, _ in results))


def _one(context: Context, fetcher: Fetcher, path: str) -> tuple[Read, HttpAnswer | None]:
    try:
        answer = fetcher.get(path)
    except Forbidden as error:
        return Read(path, "forbidden", reason=error.message), None
    except NotServed as error:
        return Read(path, "absent", reason=error.message), None
    try:
        body = redact_json(_tidy(answer.body))
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadAnswer(f"argocd: GET {path}: the answer is not JSON") from error
    items = found.get("items") if isinstance(found, dict) else None
    count = len(items) if isinstance(items, list) else 1
    context.progress(path, count)
    return Read(path, "read", count=count), HttpAnswer(200, msgspec.Raw(body))


class _Answer(msgspec.Struct):
    """A list answer, its objects still bytes; other answers have no items."""

    metadata: dict[str, msgspec.Raw] | None = None
    items: list[Fields] | None = None


def _tidy(body: bytes) -> bytes:
    """A list's objects without what is dropped from every object, in a stable order; other answers as they are.

    The list's resourceVersion becomes its newest object's: the server's own moves on without any change.
    """
    whole = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    try:
        answer = msgspec.json.decode(body, type=_Answer)
        if not answer.items or "metadata" not in answer.items[0]:
            return body
        found = sorted(((tidy(item), item) for item in answer.items), key=lambda pair: pair[0].place)
    except msgspec.ValidationError:
        return body
    metadata = answer.metadata or {}
    if "resourceVersion" in metadata:
        newest = max(identity.version for identity, _ in found)
        metadata["resourceVersion"] = msgspec.Raw(msgspec.json.encode(str(newest)))
    return msgspec.json.encode({**whole, "metadata": metadata, "items": [item for _, item in found]})


def _token(settings: ArgoCDSettings, context: Context) -> str:
    """The token, from the file where one is named, else the environment; empty where there is none."""
    place = f"${settings.token_env}"
    token = os.environ.get(settings.token_env, "").strip()
    if settings.token_file is not None:
        place = f"argocd.token_file {settings.token_file}"
        try:
            token = settings.token_file.expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            said = error.strerror if isinstance(error, OSError) else "not text"
            raise ConfigError(
                f"argocd.token_file can't be read: {said}: {settings.token_file}", path=context.settings.path
            ) from error
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise ConfigError(f"{place} holds no token: it must be one word", path=context.settings.path)
    return token


def _client(settings: ArgoCDSettings, context: Context) -> httpx.Client:
    assert settings.url is not None
    where = context.settings.path
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"argocd.url is not an http(s) URL: {excerpt(settings.url)}", path=where)
    if parts.username or parts.password:
        raise ConfigError("argocd.url holds credentials; use token_env or token_file", path=where)
    verify = ssl.create_default_context()
    try:
        if settings.ca_file is not None:
            verify.load_verify_locations(settings.ca_file.expanduser())
    except OSError as error:  # an SSLError too
        said = "no PEM certificates" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigError(f"argocd.ca_file can't be read: {said}: {settings.ca_file}", path=where) from error
    return httpx.Client(base_url=settings.url.rstrip("/"), verify=verify, headers={"User-Agent": "truebook"})
