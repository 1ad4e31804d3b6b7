"""Sessions are checked again and again: a worker that is deaf does not hear that one has ended."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from tornchat.domain.errors import Unavailable
from tornchat.log import mirror

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub

logger = logging.getLogger(__name__)

SESSION_SECONDS = 15.0
AGAIN_SECONDS = 1.0
VOUCH_SECONDS = 20.0
"""Sessions that could not be checked for so long are not vouched for any more."""


async def keep_checking(hub: Hub) -> None:
    """End the streams of sessions that are over, and all of them where that cannot be known."""
    pause = SESSION_SECONDS
    vouched = time.monotonic()
    while True:
        await asyncio.sleep(pause)
        pause = SESSION_SECONDS
        readers = hub.readers()
        try:
            now = int(time.time() * 1000)
            ended = await mirror.ended(hub.client, {reader.session for reader in readers}, now)
        except Unavailable:
            pause = AGAIN_SECONDS
            if time.monotonic() - vouched > VOUCH_SECONDS:
                hub.close_all()
            continue
        except Exception:
            logger.exception("sessions cannot be checked")
            continue
        vouched = time.monotonic()
        for reader in readers if ended else ():
            if reader.session in ended:
                hub.dismiss(reader, "signed_out", retry=False)
