"""Webhooks: how what is sent is signed, and what follows from an answer. Pure."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from tornchat.domain.errors import InvalidValue

MOST_URL = 1_000
FIRST_PAUSE_MS = 2_000
LONGEST_PAUSE_MS = 15 * 60_000
GIVE_UP_MS = 24 * 3_600_000
"""Of failing without end. The log, from which is sent, reaches back further."""
GONE = 410


def check_url(value: object) -> str:
    """An address that could be told something; whether it may be is asked when it is."""
    if not isinstance(value, str) or not value.isascii() or len(value) > MOST_URL:
        raise InvalidValue("url is the address that is to be told, in ASCII.", reason="webhook_url")
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or "@" in parts.netloc or any(char <= " " for char in value):
        raise InvalidValue(
            "url begins with https:// or http://, and has no password in it.",
            reason="webhook_https",
        )
    return value


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What shows that a request is ours, and of when: HMAC-SHA256 of ``timestamp.body``."""
    signed = str(timestamp).encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Next:
    """After a failure: wait so long (ms), or give up and why."""

    pause: int = 0
    ended: str | None = None


def after_failure(
    tries: int, failing_ms: int, status: int, why: str, asked_s: float | None, chance: float
) -> Next:
    """``tries`` before this one; ``status`` 0 where nobody answered; ``asked_s``: Retry-After;
    ``chance`` from 0 to 1: many that fail together are not to come back together."""
    if status == GONE:
        return Next(ended="The address answered 410: it is gone.")
    if failing_ms >= GIVE_UP_MS:
        return Next(ended=f"It failed for a day. At last: {why}")
    longest = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** min(tries, 20))
    pause = round(longest * (0.5 + chance / 2))
    return Next(pause=max(pause, min(LONGEST_PAUSE_MS, round((asked_s or 0) * 1000))))
