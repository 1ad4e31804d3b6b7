"""The quick way to post answers as the ordinary one, and takes nothing that that would refuse."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Answer, Visitor
from tornchat.handlers import rooms

LATER = ("Date", "Content-Length", "Etag")


@pytest.fixture
def ordinary(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the posts that came the ordinary way."""
    counted: Counter[str] = Counter()
    post = rooms.Messages.post

    async def count(handler: rooms.Messages, room: str) -> None:
        counted["posts"] += 1
        await post(handler, room)

    monkeypatch.setattr(rooms.Messages, "post", count)
    return counted


async def known(served: Served, *visitors: Visitor) -> None:
    """Let the worker know their sessions."""

    async def hears() -> bool:
        return served.worker.hub.bus.hearing() is not None

    await eventually(hears, "the worker to hear what is said")
    for visitor in visitors:
        await visitor.get("/api/rooms")


async def both(who: Visitor, path: str, *what: Any, **how: Any) -> tuple[Answer, Answer]:
    """The same by the quick way, where it may be, and by the ordinary one."""
    return await who.ask("POST", path, *what, **how), await who.ask(
        "POST", path + "?x=1", *what, **how
    )


def assert_same(quick: Answer, ordinary: Answer) -> None:
    assert quick.status == ordinary.status
    seen = [
        {name: value for name, value in answer.headers.get_all() if name not in LATER}
        for answer in (quick, ordinary)
    ]
    assert seen[0] == seen[1]
    bodies = [{**answer.json, "id": 0, "at": 0} for answer in (quick, ordinary)]
    assert bodies[0] == bodies[1]


@pytest.mark.gen_test(timeout=120)
async def test_a_message_is_posted_and_answered_alike(
    served: Served, ana: Visitor, ordinary: Counter[str]
) -> None:
    await known(served, ana)
    path = f"/api/rooms/{ana.room}/messages"
    first = (await ana.post(path, {"body": "first"})).json["id"]
    for what in ({"body": "*hello*"}, {"body": "hello", "reply_to": first}):
        assert_same(*await both(ana, path, what))
    assert ordinary["posts"] == 2
    quick = await ana.post(path, {"body": "once", "nonce": "n1"})
    again = await ana.post(path, {"body": "once", "nonce": "n1"})
    assert (quick.status, again.status) == (201, 200)
    assert quick.body == again.body
    assert quick.headers["Tornchat-Worker"] == served.worker.hub.worker
    assert "Tornchat-Worker" not in again.headers  # another one may have taken it
    assert ordinary["posts"] == 2
    stream = await ana.stream(f"?after={first}")
    for body in ("*hello*", "*hello*", "hello", "hello", "once"):
        message, _ = await stream.until("message")
        assert message["body"] == body
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_what_becomes_of_a_message_is_answered_alike(
    served: Served, ana: Visitor, budi: Visitor, ordinary: Counter[str]
) -> None:
    await known(served, ana, budi)
    path = f"/api/rooms/{ana.room}/messages"
    await ana.post(path, {"body": "first", "nonce": "taken"})
    closed = await ana.make_room("Closed", private=True)
    refused = [
        ({"body": "other", "nonce": "taken"}, path, 409),
        ({"body": " "}, path, 422),
        ({"body": "x" * 10_001}, path, 422),
        ({"body": "x", "nonce": ""}, path, 422),
        ({"body": "x", "reply_to": "y"}, path, 422),
        ({}, path, 422),
        ({"body": "x"}, "/api/rooms/nowhere/messages", 404),
    ]
    for what, where, status in refused:
        quick, slow = await both(ana, where, what)
        assert quick.status == status
        assert_same(quick, slow)
    quick, slow = await both(budi, f"/api/rooms/{closed}/messages", {"body": "x"})
    assert quick.status == 404
    assert_same(quick, slow)
    assert ordinary["posts"] == len(refused) + 1


@pytest.mark.gen_test(timeout=120)
async def test_who_posts_too_fast_is_told_when_to_go_on(place: Place, ana: Visitor) -> None:
    async with place.serving(post_rate=0.1) as served:
        mine = await served.visitor().sign_in(ana.name)
        await known(served, mine)
        path = f"/api/rooms/{mine.room}/messages"
        answers = [await mine.post(path, {"body": "x"}) for _ in range(7)]
        assert [answer.status for answer in answers][:5] == [201] * 5
        assert answers[-1].status == 429
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert answers[-1].headers["Content-Type"] == "application/problem+json; charset=utf-8"


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Host": "evil.example"},
        {"Cookie": ""},
        {"Cookie": "tornchat=x"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Bearer "},
    ],
    ids=str,
)
async def test_what_is_refused_before_is_left_to_the_ordinary_way(
    served: Served, ana: Visitor, ordinary: Counter[str], headers: dict[str, str]
) -> None:
    await known(served, ana)
    path = f"/api/rooms/{ana.room}/messages"
    quick, slow = await both(ana, path, {"body": "x"}, headers=headers)
    assert quick.status in (400, 401, 403, 415, 421)
    assert_same(quick, slow)
    assert not ordinary


@pytest.mark.gen_test(timeout=120)
async def test_a_browser_posts_the_quick_way_from_its_own_page_alone(
    served: Served, ana: Visitor, ordinary: Counter[str]
) -> None:
    await known(served, ana)
    path = f"/api/rooms/{ana.room}/messages"
    for headers in ({"Sec-Fetch-Site": "same-origin", "Origin": ana.url}, {"Origin": ana.url}):
        assert (await ana.ask("POST", path, {"body": "x"}, headers=headers)).status == 201
    assert not ordinary
    for body in (b"[]", b"{", b'"x"', b"\xff"):
        quick, slow = await both(ana, path, body=body, headers={"Content-Type": "application/json"})
        assert quick.status == 400
        assert_same(quick, slow)


@pytest.mark.gen_test(timeout=120)
async def test_a_session_that_ends_while_a_message_is_on_its_way_posts_nothing(
    served: Served, ana: Visitor
) -> None:
    mine = await ana.again()
    await known(served, mine)
    before = await ana.say("before")
    host, _, port = served.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /api/rooms/{ana.room}/messages HTTP/1.1\r\nHost: localhost\r\n"
        f"Cookie: {mine.cookie}\r\nContent-Type: application/json\r\n"
        "Content-Length: 12\r\n\r\n".encode()
    )
    assert (await mine.delete("/api/session")).status == 204
    writer.write(b'{"body":"x"}')
    assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    writer.close()
    page = (await ana.get(f"/api/rooms/{ana.room}/messages?after={before}")).json
    assert page["messages"] == []
