"""``/api/rooms`` and what is in one."""

from __future__ import annotations

from typing import Any

from tornchat.archive.rows import Profile
from tornchat.chat import messages, moderation, pins, room_settings, rooms, snapshot
from tornchat.domain.errors import BadRequest, InvalidValue
from tornchat.domain.ids import parse_cursor
from tornchat.domain.rules import limit_of
from tornchat.handlers.base import WORKER_HEADER, Handler

PAGE = 50
MOST_PAGE = 200
MOST_IDS = 100
ME = "me"


class Rooms(Handler):
    """``/api/rooms``: mine and those I could join; make one."""

    async def get(self) -> None:
        self.answer(
            {
                "rooms": await snapshot.my_rooms(self.chat, self.who.user),
                "discoverable": await snapshot.discoverable(self.chat, self.who.user),
            }
        )

    async def post(self) -> None:
        body = self.body()
        id = await rooms.create(
            self.chat, self.who, body.get("name"), body.get("description"), body.get("private")
        )
        self.answer(await snapshot.room(self.chat, self.who, id), 201)


class Room(Handler):
    """``/api/rooms/R``: look, change its settings, archive."""

    async def get(self, room: str) -> None:
        self.answer(await snapshot.room(self.chat, self.who, room))

    async def patch(self, room: str) -> None:
        changed = await room_settings.change(self.chat, self.who, room, self.body())
        self.answer(room_settings.public(changed))

    async def delete(self, room: str) -> None:
        await room_settings.archive(self.chat, self.who, room)
        self.nothing()


class Archived(Handler):
    """``/api/archived``: rooms that can be brought back."""

    async def get(self) -> None:
        self.answer({"rooms": await snapshot.archived(self.chat, self.who)})


class Members(Handler):
    """``/api/rooms/R/members``."""

    async def get(self, room: str) -> None:
        people = await rooms.people(self.chat, self.who, room)
        now = self.chat.now()
        self.answer({"members": [_member(person, now) for person in people]})


def _member(person: Profile, now: int) -> dict[str, Any]:
    shown = snapshot.public_user(person)
    if person.muted is not None and person.muted > now:
        shown["muted"] = person.muted
    return shown


class Member(Handler):
    """``/api/rooms/R/members/U``: join or add, give a role, mute, leave or remove."""

    async def put(self, room: str, user: str) -> None:
        if user in (ME, self.who.user):
            await rooms.join(self.chat, self.who, room)
        else:
            await rooms.add(self.chat, self.who, room, user)
        self.answer(await snapshot.room(self.chat, self.who, room))

    async def patch(self, room: str, user: str) -> None:
        body, user = self.body(), self.who.user if user == ME else user
        person = await moderation.change_member(
            self.chat, self.who, room, user, body.get("role"), body.get("muted_until")
        )
        self.answer(_member(person, self.chat.now()))

    async def delete(self, room: str, user: str) -> None:
        if user in (ME, self.who.user):
            await rooms.leave(self.chat, self.who, room)
        else:
            await rooms.remove(self.chat, self.who, room, user)
        self.nothing()


class Pins(Handler):
    """``/api/rooms/R/pins``."""

    async def get(self, room: str) -> None:
        found = await pins.pinned(self.chat, self.who, room)
        self.answer({"messages": [message.public() for message in found]})


class Messages(Handler):
    """``/api/rooms/R/messages``: a page of history, or messages by their ids; post."""

    async def get(self, room: str) -> None:
        ids = self.query("ids")
        bounds = {
            name: parse_cursor(value)
            for name in ("before", "after", "around")
            if (value := self.query(name)) is not None
        }
        if len(bounds) > 1:
            raise BadRequest("Give one of before, after and around.")
        if ids is not None:
            if bounds:
                raise BadRequest("Give ids, or a place in the history.")
            found = await messages.some(self.chat, self.who, room, ids_of(ids))
            self.answer(messages.page_json((found, False)))
            return
        limit = limit_of(self.query("limit"), PAGE, MOST_PAGE)
        page = await messages.history(self.chat, self.who, room, **bounds, limit=limit)
        self.answer(messages.page_json(page))

    async def post(self, room: str) -> None:
        body = self.body()
        message, again = await messages.post(
            self.chat,
            self.who,
            room,
            body.get("body"),
            body.get("nonce"),
            body.get("reply_to"),
            files=body.get("files"),
        )
        if not again:
            self.set_header(WORKER_HEADER, self.hub.worker)
        self.answer(message.public(), 200 if again else 201)


def ids_of(text: str) -> set[int]:
    """Ids of messages as they stand in an address, with commas between."""
    ids = {parse_cursor(part) for part in text.split(",") if part}
    if len(ids) > MOST_IDS:
        raise InvalidValue(f"Ask for at most {MOST_IDS} messages at once.")
    return ids
