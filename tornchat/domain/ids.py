"""Event ids: a hybrid logical clock in 53 bits.

``id = max(last + 1, unix_ms * 1024)``, made inside Redis (``log/lua/stamp.lua``). Ids are unique
and strictly increasing within a space, close to the time, and exact in JavaScript, where numbers
are doubles. The idea: Kulkarni et al., "Logical Physical Clocks" (2014).
"""

from __future__ import annotations

from tornchat.domain.errors import BadCursor

TICKS_PER_MS = 1024
MAX_ID = 2**53 - 1
FENCE_STEP = 60_000 * TICKS_PER_MS
"""How far a fence pushes the clock ahead: 60 s worth of ids."""


def id_at(unix_ms: int) -> int:
    """The smallest id that the clock gives at ``unix_ms``."""
    return unix_ms * TICKS_PER_MS


def time_of(id: int) -> int:
    """The unix ms at which the clock gives ``id``, near the time of its event."""
    return id // TICKS_PER_MS


def parse_cursor(text: str) -> int:
    """A cursor as clients send it; ``0`` is a cursor. Raises `BadCursor`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_ID):
        raise BadCursor(f"{text[:40]!r} is not a cursor. {BadCursor.hint}")
    return int(text)
