"""Where a request comes from: what the limits for strangers are counted by."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

_LONGEST = 64
"""Characters of an address; what is longer is none, and is not kept."""


def limited_address(peer: str, forwarded: str, behind_proxy: bool) -> str | None:
    """The client's address, of IPv6 its network of 64 bits; None for this machine, without limits.

    ``peer`` is the other end of the connection, ``forwarded`` the X-Forwarded-For header. Of that
    only the last entry is believed, which the proxy has added itself: all before it, and X-Real-Ip,
    a client can make up, and so have as many addresses as it likes.
    """
    last = forwarded.rpartition(",")[2].strip() if behind_proxy else ""
    return _limited(peer, last if len(last) <= _LONGEST else "", behind_proxy)


@lru_cache(maxsize=4096)
def _limited(peer: str, last: str, behind_proxy: bool) -> str | None:
    here = _parsed(peer)
    if here is None:
        return "unknown"
    if behind_proxy:
        there = _parsed(last)
        # A proxy is near. Who comes from the open internet has gone around it.
        return _shown(there if there is not None and not here.is_global else here)
    return None if here.is_loopback else _shown(here)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _shown(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False).network_address)
