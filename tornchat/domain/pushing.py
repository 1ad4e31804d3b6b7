"""Pushes: where they may go, what they say, and when a failed one is tried again. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from tornchat.domain.errors import InvalidValue

MOST_ENDPOINT = 1_000
MOST_TEXT = 240
"""Characters of a message that a notification shows."""
TTL_MS = 24 * 3_600_000
"""For so long a push service keeps what it cannot deliver, and so old may a message be."""
MOST_ATTEMPTS = 8
_FIRST_PAUSE_MS = 2_000
_LONGEST_PAUSE_MS = 30 * 60_000
_KEY_BYTES = 65
_AUTH_BYTES = 16
_SPOILER = re.compile(r"\|\|.+?\|\|", re.DOTALL)

Verdict = Literal["sent", "gone", "refused", "again"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a browser takes pushes, and its keys (base64url) as the Push API gives them."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def id(self) -> str:
        """What names it here."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()

    @property
    def origin(self) -> str:
        """Of the push service."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"


def check_target(endpoint: object, keys: object) -> Target:
    """Raises `InvalidValue`. Whether the address is a public one shows when it is asked."""
    if not isinstance(endpoint, str) or not 0 < len(endpoint) <= MOST_ENDPOINT:
        raise InvalidValue("endpoint is the address that the browser gave.")
    try:
        parts = urlsplit(endpoint)
        endpoint.encode("ascii")
        host = parts.hostname if parts.port != 0 and "@" not in parts.netloc else None
    except ValueError:
        raise InvalidValue("endpoint is no address.") from None
    plain = parts.scheme == "http" and host in ("localhost", "127.0.0.1", "::1")
    if not host or not (parts.scheme == "https" or plain):
        raise InvalidValue("endpoint is an https address.")
    if not isinstance(keys, dict):
        raise InvalidValue("keys has p256dh and auth.")
    p256dh, auth = keys.get("p256dh"), keys.get("auth")
    if len(decoded(p256dh)) != _KEY_BYTES or len(decoded(auth)) != _AUTH_BYTES:
        raise InvalidValue("keys are p256dh (65 bytes) and auth (16 bytes), in base64url.")
    return Target(endpoint, str(p256dh), str(auth))


def decoded(text: object) -> bytes:
    """Bytes out of base64url without padding; none where it is something else."""
    if (
        not isinstance(text, str)
        or len(text) > 200
        or not re.fullmatch(r"[\w-]+=*", text, re.ASCII)
    ):
        return b""
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error:
        return b""


def topic_of(target: str, room: str) -> str:
    """A newer push of the same topic takes the place of one that waits at the push service, which
    is not told which rooms there are."""
    return hashlib.sha256(f"{target} {room}".encode()).hexdigest()[:32]


def summary(body: str) -> str:
    """The beginning of a message in one line. What was to be hidden stays so."""
    text = " ".join(_SPOILER.sub("▒▒▒", body).split())
    return text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"


def payload(
    *, room: str, message: int, at: int, title: str, text: str | None, count: int
) -> dict[str, Any]:
    """What the service worker of the page gets. ``text`` None: it is not to be shown."""
    shown: dict[str, Any] = {"room": room, "message": message, "at": at, "title": title}
    if text is not None:
        shown["text"] = text
    if count > 1:
        shown["count"] = count
    return shown


def title_of(author: str, room: str | None) -> str:
    """Who writes, and where; a direct room has no name."""
    return author if room is None else f"{author} · {room}"


def verdict_on(status: int) -> Verdict:
    """What the answer of a push service means (RFC 8030)."""
    if 200 <= status < 300:
        return "sent"
    if status in (404, 410):
        return "gone"
    if status in (408, 429) or status >= 500:
        return "again"
    return "refused"


def pause_after(attempts: int, asked: float | None, chance: float) -> int:
    """Milliseconds until the next try after ``attempts`` failed ones. ``asked``: seconds that the
    service wants; ``chance``: 0 to 1."""
    most = min(_LONGEST_PAUSE_MS, _FIRST_PAUSE_MS << min(attempts, 12))
    own = round(most * (0.5 + chance / 2))
    return max(own, min(round((asked or 0) * 1000), TTL_MS))
