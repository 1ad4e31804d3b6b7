"""Visits that ask once: long and short polls."""

from __future__ import annotations

import json

from probes.exchange import Base
from probes.visit import End, Visit

_SLACK_SECONDS = 10.0


class LongPollVisit(Visit):
    """One question that is answered as soon as there is an event."""

    name = "long-poll"
    accept = "application/json"

    def begin(self) -> None:
        self._body: list[bytes] = []

    def address(self) -> str:
        return f"{self.path}?after={self._reader.cursor}&wait={self.wait:g}"

    @property
    def wait(self) -> float:
        return self._reader.manner.wait

    @property
    def patience(self) -> float:
        return self.wait + _SLACK_SECONDS

    async def run(self, base: Base, cookie: str) -> End:
        # A poll waits on the server from now on; a reader that only ever asks is always live.
        self._reader.live = True
        return await super().run(base, cookie)

    def take(self, data: bytes) -> None:
        self._body.append(data)

    def finish(self, why: str) -> End:
        if why:
            return End(why, failed=True)
        answer = json.loads(b"".join(self._body))
        if answer["reset"]:
            return End("reset", reset=True)
        self._hooks.opened(self.name, "", self._reader.cursor)
        for event in answer["events"]:
            if "id" in event:
                self._reader.at(event["id"])
            self._hooks.event(event)
        self._hooks.position(answer["cursor"])
        self._reader.at(answer["cursor"])
        return End("", pause=self.pause())

    def pause(self) -> float:
        return 0.0


class ShortPollVisit(LongPollVisit):
    """One question that is answered at once."""

    name = "short-poll"

    @property
    def wait(self) -> float:
        return 0.0

    def pause(self) -> float:
        return self._reader.manner.poll_pause
