"""The systems that the guard knows: one module each, one line here."""

from __future__ import annotations

from collections.abc import Callable

from truebook.guard import argocd, kubernetes, vault, web
from truebook.guard.request import Facts, System

SYSTEMS: dict[str, Callable[[Facts], System]] = {
    "kubernetes": kubernetes.system,
    "argocd": argocd.system,
    "vault": vault.system,
    "http": web.system,
}
