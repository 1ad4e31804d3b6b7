"""What the table of routes does not say of them: what they take and what they answer.

Keys are method and address as OpenAPI writes them. A route that is not here is described by its
handler's docstring alone: it takes some object where its method takes one, and answers `USUAL`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """``query``: its parameters, by name; ``body``: what it takes, None for nothing; ``answers``:
    status -> what it answers, None for nothing. ``takes`` and ``gives`` are media types."""

    summary: str = ""
    query: dict[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    answers: dict[int, Schema | None] = field(default_factory=dict)
    takes: str = "application/json"
    gives: str = "application/json"


def _object(required: str = "", /, **properties: Schema) -> Schema:
    made: Schema = {"type": "object", "properties": properties}
    return {**made, "required": required.split()} if required else made


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
ID: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
LIMIT: Schema = {"type": "integer", "minimum": 1}
NONCE: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[ -~]+$"}

USUAL: dict[str, dict[int, Schema | None]] = {
    "GET": {200: {}},
    "HEAD": {200: None},
    "POST": {200: {}, 201: {}, 204: None},
    "PUT": {200: {}, 204: None},
    "PATCH": {200: {}, 204: None},
    "DELETE": {204: None},
}

SCHEMAS: dict[str, Schema] = {
    "Problem": _object(
        "type status title detail code",
        type=TEXT, status=NUMBER, title=TEXT, detail=TEXT, code=TEXT,
    ),
    "Person": _object(
        "id username display_name role",
        id=TEXT, username=TEXT, display_name=TEXT, role=TEXT, bot=FLAG, disabled=FLAG,
        status={"type": "object"},
    ),
    "Room": _object(
        "id kind members",
        id=TEXT, name={"type": ["string", "null"]}, kind={"enum": ["open", "private", "direct"]},
        description=TEXT, members=NUMBER, head=ID, last_read=ID, unread=NUMBER, mentions=NUMBER,
    ),
    "Message": _object(
        "id at room author body html",
        id=ID, at=NUMBER, room=TEXT, author=TEXT, body=TEXT, html=TEXT, nonce=TEXT, reply_to=ID,
        edited=NUMBER, deleted=FLAG, version=ID, reactions={"type": "object"},
    ),
    "Page": _object("messages more", messages=_list(_ref("Message")), more=FLAG),
    "Snapshot": _object(
        "user cursor rooms server",
        user=_ref("Person"), cursor=ID, rooms=_list(_ref("Room")), server={"type": "object"},
    ),
    "Webhook": _object(
        "id room url by at",
        id=TEXT, room=TEXT, url=TEXT, by=TEXT, at=NUMBER, secret=TEXT,
        failing_since=NUMBER, ended_at=NUMBER, reason=TEXT,
    ),
    "Hook": _object(
        "id room bot name by at",
        id=TEXT, room=TEXT, bot=TEXT, name=TEXT, by=TEXT, at=NUMBER, url=TEXT,
    ),
}  # fmt: skip

_NEW_MESSAGE = _object("body", body=TEXT, nonce=NONCE, reply_to=ID, files=_list(TEXT))
_CREDENTIALS = _object("username password", username=TEXT, password=TEXT)

_BYTES: dict[int, Schema | None] = {200: {}, 206: {}, 304: None, 416: None}

OPERATIONS: dict[str, Operation] = {
    "GET /api/server": Operation("What a stranger needs to know", answers={200: _object()}),
    "GET /api/openapi.json": Operation("This document", answers={200: _object()}),
    "HEAD /healthz": Operation(answers={200: None}),
    "HEAD /readyz": Operation(answers={200: None}),
    "GET /api/users": Operation(
        "People by their ids, name, or the beginning of it",
        query={"ids": TEXT, "username": TEXT, "prefix": TEXT},
        answers={200: _object("users", users=_list(_ref("Person")))},
    ),
    "POST /api/users": Operation(
        "Sign up",
        body=_object("username password", username=TEXT, password=TEXT, display_name=TEXT),
        answers={201: _ref("Snapshot")},
    ),
    "PATCH /api/users/me": Operation(
        "How others see me",
        body=_object(display_name=TEXT, status={"type": ["object", "null"]}),
        answers={200: _ref("Person")},
    ),
    "GET /api/presence": Operation(
        "Who is there of the people with whom I share a room",
        answers={200: _object("people", people={"type": "object"})},
    ),
    "PUT /api/presence": Operation(
        "Whether anything is done at this device",
        body=_object("active", active=FLAG),
        answers={204: None},
    ),
    "GET /api/sessions": Operation(
        "Where I am signed in",
        answers={200: _object("sessions", sessions=_list({"type": "object"}))},
    ),
    "POST /api/rooms/{room}/typing": Operation("I am writing", answers={204: None}),
    "GET /api/session": Operation("The snapshot", answers={200: _ref("Snapshot")}),
    "POST /api/session": Operation(
        "Sign in", body=_CREDENTIALS, answers={201: _ref("Snapshot")}
    ),
    "DELETE /api/session": Operation("Sign out"),
    "PUT /api/session/password": Operation(
        "Change the password", body=_object("old new", old=TEXT, new=TEXT)
    ),
    "GET /api/rooms": Operation(
        "My rooms, and those I could join",
        answers={
            200: _object(
                "rooms discoverable", rooms=_list(_ref("Room")), discoverable=_list(_ref("Room"))
            )
        },
    ),
    "POST /api/rooms": Operation(
        "Make a room",
        body=_object("name", name=TEXT, description=TEXT, private=FLAG),
        answers={201: _ref("Room")},
    ),
    "GET /api/rooms/{room}": Operation("A room", answers={200: _ref("Room")}),
    "POST /api/direct": Operation(
        "The direct room of these people and me",
        body=_object("users", users=_list(TEXT)),
        answers={200: _ref("Room"), 201: _ref("Room")},
    ),
    "GET /api/rooms/{room}/members": Operation(
        "Who is in a room", answers={200: _object("members", members=_list(_ref("Person")))}
    ),
    "PUT /api/rooms/{room}/members/{user}": Operation(
        "Join, or add somebody", answers={200: _ref("Room")}
    ),
    "DELETE /api/rooms/{room}/members/{user}": Operation("Leave, or remove somebody"),
    "PUT /api/rooms/{room}/read": Operation(
        "Move my read marker", body=_object("id", id=ID, unread=FLAG, turn=NUMBER)
    ),
    "PUT /api/rooms/{room}/level": Operation(
        "What of a room concerns me",
        body=_object("level", level={"enum": ["all", "mentions", "none"]}),
    ),
    "GET /api/rooms/{room}/pins": Operation(
        "Pinned messages", answers={200: _object("messages", messages=_list(_ref("Message")))}
    ),
    "GET /api/rooms/{room}/messages": Operation(
        "A page of history",
        query={"before": ID, "after": ID, "around": ID, "ids": TEXT, "limit": LIMIT},
        answers={200: _ref("Page")},
    ),
    "POST /api/rooms/{room}/messages": Operation(
        "Post a message",
        body=_NEW_MESSAGE,
        answers={200: _ref("Message"), 201: _ref("Message")},
    ),
    "PATCH /api/messages/{message}": Operation(
        "Edit a message",
        body=_object("body", body=TEXT, nonce=NONCE, edited=NUMBER),
        answers={200: _ref("Message")},
    ),
    "DELETE /api/messages/{message}": Operation("Delete a message"),
    "PUT /api/messages/{message}/reactions/{emoji}": Operation("Answer with an emoji"),
    "DELETE /api/messages/{message}/reactions/{emoji}": Operation("Take an emoji back"),
    "GET /api/search": Operation(
        "Search messages",
        query={
            "q": TEXT, "room": TEXT, "author": TEXT, "before": ID, "limit": LIMIT,
            "minutes": NUMBER,
        },
        answers={
            200: _object(
                "messages more words beside",
                messages=_list(_ref("Message")), more=FLAG, words=_list(TEXT),
                beside={"type": "object"}, partial=FLAG,
            )
        },
    ),
    "GET /api/events": Operation(
        "The stream of events, or with Accept: application/json one poll",
        query={"after": ID, "wait": {"type": "number", "minimum": 0, "maximum": 60}},
        answers={200: TEXT},
        gives="text/event-stream",
    ),
    "GET /api/events/socket": Operation(
        "The same over WebSocket", query={"after": ID}, answers={101: None}
    ),
    "GET /api/bots": Operation(
        "All bots", answers={200: _object("bots", bots=_list(_ref("Person")))}
    ),
    "POST /api/bots": Operation(
        "Make a bot",
        body=_object("username", username=TEXT, display_name=TEXT),
        answers={201: _object("user token", user=_ref("Person"), token=TEXT)},
    ),
    "DELETE /api/bots/{user}": Operation("Close a bot's account"),
    "GET /api/rooms/{room}/hooks": Operation(
        "Hooks of a room", answers={200: _object("hooks", hooks=_list(_ref("Hook")))}
    ),
    "POST /api/rooms/{room}/hooks": Operation(
        "Make a hook", body=_object("name", name=TEXT), answers={201: _ref("Hook")}
    ),
    "DELETE /api/rooms/{room}/hooks/{hook}": Operation("Revoke a hook"),
    "GET /api/rooms/{room}/webhooks": Operation(
        "Webhooks of a room", answers={200: _object("webhooks", webhooks=_list(_ref("Webhook")))}
    ),
    "POST /api/rooms/{room}/webhooks": Operation(
        "Make a webhook", body=_object("url", url=TEXT), answers={201: _ref("Webhook")}
    ),
    "DELETE /api/rooms/{room}/webhooks/{webhook}": Operation("End a webhook"),
    "POST /api/hooks/{secret}": Operation(
        "Write by a hook",
        body=_object("text", text=TEXT, nonce=NONCE),
        answers={200: _object("id", id=ID), 201: _object("id", id=ID)},
    ),
    "POST /api/files": Operation(
        "Upload a file",
        query={"name": TEXT},
        body={"type": "string", "contentMediaType": "application/octet-stream"},
        answers={201: _object("id", id=TEXT)},
        takes="application/octet-stream",
    ),
    "GET /api/files/{file}/{name}": Operation("A file", answers=_BYTES, gives="*/*"),
    "GET /api/thumbs/{thumb}": Operation("A thumbnail", answers=_BYTES, gives="*/*"),
    "POST /api/lab/probe": Operation(
        "A measurement",
        body=_object(nonce=NONCE, pad={"type": "integer", "minimum": 0, "maximum": 2000}),
        answers={201: _object("id at received appended")},
    ),
}  # fmt: skip
