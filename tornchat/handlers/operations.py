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
TEXT_OR_NONE: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
ID: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
LIMIT: Schema = {"type": "integer", "minimum": 1}
NONCE: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[ -~]+$"}
_WHO: Schema = {"enum": ["all", "staff"]}

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
        reason=TEXT, values={"type": "object"},
    ),
    "Person": _object(
        "id username display_name role",
        id=TEXT, username=TEXT, display_name=TEXT, role=TEXT, bot=FLAG, disabled=FLAG,
        status={"type": "object"}, avatar=TEXT, deleted=FLAG,
    ),
    "Room": _object(
        "id kind members",
        id=TEXT, name=TEXT_OR_NONE, kind={"enum": ["open", "private", "direct"]},
        description=TEXT, members=NUMBER, head=ID, last_read=ID, unread=NUMBER, mentions=NUMBER,
    ),
    "Message": _object(
        "id at room author body html",
        id=ID, at=NUMBER, room=TEXT, author=TEXT, body=TEXT, html=TEXT, nonce=TEXT, reply_to=ID,
        edited=NUMBER, deleted=FLAG, version=ID, reactions={"type": "object"},
    ),
    "Page": _object("messages more", messages=_list(_ref("Message")), more=FLAG),
    "Snapshot": _object(
        "user settings cursor rooms server",
        user=_ref("Person"), settings={"type": "object"}, cursor=ID, rooms=_list(_ref("Room")),
        server={"type": "object"}, returned=FLAG,
    ),
    "Settings": _object(
        "id name kind description history posting adding",
        id=TEXT, name=TEXT, kind={"enum": ["open", "private"]}, description=TEXT,
        history={"enum": ["all", "joined", "since"]}, posting=_WHO, adding=_WHO, archived=FLAG,
    ),
    "Invite": _object(
        "id room by created_at expires_at uses used",
        id=TEXT, room=TEXT_OR_NONE, by=TEXT, created_at=NUMBER, expires_at=NUMBER,
        uses=NUMBER, used=NUMBER, url=TEXT,
    ),
    "Session": _object(
        "id kind label created_at expires_at connected this",
        id=TEXT, kind={"enum": ["cookie", "token"]}, label=TEXT, created_at=NUMBER,
        expires_at={"type": ["integer", "null"]}, connected=FLAG, this=FLAG,
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
    "Done": _object(
        "id at kind",
        id=ID, at=NUMBER, kind=TEXT, actor=TEXT, user=TEXT, room=TEXT, address=TEXT, device=TEXT,
        detail={"type": "object"},
    ),
}  # fmt: skip

_NEW_MESSAGE = _object("body", body=TEXT, nonce=NONCE, reply_to=ID, files=_list(TEXT))
_CREDENTIALS = _object("username password", username=TEXT, password=TEXT)

_PREFERENCES = _object(
    theme={"enum": ["auto", "light", "dark"]}, language=TEXT, clock={"enum": ["auto", "12", "24"]},
    send={"enum": ["enter", "ctrl"]}, sound=FLAG,
)  # fmt: skip
_SECRET = _object("invite", invite=TEXT)
_HEALTH = _object("status", status=TEXT, log=TEXT, database=TEXT)

_BYTES: dict[int, Schema | None] = {200: {}, 206: {}, 304: None, 416: None}
_NO_BYTES: dict[int, Schema | None] = dict.fromkeys(_BYTES)

OPERATIONS: dict[str, Operation] = {
    "GET /api/server": Operation("What a stranger needs to know", answers={200: _object()}),
    "GET /api/openapi.json": Operation("This document", answers={200: _object()}),
    "GET /healthz": Operation("Whether the process answers", answers={200: _HEALTH}),
    "HEAD /healthz": Operation("Whether the process answers", answers={200: None}),
    "GET /readyz": Operation(
        "Whether events can be delivered", answers={200: _HEALTH, 503: _HEALTH}
    ),
    "HEAD /readyz": Operation("Whether events can be delivered", answers={200: None, 503: None}),
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
    "GET /api/users/me/export": Operation(
        "All that there is of me", answers={200: {}}, gives="application/zip"
    ),
    "PATCH /api/users/me/settings": Operation(
        "What I choose, on all my devices", body=_PREFERENCES, answers={200: _PREFERENCES}
    ),
    "DELETE /api/users/me": Operation(
        "My account goes",
        body=_object("password", password=TEXT, messages=FLAG),
        answers={200: _object("erased_at", erased_at=NUMBER)},
    ),
    "DELETE /api/users/{user}": Operation(
        "Somebody's account goes",
        body=_object(messages=FLAG),
        answers={200: _object("erased_at", erased_at=NUMBER)},
    ),
    "PUT /api/users/{user}/avatar": Operation(
        "My picture",
        body={"type": "string", "contentMediaType": "application/octet-stream"},
        answers={200: _ref("Person")},
        takes="application/octet-stream",
    ),
    "DELETE /api/users/{user}/avatar": Operation("Take a picture away"),
    "GET /api/avatars/{avatar}": Operation("A picture of somebody", answers=_BYTES, gives="*/*"),
    "HEAD /api/avatars/{avatar}": Operation("A picture, without it", answers=_NO_BYTES),
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
        answers={200: _object("sessions", sessions=_list(_ref("Session")))},
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
    "DELETE /api/sessions/{session}": Operation("Sign out there"),
    "GET /api/blocks": Operation(
        "Those whom I have blocked", answers={200: _object("users", users=_list(_ref("Person")))}
    ),
    "PUT /api/blocks/{user}": Operation("Block somebody"),
    "DELETE /api/blocks/{user}": Operation("Block somebody no longer"),
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
    "PATCH /api/rooms/{room}": Operation(
        "Change a room's settings, or bring it back",
        body=_object(
            name=TEXT, description=TEXT, private=FLAG, history={"enum": ["all", "joined"]},
            posting=_WHO, adding=_WHO, archived={"const": False},
        ),
        answers={200: _ref("Settings")},
    ),
    "DELETE /api/rooms/{room}": Operation("Archive a room"),
    "GET /api/archived": Operation(
        "Rooms that can be brought back",
        answers={200: _object("rooms", rooms=_list(_ref("Room")))},
    ),
    "GET /api/invites": Operation(
        "Invitations that are still good",
        query={"room": TEXT},
        answers={200: _object("invites", invites=_list(_ref("Invite")))},
    ),
    "POST /api/invites": Operation(
        "Make an invitation",
        body=_object(room=TEXT, expires_in=NUMBER, uses=NUMBER),
        answers={201: _ref("Invite")},
    ),
    "DELETE /api/invites/{invite}": Operation("Revoke an invitation"),
    "POST /api/invites/look": Operation(
        "What an invitation is for",
        body=_SECRET,
        answers={
            200: _object(
                "room by expires_at",
                room={"type": ["object", "null"]}, by={"type": "object"}, expires_at=NUMBER,
            )
        },
    ),
    "POST /api/invites/accept": Operation(
        "Come in by an invitation",
        body=_SECRET,
        answers={200: _object("room", room={"anyOf": [_ref("Room"), {"type": "null"}]})},
    ),
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
    "PATCH /api/rooms/{room}/members/{user}": Operation(
        "Give a role, or mute",
        body=_object(role={"enum": ["owner", "moderator", "member"]}, muted_until=NUMBER),
        answers={200: _ref("Person")},
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
    "PUT /api/messages/{message}/pin": Operation("Pin a message", answers={204: None}),
    "DELETE /api/messages/{message}/pin": Operation("Unpin a message"),
    "DELETE /api/messages/{message}/previews": Operation("Take the previews of its links away"),
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
    "GET /api/admin/people": Operation(
        "Everybody, for administrators",
        query={"q": TEXT, "role": TEXT, "state": TEXT, "after": TEXT, "limit": LIMIT},
        answers={
            200: _object("people more total", people=_list(_ref("Person")), more=FLAG, total=NUMBER)
        },
    ),
    "PATCH /api/admin/people/{user}": Operation(
        "Make an administrator or a member, close or open an account",
        body=_object(role={"enum": ["admin", "member"]}, disabled=FLAG),
        answers={200: _ref("Person")},
    ),
    "POST /api/admin/people/{user}/password": Operation(
        "Give somebody another password, told once",
        answers={201: _object("password", password=TEXT)},
    ),
    "DELETE /api/admin/people/{user}/sessions": Operation("Sign somebody out everywhere"),
    "GET /api/admin/rooms": Operation(
        "All rooms that have a name",
        query={"q": TEXT, "state": TEXT, "after": TEXT, "limit": LIMIT},
        answers={
            200: _object("rooms more total", rooms=_list(_object()), more=FLAG, total=NUMBER)
        },
    ),
    "PUT /api/admin/rooms/{room}/owner": Operation(
        "Give a room that nobody owns an owner",
        body=_object("user", user=TEXT),
        answers={204: None},
    ),
    "GET /api/admin/invites": Operation(
        "All invitations that were made",
        query={"before": TEXT, "limit": LIMIT},
        answers={200: _object("invites more", invites=_list(_ref("Invite")), more=FLAG)},
    ),
    "GET /api/admin/settings": Operation(
        "Settings that can be changed while the server runs",
        answers={200: _object("signup fixed", signup=TEXT, fixed=FLAG)},
    ),
    "PATCH /api/admin/settings": Operation(
        "Change them",
        body=_object("signup", signup={"enum": ["open", "invite", "closed"]}),
        answers={200: _object("signup fixed", signup=TEXT, fixed=FLAG)},
    ),
    "GET /api/admin/storage": Operation("What takes up room", answers={200: _object()}),
    "GET /api/admin/health": Operation(
        "How every worker is, Redis and the database",
        answers={
            200: _object(
                "at workers silent", at=NUMBER, workers=_list(_object()), silent=NUMBER
            )
        },
    ),
    "GET /api/admin/audit": Operation(
        "What was done, the newest first",
        query={
            "person": TEXT, "kind": TEXT, "since": NUMBER, "until": NUMBER, "before": ID,
            "limit": LIMIT,
        },
        answers={200: _object("entries more", entries=_list(_ref("Done")), more=FLAG)},
    ),
    "GET /api/admin/audit/export": Operation(
        "The same, all of it, a JSON object a line",
        query={"person": TEXT, "kind": TEXT, "since": NUMBER, "until": NUMBER},
        answers={200: TEXT},
        gives="application/x-ndjson",
    ),
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
    "HEAD /api/files/{file}/{name}": Operation("A file, without what is in it", answers=_NO_BYTES),
    "GET /api/thumbs/{thumb}": Operation("A thumbnail", answers=_BYTES, gives="*/*"),
    "HEAD /api/thumbs/{thumb}": Operation("A thumbnail, without it", answers=_NO_BYTES),
    "GET /api/push": Operation(
        "What a browser needs to subscribe", answers={200: _object("public_key", public_key=TEXT)}
    ),
    "POST /api/push/subscriptions": Operation(
        "Have pushes sent to this browser",
        body=_object(
            "endpoint keys",
            endpoint=TEXT, keys=_object("p256dh auth", p256dh=TEXT, auth=TEXT), text=FLAG,
            quiet_until=NUMBER,
        ),
        answers={201: _object("endpoint", endpoint=TEXT)},
    ),
    "DELETE /api/push/subscriptions": Operation(
        "Have no more sent to it", body=_object("endpoint", endpoint=TEXT)
    ),
    "POST /api/lab/probe": Operation(
        "A measurement",
        body=_object(nonce=NONCE, pad={"type": "integer", "minimum": 0, "maximum": 2000}),
        answers={201: _object("id at received appended")},
    ),
}  # fmt: skip
