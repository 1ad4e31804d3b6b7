"""What a connection's requests say of who sends them, looked at once for all that say the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPHeaders, HTTPInputError, HTTPServerRequest, RequestStartLine

from tornchat.domain.sessions import digest_of
from tornchat.handlers import asking
from tornchat.handlers.base import Site

if TYPE_CHECKING:
    from tornchat.handlers.polling import Polling

_END = b"\r\n\r\n"
_ODD_LINE = re.compile(rb"(?<!\r)\n|\n[ \t]")
"""Would end a line, and so perhaps the head, for some; or is part of the line before, for some."""
_NOT_PLAIN = ("Content-Length", "Transfer-Encoding", "Expect", "Upgrade")
"""Headers of a request that is more than its head."""
_LAST = {"": False, "keep-alive": False, "close": True}
_ASKED = RequestStartLine("GET", "/api/events", "HTTP/1.1")


@dataclass(frozen=True, slots=True)
class Head:
    """The headers of a request that is nothing but its head.

    ``digest`` names the session, ``address`` is None where it is not limited, ``last_id`` is that
    of a browser that connects again. ``last``: the connection is not used again; None where that is
    not clear.
    """

    digest: str
    address: str | None
    last_id: str | None
    wants_json: bool
    last: bool | None


@dataclass(frozen=True, slots=True)
class PostHead:
    """The headers of a post, about which nothing is unusual; as `Head` has them."""

    digest: str
    last: bool


class Visit:
    """What is known of a line; implements `line.Guest`.

    ``rest`` is what followed the first line of its last request for events, and ``head`` what that
    says; ``post_rest`` and ``post_head`` are those of its last post. None before there was one.
    """

    __slots__ = ("head", "polling", "post_head", "post_rest", "rest")

    head: Head
    post_head: PostHead

    def __init__(self) -> None:
        self.rest: bytes | None = None
        self.post_rest: bytes | None = None
        self.polling: Polling | None = None

    def gone(self) -> None:
        """See `line.Guest`."""
        if self.polling is not None:
            self.polling.gone()


def post_head(rest: bytes, token_of: Callable[[HTTPHeaders], str | None]) -> PostHead | None:
    """What stands behind the first line of a post, without the length of its body; None where
    anything is unusual. ``token_of`` says who posts, where it is somebody who may."""
    if _ODD_LINE.search(rest):
        return None
    try:
        headers = HTTPHeaders.parse(rest.decode("latin1"))
    except (HTTPInputError, ValueError):
        return None
    token, last = token_of(headers), _last(headers)
    if token is None or last is None or "Content-Length" in headers:
        return None
    return PostHead(digest_of(token), last)


def plain_head(rest: bytes, site: Site, peer: Any) -> Head | None:
    """What stands behind the first line of a request; None where anything is unusual."""
    if rest.find(_END) != len(rest) - len(_END) or _ODD_LINE.search(rest):
        return None
    try:
        headers = HTTPHeaders.parse(rest.decode("latin1"))
        request = HTTPServerRequest(start_line=_ASKED, headers=headers)
    except (HTTPInputError, ValueError):  # the last for a port of many digits
        return None
    token = asking.bearer(headers)
    if token is None:
        token = asking.cookie(headers, site.cookie)
    if (
        token is None
        or not site.answers_to(request.host_name)
        or any(name in headers for name in _NOT_PLAIN)
        or not isinstance(peer, tuple)  # a unix socket, which has no peer
    ):
        return None
    return Head(
        digest_of(token),
        asking.address(headers, peer[0], behind_proxy=site.behind_proxy),
        headers.get("Last-Event-ID"),
        asking.wants_json(headers),
        _last(headers),
    )


def _last(headers: HTTPHeaders) -> bool | None:
    return _LAST.get(headers.get("Connection", "").strip().lower())
