"""Web Push: the server's key, and browsers that take pushes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tornchat.archive import push
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.domain.errors import InvalidValue, NotFound
from tornchat.domain.pushing import Target, check_target
from tornchat.domain.rules import is_text
from tornchat.log import read

if TYPE_CHECKING:
    from tornchat.chat.push_keys import Signer

SUBSCRIPTIONS_PER_MINUTE = 30
_MOST_TIME = 2**53


class PushKeys:
    """The server's key for pushes: made once, kept in the database, the same on all nodes."""

    def __init__(self, contact: str) -> None:
        self._contact = contact
        self._signer: Signer | None = None

    async def signer(self, chat: Chat) -> Signer:
        """Raises `DatabaseAway`."""
        if self._signer is None:
            from tornchat.chat import push_keys  # see there

            async with chat.database.read() as conn:
                key = await push.key(conn)
            if key is None:
                async with chat.database.write() as conn:
                    await push.keep_key(conn, push_keys.new_key())
                    key = await push.key(conn)
                assert key is not None
            self._signer = push_keys.Signer(key, self._contact)
        return self._signer


async def public_key(chat: Chat) -> str:
    """The key that browsers subscribe with. Raises `NotFound` where push is switched off."""
    return (await _keys(chat).signer(chat)).public_key


async def subscribe(
    chat: Chat,
    who: Identity,
    endpoint: object,
    keys: object,
    text: object = None,
    quiet_until: object = None,
) -> Target:
    """From now on pushes for me go to this browser, until this session ends.

    ``text``: whether they show what messages say; ``quiet_until``: none before then (unix ms).
    """
    _keys(chat)
    target = check_target(endpoint, keys)
    if not isinstance(text, bool | None):
        raise InvalidValue("text is true or false.")
    if quiet_until is not None and (
        not isinstance(quiet_until, int)
        or isinstance(quiet_until, bool)
        or not 0 <= quiet_until < _MOST_TIME
    ):
        raise InvalidValue("quiet_until is a time in unix milliseconds.")
    from tornchat.chat import push_keys  # see there

    await asyncio.to_thread(push_keys.check_key, target)
    await _limited(chat, who)
    since = (await read.position(chat.client, [])).clock
    async with chat.database.write() as conn:
        await push.subscribe(
            conn,
            target,
            session=who.digest,
            user_id=who.user,
            text=text is not False,
            quiet_until=quiet_until,
            since=since,
            now=chat.now(),
        )
    return target


async def unsubscribe(chat: Chat, who: Identity, endpoint: object) -> None:
    """No more pushes to this browser. Harmless where there were none."""
    if not is_text(endpoint):
        raise InvalidValue("endpoint is the address that the browser gave.")
    await _limited(chat, who)
    async with chat.database.write() as conn:
        await push.unsubscribe(conn, Target(endpoint, "", "").id, who.user)


async def _limited(chat: Chat, who: Identity) -> None:
    if chat.post_rate:
        await rate_limit(
            chat,
            f"subscribe:{who.user}",
            SUBSCRIPTIONS_PER_MINUTE,
            SUBSCRIPTIONS_PER_MINUTE,
            "You change things too fast.",
        )


def _keys(chat: Chat) -> PushKeys:
    if chat.push is None:
        raise NotFound("Pushes are switched off on this server.")
    return chat.push
