"""A client for programs: reads events for as long as wanted, and posts each message once.

    async with Client("https://chat.example", token) as chat:
        room = await chat.room_named("Garden")
        await chat.post(room["id"], "Good morning")
        async for event in chat.events():
            print(event)

It is what ``docs/protocol.md`` calls a correct client: it comes back with its last id after every
end, watches the beats, pauses with growing chance, and sends a message again under its nonce.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.iostream import StreamClosedError

from tornchat.client_stream import Lost, Refused, Stream
from tornchat.domain.rules import room_key

ANSWER_SECONDS = 20.0
"""For one request."""
PATIENCE_SECONDS = 120.0
"""For a message to be taken, over as many tries as that takes."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
"""Seconds; a pause is anywhere between none and one that doubles with each failure."""
CLIENT_ENDS = frozenset({408, 429})
"""Refusals that are no last word."""


class ClientError(Exception):
    """The server refused (``status`` and ``code`` are those of the protocol), or was not reached
    for too long (``status`` 0)."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after: float | None = None

    @property
    def temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status == 0 or self.status >= 500 or self.status in CLIENT_ENDS


class Client:
    """``url`` is the server's address, ``token`` a bearer token. ``cursor`` is the id up to which
    `events` has told everything; None before it has begun. It may be kept and given back."""

    def __init__(self, url: str, token: str, *, cursor: int | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not the address of a server")
        self.cursor = cursor
        self._url = f"{parts.scheme}://{parts.netloc}"
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = AsyncHTTPClient(force_instance=True, max_clients=100)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what is kept for requests."""
        self._http.close()

    # -- requests

    async def snapshot(self) -> dict[str, Any]:
        """Who I am, my rooms, and the cursor from which a stream misses nothing."""
        found: dict[str, Any] = await self.request("GET", "/api/session")
        return found

    async def room_named(self, name: str) -> dict[str, Any]:
        """A room of mine by its name or id. Raises `ClientError` where I am in none."""
        rooms: list[dict[str, Any]] = (await self.snapshot())["rooms"]
        for room in rooms:
            if room["id"] == name or (room["name"] and room_key(room["name"]) == room_key(name)):
                return room
        raise ClientError(404, "not_found", f"You are in no room named {name}.")

    async def history(self, room: str, *, limit: int = 50) -> list[dict[str, Any]]:
        """The newest messages of a room, oldest first."""
        path = f"/api/rooms/{quote(room)}/messages?{urlencode({'limit': limit})}"
        messages: list[dict[str, Any]] = (await self.request("GET", path))["messages"]
        return messages

    async def people(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        """People by their ids, at most 100."""
        found = await self.request("GET", f"/api/users?{urlencode({'ids': ','.join(ids)})}")
        return {person["id"]: person for person in found["users"]}

    async def post(self, room: str, text: str, *, nonce: str | None = None) -> dict[str, Any]:
        """Say something in a room; the message. It is said once, however often it has to be sent.

        Raises `ClientError` where the server refuses it, or has not taken it for
        `PATIENCE_SECONDS`.
        """
        body = {"body": text, "nonce": nonce or secrets.token_hex(16)}
        path = f"/api/rooms/{quote(room)}/messages"
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        failures = 0
        while True:
            try:
                message: dict[str, Any] = await self.request("POST", path, body)
                return message
            except ClientError as error:
                failures += 1
                pause = max(error.retry_after or 0.0, _pause(failures))
                if not error.temporary or asyncio.get_running_loop().time() + pause > until:
                    raise
            await asyncio.sleep(pause)

    async def request(self, method: str, path: str, body: Any = None) -> Any:
        """One request of the API, once; its JSON, None where there is none. Raises
        `ClientError`."""
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = HTTPRequest(
            self._url + path,
            method,
            headers=headers,
            body=None if body is None else json.dumps(body),
            allow_nonstandard_methods=True,
            follow_redirects=False,
            request_timeout=ANSWER_SECONDS,
            connect_timeout=ANSWER_SECONDS,
        )
        try:
            response = await self._http.fetch(request, raise_error=False)
        except (OSError, HTTPClientError, StreamClosedError) as error:
            raise ClientError(0, "unreachable", _unreachable(self._url, error)) from error
        if response.code == 599 or response.code < 200:
            raise ClientError(0, "unreachable", _unreachable(self._url, response.error))
        if response.code >= 300:
            raise _refusal(response)
        return json.loads(response.body) if response.body else None

    # -- events

    async def events(self) -> AsyncGenerator[dict[str, Any], None]:
        """Every event of my topics, each once and in order, for as long as one asks.

        Begins after `cursor`, or now. Where the server cannot go on from there, ``{"kind":
        "reset"}`` comes: what was said meanwhile is in the history. Raises `ClientError` where it
        is over (signed out, disabled, refused).
        """
        failures = 0
        while True:
            stream = Stream(self._url, self._headers["Authorization"], self.cursor)
            try:
                async for event in stream.events():
                    if event["kind"] == "reset":
                        self.cursor = (await self.snapshot())["cursor"]
                        yield event
                        break
                    id = event.get("id")
                    if event["kind"] in ("hello", "beat"):
                        self._reached(event["cursor"])
                    elif id is None or self.cursor is None or id > self.cursor:
                        # Before it is told: who stops here must not be told it again.
                        self._reached(id)
                        yield event
                    failures = 0
            except Refused as refused:
                error = ClientError(refused.status, refused.code, refused.detail)
                if not error.temporary:
                    raise error from None
                failures += 1
                await asyncio.sleep(max(refused.retry_after, _pause(failures)))
            except (Lost, ClientError) as lost:
                if isinstance(lost, ClientError) and not lost.temporary:
                    raise
                failures += 1
                await asyncio.sleep(_pause(failures))
            finally:
                stream.close()

    def _reached(self, id: int | None) -> None:
        if id is not None:
            self.cursor = max(self.cursor or 0, id)


def _pause(failures: int) -> float:
    """Full jitter, so that many clients do not come back as one."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
    return random.uniform(0, longest)


def _refusal(response: HTTPResponse) -> ClientError:
    try:
        problem = json.loads(response.body)
        code, detail = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):  # a proxy's own page
        code, detail = "unknown", f"The server answers {response.code}."
    error = ClientError(response.code, code, detail)
    wait = response.headers.get("Retry-After", "")
    error.retry_after = float(wait) if wait.isascii() and wait.isdigit() else None
    return error


def _unreachable(url: str, error: BaseException | None) -> str:
    return f"{url} cannot be reached: {error or 'no answer'}."
