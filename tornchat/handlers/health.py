"""``/healthz`` and ``/readyz``, for load balancers and people."""

from __future__ import annotations

from tornchat.domain.errors import DatabaseAway, Unavailable
from tornchat.handlers.base import Handler
from tornchat.log import read


class Alive(Handler):
    """The process answers."""

    public = frozenset({"GET", "HEAD"})
    any_host = True

    def get(self) -> None:
        self.answer({"status": "ok"})

    head = get


class Ready(Handler):
    """Events can be delivered: Redis answers, and what is published there comes back; and this
    worker is here to stay.

    A database that is away does not count: chat goes on without it.
    """

    public = frozenset({"GET", "HEAD"})
    any_host = True

    async def get(self) -> None:
        log = self.hub.bus.trouble()
        if log is None:  # else there is no need to wait for a Redis that is away
            try:
                await read.position(self.chat.client, [])
            except Unavailable as error:  # DatabaseAway too: a log that is not fenced needs both
                log = error.title
        try:
            await self.chat.database.ping()
            database = "ok"
        except DatabaseAway:
            database = "away"
        status = "ok" if log is None else "unavailable"
        if self.hub.mover.draining:
            status = "draining"
        if status != "ok":
            self.set_header("Retry-After", "1")
        state = {"status": status, "log": log or "ok", "database": database}
        self.answer(state, 200 if status == "ok" else 503)

    head = get
