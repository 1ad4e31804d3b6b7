"""The eraser: leaves nothing of an account but its place, when its time has come.

First, where that was wished, what its owner said goes, by the events of any deletion, so that
every page, the archive, the search and the disk follow as ever; notes to oneself go in any case.
Then all the rest is one transaction, which is what says that it is done: whatever is interrupted
before it is done again, by whichever worker has the lease.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from tornchat.archive import (
    blocks,
    files,
    hooks,
    invites,
    marks,
    members,
    mentions,
    messages,
    outbox,
    rooms,
    search,
    users,
    webhooks,
)
from tornchat.archive.announcer import Change
from tornchat.archive.rows import User
from tornchat.chat import accounts, audit
from tornchat.chat import hooks as hook_verbs
from tornchat.chat.context import Chat
from tornchat.chat.duty import Duty
from tornchat.chat.people import public_person
from tornchat.chat.rooms import unseat
from tornchat.domain import announcements, changes, permissions
from tornchat.domain.audit import NOWHERE
from tornchat.domain.errors import NotFound
from tornchat.domain.messages import Message
from tornchat.log import change as log
from tornchat.log import upkeep

logger = logging.getLogger(__name__)

ROUND_SECONDS = 5.0
PAGE = 200
"""Messages between two looks whether the lease still is ours, and the account still to go."""
SETTLE_SECONDS = 0.5
"""For the archive to take what was deleted."""


class Eraser:
    """Of one worker; works while that holds the lease."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._duty = Duty(chat.client, chat.client.keys.eraser, "eraser")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Stop, and let another worker go on at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            await self._duty.give_up()

    async def _run(self) -> None:
        while True:
            if await self._duty.is_mine():
                while await self._duty.attempt(lambda: self.erase(self._chat.now())):
                    pass
            await asyncio.sleep(ROUND_SECONDS)

    async def erase(self, now: int) -> bool:
        """Erase the first account whose time has come by ``now`` (unix ms); whether there may be
        more. Raises `DatabaseAway`, `LogAway`."""
        async with self._chat.database.read() as conn:
            due = await users.to_be_erased(conn, now)
            notes = await rooms.direct_of(conn, [due[0].id]) if due else None
            # Until it is announced that their sessions are over, they may say something.
            closed = not await outbox.waiting(conn, 1)
        if due is None or not closed:
            return False
        user, whole = due
        if not await self._unsay(user.id, now, whole=whole, notes=notes):
            return False
        async with self._chat.announcer.change(now) as change:
            # It may have been kept in the meantime.
            again = await users.to_be_erased(change.conn, now)
            if again is None or again[0].id != user.id or again[1] != whole:
                return True
            await _forget(change, again[0], notes)
            await audit.note_from(change, NOWHERE, "account.erased", user=user.id)
        logger.info("an account was erased (id %s)", user.id)
        return True

    async def _unsay(self, user_id: str, now: int, *, whole: bool, notes: str | None) -> bool:
        """The archive has taken what somebody wrote, and nothing is left of it, or of their notes
        alone. False where another worker has taken over, the account is kept, or it cannot be known
        yet."""
        chat = self._chat
        if whole or notes is not None:
            async with chat.database.read() as conn:
                if not await search.is_complete(conn):
                    return False
        begun, _ = await upkeep.clock_and_time(chat.client)
        while True:
            async with chat.database.read() as conn:
                taken = await marks.read(conn, "archived") >= begun
            # Looked at before the rows: what comes later was not said by somebody who is closed.
            taken = taken or not await upkeep.any_queued(chat.client)
            some = False
            if whole or notes is not None:
                some = await self._unsay_once(user_id, now, None if whole else notes)
            if whole:
                some = await self._take_back_once(user_id, now) or some
            if not await self._goes_on(user_id, now):
                return False
            if taken and not some:
                return True
            await asyncio.sleep(SETTLE_SECONDS)

    async def _goes_on(self, user_id: str, now: int) -> bool:
        """Whether this worker still is to erase that account: whoever is let in again meanwhile
        loses nothing more."""
        async with self._chat.database.read() as conn:
            if not await users.is_to_be_erased(conn, user_id, now):
                return False
        return await self._duty.is_mine()

    async def _unsay_once(self, user_id: str, now: int, room_id: str | None) -> bool:
        """Delete all that the archive has of somebody, for as long as that is to be; whether there
        was anything."""
        after, some = 0, False
        while await self._goes_on(user_id, now):
            async with self._chat.database.read() as conn:
                page = await search.said_by(conn, user_id, after=after, limit=PAGE, room_id=room_id)
            if not page:
                break
            some, after = True, page[-1].id
            for message in page:
                fields = changes.message_deleted(message.room, message.id, user_id, user_id)
                await self._append(fields, message, user_id)
        return some

    async def _take_back_once(self, user_id: str, now: int) -> bool:
        """Take back all reactions that the archive has of somebody, for as long as that is to be;
        whether there were any."""
        after: int | None = 0
        some = False
        while after is not None and await self._goes_on(user_id, now):
            async with self._chat.database.read() as conn:
                page, after = await messages.answered_by(
                    conn, user_id, after=after, limit=PAGE * 10
                )
            for message in page:
                for emoji, people in (message.reactions or {}).items():
                    if user_id in people and not message.deleted:
                        some = True
                        fields = changes.reaction(
                            changes.UNREACTED, message.room, message.id, user_id, emoji
                        )
                        await self._append(fields, message, user_id)
        return some

    async def _append(self, fields: dict[str, object], message: Message, user_id: str) -> None:
        with suppress(NotFound):  # the message is deleted, and the archive learns of it
            await log.append_change(self._chat.client, fields, message, user_id, 0, erases=True)


async def _forget(change: Change, user: User, notes: str | None) -> None:
    """All that is not a message, in one transaction."""
    conn = change.conn
    await accounts.end_sessions(change, user.id, "disabled")
    for hook in await hooks.made_by(conn, user.id):
        room = await rooms.by_id(conn, hook.room_id)
        if room is not None:
            await hook_verbs.end(change, room, hook, by=user.id)
    await webhooks.remove_made_by(conn, user.id)
    await invites.revoke_all_of(conn, user.id, change.now)
    for other in await blocks.of_user(conn, user.id):
        await blocks.remove(conn, user.id, other)
        room_id = await rooms.direct_of(conn, [user.id, other])
        await change.announce(announcements.unblocked(user.id, other, room_id))
    for seat in await rooms.of_user(conn, user.id):
        # In direct rooms the others go on reading what was said between them.
        if seat.room.kind != permissions.DIRECT or seat.room.id == notes:
            await unseat(change, seat.room, user.id, by=user.id)
            continue
        others = [one.id for one in await members.of_room(conn, seat.room.id) if one.id != user.id]
        # Nobody reads any more what one person would say to them there.
        if len(others) == 1 and await blocks.add(conn, user.id, others[0], change.now):
            await change.announce(announcements.blocked(user.id, others[0], seat.room.id))
    await members.forget_reading(conn, user.id)
    await mentions.forget_of(conn, user.id)
    await files.drop_unsent_of(conn, user.id, change.now)
    if user.avatar is not None:
        await files.drop_drawn(conn, user.avatar, user.id, change.now)
    erased = await users.erase(conn, user, change.now)
    await change.announce(announcements.person_changed(user.id, public_person(erased)))
