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


def room_of(topic: str) -> str | None:
    """The room's id where ``topic`` is a room's, else None."""
    return topic[len(_ROOM) :] if topic.startswith(_ROOM) else None


def user_of(topic: str) -> str | None:
    """The user's id where ``topic`` is a user's, else None."""
    return topic[len(_USER) :] if topic.startswith(_USER) else None
