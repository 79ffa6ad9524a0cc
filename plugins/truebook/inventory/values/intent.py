"""What the author or an annotation says a component is for."""

from __future__ import annotations

from truebook.inventory.join.subject import Joined, Subject
from truebook.model import Value
from truebook.settings.keys import LISTS


def stated(subject: Subject, key: str) -> Value | None:
    """What the catalog's `values` say of `key`."""
    found = None if subject.stated is None else subject.stated.values.get(key)
    if found is None:
        return None
    return Value((found,) if key in LISTS else found, subject.line(f"values.{key}"))


def purpose(subject: Subject, known: Joined) -> Value | None:
    """The catalog's, else the annotation `gethomepage.dev/description`."""
    if subject.stated is not None and subject.stated.purpose is not None:
        return Value(subject.stated.purpose, subject.line("purpose"))
    return subject.homepage("description")


def page(subject: Subject, known: Joined) -> Value | None:
    """The catalog's page; nothing else knows one."""
    if subject.stated is None or subject.stated.page is None:
        return None
    return Value(subject.stated.page, subject.line("page"))
