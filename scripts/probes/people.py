"""People with accounts: what the probes do over the API in somebody's name."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from probes.calls import Caller, Fetched
from probes.evidence import RoomShown, Snapshot, Stored
from probes.exchange import Base
from probes.ledger import Accepted, digest_of

PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that end with the run
_PAGE = 200
# Hashing a password is dear on purpose, and the machine may be busy.
_LONG_SECONDS = 30.0


class Person:
    """Somebody who has signed up, by a cookie of their own. All that can fail raises
    `calls.GivenUp`."""

    def __init__(self, name: str, servers: Sequence[Base], chance: random.Random) -> None:
        self.name = name
        self.id = ""
        self.caller = Caller(servers, chance)
        self._servers = servers
        self._one_at_a_time = asyncio.Lock()

    def twin(self, chance: random.Random) -> Person:
        """The same person on another device: with connections of its own."""
        twin = Person(self.name, self._servers, chance)
        twin.id, twin.caller.cookie = self.id, self.caller.cookie
        return twin

    async def sign_up(self) -> None:
        body = {"username": self.name, "password": PASSWORD}
        answer = await self._ask(
            *("POST", "/api/users", body),
            good=lambda status: status in (201, 409),
            attempt=_LONG_SECONDS,
        )
        if answer.status == 409:  # an attempt that was not answered has done it
            answer = await self._ask("POST", "/api/session", body)
        self.caller.cookie = answer.cookie
        self.id = answer.json()["user"]["id"]

    async def snapshot(self) -> Snapshot:
        shown = (await self._ask("GET", "/api/session")).json()
        rooms = {
            room["id"]: RoomShown(room["head"], room["last_read"], room["unread"], room["members"])
            for room in shown["rooms"]
        }
        return Snapshot(shown["user"]["id"], shown["cursor"], rooms)

    async def make_room(self, name: str, *, private: bool = False) -> str:
        """The id of a new room, whose owner this person is."""
        body = {"name": name, "private": private}
        # A second attempt would find the name taken.
        answer = await self._ask("POST", "/api/rooms", body, attempt=_LONG_SECONDS)
        id: str = answer.json()["id"]
        return id

    async def join(self, room: str, user: str = "me") -> None:
        """Come into a room, or put somebody into it."""
        await self._ask("PUT", f"/api/rooms/{room}/members/{user}")

    async def leave(self, room: str, user: str = "me") -> None:
        """Go out of a room, or take somebody out of it."""
        # A second attempt finds that the first, which was not answered, has done it.
        await self._ask(
            "DELETE", f"/api/rooms/{room}/members/{user}", good=lambda status: status in (204, 404)
        )

    async def say(self, room: str, body: str, nonce: str) -> Accepted:
        """Post with retries until it is accepted."""
        asked = {"body": body, "nonce": nonce}
        answer = await self._ask("POST", f"/api/rooms/{room}/messages", asked)
        return Accepted(
            room,
            answer.json()["id"],
            nonce,
            self.id,
            digest_of(body),
            answer.sent,
            answer.answered,
            answer.attempts,
        )

    async def history(self, room: str, after: int) -> list[Stored]:
        """Everything in a room after an id, oldest first, page by page."""
        found: list[Stored] = []
        while True:
            page = await self._ask("GET", f"/api/rooms/{room}/messages?after={after}&limit={_PAGE}")
            messages: list[dict[str, Any]] = page.json()["messages"]
            found += [
                Stored(m["id"], m["author"], m.get("nonce", ""), digest_of(m["body"]))
                for m in messages
            ]
            if not page.json()["more"]:
                return found
            after = messages[-1]["id"]

    async def _ask(self, method: str, path: str, body: Any = None, **more: Any) -> Fetched:
        async with self._one_at_a_time:
            return await self.caller.insist(method, path, body, **more)
