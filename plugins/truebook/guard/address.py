"""Where a host leads that only means something to the machine that asks: itself, its neighbours, its cloud.

URLs come from a cluster, in which many may name hosts. Whoever writes one must not make the guard read what listens on
this machine alone, nor where a cloud gives its machines their credentials.
"""

from __future__ import annotations

import ipaddress

_METADATA_NAMES = frozenset(("metadata", "metadata.google.internal", "metadata.goog", "instance-data"))
_METADATA_ADDRESSES = frozenset(("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"))
_OWN_NAMES = frozenset(("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"))
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")

PORTS = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def forbidden(host: str, *, near: bool = False) -> str:
    """What a host name or IP address stands for that is not to be reached, empty where it may be. `near`: somebody
    whose word counts named it, so that this machine itself may be."""
    if is_metadata(host):
        return "where a machine's credentials are"
    return "this machine itself" if not near and is_near(host) else ""


def names(host: str, port: int, scheme: str) -> frozenset[str]:
    """How a list of hosts may name this one: `host:port`, and `host` alone for the scheme's usual port."""
    return frozenset((f"{host}:{port}", *((host,) if port == PORTS.get(scheme) else ())))


def is_address(host: str) -> bool:
    """Whether a host is an IP address and no name."""
    return _address(_bare(host)) is not None


def is_metadata(host: str) -> bool:
    """Whether a host is link-local, or where a cloud gives its machines their credentials. No service of a cluster's
    users is reached there, whoever names it."""
    name = _bare(host)
    found = _address(name)
    if found is None:
        return name in _METADATA_NAMES
    return found.is_link_local or str(found) in _METADATA_ADDRESSES


def is_near(host: str) -> bool:
    """Whether a host is this machine: its loopback, or an address that stands for any of its own."""
    name = _bare(host)
    found = _address(name)
    if found is None:
        return name in _OWN_NAMES or name.endswith(".localhost")
    return found.is_loopback or found.is_unspecified or found in ipaddress.ip_network("0.0.0.0/8")


def _bare(host: str) -> str:
    return host.strip("[]").lower().removesuffix(".").partition("%")[0]


def _address(name: str) -> Address | None:
    """An IP address, the IPv4 one where it is written as an IPv6 one."""
    try:
        found = ipaddress.ip_address(name)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found in _TRANSLATED:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found
