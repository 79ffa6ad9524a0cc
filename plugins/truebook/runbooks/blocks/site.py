"""What `mkdocs.yml` says of how pages are rendered, read without MkDocs and without evaluating anything.

A tag such as `!!python/name:…` would import code of the site's: it is read as nothing, and the extension that it
configures does without. `!ENV` gives its default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from truebook.errors import ConfigError
from truebook.runbooks.blocks.extensions import usual_extensions

NAMES = ("mkdocs.yml", "mkdocs.yaml", "properdocs.yml")

_BUILTIN = ("toc", "tables", "fenced_code")
"""What MkDocs always has."""


@dataclass(frozen=True, slots=True)
class Site:
    """A folder of Markdown. `docs` holds its pages; `path` is the `mkdocs.yml`, None where there is none. `url` is
    where the built site is, empty where nobody says."""

    folder: Path
    docs: Path
    path: Path | None = None
    extensions: tuple[str, ...] = ()
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    url: str = ""


def find_site(start: Path) -> Path | None:
    """The nearest `mkdocs.yml` in `start` (a file or folder) or a folder above it."""
    place = start.resolve()
    for folder in (place, *place.parents):
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name
    return None


def read_site(path: Path | None, *, folder: Path | None = None) -> Site:
    """The site that `path` configures; the usual extensions where it is None. Raises ConfigError with `path:line`."""
    if path is None:
        usual, options = usual_extensions()
        root = (folder or Path()).resolve()
        return Site(root, root, None, tuple(usual), options)
    found = _load(path, frozenset())
    docs = found.get("docs_dir")
    names, configs = _extensions(found.get("markdown_extensions"), path)
    root = path.resolve().parent
    place = (root / (docs if isinstance(docs, str) else "docs")).resolve()
    url = found.get("site_url")
    return Site(root, place, path, names, configs, url if isinstance(url, str) else "")


class _Loader(yaml.SafeLoader):
    """Builds plain data; anything else becomes None."""


def _environment(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    """`!ENV [NAME, default]` gives the default: what a build machine's environment holds is not asked."""
    values = loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else []
    return values[-1] if len(values) > 1 else None


def _nothing(loader: yaml.SafeLoader, node: yaml.Node) -> None:
    return None


_Loader.add_constructor("!ENV", _environment)
_Loader.add_constructor(None, _nothing)  # None stands for every tag that is not known


def _load(path: Path, seen: frozenset[Path]) -> dict[str, Any]:
    """The file's settings over those of the file it inherits from."""
    try:
        found = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text (save it as UTF-8)", path=path) from error
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise ConfigError(f"is not YAML: {error.problem}", path=path, line=line) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError("is not YAML", path=path) from error
    if not isinstance(found, dict):
        return {}
    parent = found.get("INHERIT")
    if isinstance(parent, str):
        file = (path.parent / parent).resolve()
        if file not in seen and file.is_file():
            return _merged(_load(file, seen | {path.resolve()}), found)
    return found


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Mappings are merged, anything else is replaced, as MkDocs inherits."""
    merged = dict(below)
    for key, value in above.items():
        kept = merged.get(key)
        merged[key] = _merged(kept, value) if isinstance(kept, dict) and isinstance(value, dict) else value
    return merged


def _extensions(written: Any, path: Path) -> tuple[tuple[str, ...], dict[str, dict[str, Any]]]:
    """A list of names or one-entry mappings, or one mapping of all; those of MkDocs come first."""
    if written is None:
        written = []
    if isinstance(written, dict):
        written = [{name: options} for name, options in written.items()]
    if not isinstance(written, list):
        raise ConfigError("markdown_extensions must be a list (write '- …' lines below it)", path=path)
    names = list(_BUILTIN)
    configs: dict[str, dict[str, Any]] = {}
    for entry in written:
        pairs = entry.items() if isinstance(entry, dict) else [(entry, None)]
        for name, options in pairs:
            if not isinstance(name, str):
                continue
            if name not in names:
                names.append(name)
            if isinstance(options, dict):
                configs[name] = {**configs.get(name, {}), **{str(key): value for key, value in options.items()}}
    return tuple(names), configs
