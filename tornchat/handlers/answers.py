"""Answers as bytes, for what is answered without Tornado's `RequestHandler`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http.client import responses

from tornado.httputil import format_timestamp

from tornchat.domain.errors import TornchatError
from tornchat.handlers.base import HEADERS, JSON, problem_headers
from tornchat.wire.browser import to_json

_JSON = {"Content-Type": JSON}
_date = (0, "")


def date() -> str:
    """The time as HTTP writes it."""
    global _date
    now = int(time.time())
    if now != _date[0]:
        _date = (now, format_timestamp(now))
    return _date[1]


def _start(status: int, headers: Mapping[str, str], *, last: bool) -> bytes:
    """The head up to what differs from answer to answer."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}"]
    every = {**HEADERS, **headers, **({"Connection": "close"} if last else {})}
    lines += [f"{name}: {value}" for name, value in every.items()]
    return "\r\n".join(lines).encode("latin1")


_FOUND = {last: _start(200, _JSON, last=last) for last in (False, True)}


def found(body: bytes, *, last: bool) -> bytes:
    """200 with JSON; ``last``: the connection is closed after it."""
    end = b"\r\nDate: %b\r\nContent-Length: %d\r\n\r\n" % (date().encode(), len(body))
    return b"".join((_FOUND[last], end, body))


def problem(error: TornchatError, *, last: bool) -> bytes:
    """What `RequestHandler.write_error` answers."""
    body = to_json(error.problem())
    start = _start(error.status, problem_headers(error), last=last)
    end = f"\r\nDate: {date()}\r\nContent-Length: {len(body)}\r\n\r\n"
    return start + end.encode() + body
