"""Answers as bytes, for what is answered without Tornado's `RequestHandler`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from http.client import responses

from tornado.httputil import format_timestamp

from tornchat.domain.errors import TornchatError
from tornchat.handlers.base import HEADERS, problem_headers
from tornchat.wire.browser import to_json

_date = (0, "")


def date() -> str:
    """The time as HTTP writes it."""
    global _date
    now = int(time.time())
    if now != _date[0]:
        _date = (now, format_timestamp(now))
    return _date[1]


@lru_cache(100)
def _start(status: int, headers: tuple[tuple[str, str], ...], *, last: bool) -> bytes:
    """The head up to what differs from answer to answer."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}"]
    every = {**HEADERS, **dict(headers), **({"Connection": "close"} if last else {})}
    lines += [f"{name}: {value}" for name, value in every.items()]
    return "\r\n".join(lines).encode("latin1")


def answer(status: int, headers: Mapping[str, str], body: bytes, *, last: bool) -> bytes:
    """``headers`` are those beside the usual; ``last``: the connection is closed after it."""
    end = f"\r\nDate: {date()}\r\nContent-Length: {len(body)}\r\n\r\n"
    return b"".join((_start(status, tuple(headers.items()), last=last), end.encode(), body))


def problem(error: TornchatError, *, last: bool) -> bytes:
    """What `RequestHandler.write_error` answers."""
    return answer(error.status, problem_headers(error), to_json(error.problem()), last=last)
