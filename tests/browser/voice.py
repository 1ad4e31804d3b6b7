"""Somebody who talks without a browser, so that a test hears what pages make of it."""

from __future__ import annotations

import itertools
import threading
from types import TracebackType

import httpx

from tests.browser.people import PASSWORD

_numbers = itertools.count(1)


class Voice:
    """Has joined the open room ``room``; within ``with`` talks on, with ``pause`` s between."""

    def __init__(self, url: str, room: str, *, pause: float = 0.05) -> None:
        self.said: list[str] = []
        self._pause = pause
        self._quiet = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._client = httpx.Client(base_url=url, timeout=60)
        account = {"username": f"voice{next(_numbers)}", "password": PASSWORD}
        self._client.post("/api/users", json=account).raise_for_status()
        rooms = self._client.get("/api/rooms").json()["discoverable"]
        [self._room] = [found["id"] for found in rooms if found["name"] == room]
        self._client.put(f"/api/rooms/{self._room}/members/me").raise_for_status()

    def say(self, text: str) -> None:
        path = f"/api/rooms/{self._room}/messages"
        self._client.post(path, json={"body": text}).raise_for_status()
        self.said.append(text)

    def _talk(self) -> None:
        for number in itertools.count(1):
            self.say(f"word {number}")
            if self._quiet.wait(self._pause):
                return

    def __enter__(self) -> Voice:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._quiet.set()
        self._thread.join()
