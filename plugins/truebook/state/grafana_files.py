"""What is kept of the files that Grafana is provisioned with: a few named fields, and nothing else.

Such files hold passwords in many places (`secureJsonData`, `client_secret`, a header's value), under names that no list
is complete of. So nothing is taken away from them: the few fields that are shown are taken out.

    prometheus.yaml  →  {"datasources": [{"name", "uid", "type", "url", "access", "isDefault"}]}
    cluster.json     →  {"uid", "title", "tags"}
    grafana.ini      →  {"server": {"root_url"}, "auth.generic_oauth": {"enabled", "name", "client_id", "auth_url",
                         "token_url", "api_url", "scopes", "use_pkce"}}
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import yaml

from truebook.redact import redact_text

DATASOURCE = ("name", "uid", "type", "url", "access", "isDefault")
INI: Mapping[str, tuple[str, ...]] = {
    "server": ("root_url",),
    "auth.generic_oauth": (
        *("enabled", "name", "client_id", "auth_url", "token_url", "api_url", "scopes", "use_pkce"),
    ),
}
LARGEST = 4 * 1024 * 1024
"""Characters of a file. A ConfigMap is at most 1 MiB."""

_PLACE = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\$[A-Za-z_]*(\{[A-Za-z0-9_./-]*\})?", re.ASCII)
"""What stands in place of a URL: `host:5432`, `$DATABASE`, `${DATABASE}`, `$__env{DATABASE}`."""


def reduce(name: str, text: str) -> dict[str, Any] | None:
    """What is kept of the file `name`; None where it is none of Grafana's or can't be read."""
    reducer = next((found for ending, found in _REDUCERS.items() if name.lower().endswith(ending)), None)
    if reducer is None or len(text) > LARGEST:
        return None
    return reducer(text)


def datasource(found: Mapping[str, Any]) -> dict[str, Any]:
    """The shown fields of one data source, as a file or the API says them."""
    kept = {key: found[key] for key in DATASOURCE if isinstance(found.get(key), str | bool)}
    if "url" in kept:
        kept["url"] = plain_url(str(kept["url"]))
    return kept


def plain_url(url: str) -> str:
    """Where a URL leads, without credentials, query and fragment; empty where it is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and host:
        shown = f"[{host}]" if ":" in host else host
        return redact_text(f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path}")
    return url if _PLACE.fullmatch(url) else ""


def _provisioning(text: str) -> dict[str, Any] | None:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    sources = found.get("datasources") if isinstance(found, dict) else None
    if not isinstance(sources, list):
        return None
    return {"datasources": [datasource(each) for each in sources if isinstance(each, dict)]}


class _Dashboard(msgspec.Struct):
    title: str
    uid: str | None = None
    tags: list[str] | None = None


def _dashboard(text: str) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(text, type=_Dashboard)
    except (msgspec.DecodeError, RecursionError):
        return None
    return {"uid": found.uid or "", "title": found.title, "tags": found.tags or []}


def _ini(text: str) -> dict[str, Any] | None:
    """Lines are taken one by one, as Grafana does: an indented one goes on with nothing."""
    parser = configparser.RawConfigParser(
        default_section="",
        strict=False,
        allow_no_value=True,
        inline_comment_prefixes=("#", ";"),
        empty_lines_in_values=False,
    )
    lines = [line.strip() for line in text.splitlines()]
    try:
        parser.read_string("\n".join(["[-]", *lines]))  # settings may stand before the first section
    except configparser.Error:
        return None
    kept = {section: _section(parser, section, keys) for section, keys in INI.items()}
    return {section: values for section, values in kept.items() if values}


def _section(parser: configparser.RawConfigParser, section: str, keys: tuple[str, ...]) -> dict[str, str]:
    found = {key: parser.get(section, key, fallback=None) for key in keys}
    plain = {key: value.strip("\"'`") for key, value in found.items() if value}
    return {key: plain_url(value) if key.endswith("_url") else value for key, value in plain.items()}


_REDUCERS: dict[str, Callable[[str], dict[str, Any] | None]] = {
    ".yaml": _provisioning,
    ".yml": _provisioning,
    ".json": _dashboard,
    "grafana.ini": _ini,
}
"""How a file's name ends → what is kept of it."""
