"""Who may make an account: what the operator's settings say, else what administrators chose.

The choice is in SQL, and whoever signs up is held to that in the same transaction. What is only
shown of it is kept for a while; the others are told of a change at once.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive import choices
from tornchat.archive.engine import Database
from tornchat.domain.errors import DatabaseAway, LogAway
from tornchat.log.client import Client

POLICIES = ("open", "invite", "closed")
USUAL = "open"
KEPT_SECONDS = 15.0
"""What is said between workers may be lost."""
_CHANGED = "policy"


class SignupPolicy:
    """``fixed`` is what the settings say: that wins; None where they say nothing."""

    def __init__(self, database: Database, fixed: str | None) -> None:
        self.fixed = fixed
        self._database = database
        self._known = fixed or USUAL
        self._good_until = 0.0
        self._changes = 0

    async def look(self) -> str:
        """The policy, as far as it is known without delay."""
        now = asyncio.get_running_loop().time()
        if self.fixed is None and now >= self._good_until:
            self._good_until, changes = now + KEPT_SECONDS, self._changes
            try:
                async with self._database.read() as conn:
                    found = await self.read(conn)
            except DatabaseAway:
                found = self._known  # what was known last will do to be shown
            if changes != self._changes:
                return await self.look()  # it may have been read before that
            self._known = found
        return self._known

    async def read(self, conn: AsyncConnection) -> str:
        """The policy at this moment of a transaction."""
        if self.fixed is not None:
            return self.fixed
        chosen = await choices.read(conn, "signup")
        return chosen if chosen in POLICIES else USUAL

    def control(self, message: str) -> None:
        """What workers say to each other on the control channel."""
        if message == _CHANGED:
            self.forget()

    def forget(self) -> None:
        """Another one was chosen."""
        self._good_until = 0.0
        self._changes += 1


async def say_changed(client: Client) -> None:
    """Another policy was chosen, and is committed, whether the others hear of it at once or not."""
    with suppress(LogAway):
        await client.call("PUBLISH", client.keys.control, _CHANGED)
