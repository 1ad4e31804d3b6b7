"""Which addresses of the network the server may speak to on behalf of others: public ones.

What people write makes the server fetch pages (link previews) and post to addresses (webhooks).
None of that may reach what only the server can reach: itself, its neighbours, the metadata service
of a cloud (server-side request forgery, CWE-918).
"""

from __future__ import annotations

import ipaddress

PORTS = frozenset({80, 443})
"""What is on other ports is seldom meant for the public."""

# What is global by the registries, and leads elsewhere: relays, tunnels, documentation, translation
# of addresses into those of IPv4.
_NOT_V4 = [ipaddress.IPv4Network(text) for text in ("192.88.99.0/24", "192.0.0.0/24")]
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_V6 = [
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]


def is_public(address: str) -> bool:
    """Whether anybody on the internet may reach this address; False for what is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return (
            ip.is_global
            and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
            and not any(ip in network for network in _NOT_V4)
        )
    # Only what is given out as unicast: neither ::ffff:10.0.0.1 nor 64:ff9b::10.0.0.1 are.
    return (
        ip.scope_id is None
        and ip in _UNICAST
        and ip.is_global
        and not any(ip in network for network in _NOT_V6)
    )
