"""What later events of a room do to a message: one pure step, and all readings of history take it.

The archive, a page of history and (in ``web/js/changes.js``) the page come to the same message
whichever events they get twice: a message carries the id of the last one folded in, its
``version``, and nothing at or below that changes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tornchat.domain.events import Event
from tornchat.domain.mentions import Said
from tornchat.domain.messages import Message, message_of

EDITED = "message.edited"
DELETED = "message.deleted"
REACTED = "reaction.added"
UNREACTED = "reaction.removed"
PINNED = "message.pinned"
UNPINNED = "message.unpinned"
PREVIEWED = "message.previewed"

_LINK = re.compile(r'<a href="([^"]*)"')


def message_edited(message: Message, body: str, html: str, said: Said) -> dict[str, Any]:
    """The fields of an event by which a message says something else, and calls whom it ``said``."""
    fields: dict[str, Any] = {
        "kind": EDITED,
        "room": message.room,
        "message": message.id,
        "author": message.author,
        "body": body,
        "html": html,
        **said.fields(),
    }
    if message.reply_author is not None:
        # For those who know nothing of the message but this: it concerns them as before.
        fields["reply_author"] = message.reply_author
    return fields


def message_deleted(room: str, message: int, author: str, by: str) -> dict[str, Any]:
    """The fields of an event by which nothing is left of a message but its place."""
    return {"kind": DELETED, "room": room, "message": message, "author": author, "by": by}


def reaction(kind: str, room: str, message: int, user: str, emoji: str) -> dict[str, Any]:
    """The fields of an event by which somebody answers a message with an emoji, or takes that
    back (``kind``)."""
    return {"kind": kind, "room": room, "message": message, "user": user, "emoji": emoji}


def pin(kind: str, room: str, message: int, by: str) -> dict[str, Any]:
    """The fields of an event by which a message is held up to its room, or no longer (``kind``)."""
    return {"kind": kind, "room": room, "message": message, "by": by}


def message_previewed(
    room: str, message: int, author: str, previews: list[dict[str, Any]]
) -> dict[str, Any]:
    """The fields of an event that says what a message links to; no ``previews`` take them away."""
    return {
        "kind": PREVIEWED,
        "room": room,
        "message": message,
        "author": author,
        "previews": previews,
    }


def links_of(html: str) -> list[str]:
    """Addresses that a rendered message links to, each once, in their order."""
    found = (address.replace("&amp;", "&") for address in _LINK.findall(html))
    return list(dict.fromkeys(found))


def _edited(message: Message, fields: Mapping[str, Any]) -> Message:
    previews = message.previews
    if previews:  # taken away by somebody, they stay away: an empty list is not None
        links = links_of(fields["html"])
        previews = [preview for preview in previews if preview["url"] in links] or None
    return replace(
        message,
        body=fields["body"],
        html=fields["html"],
        edited=fields["at"],
        previews=previews,
        mentions=fields.get("mentions"),
        here=fields.get("here", False),
    )


def _deleted(message: Message, fields: Mapping[str, Any]) -> Message:
    nothing: dict[str, Any] = dict.fromkeys(
        ("edited", "reactions", "pinned", "files", "previews", "mentions")
    )
    nothing["here"] = False
    nothing["deleted_by"] = fields["by"] if fields["by"] != message.author else None
    return replace(message, body="", html="", deleted=True, **nothing)


def _reacted(message: Message, fields: Mapping[str, Any]) -> Message:
    emoji, user, before = fields["emoji"], fields["user"], message.reactions or {}
    users = before.get(emoji, [])
    if user in users:
        return message
    return replace(message, reactions={**before, emoji: [*users, user]})


def _unreacted(message: Message, fields: Mapping[str, Any]) -> Message:
    emoji, before = fields["emoji"], message.reactions or {}
    users = [user for user in before.get(emoji, []) if user != fields["user"]]
    left = {other: who for other, who in before.items() if other != emoji}
    # An emoji keeps its place while anybody has it.
    after = {other: users if other == emoji else who for other, who in before.items()}
    return replace(message, reactions=(after if users else left) or None)


def _pinned(message: Message, fields: Mapping[str, Any]) -> Message:
    if message.pinned:
        return message
    return replace(message, pinned={"by": fields["by"], "at": fields["at"]})


def _previewed(message: Message, fields: Mapping[str, Any]) -> Message:
    return replace(message, previews=fields["previews"])


def _unpinned(message: Message, fields: Mapping[str, Any]) -> Message:
    return replace(message, pinned=None)


_STEPS: dict[str, Callable[[Message, Mapping[str, Any]], Message]] = {
    EDITED: _edited,
    DELETED: _deleted,
    REACTED: _reacted,
    UNREACTED: _unreacted,
    PINNED: _pinned,
    UNPINNED: _unpinned,
    PREVIEWED: _previewed,
}
CHANGES = frozenset(_STEPS)
"""Kinds of events that change the message they name in ``message``."""


def changed(message: Message, event: Event) -> Message:
    """The message after an event about it; itself where the event is in it already.

    A deleted message stays deleted.
    """
    if event.id <= message.version or message.deleted:
        return message
    return replace(_STEPS[event.kind](message, event.fields), version=event.id)


def fold(rows: Iterable[Message], events: Iterable[Event]) -> list[Message]:
    """Rows of the archive with what the log has newer, in the order of ids.

    The same may be in both, since the archive works meanwhile. ``events`` are in the order of
    their ids.
    """
    messages = {row.id: row for row in rows}
    for event in events:
        if event.kind == "message":
            if event.id not in messages:
                messages[event.id] = message_of(event.id, event.fields)
        elif event.kind in CHANGES:
            target = messages.get(event.fields["message"])
            if target is not None:
                messages[target.id] = changed(target, event)
    return sorted(messages.values(), key=lambda message: message.id)
