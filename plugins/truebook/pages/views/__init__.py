"""The views: what a region can be filled with. One file each, one line here."""

from __future__ import annotations

from truebook.pages.views import components, stack, value
from truebook.pages.views.view import Request, View, nearest, read_options

__all__ = ["VIEWS", "Request", "View", "nearest", "read_options"]

VIEWS: dict[str, View] = {
    "components": components.VIEW,
    "stack": stack.VIEW,
    "value": value.VIEW,
}
