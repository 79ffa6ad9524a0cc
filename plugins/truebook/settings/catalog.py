"""Read the catalog: `components` and `relations` of `truebook.yml`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from yaml.nodes import Node

from truebook.settings import reader as read
from truebook.settings.keys import LIVE
from truebook.settings.reader import Parser, Reader
from truebook.settings.types import CatalogComponent, CatalogRelation, Find

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_OBJECT = r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?"
_APPLICATION = re.compile(rf"({_OBJECT}/)?{_OBJECT}")
_WORKLOAD = re.compile(rf"[A-Z][A-Za-z0-9]* {_OBJECT}/{_OBJECT}")
_INGRESS = re.compile(rf"{_OBJECT}/{_OBJECT}")
_REPOSITORY = re.compile(r"(https?|ssh|git|file)://\S+|[\w.-]+@[\w.-]+:\S+")


def _shaped(shape: re.Pattern[str], what: str, example: str) -> Parser:
    """A parser of text of one shape."""

    def parse(reader: Reader, node: Node, where: str) -> str | None:
        value = read.text(reader, node, where)
        if value is not None and not shape.fullmatch(value):
            reader.note(node, f"{where}{read.short(value)} is not {what} (write it like {example})")
            return None
        return value

    return parse


def _page(reader: Reader, node: Node, where: str) -> str | None:
    """A Markdown page below the docs folder, with `/` between folders."""
    value = read.text(reader, node, where)
    if value is None:
        return None
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value):
        reader.note(node, f"{where}{read.short(value)} leaves the docs folder (write it like vault.md)")
    elif path.suffix != ".md":
        reader.note(node, f"{where}{read.short(value)} is not a Markdown page (write it like vault.md)")
    else:
        return path.as_posix()
    return None


def _values(reader: Reader, node: Node, where: str) -> dict[str, str]:
    """Further values; keys that a field or only the cluster may say are problems."""
    found = {}
    for key, (name, value) in reader.entries(node, where).items():
        if key in LIVE:
            reader.note(name, f"{where}{key} is read from the cluster and cannot be stated (remove it)")
        elif key in {"name", "title", "group", "purpose", "page"}:
            reader.note(name, f"{where}{key} is a field of the component (write it beside 'name')")
        elif not _KEY.fullmatch(key):
            reader.note(name, f"{where}{read.short(key)} is not a key (use letters, digits, - and _)")
        elif not read.is_null(value):
            parsed = (read.url if key in {"url", "urls"} else read.text)(reader, value, f"{where}{key}: ")
            if parsed is not None:
                found[key] = parsed
    return found


_FIND: dict[str, Parser] = {
    "application": _shaped(_APPLICATION, "an Application", "vault or argocd/vault"),
    "workload": _shaped(_WORKLOAD, "a workload", "StatefulSet vault/vault"),
    "ingress": _shaped(_INGRESS, "an Ingress or HTTPRoute", "vault/vault"),
    "repository": _shaped(_REPOSITORY, "a Git repository", "https://github.com/owner/name"),
}
_COMPONENT: dict[str, Parser] = {
    "name": _shaped(_NAME, "a name", "external-secrets: letters, digits, - . _"),
    "title": read.text,
    "group": read.text,
    "purpose": read.text,
    "page": _page,
    "find": lambda reader, node, where: Find(**reader.section(node, where, _FIND)),
    "values": _values,
}
_RELATION: dict[str, Parser] = {"from": read.text, "to": read.text, "label": read.text}


def components(reader: Reader, node: Node, where: str) -> tuple[CatalogComponent, ...]:
    """The catalog's components, in its order; two of one name are a problem."""
    found: dict[str, CatalogComponent] = {}
    for entry, place in reader.sequence(node, where):
        before = len(reader.problems)
        values = reader.section(entry, place, _COMPONENT)
        name = values.get("name")
        if name is None:
            if len(reader.problems) == before:
                reader.note(entry, f"{place}has no name (add 'name: …')")
        elif name in found:
            reader.note(entry, f"{place}'{name}' stands on line {found[name].line} already (rename or remove one)")
        else:
            found[name] = CatalogComponent(**values, line=read.line_of(entry), lines=_lines(reader, entry))
    return tuple(found.values())


def _lines(reader: Reader, node: Node) -> dict[str, int]:
    """Where each field stands: `title`, `find.workload`, `values.storage`."""
    quiet = Reader(reader.path)
    lines = {}
    for name, (key, value) in quiet.entries(node, "").items():
        lines[name] = read.line_of(key)
        if name in {"find", "values"}:
            lines |= {f"{name}.{inner}": read.line_of(at) for inner, (at, _) in quiet.entries(value, "").items()}
    return lines


def relations(reader: Reader, node: Node, where: str) -> tuple[CatalogRelation, ...]:
    """The arrows that the author states; `from` and `to` are needed, `label` is not."""
    found = []
    for entry, place in reader.sequence(node, where):
        before = len(reader.problems)
        values = reader.section(entry, place, _RELATION)
        missing = [key for key in ("from", "to") if key not in values]
        if not missing:
            label = values.get("label", "")
            found.append(CatalogRelation(values["from"], values["to"], label, read.line_of(entry)))
        elif len(reader.problems) == before:
            reader.note(entry, f"{place}has no '{missing[0]}' (add '{missing[0]}: …')")
    return tuple(found)
