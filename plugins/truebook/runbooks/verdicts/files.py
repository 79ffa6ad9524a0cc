"""Files whose names say what is in them: credentials, and settings by which a known program runs others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from truebook.runbooks.verdicts.ruling import ANY, MANY, NAME, Ruling, shown

_CREDENTIALS = re.compile(
    r"(?:^|/)(?:\.ssh|\.gnupg|\.aws|\.vault-token|\.kube|\.docker|\.netrc|\.pgpass|\.git-credentials|\.env)(?:/|$)|"
    r"(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519)$|/(?:shadow|gshadow|sudoers)$|/var/run/secrets|/run/secrets|"
    r"/etc/(?:kubernetes|rancher)/.*(?:\.conf|\.yaml|\.key)$|kubeconfig|\.(?:key|pem|p12|pfx|kubeconfig)$|"
    r"/proc/[^/]+/(?:environ|mem|maps)|/vault/secrets"
)
_SETTINGS = re.compile(
    r"(?:^|/)\.(?:git|config|local|ssh|kube|docker|krew|mc|helm|gnupg|argocd)(?:/|$)|"
    r"(?:^|/)\.(?:gitconfig|curlrc|wgetrc|netrc|vault|jq)$|"
    # A name that is not known may be one of these, wherever a name that starts with a dot may be.
    rf"(?:^|/)\.[\w-]*[{NAME}{ANY}{MANY}]|/[{ANY}{MANY}]"
)
_KUBECONFIG = re.compile(r"(?:^|/)\.kube/config$")


def holds_credentials(path: str) -> bool:
    """Whether the file, or what is in the folder, may hold credentials."""
    return _CREDENTIALS.search(path) is not None


def is_settings(path: str) -> bool:
    """Whether a program that is taken for harmless would read the file, or what is put into the folder, for programs
    to run, addresses and credentials. The kubeconfig is not one: the guard names another."""
    return _SETTINGS.search(path) is not None and not _KUBECONFIG.search(path)


def printed(words: Iterable[str]) -> Ruling | None:
    """A ruling where one of the files that a program prints, or prints parts of, may hold credentials."""
    found = next((word for word in words if holds_credentials(word)), None)
    return None if found is None else Ruling("secret", f"prints {shown(found)}, which may hold credentials")
