"""``/api/admin``: what administrators see and do. Every verb looks whether one may."""

from __future__ import annotations

from tornado.iostream import StreamClosedError

from tornchat.chat import accounts, administration, audit, premises
from tornchat.domain import permissions
from tornchat.domain.ids import parse_cursor
from tornchat.domain.rules import limit_of
from tornchat.handlers.base import Handler
from tornchat.wire.browser import to_json

PAGE = 50
MOST_PAGE = 200
FILTERS = ("person", "kind", "since", "until")


class _Paged(Handler):
    @property
    def limit(self) -> int:
        return limit_of(self.query("limit"), PAGE, MOST_PAGE)


class People(_Paged):
    """``GET /api/admin/people``: everybody, a page at a time."""

    async def get(self) -> None:
        self.answer(
            await administration.people(
                self.chat,
                self.who,
                text=self.query("q"),
                role=self.query("role"),
                state=self.query("state"),
                after=self.query("after"),
                limit=self.limit,
            )
        )


class Person(Handler):
    """``PATCH /api/admin/people/U {role?, disabled?}``."""

    async def patch(self, user: str) -> None:
        self.answer(await administration.change(self.chat, self.who, user, self.body()))


class PersonPassword(Handler):
    """``POST /api/admin/people/U/password``: another one, told once."""

    async def post(self, user: str) -> None:
        password = await administration.reset_password(self.chat, self.who, user)
        self.answer({"password": password}, 201)


class PersonSessions(Handler):
    """``DELETE /api/admin/people/U/sessions``: sign out everywhere."""

    async def delete(self, user: str) -> None:
        await administration.sign_out(self.chat, self.who, user)
        self.nothing()


class Rooms(_Paged):
    """``GET /api/admin/rooms``: all that have a name, a page at a time."""

    async def get(self) -> None:
        self.answer(
            await premises.all_rooms(
                self.chat,
                self.who,
                text=self.query("q"),
                state=self.query("state"),
                after=self.query("after"),
                limit=self.limit,
            )
        )


class RoomOwner(Handler):
    """``PUT /api/admin/rooms/R/owner {user}``: of a room that nobody owns."""

    async def put(self, room: str) -> None:
        await premises.give_owner(self.chat, self.who, room, self.body().get("user"))
        self.nothing()


class Invites(_Paged):
    """``GET /api/admin/invites``: all that were made, a page at a time."""

    async def get(self) -> None:
        before = self.query("before")
        self.answer(await premises.all_invites(self.chat, self.who, before, self.limit))


class Settings(Handler):
    """``/api/admin/settings``: those that can be changed while the server runs."""

    async def get(self) -> None:
        self.answer(await premises.settings(self.chat, self.who))

    async def patch(self) -> None:
        signup = self.body().get("signup")
        self.answer(await premises.change_settings(self.chat, self.who, signup))


class Storage(Handler):
    """``GET /api/admin/storage``: what takes up room."""

    async def get(self) -> None:
        self.answer(await premises.stored(self.chat, self.who))


class Health(Handler):
    """``GET /api/admin/health``: how every worker is, Redis and the database."""

    async def get(self) -> None:
        await administration.may_look(self.chat, self.who)
        self.answer(await self.chat.fleet.health())


class Audit(_Paged):
    """``GET /api/admin/audit``: what was done, the newest first."""

    async def get(self) -> None:
        await administration.may_look(self.chat, self.who)
        before = self.query("before")
        self.answer(
            await audit.page(
                self.chat,
                self.who,
                {name: self.query(name) for name in FILTERS},
                None if before is None else parse_cursor(before),
                self.limit,
            )
        )


class AuditExport(Handler):
    """``GET /api/admin/audit/export``: all of it, a JSON object a line."""

    async def get(self) -> None:
        await administration.may_look(self.chat, self.who)
        asked = {name: self.query(name) for name in FILTERS}
        async for entries in audit.export(self.chat, self.who, asked):
            # It may take long, and must not outlast the right to it.
            who = await accounts.identify(self.chat, self.who.digest)
            permissions.may_administer(who.role)
            # Only now: what was asked for wrongly is a problem, and no empty file.
            self.set_header("Content-Type", "application/x-ndjson; charset=utf-8")
            self.set_header("Content-Disposition", 'attachment; filename="audit.jsonl"')
            for entry in entries:
                self.write(to_json(entry) + b"\n")
            try:
                await self.flush()
            except StreamClosedError:
                return  # the client has gone in the middle of it
