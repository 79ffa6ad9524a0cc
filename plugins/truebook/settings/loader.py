"""Read `truebook.yml`."""

from __future__ import annotations

from pathlib import Path

import yaml
from yaml.nodes import Node

from truebook.errors import ConfigError
from truebook.settings import reader as read
from truebook.settings.catalog import components, relations
from truebook.settings.check import check
from truebook.settings.reader import Parser, Reader
from truebook.settings.runbooks import runbooks
from truebook.settings.systems import systems
from truebook.settings.types import ArgoCDSettings, GitSettings, KubernetesSettings, Settings

DEFAULT_FILE = Path("truebook.yml")
"""Where settings are looked for when no file is named."""

_KUBERNETES: dict[str, Parser] = {
    "enabled": read.boolean,
    "context": read.text,
    "resources": read.resources,
    "timeout": read.duration,
}
_ARGOCD: dict[str, Parser] = {
    "enabled": read.boolean,
    "url": read.url,
    "token_env": read.variable,
    "token_file": read.file,
    "ca_file": read.file,
    "timeout": read.duration,
}
_GIT: dict[str, Parser] = {"enabled": read.boolean, "timeout": read.duration}

_SETTINGS: dict[str, Parser] = {
    "cluster": read.text,
    "stale_after": read.duration,
    "domains": read.domains,
    "kubernetes": lambda reader, node, where: KubernetesSettings(**reader.section(node, where, _KUBERNETES)),
    "argocd": lambda reader, node, where: ArgoCDSettings(**reader.section(node, where, _ARGOCD)),
    "git": lambda reader, node, where: GitSettings(**reader.section(node, where, _GIT)),
    "systems": systems,
    "runbooks": runbooks,
    "check": check,
    "groups": read.texts,
    "components": components,
    "relations": relations,
}


def load(path: Path | None, *, missing_ok: bool = False) -> Settings:
    """The settings in `path`, or the defaults where `path` is None.

    A missing file is an error unless `missing_ok`: say so when the user did not name the file.
    Raises ConfigError that lists every problem of the file.
    """
    if path is None:
        return Settings()
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        if missing_ok:
            return Settings()
        raise ConfigError("there is no such file (write it, or name another with --config)", path=path) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text (save it as UTF-8)", path=path) from error
    reader = Reader(path)
    root = _compose(content, path)
    found = {} if root is None else reader.section(root, "", _SETTINGS)
    _check_relations(reader, root)
    reader.finish()
    return Settings(path=path, **found)


def _compose(content: str, path: Path) -> Node | None:
    """The file's node tree, None where it is empty. Composing builds no objects, whatever tags stand there."""
    try:
        # Not libyaml's loader, though it is faster: deep nesting ends the whole process there.
        return yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(
            f"is not YAML: {what} (fix the line or the one above)",
            path=path,
            line=None if mark is None else mark.line + 1,
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError("is not YAML: it holds a control character (remove it)", path=path) from error
    except RecursionError as error:
        raise ConfigError("is nested too deeply (settings need four levels)", path=path) from error


def _check_relations(reader: Reader, root: Node | None) -> None:
    """Both ends of a stated arrow must stand in the catalog: it is the author's own list of names."""
    entries = {} if root is None else Reader(reader.path).entries(root, "")
    if "relations" not in entries:
        return
    quiet = Reader(reader.path)
    names = [found.name for found in components(quiet, entries["components"][1], "")] if "components" in entries else []
    node = entries["relations"][1]
    for entry, where in quiet.sequence(node, "relations: "):
        for key, (_, value) in quiet.entries(entry, where).items():
            if key in {"from", "to"} and isinstance(value.value, str) and value.value.strip() not in names:
                reader.note(
                    value,
                    f"{where}{key}: no component is called {read.short(value.value)} "
                    f"({read.nearest(value.value, names)}; or add it to components)",
                )
