"""Short random ids of users and rooms."""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 10


def short_id() -> str:
    """Ten characters of Crockford's base 32 (https://www.crockford.com/base32.html), 50 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
