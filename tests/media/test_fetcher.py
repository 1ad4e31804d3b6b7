"""Whatever an address is written like, and whatever it leads to: nothing private is reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.domain.reach import is_public
from tornchat.media.fetcher import Fetched, Fetcher, Posted, Unfetchable

EVERY = "0.0.0.0"  # noqa: S104 - looked at, not bound
PRIVATE = [
    "127.0.0.1", EVERY, "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "192.0.0.8", "::", "::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::1",
    "2002:a00:1::", "3fff::1", "100::1", "5f00::1", "not an address", "", "127.1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]


def test_private_addresses_of_all_kinds_are_told_from_public_ones() -> None:
    assert [address for address in PRIVATE if is_public(address)] == []
    assert [address for address in PUBLIC if not is_public(address)] == []


@settings(max_examples=200, deadline=None)
@given(st.ip_addresses(v=4))
def test_a_private_ipv4_address_is_private_in_every_dress_of_ipv6(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    for dress in (f"::ffff:{high}:{low}", f"::{high}:{low}", f"64:ff9b::{high}:{low}"):
        assert not is_public(dress)
    assert not is_public(f"2002:{high}:{low}::1")


@dataclass
class Web:
    """A web server of a few lines. What it answers is a test's own; it counts who asks."""

    answer: Callable[[str], bytes]
    port: int = 0
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split()[1]
        self.asked.append(path)
        self.heads.append(head)
        try:
            writer.write(self.answer(path))
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def web(answer: Callable[[str], bytes]) -> AsyncIterator[Web]:
    place = Web(answer)
    server = await asyncio.start_server(place.serve, "127.0.0.1", 0)
    place.port = server.sockets[0].getsockname()[1]
    try:
        yield place
    finally:
        server.close()


def page(body: bytes, kind: str = "text/html; charset=utf-8", more: str = "") -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    ).encode() + body


def to(place: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()


def run(work: Awaitable[None]) -> None:
    async def within() -> None:
        async with asyncio.timeout(60):
            await work

    asyncio.run(within())


async def fetch(fetcher: Fetcher, url: str, **more: object) -> Fetched:
    options = {"kinds": ("text/html",), "most_bytes": 1000, "seconds": 20.0, **more}
    return await fetcher.get(url, **options)  # type: ignore[arg-type]


async def refused(fetcher: Fetcher, url: str, **more: object) -> str:
    with pytest.raises(Unfetchable) as refusal:
        await fetch(fetcher, url, **more)
    return str(refusal.value)


def test_however_a_private_address_is_written_nobody_is_asked() -> None:
    async def story() -> None:
        async with web(lambda _: page(b"secret")) as private:
            fetcher = Fetcher()
            for host in (
                "127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost",
                "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0", EVERY,
            ):  # fmt: skip
                await refused(fetcher, f"http://{host}/")
                assert "port" in await refused(fetcher, f"http://{host}:{private.port}/")
            for url in (
                "file:///etc/passwd", "gopher://1.1.1.1/", "http://a@1.1.1.1/", "http://1.1.1.1:22/",
                "http:///", "http://[::1", "http://1.1.1.1:99999/", "//1.1.1.1/", "",
                "http://1.1.1.1/\r\nX: y",
            ):  # fmt: skip
                await refused(fetcher, url)
            assert private.asked == []
            await fetcher.close()

    run(story())


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name that is public when it is looked at and private a moment later (rebinding)."""

    async def story() -> None:
        answers = [["1.1.1.1"], ["127.0.0.1"]]
        looked: list[str] = []

        async def lookup(host: str, port: int) -> list[str]:
            looked.append(host)
            return answers[min(len(looked), 2) - 1]

        async with web(lambda _: page(b"secret")) as private:
            fetcher = Fetcher([f"rebound.test:{private.port}"], lookup)
            # Allowed as an exception, so that the connection is made at all: to the address of the
            # one look, which nobody answers at on this machine.
            await refused(fetcher, f"http://rebound.test:{private.port}/", seconds=0.5)
            assert looked == ["rebound.test"]
            assert private.asked == []
            await fetcher.close()

            async def mixed(host: str, port: int) -> list[str]:
                return ["1.1.1.1", "127.0.0.1"]

            fetcher = Fetcher([], mixed)
            assert "private" in await refused(fetcher, "http://mixed.test/")
            await fetcher.close()

    run(story())


def test_redirects_are_followed_to_what_is_allowed_and_no_further() -> None:
    async def story() -> None:
        async with web(lambda _: page(b"secret")) as private:
            places = {
                "/out": f"http://127.0.0.1:{private.port}/",
                "/metadata": "http://169.254.169.254/latest/meta-data/",
                "/file": "file:///etc/passwd",
                "/decimal": f"http://2130706433:{private.port}/",
                "/near": "/end",
                "/round": "/round",
            }

            def answer(path: str) -> bytes:
                return to(places[path]) if path in places else page(b"<title>here</title>")

            async with web(answer) as allowed:
                fetcher = Fetcher([f"allowed.test:{allowed.port}"], local)
                url = f"http://allowed.test:{allowed.port}"
                for path in ("/out", "/metadata", "/file", "/decimal"):
                    await refused(fetcher, url + path)
                assert private.asked == []
                found = await fetch(fetcher, url + "/near")
                assert (found.url, found.body) == (url + "/end", b"<title>here</title>")
                assert "redirects" in await refused(fetcher, url + "/round")
                assert not any(
                    name in head.lower()
                    for head in allowed.heads
                    for name in ("cookie", "authorization", "referer")
                )
                await fetcher.close()

    run(story())


def test_what_is_too_large_too_slow_or_of_another_type_is_of_no_use() -> None:
    async def story() -> None:
        answers = {
            "/large": page(b"x" * 5000),
            "/picture": page(b"x", "image/png"),
            "/none": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "/packed": page(b"x", more="Content-Encoding: gzip\r\n"),
            "/nonsense": b"SSH-2.0-OpenSSH_9.2\r\n",
            "/head": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        }
        async with web(lambda path: answers.get(path, b"")) as place:
            fetcher = Fetcher([f"127.0.0.1:{place.port}"])
            url = f"http://127.0.0.1:{place.port}"
            for path in answers:
                await refused(fetcher, url + path)
            assert (await fetch(fetcher, url + "/large", cut=True)).body == b"x" * 1000
            await fetcher.close()

    run(story())


def test_a_post_is_told_what_became_of_it_and_is_not_sent_on() -> None:
    async def story() -> None:
        async with web(lambda path: to("/other") if path == "/moved" else page(b"")) as place:
            fetcher = Fetcher([f"127.0.0.1:{place.port}"])
            url = f"http://127.0.0.1:{place.port}"
            assert await fetcher.post(url + "/hook", b"{}", {"X-A": "b"}, seconds=20) == Posted(200)
            assert await fetcher.post(url + "/moved", b"{}", {}, seconds=20) == Posted(302)
            assert place.asked == ["/hook", "/moved"]
            with pytest.raises(Unfetchable):
                await Fetcher().post(url, b"{}", {}, seconds=20)
            await fetcher.close()

    run(story())


async def local(host: str, port: int) -> list[str]:
    """A resolver that knows one name, and numbers as the system reads them."""
    return {"allowed.test": ["127.0.0.1"], "2130706433": ["127.0.0.1"]}.get(host, [host])


def test_who_answers_is_reached_while_all_others_keep_silent() -> None:
    """As many are asked at once as ever are, and all but one never answer."""
    at_once = 8

    async def story() -> None:
        over = asyncio.Event()

        async def keep_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await over.wait()
            writer.close()

        server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
        silent = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with web(lambda path: page(b"")) as place:
            good = f"127.0.0.1:{place.port}"
            fetcher = Fetcher([silent, good], at_once=at_once)
            others = [
                asyncio.ensure_future(fetcher.post(f"http://{silent}/", b"", {}, seconds=60))
                for _ in range(at_once - 1)
            ]
            await asyncio.sleep(0.2)
            assert await fetcher.post(f"http://{good}/", b"", {}, seconds=20) == Posted(200)
            assert not any(other.done() for other in others)
            over.set()
            await asyncio.gather(*others, return_exceptions=True)
            await fetcher.close()
        server.close()

    run(story())
