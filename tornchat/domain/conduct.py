"""What a room demands of those who read and write in it, as the mirror has it.

One hash for each room, empty for most: appending a message looks at it in the same step in which it
looks at the membership (``log/lua/conduct.lua``). A user id stands for until when they are muted,
in unix ms; the other fields begin with a character that no id has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tornchat.domain.ids import MAX_ID

ARCHIVED = "*archived"
"""There where nothing may be written any more."""
POSTING = "*posting"
"""There where only owners and moderators may post."""
READABLE = "*readable"
"""The id above which whoever is in the room may read, also before their joining. Where it is
absent, that is as the room was made: 0 of an open room, and `NOTHING` of a private one."""
NOTHING = MAX_ID
"""Nothing before one's own joining."""

STAFF = ("owner", "moderator")


def conduct(room: str) -> str:
    """Name of the mirror hash of one room."""
    return f"conduct:{room}"


def staff(user: str) -> str:
    """The field that is there while somebody is an owner or a moderator."""
    return f"+{user}"


def refused(user: str) -> str:
    """The field that is there while the other one of a direct room of two has blocked somebody."""
    return f"-{user}"


def entries(
    *,
    archived: bool,
    posting: str,
    readable: int | None,
    staff_ids: Collection[str],
    muted: Mapping[str, int],
    blocked: Collection[str],
) -> dict[str, str]:
    """All that the mirror has of one room."""
    found = {user: str(until) for user, until in muted.items()}
    found |= {staff(user): "1" for user in staff_ids}
    found |= {refused(user): "1" for user in blocked}
    if archived:
        found[ARCHIVED] = "1"
    if posting == "staff":
        found[POSTING] = "1"
    if readable is not None:
        found[READABLE] = str(readable)
    return found
