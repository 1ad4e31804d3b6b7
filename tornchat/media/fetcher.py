"""Requests to addresses that people name, which must not reach what is private.

A name is looked up once, every address of it is checked (`domain.reach`), and the connection is
made to the address that was checked: a name that says something else the next moment changes
nothing. Each redirect goes through the same. There are no cookies, proxies or credentials, and time
and size are bounded. ``allowed`` are the exceptions of the operator.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from tornchat.domain.reach import PORTS, is_public

MOST_HOPS = 4
AGENT = "Tornchat (+link previews and webhooks of a self-hosted chat)"

_REDIRECTS = {301, 302, 303, 307, 308}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_AT_ONCE = 4

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a name."""


class Unfetchable(Exception):
    """It may not be reached, was not reached, or answers what is of no use; says why."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """``url`` is where the redirects led; ``kind`` the media type in small letters, without its
    parameters, which are in ``content_type``; ``body`` perhaps only the beginning."""

    url: str
    kind: str
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Posted:
    """``retry_after``: seconds that are to pass before the next try, where it said so."""

    status: int
    retry_after: float | None = None


async def look_up(host: str, port: int) -> list[str]:
    """As the system does. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Fetcher:
    """``allowed``: ``host`` or ``host:port`` that may be reached although private. ``at_once``: as
    many as are ever asked together, since whoever waits for a connection uses up their time."""

    def __init__(
        self, allowed: Iterable[str] = (), lookup: Lookup = look_up, *, at_once: int = _AT_ONCE
    ) -> None:
        self._at_once = at_once
        self._guard = _Guard(frozenset(allowed), lookup)
        self._asked = False

    async def get(
        self,
        url: str,
        *,
        kinds: tuple[str, ...],
        most_bytes: int,
        seconds: float,
        cut: bool = False,
    ) -> Fetched:
        """What is at ``url``, where its type begins with one of ``kinds``.

        A body above ``most_bytes`` is of no use, or with ``cut`` ends there. Raises `Unfetchable`.
        """
        try:
            async with asyncio.timeout(seconds):
                for _ in range(MOST_HOPS):
                    found = await self._get(url, kinds, most_bytes, cut)
                    if isinstance(found, Fetched):
                        return found
                    url = found
                raise Unfetchable("too many redirects")
        except TimeoutError:
            raise Unfetchable("it takes too long") from None

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float
    ) -> Posted:
        """What ``url`` answers to a POST; redirects are not followed, and the body of the answer is
        not read. Raises `Unfetchable`."""
        self._guard.check(url)
        try:
            async with (
                asyncio.timeout(seconds),
                self._pool.stream("POST", url, headers=_headers(headers), content=body) as response,
            ):
                return Posted(int(response.status), _retry_after(response.headers))
        except TimeoutError:
            raise Unfetchable("it takes too long") from None
        except _FAILURES as error:
            raise Unfetchable(_reason(error)) from error

    async def close(self) -> None:
        if self._asked:
            await self._pool.aclose()

    @cached_property
    def _pool(self) -> httpcore.AsyncConnectionPool:
        """Made when it is first needed: to read the certificates takes a while."""
        self._asked = True
        # No connection is kept: who is asked once is hardly asked again soon.
        return httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=self._at_once,
            max_keepalive_connections=0,
            network_backend=self._guard,
        )

    async def _get(
        self, url: str, kinds: tuple[str, ...], most_bytes: int, cut: bool
    ) -> Fetched | str:
        """What was found, or where to look for it."""
        self._guard.check(url)
        accept = ", ".join(f"{kind}*" if kind.endswith("/") else kind for kind in kinds)
        # Nothing packed: what is read is what was sent, and not a thousand times as much.
        asked = _headers({"Accept": accept, "Accept-Encoding": "identity"})
        try:
            async with self._pool.stream("GET", url, headers=asked) as response:
                headers = {
                    name.decode("latin1").lower(): value.decode("latin1")
                    for name, value in response.headers
                }
                if response.status in _REDIRECTS and "location" in headers:
                    return urljoin(url, headers["location"])
                content_type = headers.get("content-type", "")
                kind = content_type.partition(";")[0].strip().lower()
                if response.status != 200:
                    raise Unfetchable(f"it answers {response.status}")
                if not kind.startswith(kinds) or headers.get(
                    "content-encoding", "identity"
                ) not in (
                    "identity",
                    "",
                ):
                    raise Unfetchable("it is of another type")
                body = b""
                async for chunk in response.aiter_stream():
                    body += chunk
                    if len(body) > most_bytes:
                        if not cut:
                            raise Unfetchable("it is too large")
                        body = body[:most_bytes]
                        break
                return Fetched(url, kind, content_type, body)
        except _FAILURES as error:
            raise Unfetchable(_reason(error)) from error


_FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
)


class _Guard(httpcore.AsyncNetworkBackend):
    """Makes the connections, to addresses that it has checked."""

    def __init__(self, allowed: frozenset[str], lookup: Lookup) -> None:
        self._allowed = allowed
        self._lookup = lookup
        self._network = httpcore.AnyIOBackend()

    def check(self, url: str) -> None:
        """Whether the URL itself may be asked. Raises `Unfetchable`."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", port_of(parts)
            url.encode("ascii")
        except ValueError:
            raise Unfetchable("this is no address") from None
        if parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
            raise Unfetchable("this is no address of a page")
        if port not in PORTS and not self._may_always(host, port):
            raise Unfetchable(f"port {port} is not asked")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._lookup(host, port)
        except (OSError, UnicodeError):
            raise Unfetchable(f"there is no {host}") from None
        # One that is private among them is enough: nobody has that by mistake.
        if not self._may_always(host, port) and not all(map(is_public, addresses)):
            raise Unfetchable(f"{host} is a private address")
        failure: Exception = Unfetchable(f"there is no {host}")
        for address in addresses[:3]:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise Unfetchable("a socket of this machine is not asked")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)

    def _may_always(self, host: str, port: int) -> bool:
        name = host.strip("[]").lower()
        return name in self._allowed or f"{name}:{port}" in self._allowed


def port_of(parts: SplitResult) -> int:
    """The port that a URL means. Raises ValueError where it is none."""
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def _headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("User-Agent", AGENT), *headers.items()]


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> float | None:
    for name, value in headers:
        if name.lower() == b"retry-after":
            text = value.decode("latin1").strip()
            return float(text) if text.isdecimal() and len(text) < 8 else None
    return None


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
