"""Jinja2 as templates of a region see it: sandboxed, escaped by default, overridable by the site.

A template that a site puts in its own folder takes the place of the one that comes with truebook. An expression
without a filter is escaped as text of a paragraph; the filters `cell`, `label` (Mermaid), `html` and `text`
escape for their place.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from truebook.errors import RegionError
from truebook.pages import escape


def _escaped(value: Any) -> Markup:
    return value if isinstance(value, Markup) else escape.text(value)


@lru_cache(maxsize=8)
def environment(templates: Path | None) -> jinja2.Environment:
    """The environment for a site whose own templates are in `templates`."""
    loaders: list[jinja2.BaseLoader] = [jinja2.PackageLoader("truebook.pages", "templates")]
    if templates is not None:
        loaders.insert(0, jinja2.FileSystemLoader(templates))
    found = ImmutableSandboxedEnvironment(
        loader=jinja2.ChoiceLoader(loaders),
        autoescape=True,
        finalize=_escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(cell=escape.cell, label=escape.mermaid, html=escape.html, text=escape.text)
    return found


def render(template: str, templates: Path | None, **values: Any) -> str:
    """The template's text. Raises RegionError that names the template and its line."""
    try:
        return environment(templates).get_template(template).render(**values)
    except jinja2.TemplateSyntaxError as error:
        raise RegionError(f"template {error.filename or template}:{error.lineno}: {error.message}") from error
    except jinja2.TemplateError as error:
        raise RegionError(f"template {template}: {error.message or type(error).__name__}") from error
    except Exception as error:  # a template of the site can go wrong in any way
        raise RegionError(f"template {template}: {type(error).__name__}: {error}") from error
