"""What people say of themselves: away or not to be disturbed, and a few words, until a time."""

from __future__ import annotations

from typing import Any

from tornchat.domain.errors import InvalidValue
from tornchat.domain.rules import check_emoji, check_line

MODES = ("auto", "away", "dnd")
"""``auto``: what presence says; ``away``; ``dnd``: there, but not to be disturbed."""
MOST_TEXT = 80
LONGEST_MS = 366 * 24 * 3_600_000


def check_status(value: object, now: int) -> dict[str, Any] | None:
    """A clean status ``{mode, emoji?, text?, until?}``; None where it says nothing.

    ``now`` and ``until`` are unix ms: then all of it is over, and whoever shows it looks at that.
    Raises `InvalidValue`.
    """
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidValue("A status is an object, or null for none.")
    mode, emoji, text, until = (value.get(key) for key in ("mode", "emoji", "text", "until"))
    if mode is None:
        mode = "auto"
    if mode not in MODES:
        raise InvalidValue(f"The mode of a status is one of {', '.join(MODES)}.")
    status: dict[str, Any] = {"mode": mode}
    if emoji not in (None, ""):
        if not isinstance(emoji, str):
            raise InvalidValue("The emoji of a status is a text.")
        status["emoji"] = check_emoji(emoji)
    if text not in (None, ""):
        status["text"] = check_line(text, "status", MOST_TEXT)
    if status == {"mode": "auto"}:
        return None
    if until is not None:
        if not isinstance(until, int) or isinstance(until, bool):
            raise InvalidValue("until is a time in unix milliseconds.")
        if not now < until <= now + LONGEST_MS:
            raise InvalidValue("A status ends within a year from now.", reason="status_until")
        status["until"] = until
    return status
