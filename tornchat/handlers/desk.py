"""The quick way to post a message: for requests about which nothing is unusual.

It is the ordinary way (`handlers.rooms.Messages`) without Tornado's `RequestHandler`, by the
interface that Tornado's HTTP server has for that. What is checked before a message is taken is the
same, and here only ever lets it pass: whatever is unusual, wrong or from somebody unknown is left
to the ordinary way, which says so. Only what becomes of the message itself is answered here.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from http.client import responses
from typing import Any, cast

from tornado.http1connection import HTTP1Connection
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
    split_host_and_port,
)

from tornchat import metrics
from tornchat.chat import accounts, messages
from tornchat.chat.context import Chat, Identity
from tornchat.domain.errors import TornchatError
from tornchat.domain.sessions import digest_of
from tornchat.handlers import answers, asking
from tornchat.handlers.base import HEADERS, JSON, WORKER_HEADER, Site, problem_headers
from tornchat.wire.browser import to_json

logger = logging.getLogger(__name__)

_PATH = re.compile(r"/api/rooms/([a-z0-9]+)/messages")
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]+)?")
_LENGTH = re.compile(r"[0-9]{1,5}")
_UNUSUAL = ("Transfer-Encoding", "Content-Encoding", "Expect", "Upgrade")
_ROUTE = "/api/rooms/*/messages"
_JSON = {"Content-Type": JSON}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message, as the answer says it. ``headers`` are those beside the usual."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def refused(cls, problem: TornchatError) -> Outcome:
        return cls(problem.status, problem_headers(problem), to_json(problem.problem()))


class Desk(HTTPServerConnectionDelegate):
    """Of one worker, whose name is ``worker``. ``ordinary`` answers everything else.

    What Tornado's HTTP server holds comes here as requests; what the doorway holds comes by the
    gate (`handlers.gate`), which asks the same of its head.
    """

    def __init__(
        self, chat: Chat, site: Site, worker: str, ordinary: HTTPServerConnectionDelegate
    ) -> None:
        self.chat = chat
        self.ordinary = ordinary
        self._site = site
        self._taken = {**_JSON, WORKER_HEADER: worker}
        self._answers_to = lru_cache(100)(self._is_ours)
        self._posting: set[asyncio.Task[None]] = set()

    def start_request(
        self, server_conn: object, request_conn: HTTPConnection
    ) -> HTTPMessageDelegate:
        return _Request(self, server_conn, request_conn)

    def on_close(self, server_conn: object) -> None:
        self.ordinary.on_close(server_conn)

    def token(self, headers: HTTPHeaders) -> str | None:
        """Who says to post a message with this request; None where anything is unusual."""
        if (
            headers.get("Content-Type", "").partition(";")[0] != "application/json"
            or not self._is_from_here(headers)
            or any(name in headers for name in _UNUSUAL)
        ):
            return None
        token = asking.bearer(headers)
        return asking.cookie(headers, self._site.cookie) if token is None else token

    def post(
        self,
        who: Identity,
        room: str,
        asked: dict[str, Any],
        answer: Callable[[Outcome], None],
    ) -> None:
        """Post, and have what becomes of it answered."""
        posting = asyncio.ensure_future(self._post(who, room, asked, answer))
        self._posting.add(posting)
        posting.add_done_callback(self._posting.discard)

    async def _post(
        self,
        who: Identity,
        room: str,
        asked: dict[str, Any],
        answer: Callable[[Outcome], None],
    ) -> None:
        body, nonce, reply_to = asked.get("body"), asked.get("nonce"), asked.get("reply_to")
        try:
            message, again = await messages.post(self.chat, who, room, body, nonce, reply_to)
        except TornchatError as problem:
            answer(Outcome.refused(problem))
        except Exception:
            logger.exception("a message could not be posted")
            answer(Outcome.refused(TornchatError()))
        else:
            # Which worker took one that was there already is not known here.
            status, headers = (200, _JSON) if again else (201, self._taken)
            answer(Outcome(status, headers, to_json(message.public())))

    def _is_from_here(self, headers: HTTPHeaders) -> bool:
        """Not a page of another site, nor under a name that is not this server's."""
        host = headers.get("Host", "").lower()
        if not self._answers_to(host):
            return False
        site = headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in ("same-origin", "none")
        # No browser, or one that sees no secure context here.
        origin = headers.get("Origin")
        return origin is None or origin.lower() in (f"http://{host}", f"https://{host}")

    def _is_ours(self, host: str) -> bool:
        return bool(_HOST.fullmatch(host)) and self._site.answers_to(split_host_and_port(host)[0])


class _Request(HTTPMessageDelegate):
    """A request that shows by its head whether it may be a post, and is for the others if not."""

    __slots__ = ("_body", "_conn", "_desk", "_gone", "_head", "_ordinary", "_server_conn", "_token")

    def __init__(self, desk: Desk, server_conn: object, conn: HTTPConnection) -> None:
        self._desk = desk
        self._server_conn = server_conn
        self._conn = cast(HTTP1Connection, conn)
        self._ordinary: HTTPMessageDelegate | None = None
        self._gone = False
        self._body = b""

    # -- called by Tornado

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        start = cast(RequestStartLine, start_line)
        length = headers.get("Content-Length", "")
        if start.method == "POST" and _PATH.fullmatch(start.path) and _LENGTH.fullmatch(length):
            token = self._desk.token(headers)
            if token is not None:
                self._head, self._token = (start, headers), token
                return None
        return self._others().headers_received(start, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        if self._ordinary is not None:
            return self._ordinary.data_received(chunk)
        self._body += chunk
        return None

    def finish(self) -> None:
        if self._ordinary is not None:
            self._ordinary.finish()
            return
        # Only now: the session may have ended while the body was on its way.
        who, asked = accounts.known(self._desk.chat, digest_of(self._token)), object_of(self._body)
        path = _PATH.fullmatch(self._head[0].path)
        if who is None or asked is None or path is None or "files" in asked:
            others = self._others()
            others.headers_received(*self._head)
            others.data_received(self._body)
            others.finish()
            return
        self._conn.set_close_callback(self._closed)
        self._desk.post(who, path[1], asked, self._answer)

    def on_connection_close(self) -> None:
        if self._ordinary is not None:
            self._ordinary.on_connection_close()

    # -- inside

    def _answer(self, outcome: Outcome) -> None:
        count(outcome, gone=self._gone)
        if self._gone:
            return
        status, body = outcome.status, outcome.body
        headers = {
            "Content-Length": str(len(body)),
            "Date": answers.date(),
            **HEADERS,
            **outcome.headers,
        }
        start = ResponseStartLine("HTTP/1.1", status, responses.get(status, "Unknown"))
        self._conn.write_headers(start, HTTPHeaders(headers), body)
        self._conn.finish()

    def _others(self) -> HTTPMessageDelegate:
        self._ordinary = self._desk.ordinary.start_request(self._server_conn, self._conn)
        return self._ordinary

    def _closed(self) -> None:
        self._gone = True


def count(outcome: Outcome, *, gone: bool) -> None:
    """A post is answered; ``gone``: nobody waits for that."""
    metrics.REQUESTS.labels(_ROUTE, "POST", "gone" if gone else str(outcome.status)).inc()


def object_of(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body; None where there is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
