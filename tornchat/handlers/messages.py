"""``/api/messages/ID``: what becomes of a message, in whichever room it is."""

from __future__ import annotations

from tornchat.chat import changes, pins, previews
from tornchat.domain.errors import BadCursor, NotFound
from tornchat.domain.ids import parse_cursor
from tornchat.handlers.base import Handler


class Message(Handler):
    """Edit, delete."""

    async def patch(self, message: str) -> None:
        body = self.body()
        edited = await changes.edit(
            self.chat, self.who, id_of(message), body.get("body"), body.get("nonce"),
            body.get("edited"),
        )  # fmt: skip
        self.answer(edited.public())

    async def delete(self, message: str) -> None:
        await changes.delete(self.chat, self.who, id_of(message))
        self.nothing()


class Reaction(Handler):
    """``/api/messages/ID/reactions/EMOJI``: mine."""

    async def put(self, message: str, emoji: str) -> None:
        await changes.react(self.chat, self.who, id_of(message), emoji)
        self.nothing()

    async def delete(self, message: str, emoji: str) -> None:
        await changes.take_back(self.chat, self.who, id_of(message), emoji)
        self.nothing()


class Pin(Handler):
    """``/api/messages/ID/pin``: the room's."""

    async def put(self, message: str) -> None:
        await pins.pin(self.chat, self.who, id_of(message))
        self.nothing()

    async def delete(self, message: str) -> None:
        await pins.unpin(self.chat, self.who, id_of(message))
        self.nothing()


class Previews(Handler):
    """``/api/messages/ID/previews``: what is shown of its links."""

    async def delete(self, message: str) -> None:
        await previews.take_away(self.chat, self.who, id_of(message))
        self.nothing()


def id_of(text: str) -> int:
    """The id of a message in an address."""
    try:
        return parse_cursor(text)
    except BadCursor:
        raise NotFound("There is no such message, or you may not see it.") from None
