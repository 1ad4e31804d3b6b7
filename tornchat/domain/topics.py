"""Topics: what an event is about, and so who gets it.

``room:<id>`` goes to the members of a room, ``user:<id>`` to all devices of one person, and
``space`` (open rooms, profiles) to everybody.
"""

from __future__ import annotations

SPACE = "space"
_ROOM = "room:"
_USER = "user:"


def room_topic(room: str) -> str:
    return _ROOM + room


def user_topic(user: str) -> str:
    return _USER + user
