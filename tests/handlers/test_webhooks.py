"""Webhooks: signed, in order, again until they are taken, and never to a private address."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.chat import courier
from tornchat.domain import webhooks
from tornchat.domain.errors import Forbidden, InvalidValue, NotAMember, NotFound
from tornchat.media.fetcher import Fetcher


class Listener:
    """An address that is told things, and answers with the next of ``answers``, else 204."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.port = 0

    def taken(self) -> list[dict[str, Any]]:
        """The events of all requests."""
        return [event for _, body in self.asked for event in json.loads(body)["events"]]

    def said(self) -> list[str]:
        return [event["body"] for event in self.taken() if event["kind"] == "message"]


@pytest.fixture(scope="module")
def listener(io_loop: IOLoop) -> Iterator[Listener]:
    """Somebody else's server."""
    made = Listener()

    class Handler(RequestHandler):
        def post(self) -> None:
            made.asked.append((dict(self.request.headers.get_all()), self.request.body))
            self.set_status(made.answers.pop(0) if made.answers else 204)

    server = HTTPServer(Application([("/.*", Handler)]))
    sockets = bind_sockets(0, "127.0.0.1")
    made.port = sockets[0].getsockname()[1]
    server.add_sockets(sockets)
    yield made
    server.stop()


@pytest.fixture(scope="module")
def served(io_loop: IOLoop, place: Place, listener: Listener) -> Iterator[Served]:
    """A worker that may reach the listener, and looks often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(courier, "ROUND_SECONDS", 0.05)
        patch.setattr(webhooks, "FIRST_PAUSE_MS", 50)
        allowed = f"127.0.0.1:{listener.port}"
        served = io_loop.run_sync(lambda: place.open(fetch_hosts=allowed), timeout=120)
        yield served
        io_loop.run_sync(served.worker.stop, timeout=120)


async def until_said(listener: Listener, *said: str) -> None:
    async def is_so() -> bool:
        return listener.said() == list(said)

    try:
        await eventually(is_so, f"{said}")
    except AssertionError:
        raise AssertionError(listener.said()) from None


@pytest.mark.gen_test(timeout=180)
async def test_what_is_said_is_told_signed_in_order_and_again_until_it_is_taken(
    served: Served, ana: Visitor, listener: Listener
) -> None:
    room = await ana.make_room("Told")
    await ana.say("before", room)
    address = f"/api/rooms/{room}/webhooks"
    answer = await ana.post(address, {"url": f"http://127.0.0.1:{listener.port}/hook"})
    assert answer.status == 201, answer
    made = answer.json
    await ana.say("one", room)
    await until_said(listener, "one")
    headers, body = listener.asked[0]
    signed = headers["X-Tornchat-Timestamp"].encode() + b"." + body
    expected = hmac.new(made["secret"].encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Tornchat-Signature"] == f"sha256={expected}"
    assert json.loads(body)["webhook"] == made["id"]
    assert "missed" not in json.loads(body)

    listener.answers = [503, 500]
    await ana.say("two", room)
    await until_said(listener, "one", "two", "two", "two")
    _, *same = (body for _, body in listener.asked)
    assert same[0] == same[1] == same[2]

    async def is_well() -> bool:
        [shown] = (await ana.get(address)).json["webhooks"]
        return bool(shown == {name: made[name] for name in ("id", "room", "url", "by", "at")})

    await eventually(is_well, "no failure any more")

    # Nobody tells anything for a while; then another worker goes on from there.
    await served.worker.courier.close()
    listener.asked.clear()
    await ana.say("three", room)
    await ana.say("four", room)
    fetcher = Fetcher([f"127.0.0.1:{listener.port}"])
    served.worker.courier = courier.Courier(served.worker.chat, fetcher)
    served.worker.courier.start()
    await until_said(listener, "three", "four")
    listener.answers = [410]
    await ana.say("five", room)

    async def is_ended() -> bool:
        [now] = (await ana.get(address)).json["webhooks"]
        return "ended_at" in now and "410" in now["reason"]

    await eventually(is_ended, "its end")
    assert (await ana.delete(f"{address}/{made['id']}")).status == 204
    assert_refused(await ana.delete(f"{address}/{made['id']}"), NotFound)


@pytest.mark.gen_test(timeout=180)
async def test_a_private_address_is_never_reached(ana: Visitor) -> None:
    room = await ana.make_room("Guarded")
    address = f"/api/rooms/{room}/webhooks"
    await ana.post(address, {"url": "http://127.0.0.1:6379/hook"})
    await ana.post(address, {"url": "http://localhost/hook"})
    await ana.say("secret plans", room)

    async def have_failed() -> bool:
        found = (await ana.get(address)).json["webhooks"]
        return all("failing_since" in one for one in found)

    await eventually(have_failed, "their failures")
    reasons = [one["reason"] for one in (await ana.get(address)).json["webhooks"]]
    assert "port" in reasons[0]
    assert "private" in reasons[1]


@pytest.mark.gen_test(timeout=120)
async def test_webhooks_are_the_owners_alone_and_their_addresses_are_looked_at(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await budi.make_room("Wired", private=True)
    address = f"/api/rooms/{room}/webhooks"
    made = (await budi.post(address, {"url": "https://example.org/"})).json
    ways = (("GET", address), ("POST", address), ("DELETE", f"{address}/{made['id']}"))
    for method, path in ways:
        assert_refused(await citra.ask(method, path, {"url": "https://example.org/"}), NotFound)
    await budi.bring(citra, room)
    for method, path in ways:
        assert_refused(await citra.ask(method, path, {"url": "https://example.org/"}), Forbidden)
    own = await citra.make_room("Own")
    assert_refused(await citra.delete(f"/api/rooms/{own}/webhooks/{made['id']}"), NotFound)
    # An administrator sees and ends them all, but hears by none what they may not read.
    assert (await ana.get(address)).json["webhooks"][0]["id"] == made["id"]
    assert_refused(await ana.post(address, {"url": "https://example.org/"}), NotFound)
    answer = await ana.post(f"/api/rooms/{own}/webhooks", {"url": "https://example.org/"})
    assert_refused(answer, NotAMember)
    assert (await ana.delete(f"{address}/{made['id']}")).status == 204
    for url in (None, 7, "", "ftp://x/", "https://", "https://a:b@c/", "https://x y/", "http://é/"):
        assert_refused(await budi.post(address, {"url": url}), InvalidValue)
