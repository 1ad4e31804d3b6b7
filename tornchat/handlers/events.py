"""``GET /api/events``: the stream, and polls."""

from __future__ import annotations

import re

from tornchat import metrics
from tornchat.chat import accounts
from tornchat.domain.errors import BadRequest
from tornchat.handlers import asking
from tornchat.handlers.reading import ReadingHandler
from tornchat.hub.poll import Page
from tornchat.wire import sse

USUAL_WAIT = 25.0
LONGEST_WAIT = 60.0

_SECONDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?\Z", re.ASCII)


def count_answer(page: Page) -> None:
    """A poll is answered with this."""
    outcome = "reset" if page.cursor is None else "events" if page.events else "nothing"
    metrics.POLLS.labels(outcome).inc()


class Events(ReadingHandler):
    """Server-Sent Events after a cursor, then live, until either side ends it; or, for whoever
    accepts JSON, one answer."""

    async def get(self) -> None:
        if asking.wants_json(self.request.headers):
            await self._poll()
        else:
            await self.stream(sse, sse.HEADERS)

    async def _poll(self) -> None:
        wait = self._wait()
        cursor = self.cursor()
        # One that does not wait holds nothing.
        seat = await self.hub.admission.admit(self.who.user, self.address) if wait else None
        poll = self._reader = self.hub.poll(self.who.user, self.who.digest, cursor, seat)
        if self.gone:
            poll.close()
        try:
            page = await poll.answer(wait)
        finally:
            poll.close()
        # The session may have ended while this one waited, or before it could be told.
        await accounts.identify(self.chat, self.who.digest)
        count_answer(page)
        if page.leaving:
            self.set_header("Connection", "close")
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(page.json())

    def _wait(self) -> float:
        """How long an answer may take, in seconds. Raises `BadRequest`."""
        text = self.query("wait")
        if text is None:
            return USUAL_WAIT
        if not _SECONDS.match(text) or float(text) > LONGEST_WAIT:
            raise BadRequest(f"wait is a number of seconds from 0 to {LONGEST_WAIT:g}.")
        return float(text)
