"""What a request says of who sends it and what they have seen; the same for whatever answers it."""

from __future__ import annotations

from tornado.httputil import HTTPHeaders, parse_cookie

from tornchat.domain.ids import parse_cursor
from tornchat.handlers.addresses import client_address, limited_address


def bearer(headers: HTTPHeaders) -> str | None:
    """The token of somebody who is not a browser."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie(headers: HTTPHeaders, name: str) -> str | None:
    return parse_cookie(headers.get("Cookie", "")).get(name)


def address(headers: HTTPHeaders, peer: str, *, behind_proxy: bool) -> str | None:
    """Where the request comes from, None where that is not limited."""
    return limited_address(peer, headers.get("X-Forwarded-For", ""), behind_proxy)


def client(headers: HTTPHeaders, peer: str, *, behind_proxy: bool) -> str:
    """Where the request comes from, "" where that is not known."""
    return client_address(peer, headers.get("X-Forwarded-For", ""), behind_proxy)


def wants_json(headers: HTTPHeaders) -> bool:
    """Events are asked for as one answer, and not as a stream."""
    return "application/json" in headers.get("Accept", "").lower()


def cursor(headers: HTTPHeaders, after: str | None) -> int | None:
    """After which event, None for from now on. Raises `BadRequest`.

    `Last-Event-ID` wins, since a browser that connects again keeps its first address.
    """
    text = headers.get("Last-Event-ID") or after
    return None if text is None else parse_cursor(text)
