"""Probes of the lab: a user measures the way to themselves."""

from __future__ import annotations

from typing import Any

from tornchat.chat.context import Chat, Identity
from tornchat.domain import events, rules
from tornchat.domain.errors import InvalidValue, NotFound
from tornchat.log import append

MOST_PAD = 2000


async def probe(
    chat: Chat, who: Identity, received: int, nonce: object, pad: object
) -> dict[str, Any]:
    """Append a probe to the user's own topic, where nobody else hears it; its id and time.

    ``received`` is when the request came, in unix microseconds. Raises `NotFound` where the lab is
    switched off, `InvalidValue`, `TooMany`, `LogAway`.
    """
    if not chat.lab:
        raise NotFound("The lab is switched off on this server.")
    key = None if nonce is None else rules.check_nonce(nonce)
    if not isinstance(pad, int) or isinstance(pad, bool) or not 0 <= pad <= MOST_PAD:
        raise InvalidValue(f"Send a pad of 0 to {MOST_PAD} characters.")
    fields = events.probe(received, key, pad)
    id, at = await append.append_probe(chat.client, who.user, fields, chat.probe_rate)
    return {"id": id, "at": at}
