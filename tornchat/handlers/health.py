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
    """Events can be delivered: Redis answers, and what is published there comes back.

    A database that is away does not count: chat goes on without it.
    """

    public = frozenset({"GET", "HEAD"})
    any_host = True

    async def get(self) -> None:
        log = self.hub.bus.trouble()
        try:
            await read.position(self.chat.client, [])
        except Unavailable as error:  # DatabaseAway too: a log that is not fenced needs both
            log = error.title
        try:
            await self.chat.database.ping()
            database = "ok"
        except DatabaseAway:
            database = "away"
        state = {"status": "ok" if log is None else "unavailable", "log": log or "ok"}
        if log is not None:
            self.set_header("Retry-After", "1")
        self.answer({**state, "database": database}, 200 if log is None else 503)

    head = get
