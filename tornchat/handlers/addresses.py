"""Where a request comes from: what the limits for strangers are counted by."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=4096)
def limited_address(peer: str, forwarded: str, behind_proxy: bool) -> str | None:
    """The client's address, of IPv6 its network of 64 bits; None for this machine, without limits.

    ``peer`` is the other end of the connection, ``forwarded`` the X-Forwarded-For header. Of that
    only the last entry is believed, which the proxy has added itself: all before it, and X-Real-Ip,
    a client can make up, and so have as many addresses as it likes.
    """
    here = _parsed(peer)
    if here is None:
        return "unknown"
    if behind_proxy:
        last = _parsed(forwarded.rpartition(",")[2].strip())
        # A proxy is near. Who comes from the open internet has gone around it.
        return _shown(last if last is not None and not here.is_global else here)
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
