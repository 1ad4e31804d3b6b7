"""The cast of the tests: people who sign up, write and follow over real HTTP, as any client
does."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from tests.running import RunningServer, until
from tornchat.domain.events import EPHEMERAL_KINDS
from tornchat.wire.sse import Decoder

PASSWORD = "correct horse battery"
GONE_AFTER = 30
"""Seconds. Nobody comes back to a server that ended with its test."""
JSON = {"Content-Type": "application/json"}


class Person:
    """Somebody with an account and a browser's cookie."""

    def __init__(self, server: RunningServer, name: str) -> None:
        self.name = name
        self.http = httpx.Client(base_url=server.url, timeout=60, headers=JSON)
        self.id = ""
        self.room = ""
        """The first room, which everybody is in."""

    def sign_up(self) -> Person:
        answer = self.http.post("/api/users", json={"username": self.name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return self._seen(answer.json())

    def sign_in(self) -> Person:
        answer = self.http.post("/api/session", json={"username": self.name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return self._seen(answer.json())

    def snapshot(self) -> dict[str, Any]:
        answer = self.http.get("/api/session")
        assert answer.status_code == 200, answer.text
        snapshot: dict[str, Any] = answer.json()
        return snapshot

    def post(self, body: str, room: str = "", **more: Any) -> httpx.Response:
        """One attempt."""
        return self.http.post(
            f"/api/rooms/{room or self.room}/messages", json={"body": body, **more}
        )

    def say(self, body: str, room: str = "", **more: Any) -> int:
        """Post what must be accepted; the message's id."""
        answer = self.post(body, room, **more)
        assert answer.status_code in (200, 201), answer.text
        id: int = answer.json()["id"]
        return id

    def insist(self, body: str, nonce: str, room: str = "", seconds: float = 60) -> int:
        """Post with retries until it is accepted, as a good client does; the message's id."""
        end = time.monotonic() + seconds
        while True:
            try:
                answer = self.post(body, room, nonce=nonce)
                if answer.status_code in (200, 201):
                    id: int = answer.json()["id"]
                    return id
                assert answer.status_code >= 500 or answer.status_code == 429, answer.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, f"{body!r} was not accepted for {seconds} s"
            time.sleep(0.05)

    def make_room(self, name: str, **more: Any) -> str:
        answer = self.http.post("/api/rooms", json={"name": name, **more})
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]
        return id

    def history(self, room: str = "", **query: Any) -> list[dict[str, Any]]:
        answer = self.http.get(f"/api/rooms/{room or self.room}/messages", params=query)
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def whole_history(self, room: str = "") -> list[dict[str, Any]]:
        """All pages, oldest message first."""
        found: list[dict[str, Any]] = []
        older: dict[str, Any] = {}
        while page := self.history(room, limit=200, **older):
            found = page + found
            older = {"before": found[0]["id"]}
        return found

    def follow(self, after: int | None = None) -> Follower:
        """A stream that reconnects by itself, already live."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        follower = Follower(self.http.base_url.port or 80, cookie, after)
        follower.start()
        follower.wait(lambda: follower.hellos, "hello")
        return follower

    def _seen(self, snapshot: dict[str, Any]) -> Person:
        self.id = snapshot["user"]["id"]
        self.room = snapshot["rooms"][0]["id"]
        return self


class Follower(threading.Thread):
    """Reads ``/api/events`` like an EventSource: keeps the last id and comes back with it."""

    def __init__(self, port: int, cookie: str, after: int | None) -> None:
        super().__init__(daemon=True)
        self.events: list[dict[str, Any]] = []
        """Everything with a topic, in the order of arrival."""
        self.hellos: list[dict[str, Any]] = []
        self.byes: list[dict[str, Any]] = []
        self.moves: list[dict[str, Any]] = []
        self.beats: list[int] = []
        self.passing: list[dict[str, Any]] = []
        """What is said live and not logged."""
        self.positions: list[int] = []
        """The id of every event of the stream that had one: these never go back."""
        self.last_id = "" if after is None else str(after)
        self.statuses: list[int] = []
        self._port = port
        self._headers = {"Cookie": cookie, "Accept": "text/event-stream"}
        self._over = False
        self._socket: socket.socket | None = None

    def run(self) -> None:
        served = time.monotonic()
        while not self._over and time.monotonic() < served + GONE_AFTER:
            try:
                self._read_one_stream()
                served = time.monotonic()
            except ConnectionRefusedError:
                pass  # the server is not there, perhaps not any more
            except (OSError, http.client.HTTPException):  # cut: come back
                served = time.monotonic()
            time.sleep(0.05)

    def messages(self) -> list[dict[str, Any]]:
        return [event for event in list(self.events) if event["kind"] == "message"]

    def bodies(self) -> list[str]:
        return [event["body"] for event in self.messages()]

    def wait(self, true: Callable[[], object], what: str, seconds: float = 60) -> None:
        until(true, seconds, f"{what}; so far {len(self.events)} events, {self.statuses[-3:]}")

    def wait_for(self, count: int, seconds: float = 60) -> list[dict[str, Any]]:
        """Until so many messages have come."""
        self.wait(lambda: len(self.messages()) >= count, f"{count} messages", seconds)
        return self.messages()

    @property
    def worker(self) -> str:
        """The worker that serves the stream now."""
        worker: str = self.hellos[-1]["worker"]
        return worker

    def leave(self) -> int:
        """Close for good; the cursor to come back with."""
        self._over = True
        self.cut()
        self.join(5)
        return int(self.last_id)

    def cut(self) -> None:
        """Lose the line; the follower comes back by itself."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def assert_in_order(self) -> None:
        """Ids increase, positions never go back, and each event names the one before it."""
        ids = [event["id"] for event in self.events]
        assert ids == sorted(set(ids)), "an event came twice or out of order"
        assert self.positions == sorted(self.positions), "a position went back"
        last: dict[str, int] = {}
        for event in self.events:
            before = last.get(event["topic"])
            assert before is None or event["prev"] == before, f"a hole before {event}"
            last[event["topic"]] = event["id"]

    def _read_one_stream(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.connect()
        self._socket = connection.sock
        headers = dict(self._headers)
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        connection.request("GET", "/api/events", headers=headers)
        response = connection.getresponse()
        self.statuses.append(response.status)
        decoder = Decoder(self.last_id)
        if response.status != 200:
            connection.close()
            return
        while chunk := response.read1(65536):
            for received in decoder.feed(chunk):
                self.last_id = received.id
                self._take(received.kind, json.loads(received.data), received.id)
        connection.close()

    def _take(self, kind: str, data: dict[str, Any], id: str) -> None:
        if kind == "hello":
            self.hellos.append(data)
        elif kind == "bye":
            self.byes.append(data)
        elif kind == "move":
            self.moves.append(data)
        elif kind == "beat":
            self.beats.append(int(id))
        elif kind in EPHEMERAL_KINDS:
            assert "id" not in data
            self.passing.append(data)
            return
        else:
            assert str(data["id"]) == id
            assert data["kind"] == kind
            self.events.append(data)
        if id and (kind != "hello" or not data["reset"]):
            self.positions.append(int(id))


def followers_on_two_workers(one: Person, other: Person) -> tuple[Follower, Follower]:
    """A stream of each, served by different workers."""
    first = one.follow()
    seconds = [other.follow()]

    def elsewhere() -> bool:
        # The banner is out when the first worker can serve.
        if seconds[-1].worker == first.worker:
            seconds[-1].leave()
            seconds.append(other.follow())
        return seconds[-1].worker != first.worker

    until(elsewhere, 60, "a stream at the other worker")
    return first, seconds[-1]
