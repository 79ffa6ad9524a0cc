"""Which Markdown extensions decide what is shown as code, and how they are told to do so without side effects.

Extensions that only dress up text are left out: they cost time, some import code of the site's, and none of them
makes a fence. Formatters of fences are never called, as some run what stands in the fence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_PLAIN = """
abbr admonition attr_list codehilite def_list extra fenced_code footnotes legacy_attrs legacy_em md_in_html meta
nl2br sane_lists tables toc
"""
_PYMDOWNX = """
betterem blocks.admonition blocks.caption blocks.definition blocks.details blocks.html blocks.tab caret critic
details extra fancylists highlight keys mark quotes saneheaders smartsymbols snippets striphtml superfences
tabbed tasklist tilde
"""

KNOWN = frozenset(
    [
        *_PLAIN.split(),
        *(f"markdown.extensions.{name}" for name in _PLAIN.split()),
        *(f"pymdownx.{name}" for name in _PYMDOWNX.split()),
    ]
)
"""Extensions that can change which fences there are; all come with Markdown and PyMdown Extensions."""

_IN_EXTRA = "pymdownx.extra"


def usual_extensions() -> tuple[list[str], dict[str, dict[str, Any]]]:
    """What a site about operations usually has: for Markdown that no `mkdocs.yml` speaks for."""
    names = [
        *("abbr", "admonition", "attr_list", "def_list", "footnotes", "md_in_html", "tables", "toc"),
        *("pymdownx.details", "pymdownx.highlight", "pymdownx.superfences", "pymdownx.tabbed", "pymdownx.tasklist"),
    ]
    # Other renderers show a fence whatever follows its language: so does this.
    return names, {"pymdownx.tabbed": {"alternate_style": True}, "pymdownx.superfences": {"relaxed_headers": True}}


def select(
    extensions: Sequence[Any],
    configs: Mapping[str, Mapping[str, Any]],
    *,
    custom: Callable[..., str],
    folder: Path | None,
) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """The extensions that matter and their options, made harmless.

    `custom` takes the place of every formatter of custom fences. `folder` is where includes must lie, None where
    nothing may be included.
    """
    chosen: list[str] = []
    options: dict[str, dict[str, Any]] = {}
    for name in extensions:
        if not isinstance(name, str) or name not in KNOWN or name in chosen:
            continue
        given = dict(configs.get(name) or {})
        if name == "pymdownx.snippets":
            if folder is None:
                continue
            given = _snippets(given, folder)
        chosen.append(name)
        options[name] = _harmless(name, given, custom)
    if _IN_EXTRA in chosen and isinstance(nested := options[_IN_EXTRA].get("pymdownx.superfences"), Mapping):
        options[_IN_EXTRA]["pymdownx.superfences"] = _harmless("pymdownx.superfences", dict(nested), custom)
    return chosen, options


def _harmless(name: str, given: dict[str, Any], custom: Callable[..., str]) -> dict[str, Any]:
    base = name.removeprefix("markdown.extensions.")
    if base == "toc":
        return {}
    if base == "codehilite":
        return {**given, "use_pygments": False}
    if name == "pymdownx.highlight":
        return {key: value for key, value in given.items() if key in {"default_lang", "use_pygments"}}
    if name == "pymdownx.superfences":
        given.pop("preserve_tabs", None)  # tabs would be taken out of the page before its lines can be told
        given["custom_fences"] = [
            {"name": fence["name"], "class": str(fence["class"]), "format": custom}
            | ({"validator": fence["validator"]} if callable(fence.get("validator")) else {})
            for fence in given.get("custom_fences") or []
            # A validator that is only a name was not looked up: such a fence is shell as far as anyone can tell.
            if isinstance(fence, Mapping)
            and {"name", "class"} <= fence.keys()
            and (fence.get("validator") is None or callable(fence["validator"]))
        ]
    # What is left of a tag that was not evaluated is no value: the extension's own default stands in.
    return {key: value for key, value in given.items() if value is not None}


def _snippets(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Includes from below `folder` only, and none from the network; a missing one is the site's own affair."""
    written = given.get("base_path", ".")
    bases = [written] if isinstance(written, str | Path) else list(written) if isinstance(written, list | tuple) else []
    folder = folder.resolve()
    paths = [(folder / str(base)).resolve() for base in bases]
    return {
        **{key: given[key] for key in ("dedent_subsections", "auto_append") if key in given},
        "base_path": [str(path) for path in paths if path.is_relative_to(folder)],
        "url_download": False,
        "check_paths": False,
    }
