"""One stream of events as `tornchat.client` reads it, from its request to its end."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from tornado import httputil, iostream
from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.tcpclient import TCPClient

from tornchat.wire.sse import Decoder

CONNECT_SECONDS = 20.0
BEATS_MISSED = 2.5
SLACK_SECONDS = 1.0
MOST_PROBLEM = 64 * 1024
"""Bytes of a refusal that are read."""


class Lost(Exception):
    """The stream has ended, and one comes back with the last id."""


class Refused(Exception):
    """The server did not open the stream, or has ended it for good (``status`` 0, then)."""

    def __init__(self, status: int, code: str, detail: str, retry_after: float = 0.0) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class Stream:
    """``after`` is the cursor to begin from, None for now; ``authorization`` the header's value."""

    def __init__(self, url: str, authorization: str, after: int | None) -> None:
        self._url = urlsplit(url)
        self._headers = httputil.HTTPHeaders(
            {
                "Host": self._url.netloc,
                "Authorization": authorization,
                "Accept": "text/event-stream",
                "Connection": "close",
            }
        )
        self._path = "/api/events" + ("" if after is None else f"?after={after}")
        self._stream: iostream.IOStream | None = None
        self._reading: asyncio.Future[bool] | None = None

    async def events(self) -> AsyncGenerator[dict[str, Any], None]:
        """Everything that is said on it, ``hello`` and ``beat`` too; ``{"kind": "reset"}`` where
        the server cannot go on from the cursor. Raises `Lost` and `Refused`."""
        answer = _Answer()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._open(answer)
        except (TimeoutError, OSError, iostream.StreamClosedError) as error:
            raise Lost(str(error) or "no connection") from error
        patience, until = CONNECT_SECONDS, None
        decoder = Decoder()
        loop = asyncio.get_running_loop()
        while True:
            wait = patience if until is None else min(patience, max(0.0, until - loop.time()))
            try:
                async with asyncio.timeout(wait):
                    chunk = await answer.next()
            except TimeoutError:
                raise Lost("moved" if until is not None else "nothing was heard") from None
            if chunk is None:
                raise Lost("the stream has ended")
            for received in decoder.feed(chunk):
                event = {"kind": received.kind, **json.loads(received.data)}
                match received.kind:
                    case "hello":
                        patience = event["heartbeat"] * BEATS_MISSED + SLACK_SECONDS
                        yield {"kind": "reset"} if event["reset"] else event
                    case "bye" if not event["retry"]:
                        raise Refused(403, event["code"], f"The server says: {event['code']}.")
                    case "bye":
                        raise Lost(event["code"])
                    case "move":
                        until = loop.time() + event["after_ms"] / 1000
                    case _:
                        yield event

    def close(self) -> None:
        """Let go of the connection."""
        if self._stream is not None:
            self._stream.close()

    async def _open(self, answer: _Answer) -> None:
        secure = self._url.scheme == "https"
        assert self._url.hostname is not None
        self._stream = await TCPClient().connect(
            self._url.hostname,
            self._url.port or (443 if secure else 80),
            ssl_options=ssl.create_default_context() if secure else None,
        )
        connection = HTTP1Connection(
            self._stream, True, HTTP1ConnectionParameters(no_keep_alive=True, max_body_size=2**62)
        )
        start = httputil.RequestStartLine("GET", self._path, "HTTP/1.1")
        with suppress(iostream.StreamClosedError):
            connection.write_headers(start, self._headers)
            connection.finish()
        self._reading = asyncio.ensure_future(connection.read_response(answer))
        self._reading.add_done_callback(lambda _: answer.over())
        await answer.begun


class _Answer(httputil.HTTPMessageDelegate):
    """What comes of it: pieces of the stream, or a refusal."""

    def __init__(self) -> None:
        # Few: who takes its events slowly must slow the server down, and not fill the memory.
        self.chunks: asyncio.Queue[bytes] = asyncio.Queue(4)
        self.ended = asyncio.Event()
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._status = 0
        self._retry_after = 0.0
        self._refusal = b""

    def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> None:
        assert isinstance(start_line, httputil.ResponseStartLine)
        self._status = start_line.code
        wait = headers.get("Retry-After", "")
        self._retry_after = float(wait) if wait.isascii() and wait.isdigit() else 0.0
        if self._status == 200:
            self.begun.set_result(None)

    async def next(self) -> bytes | None:
        """The next piece; None after the last one."""
        if self.chunks.empty() and not self.ended.is_set():
            got = asyncio.ensure_future(self.chunks.get())
            over = asyncio.ensure_future(self.ended.wait())
            try:
                await asyncio.wait((got, over), return_when=asyncio.FIRST_COMPLETED)
                if got.done():
                    return got.result()
            finally:
                got.cancel()
                over.cancel()
        return None if self.chunks.empty() else self.chunks.get_nowait()

    async def _take(self, chunk: bytes) -> None:
        await self.chunks.put(chunk)

    def data_received(self, chunk: bytes) -> Any:
        if self._status == 200:
            return self._take(chunk)
        self._refusal = (self._refusal + chunk)[:MOST_PROBLEM]
        return None

    def finish(self) -> None:
        self.over()

    def on_connection_close(self) -> None:
        self.over()

    def over(self) -> None:
        """The answer has ended, however it did."""
        if not self.begun.done():
            self.begun.set_exception(self._refused())
        self.ended.set()

    def _refused(self) -> Exception:
        if self._status == 0:
            return Lost("no answer")
        try:
            problem = json.loads(self._refusal)
            code, detail = str(problem["code"]), str(problem["detail"])
        except (ValueError, KeyError, TypeError):  # a proxy's own page
            code, detail = "unknown", f"The server answers {self._status}."
        return Refused(self._status, code, detail, self._retry_after)
