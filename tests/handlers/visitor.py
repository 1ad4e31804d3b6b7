"""Somebody who sends requests to a worker in this process, and looks closely at the answers."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httputil import HTTPHeaders

from tornchat.domain.errors import TornchatError, every_error
from tornchat.wire.sse import Decoder

PASSWORD = "correct horse battery"
TITLES = {(error.status, error.code): error.title for error in every_error()}
NOT_GIVEN: Any = object()
POLL = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: HTTPHeaders
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookie(self) -> str:
        """The one cookie that is set, with its attributes."""
        [cookie] = self.headers.get_list("Set-Cookie")
        return cookie


class Visitor:
    """A stranger until they sign up or in. ``cookie`` is ``name=value``, ``token`` a bearer's."""

    def __init__(self, url: str, http: AsyncHTTPClient) -> None:
        self.url = url
        self.name = ""
        self.id = ""
        self.room = ""
        """The first room, which everybody is in."""
        self.cookie: str | None = None
        self.token: str | None = None
        self._http = http

    # -- requests

    async def ask(
        self,
        method: str,
        path: str,
        json: Any = NOT_GIVEN,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request; ``headers`` with the value "" are left out."""
        sent = {"Host": urlsplit(self.url).netloc}
        if self.cookie is not None:
            sent["Cookie"] = self.cookie
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if json is not NOT_GIVEN:
            sent["Content-Type"] = "application/json"
            body = _json(json)
        sent |= headers or {}
        request = HTTPRequest(
            self.url + path,
            method,
            headers={name: value for name, value in sent.items() if value},
            body=body,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            request_timeout=60,
            connect_timeout=60,
            decompress_response=False,
        )
        response = await self._http.fetch(request, raise_error=False)
        return Answer(response.code, response.headers, response.body)

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, json: Any = NOT_GIVEN, **more: Any) -> Answer:
        return await self.ask("POST", path, json, **more)

    async def put(self, path: str, json: Any = NOT_GIVEN, **more: Any) -> Answer:
        return await self.ask("PUT", path, json, **more)

    async def delete(self, path: str, **more: Any) -> Answer:
        return await self.ask("DELETE", path, **more)

    # -- what people do

    async def sign_up(self, name: str, **more: Any) -> Visitor:
        values = {"username": name, "password": PASSWORD, **more}
        return self._seen(await self.post("/api/users", values))

    async def sign_in(self, name: str, password: str = PASSWORD) -> Visitor:
        values = {"username": name, "password": password}
        return self._seen(await self.post("/api/session", values))

    async def again(self) -> Visitor:
        """The same person in another browser."""
        return await Visitor(self.url, self._http).sign_in(self.name)

    def stranger(self) -> Visitor:
        """Somebody without an account, at the same server."""
        return Visitor(self.url, self._http)

    async def make_room(self, name: str, **more: Any) -> str:
        answer = await self.post("/api/rooms", {"name": name, **more})
        assert answer.status == 201, answer
        id: str = answer.json["id"]
        return id

    async def enter(self, room: str) -> None:
        answer = await self.put(f"/api/rooms/{room}/members/me")
        assert answer.status == 200, answer

    async def bring(self, other: Visitor, room: str) -> None:
        answer = await self.put(f"/api/rooms/{room}/members/{other.id}")
        assert answer.status == 200, answer

    async def say(self, body: str, room: str = "", **more: Any) -> int:
        """Post what must be accepted; the message's id."""
        answer = await self.post(f"/api/rooms/{room or self.room}/messages", {"body": body, **more})
        assert answer.status == 201, answer
        id: int = answer.json["id"]
        return id

    async def upload(self, content: bytes, name: str = "notes.txt") -> dict[str, Any]:
        """Send a file that must be taken; what there is to know of it."""
        answer = await self.send(content, name)
        assert answer.status == 201, answer
        file: dict[str, Any] = answer.json
        return file

    async def send(self, content: bytes, name: str = "notes.txt", **more: Any) -> Answer:
        """Send a file, whatever becomes of it."""
        headers = {"Content-Type": "application/octet-stream", **more.pop("headers", {})}
        path = f"/api/files?name={quote(name, safe='')}"
        return await self.post(path, body=content, headers=headers, **more)

    async def page(self, room: str = "", query: str = "") -> tuple[list[int], bool]:
        """Ids of a page of history, and whether there is more."""
        answer = await self.get(f"/api/rooms/{room or self.room}/messages?{query}")
        assert answer.status == 200, answer
        return [message["id"] for message in answer.json["messages"]], answer.json["more"]

    async def unread(self, room: str = "") -> int:
        answer = await self.get(f"/api/rooms/{room or self.room}")
        count: int = answer.json["unread"]
        return count

    async def poll(self, after: int | None, wait: float = 0) -> dict[str, Any]:
        """Ask ``/api/events`` for one answer, which must be 200."""
        cursor = "" if after is None else f"&after={after}"
        answer = await self.get(f"/api/events?wait={wait}{cursor}", headers=POLL)
        assert answer.status == 200, answer
        page: dict[str, Any] = answer.json
        assert page.keys() == {"cursor", "reset", "events"}
        return page

    async def stream(self, query: str = "", headers: str = "") -> Stream:
        """Open ``/api/events``, whatever it answers."""
        stream = Stream(self)
        await stream.open(query, headers)
        return stream

    def _seen(self, answer: Answer) -> Visitor:
        assert answer.status == 201, answer
        snapshot = answer.json
        self.name, self.id = snapshot["user"]["username"], snapshot["user"]["id"]
        self.room = snapshot["rooms"][0]["id"] if snapshot["rooms"] else ""
        [cookie] = SimpleCookie(answer.cookie).values()
        self.cookie = f"{cookie.key}={cookie.value}"
        return self


class Stream:
    """One answer of ``/api/events``, read event by event."""

    def __init__(self, visitor: Visitor) -> None:
        self.status = 0
        self.head = ""
        self._visitor = visitor
        self._decoder = Decoder()
        self._events: list[tuple[str, dict[str, Any], str]] = []

    async def open(self, query: str, headers: str) -> None:
        place = urlsplit(self._visitor.url)
        self._reader, self._writer = await asyncio.open_connection(place.hostname, place.port)
        cookie = f"Cookie: {self._visitor.cookie}\r\n" if self._visitor.cookie else ""
        self._writer.write(
            f"GET /api/events{query} HTTP/1.1\r\nHost: {place.netloc}\r\n"
            f"{cookie}{headers}\r\n".encode()
        )
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 60)
        self.head = head.decode()
        self.status = int(head.split()[1])

    async def next(self) -> tuple[str, dict[str, Any], str]:
        """Kind, data and id of the next event that is no beat and not about who is there;
        ("end", {}, "") where the stream has ended."""
        while (event := await self.anything())[0] in ("beat", "presence"):
            pass
        return event

    async def anything(self) -> tuple[str, dict[str, Any], str]:
        """The next event, be it a beat."""
        while not self._events:
            chunk = await asyncio.wait_for(self._reader.read(65536), 60)
            if not chunk:
                return "end", {}, ""
            for event in self._decoder.feed(chunk):
                self._events.append((event.kind, json.loads(event.data), event.id))
        return self._events.pop(0)

    async def until(self, *kinds: str) -> tuple[dict[str, Any], list[str]]:
        """The next event of one of these kinds, and the kinds of those before it."""
        before: list[str] = []
        while True:
            kind, data, _ = await self.anything()
            if kind in kinds:
                return data, before
            assert kind != "end", f"the stream ended after {before}"
            if kind != "presence":
                before.append(kind)

    def close(self) -> None:
        self._writer.close()


def assert_refused(
    answer: Answer, error: type[TornchatError], detail: str | None = None
) -> dict[str, Any]:
    """It is this error, as a problem document with everything that clients rely on."""
    assert answer.status == error.status, answer
    assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    problem: dict[str, Any] = answer.json
    case = problem.keys() & {"reason", "values"}
    assert problem.keys() == {"type", "status", "title", "detail", "code"} | case
    assert (problem["status"], problem["code"]) == (error.status, error.code), answer
    assert problem["title"] == TITLES[error.status, error.code]
    assert problem["detail"]
    if detail is not None:
        assert detail in problem["detail"]
    if error.status in (429, 503):
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    if error.status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert_guarded(answer)
    return problem


def assert_guarded(answer: Answer) -> None:
    """The headers that every answer has, and nothing that tells of our insides."""
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Server" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
    for insides in (b"Traceback", b".py", b"tornado", b"sqlite", b"SELECT"):
        assert insides not in answer.body or answer.status == 200


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
