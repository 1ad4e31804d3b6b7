"""Work that one worker of the fleet does at a time, over and over, until it is stopped."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tornchat.domain.errors import TornchatError
from tornchat.log import upkeep
from tornchat.log.client import Client

logger = logging.getLogger(__name__)

LEASE_MS = 5_000


class Duty:
    """A lease on some work. ``name`` is what the log calls whoever has it; ``key`` the lease's."""

    def __init__(self, client: Client, key: str, name: str) -> None:
        self._client = client
        self._key = key
        self._name = name
        self._token = secrets.token_hex(16)

    async def is_mine(self) -> bool:
        """Take the lease, or keep it; False where another worker has it, or nobody can tell."""
        return bool(await self.attempt(lambda: self._hold(LEASE_MS)))

    async def give_up(self) -> None:
        """Let another worker take over at once."""
        with suppress(TornchatError):  # else it ends by itself
            await self._hold(0)

    async def attempt(self, step: Callable[[], Awaitable[bool]]) -> bool | None:
        """What a step says: whether there may be more; None where it failed."""
        try:
            return await step()
        except TornchatError as error:
            logger.debug("the %s waits: %s", self._name, error)
        except Exception:
            logger.exception("the %s failed and tries again", self._name)
        return None

    async def _hold(self, milliseconds: int) -> bool:
        return await upkeep.hold_lease(self._client, self._token, milliseconds, self._key)
