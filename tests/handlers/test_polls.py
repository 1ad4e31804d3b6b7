"""Polls: one answer from the same log, at once or when there is something to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import POLL, Answer, Visitor, assert_guarded, assert_refused
from tornchat import metrics
from tornchat.domain.errors import BadCursor, BadRequest, LogAway, Unauthenticated
from tornchat.hub.outlet import BUFFER_LIMIT
from tornchat.hub.poll import Poll

JSON_EVENT = {"id", "prev", "topic", "kind", "at"}


def ids(page: dict[str, Any]) -> list[int]:
    return [event["id"] for event in page["events"]]


async def waiting(served: Served, count: int = 1) -> None:
    """Until so many polls wait at this worker."""

    async def there() -> bool:
        readers = served.worker.hub.readers()
        polls = [reader for reader in readers if isinstance(reader, Poll) and reader.join.topics]
        return len(polls) == count

    await eventually(there, f"{count} polls that wait")
    await asyncio.sleep(0.05)


async def started(poll: Awaitable[Any], served: Served) -> asyncio.Future[Any]:
    """A poll that is on its way, and waits."""
    task = asyncio.ensure_future(poll)
    await waiting(served)
    return task


def ask(visitor: Visitor, query: str = "") -> Awaitable[Answer]:
    return visitor.get(f"/api/events{query}", headers=POLL)


@pytest.mark.gen_test(timeout=120)
async def test_a_short_poll_answers_at_once_with_what_lies_after_the_cursor(ana: Visitor) -> None:
    first, second, third = [await ana.say(text) for text in ("one", "two", "three")]
    page = await ana.poll(first)
    assert ids(page) == [second, third]
    assert page["cursor"] >= third
    assert page["reset"] is False
    assert page["events"][0].keys() == JSON_EVENT | {"room", "author", "body", "html"}
    stream = await ana.stream(f"?after={first}")
    await stream.until("hello")
    assert [(await stream.until("message"))[0] for _ in range(2)] == page["events"]
    stream.close()
    assert await ana.poll(page["cursor"]) == {
        "cursor": page["cursor"], "reset": False, "events": [],
    }  # fmt: skip


@pytest.mark.gen_test(timeout=120)
async def test_a_poll_without_a_cursor_starts_now(ana: Visitor) -> None:
    before = await ana.say("before")
    page = await ana.poll(None)
    assert page["events"] == []
    assert page["cursor"] >= before
    said = await ana.say("now")
    assert ids(await ana.poll(page["cursor"])) == [said]


@pytest.mark.gen_test(timeout=120)
async def test_a_long_poll_answers_as_soon_as_there_is_something(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    start = (await ana.poll(None))["cursor"]
    for after in (start, None):
        poll = await started(ana.poll(after, wait=30), served)
        said = await budi.say("hello")
        page = await poll
        assert ids(page) == [said]
        assert page["cursor"] >= said
        assert served.worker.hub.readers() == []
        start = page["cursor"]


@pytest.mark.gen_test(timeout=120)
async def test_a_long_poll_with_something_to_tell_does_not_wait(ana: Visitor) -> None:
    first, second = [await ana.say(text) for text in ("one", "two")]
    assert ids(await ana.poll(first, wait=60)) == [second]


@pytest.mark.gen_test(timeout=120)
async def test_a_long_poll_where_nothing_happens_answers_in_time_and_moves_on(
    ana: Visitor, budi: Visitor
) -> None:
    start = (await ana.poll(None))["cursor"]
    room = await budi.make_room("Attic", private=True)
    elsewhere = await budi.say("not for ana", room)
    page = await ana.poll(start, wait=0.3)
    assert page["events"] == []
    assert page["cursor"] >= elsewhere > start


@pytest.mark.gen_test(timeout=120)
async def test_ten_events_of_one_moment_come_in_their_order(ana: Visitor, served: Served) -> None:
    start = (await ana.poll(None))["cursor"]
    poll = await started(ana.poll(start, wait=30), served)
    said = sorted(await asyncio.gather(*(ana.say(str(number)) for number in range(10))))
    got: list[int] = []
    page = await poll
    while True:
        got += ids(page)
        if len(got) >= len(said):
            break
        page = await ana.poll(page["cursor"], wait=5)
    assert got == said


@pytest.mark.gen_test(timeout=120)
async def test_a_cursor_that_the_log_cannot_serve_is_a_reset(ana: Visitor) -> None:
    for cursor in (0, 5, 2**53 - 1):
        for wait in (0, 30):
            assert await ana.poll(cursor, wait) == {"cursor": None, "reset": True, "events": []}


@pytest.mark.gen_test(timeout=120)
async def test_the_last_event_id_wins_and_the_answer_is_guarded(ana: Visitor) -> None:
    first, second = [await ana.say(text) for text in ("one", "two")]
    headers = {**POLL, "Last-Event-ID": str(first)}
    answer = await ana.get(f"/api/events?wait=0&after={second}", headers=headers)
    assert ids(answer.json) == [second]
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert_guarded(answer)


@pytest.mark.gen_test(timeout=120)
async def test_what_cannot_be_understood_is_refused(ana: Visitor) -> None:
    for wait in ("-1", "61", "60.1", "x", "", "1e1", "nan", "inf", "٣", "1" * 400):
        assert_refused(await ask(ana, f"?wait={wait}"), BadRequest, "wait")
    assert_refused(await ask(ana, "?after=x&wait=0"), BadCursor)
    assert_refused(await ask(ana.stranger()), Unauthenticated)


@pytest.mark.gen_test(timeout=120)
async def test_an_answer_is_bounded_and_says_how_far_it_goes(ana: Visitor) -> None:
    start = (await ana.poll(None))["cursor"]
    said = [await ana.say("漢" * 9990) for _ in range(12)]  # of 60 kB each
    got: list[int] = []
    cursor, answers = start, 0
    while len(got) < len(said):
        answer = await ask(ana, f"?wait=0&after={cursor}")
        assert len(answer.body) < BUFFER_LIMIT + 1000
        assert answer.json["cursor"] >= ids(answer.json)[-1]
        got += ids(answer.json)
        cursor, answers = answer.json["cursor"], answers + 1
    assert got == said
    assert answers > 2


@pytest.mark.gen_test(timeout=120)
async def test_a_room_that_is_joined_and_left_meanwhile_is_in_its_place(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Cellar", private=True)
    await ana.say("before", room)
    start = (await budi.poll(None))["cursor"]
    poll = await started(budi.poll(start, wait=30), served)
    await ana.bring(budi, room)
    page = await poll
    assert page["events"][0]["kind"] == "member.joined"
    poll = await started(budi.poll(page["cursor"], wait=30), served)
    said = await ana.say("after", room)
    page = await poll
    assert said in ids(page)
    await ana.delete(f"/api/rooms/{room}/members/{budi.id}")
    await ana.say("too late", room)
    page = await budi.poll(page["cursor"], wait=5)
    assert [event["kind"] for event in page["events"]] == ["member.left"]
    assert page["events"][0]["topic"] == f"user:{budi.id}"


@pytest.mark.gen_test(timeout=120)
async def test_a_session_that_ends_ends_its_polls(ana: Visitor, served: Served) -> None:
    other = await ana.again()
    poll = await started(ask(other, "?wait=60"), served)
    assert (await other.delete("/api/session")).status == 204
    assert_refused(await poll, Unauthenticated)


@pytest.mark.gen_test(timeout=120)
async def test_a_client_that_goes_away_leaves_nothing_behind(ana: Visitor, served: Served) -> None:
    writers = []
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
        request = "GET /api/events?wait=60 HTTP/1.1\r\nHost: localhost\r\n"
        head = f"{request}Accept: application/json\r\nCookie: {ana.cookie}\r\n\r\n"
        writer.write(head.encode())
        writers.append(writer)
    await waiting(served, 5)
    gone = metrics.REQUESTS.labels("/api/events", "GET", "gone")
    before = gone.value
    for writer in writers:
        writer.close()

    async def all_gone() -> bool:
        # Counted so, and not as refusals.
        return served.worker.hub.readers() == [] and gone.value == before + 5

    await eventually(all_gone, "polls that have ended")
    assert served.worker.hub.admission.streams == 0


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_that_leaves_answers_at_once_with_the_cursor(
    place: Place, ana: Visitor
) -> None:
    async with place.serving() as served:
        guest = await served.visitor().sign_in("ana")
        start = (await guest.poll(None))["cursor"]
        poll = await started(ask(guest, f"?wait=60&after={start}"), served)
        draining = asyncio.ensure_future(served.worker.hub.drain(20))
        answer = await poll
        assert answer.headers["Connection"] == "close"
        assert answer.json["cursor"] >= start
        assert (answer.json["reset"], answer.json["events"]) == (False, [])
        # One that comes meanwhile does not wait either.
        assert (await ask(guest, f"?wait=60&after={start}")).headers["Connection"] == "close"
        await draining


@pytest.mark.gen_test(timeout=120)
async def test_where_nothing_can_be_delivered_a_poll_is_told_when_to_come_back(
    ana: Visitor, served: Served
) -> None:
    poll = await started(ask(ana, "?wait=60"), served)
    served.worker.hub.close_all()
    assert_refused(await poll, LogAway)
