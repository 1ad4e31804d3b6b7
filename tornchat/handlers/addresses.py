"""Where a request comes from: what the limits for strangers are counted by, and what the audit log
notes."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LONGEST = 64
"""Characters of an address; what is longer is none, and is not kept."""


def limited_address(peer: str, forwarded: str, behind_proxy: bool) -> str | None:
    """The client's address, of IPv6 its network of 64 bits; None for this machine, without limits.

    ``peer`` is the other end of the connection, ``forwarded`` the X-Forwarded-For header. Of that
    only the last entry is believed, which the proxy has added itself: all before it, and X-Real-Ip,
    a client can make up, and so have as many addresses as it likes.
    """
    return _limited(peer, _last(forwarded) if behind_proxy else "", behind_proxy)


def client_address(peer: str, forwarded: str, behind_proxy: bool) -> str:
    """The whole address of the client, as far as it can be believed; "" where there is none."""
    found = _client(peer, _last(forwarded) if behind_proxy else "", behind_proxy)
    return "" if found is None else str(found)


def _last(forwarded: str) -> str:
    last = forwarded.rpartition(",")[2].strip()
    return last if len(last) <= _LONGEST else ""


@lru_cache(maxsize=4096)
def _limited(peer: str, last: str, behind_proxy: bool) -> str | None:
    found = _client(peer, last, behind_proxy)
    if found is None:
        return "unknown"
    return None if found.is_loopback and not behind_proxy else _shown(found)


def _client(peer: str, last: str, behind_proxy: bool) -> Address | None:
    here = _parsed(peer)
    if here is None or not behind_proxy:
        return here
    there = _parsed(last)
    # A proxy is near. Who comes from the open internet has gone around it.
    return there if there is not None and not here.is_global else here


def _parsed(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _shown(address: Address) -> str:
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False).network_address)
