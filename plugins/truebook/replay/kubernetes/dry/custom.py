"""The fields of custom resources, as their definition's schema has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from truebook.replay.kubernetes.dry.checks import WORDS
from truebook.replay.kubernetes.dry.problems import Problem, cannot_tell, invalid_value, unsupported
from truebook.replay.kubernetes.dry.schema import Check, Node
from truebook.replay.quoting import quote

Json = dict[str, Any]
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
FORMATS = ("int32", "int64", "double", "float")
"""Formats that ask for no more than their type does, as far as a JSON number goes."""
COMBINED = ("allOf", "anyOf", "oneOf", "not")
KNOWN = frozenset(
    (
        *("type", "properties", "items", "additionalProperties", "required", "default", "enum", "pattern", "format"),
        *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "nullable", "description", "title"),
        *("example", "externalDocs", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string"),
        *("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"),
    )
)


def node(schema: Json) -> Node:
    """The node of a structural schema."""
    more: dict[str, Any] = {"default": schema.get("default")}
    keys = set(schema) - KNOWN
    if schema.get("x-kubernetes-int-or-string"):
        return Node(checks=(_int_or_string,), **more)
    if keys:
        more["opaque"] = f"its definition has {', '.join(sorted(keys))}"
    if schema.get("format") not in (None, *FORMATS):
        more["opaque"] = f"its definition has the format {quote(schema['format'])}"
    preserved = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    checks = (_type(schema), _limits(schema)) if schema.get("type") else ()
    if schema.get("type") == "array":
        return Node(each=node(schema.get("items") or {}), is_list=True, checks=checks, **more)
    properties, values = schema.get("properties"), schema.get("additionalProperties")
    if isinstance(values, dict):
        return Node(each=node(values), checks=checks, **more)
    if schema.get("type") == "object" or properties:
        needed = schema.get("required") or ()
        fields = {name: node(one).but(required=name in needed) for name, one in (properties or {}).items()}
        return Node(fields=fields, checks=checks, prune=not preserved, anything=preserved, **more)
    return Node(checks=checks, anything=preserved, **more)


def _int_or_string(path: str, value: Any) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise cannot_tell(f"{path} is neither a number nor a string")
    return iter(())


def _type(schema: Json) -> Check:
    wanted = str(schema["type"])

    def check(path: str, value: Any) -> Iterator[Problem]:
        if value is None and schema.get("nullable"):
            return
        known = TYPES.get(wanted, ())
        if not isinstance(value, known) or (isinstance(value, bool) and wanted != "boolean"):
            given = "null" if value is None else WORDS[type(value)]
            why = f'{path} in body must be of type {wanted}: "{given}"'
            yield Problem(path, "FieldValueTypeInvalid", f"Invalid value: {quote(given)}: {why}")

    return check


def _limits(schema: Json) -> Check:
    """Words, patterns and bounds."""

    def check(path: str, value: Any) -> Iterator[Problem]:
        words = schema.get("enum")
        if words and value not in words:
            if not isinstance(value, str):
                raise cannot_tell(f"{path} is none of the values that its definition has")
            yield unsupported(path, value, [str(one) for one in words])
        if isinstance(value, str):
            yield from _string(schema, path, value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from _number(schema, path, value)
        elif isinstance(value, list) and not schema.get("minItems", 0) <= len(value) <= schema.get(
            "maxItems", len(value)
        ):
            raise cannot_tell(f"{path} has {len(value)} elements, which its definition does not allow")
        if schema.get("x-kubernetes-list-type") in ("set", "map") and isinstance(value, list):
            keys = schema.get("x-kubernetes-list-map-keys")
            names = [repr([one.get(key) for key in keys] if keys and isinstance(one, dict) else one) for one in value]
            if len(set(names)) < len(names):
                raise cannot_tell(f"{path} has an element twice")

    return check


def _string(schema: Json, path: str, value: str) -> Iterator[Problem]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        raise cannot_tell(f"{path} is of a length that its definition does not allow")
    pattern = schema.get("pattern")
    if pattern is None:
        return
    try:
        fits = re.search(pattern, value, re.ASCII) is not None
    except re.error:
        raise cannot_tell(f"{path} has to match {pattern}, which can't be read here") from None
    if not fits:
        yield invalid_value(path, value, f"{path} in body should match '{pattern}'")


def _number(schema: Json, path: str, value: float) -> Iterator[Problem]:
    for name, words, sign in (("minimum", "greater than or equal to", 1), ("maximum", "less than or equal to", -1)):
        bound = schema.get(name)
        if bound is not None and value * sign < bound * sign:
            shown = msgspec.json.encode(bound).decode()
            yield invalid_value(path, value, f"{path} in body should be {words} {shown}")
