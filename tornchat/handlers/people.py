"""``/api/presence``, ``/api/users/me``, ``/api/sessions``, and who is writing in a room."""

from __future__ import annotations

from contextlib import aclosing, suppress
from dataclasses import replace

from tornado.iostream import StreamClosedError

from tornchat.chat import closing, presence, profiles, sessions, takeout
from tornchat.handlers.base import Handler


class Presence(Handler):
    """``GET``: who is there of those with whom I share a room; ``PUT {active}``: whether I do
    anything at this device."""

    async def get(self) -> None:
        self.answer({"people": await presence.around(self.chat, self.who)})

    async def put(self) -> None:
        await presence.note_active(self.chat, self.who, self.body().get("active"))
        self.nothing()


class Typing(Handler):
    """``POST /api/rooms/R/typing``."""

    async def post(self, room: str) -> None:
        await presence.write(self.chat, self.who, room)
        self.nothing()


class Me(Handler):
    """``PATCH /api/users/me {display_name?, status?}``: how others see me; ``DELETE {password,
    messages?}``: my account goes."""

    async def patch(self) -> None:
        self.answer(await profiles.change(self.chat, self.who, self.body()))

    async def delete(self) -> None:
        body = self.body()
        at = await closing.leave(self.chat, self.who, body.get("password"), body.get("messages"))
        self.clear_cookie(self.site.cookie, path="/", secure=self.site.secure)
        self.answer({"erased_at": at})


class Person(Handler):
    """``DELETE /api/users/U {messages?}``: an account goes."""

    async def delete(self, user: str) -> None:
        body = self.body() if self.request.body else {}
        at = await closing.dismiss(self.chat, self.who, user, body.get("messages"))
        self.answer({"erased_at": at})


class Export(Handler):
    """``GET /api/users/me/export``: all that there is of me, as a ZIP."""

    async def get(self) -> None:
        # Nothing is changed by it, but it is noted from where it was asked for.
        who = replace(self.who, source=self.source)
        pieces = await takeout.begin(self.chat, who)
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", 'attachment; filename="tornchat.zip"')
        with suppress(StreamClosedError):  # the client has gone in the middle of it
            async with aclosing(pieces):
                async for piece in pieces:
                    self.write(piece)
                    # Nothing more is read before the client has taken this.
                    await self.flush()


class MySettings(Handler):
    """``PATCH /api/users/me/settings``: what I choose, on all my devices."""

    async def patch(self) -> None:
        self.answer(await profiles.choose(self.chat, self.who, self.body()))


class Sessions(Handler):
    """``GET /api/sessions``: where I am signed in."""

    async def get(self) -> None:
        self.answer({"sessions": await sessions.mine(self.chat, self.who)})


class OneSession(Handler):
    """``DELETE /api/sessions/ID``: sign out there."""

    async def delete(self, name: str) -> None:
        await sessions.end(self.chat, self.who, name)
        self.nothing()
