"""The quick way to poll, and that it answers as the ordinary one does."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.test_gate import counting
from tests.handlers.test_limits import Raw
from tests.handlers.test_publish_costs import said as said
from tests.handlers.visitor import Visitor
from tornchat import connections, metrics
from tornchat.hub.poll import Poll
from tornchat.line import Line as Held
from tornchat.wire.browser import poll_answer

POLL = "GET /api/events{query} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nAccept: {accept}\r\n"
JSON = "application/json"


class Line:
    """A connection that polls, and keeps the cursor."""

    def __init__(self, who: Visitor, raw: Raw) -> None:
        self.who = who
        self.raw = raw
        self.cursor: int | None = None
        self.head = b""

    async def ask(self, query: str = "", headers: str = "", **more: str) -> Any:
        """One request, whatever it is answered; the JSON in the answer."""
        self.send(query, headers, **more)
        return await self.answered()

    def send(
        self, query: str = "", headers: str = "", host: str = "localhost", accept: str = JSON
    ) -> None:
        request = POLL.format(query=query, host=host, cookie=self.who.cookie, accept=accept)
        self.raw.writer.write((request + headers + "\r\n").encode())

    async def answered(self) -> Any:
        reader = self.raw.reader
        self.head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        length = self.head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return json.loads(await reader.readexactly(int(length)))

    async def next(self, wait: float = 30) -> list[int]:
        """Go on from the cursor; the ids of what came."""
        after = "" if self.cursor is None else f"&after={self.cursor}"
        answer = await self.ask(f"?wait={wait}{after}")
        assert self.status == 200, answer
        self.cursor = answer["cursor"]
        return [event["id"] for event in answer["events"]]

    @property
    def status(self) -> int:
        return int(self.head.split()[1])


@asynccontextmanager
async def polling(served: Served, *people: Visitor) -> AsyncIterator[list[Line]]:
    made = [Line(who, await Raw.to(served)) for who in people]
    try:
        yield made
    finally:
        for line in made:
            line.raw.close()


async def waiting(served: Served, count: int) -> None:
    """Until so many polls wait at this worker, and have joined."""

    async def there() -> bool:
        polls = [reader for reader in served.worker.hub.readers() if isinstance(reader, Poll)]
        return sum(poll.asked and bool(poll.join.topics) for poll in polls) == count

    await eventually(there, f"{count} polls that wait")
    await asyncio.sleep(0.05)


async def all_waiting(served: Served, lines: Iterable[Line]) -> list[asyncio.Task[list[int]]]:
    """Each goes on from its cursor, and waits."""
    tasks = [asyncio.ensure_future(line.next()) for line in lines]
    await waiting(served, len(tasks))
    return tasks


ALIKE: dict[str, dict[str, str]] = {
    "from now on": {"query": "?wait=0"},
    "after a cursor": {"query": "?wait=0&after={cursor}"},
    "the other way round": {"query": "?after={cursor}&wait=0.0"},
    "with the usual wait": {"query": "?after={cursor}"},
    "after the last id": {"query": "?wait=0", "headers": "Last-Event-ID: {cursor}\r\n"},
    "before the log": {"query": "?wait=1&after=0"},
    "and is gone": {"query": "?wait=0&after={cursor}", "headers": "Connection: close\r\n"},
    "and stays": {"query": "?wait=0&after={cursor}", "headers": "Connection: keep-alive\r\n"},
}
LEFT: dict[str, dict[str, str]] = {
    "a wait that is none": {"query": "?wait=x"},
    "a wait that is too long": {"query": "?wait=61"},
    "a wait twice": {"query": "?wait=0&wait=x"},
    "a wait without an end": {"query": "?wait=1after=5"},
    "a cursor that is none": {"query": "?wait=0&after=x"},
    "a cursor that is too large": {"query": "?wait=0&after=99999999999999999999"},
    "another host": {"query": "?wait=0", "host": "evil.example"},
    "a token that is wrong": {"query": "?wait=0", "headers": "Authorization: Bearer x\r\n"},
    "a body": {"query": "?wait=0", "headers": "Content-Length: 0\r\n"},
    "something in two ways": {"query": "?wait=0", "headers": "Connection: x, close\r\n"},
}


@pytest.mark.gen_test(timeout=120)
async def test_both_ways_answer_the_same(
    served: Served, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = (await ana.poll(None))["cursor"]
    await ana.say("one")
    for name, what in {**ALIKE, **LEFT}.items():
        asked = {part: text.format(cursor=cursor) for part, text in what.items()}
        with counting(served, monkeypatch) as counts:
            async with polling(served, ana, ana) as [quick, ordinary]:
                first = await quick.ask(**asked)
                assert counts.served == (name in LEFT), name
                assert await ordinary.raw.ask()
                second = await ordinary.ask(**asked)
        if first.get("cursor"):
            assert second["cursor"] >= first["cursor"]
            second["cursor"] = first["cursor"]  # of another instant
        assert first == second, name
        assert _told(quick.head) == _told(ordinary.head), name


def _told(head: bytes) -> set[bytes]:
    return {line for line in head.lower().split(b"\r\n") if not line.startswith(b"date:")}


@pytest.mark.gen_test(timeout=120)
async def test_a_connection_polls_on_and_on_without_joining_again(
    served: Served, ana: Visitor, budi: Visitor
) -> None:
    async with polling(served, ana) as [line]:
        await line.next(wait=0)
        joins = metrics.JOINS.labels().value
        for number in range(5):
            [poll] = await all_waiting(served, [line])
            said = await budi.say(f"number {number}")
            assert await poll == [said]
        # What is said while nobody asks is known when somebody does.
        missed = [await budi.say(f"meanwhile {number}") for number in range(2)]
        assert await line.next(wait=30) == missed
        assert await line.next(wait=0) == []
        before = line.cursor
        assert await line.next(wait=0.2) == []
        assert metrics.JOINS.labels().value == joins
        # Another cursor than the one that was given is a new beginning.
        line.cursor = missed[0]
        assert await line.next(wait=30) == missed[1:]
        assert metrics.JOINS.labels().value == joins + 1
        assert (line.cursor or 0) >= (before or 0)

    async def nobody() -> bool:
        return not served.worker.hub.readers() and not len(served.worker.doorway)

    await eventually(nobody, "the end of all polls")
    assert served.worker.hub.admission.streams == 0


@pytest.mark.gen_test(timeout=120)
async def test_polls_that_wake_together_share_what_they_ask_and_what_they_are_told(
    served: Served, ana: Visitor, budi: Visitor, said: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: Counter[int | None] = Counter()

    def count(cursor: int | None, events: Iterable[bytes]) -> bytes:
        rendered[cursor] += 1
        return poll_answer(cursor, events)

    monkeypatch.setattr("tornchat.hub.poll.poll_answer", count)
    async with polling(served, *[ana, budi] * 10) as lines:
        for task in [asyncio.ensure_future(line.next(wait=0)) for line in lines]:
            await task
        for number in range(4):  # after the first round all have the same cursor
            tasks = await all_waiting(served, lines)
            said.clear()
            rendered.clear()
            message = await budi.say(f"number {number}")
            assert [await task for task in tasks] == [[message]] * len(lines)
            # A look may have begun before the last of them was woken; never one for each.
            assert said["standing"] <= 3
            assert len(rendered) <= 3
            assert set(rendered.values()) == {1} or number == 0


@pytest.mark.gen_test(timeout=120)
async def test_a_room_that_is_joined_or_left_between_two_polls_is_in_its_place(
    served: Served, ana: Visitor, budi: Visitor
) -> None:
    room = await ana.make_room("Loft", private=True)
    async with polling(served, budi) as [line]:
        await line.next(wait=0)
        [poll] = await all_waiting(served, [line])
        await ana.bring(budi, room)
        assert await poll
        before = await ana.say("inside", room)
        heard: list[int] = []
        while before not in heard:
            heard += await line.next()
        await ana.delete(f"/api/rooms/{room}/members/{budi.id}")
        outside = await ana.say("outside", room)
        heard = await line.next()
        assert heard
        assert outside not in heard + await line.next(wait=0)


@pytest.mark.gen_test(timeout=120)
async def test_what_goes_wrong_while_it_waits_is_answered_as_by_the_ordinary_way(
    served: Served, ana: Visitor, stranger: Visitor
) -> None:
    for number in range(2):
        await stranger.sign_up(f"guest{number}")
        async with polling(served, stranger, stranger) as [quick, ordinary]:
            assert await ordinary.raw.ask()
            polls = [asyncio.ensure_future(line.ask("?wait=60")) for line in (quick, ordinary)]
            await waiting(served, 2)
            if number:
                served.worker.hub.close_all()
            else:
                assert (await stranger.delete("/api/session")).status == 204
            first, second = [await poll for poll in polls]
            assert (quick.status, ordinary.status) == ((503, 503) if number else (401, 401))
            assert first == second
            assert _told(quick.head) == _told(ordinary.head)
            if number:  # and it may ask again
                assert await quick.next(wait=0) == []


@pytest.mark.gen_test(timeout=120)
async def test_who_polls_on_one_connection_keeps_within_the_limit_of_streams(
    place: Place, ana: Visitor
) -> None:
    async with place.serving(max_streams=1) as served:
        mine = await served.visitor().sign_in(ana.name)
        async with polling(served, mine, mine) as [line, other]:
            await line.next(wait=0)
            for number in range(3):
                [poll] = await all_waiting(served, [line])
                said = await mine.say(f"number {number}")
                assert await poll == [said]
            [poll] = await all_waiting(served, [line])
            assert (await other.ask("?wait=30"))["code"] == "too_many_streams"
            said = await mine.say("go on")
            assert await poll == [said]
            # One that was answered takes nobody's place for long.
            [poll] = await all_waiting(served, [other])
            await mine.say("the other")
            assert len(await poll) == 1
        assert served.worker.hub.admission.streams <= 1


@pytest.mark.gen_test(timeout=120)
async def test_requests_that_come_together_are_answered_in_their_order(
    served: Served, ana: Visitor
) -> None:
    async with polling(served, ana) as [line]:
        await line.next(wait=0)
        [poll] = await all_waiting(served, [line])
        line.send("?wait=0&after=0")
        line.send("?wait=0")
        said = await ana.say("now")
        assert await poll == [said]
        assert (await line.answered())["reset"] is True
        assert (await line.answered())["cursor"] >= said


@pytest.mark.gen_test(timeout=120)
async def test_a_connection_that_polled_may_ask_for_anything_else(
    served: Served, ana: Visitor
) -> None:
    async with polling(served, ana, ana) as [page, stream]:
        for line in (page, stream):
            await line.next(wait=0)
        assert (await page.raw.ask()).startswith(b"HTTP/1.1 200 ")
        await page.next(wait=0)
        stream.send(f"?after={stream.cursor}", accept="text/event-stream")
        said = await ana.say("live")
        seen = await asyncio.wait_for(stream.raw.reader.readuntil(b'"live"'), 60)
        assert f"id: {said}\n".encode() in seen


@pytest.mark.gen_test(timeout=120)
async def test_a_client_that_goes_leaves_nothing_behind(served: Served, ana: Visitor) -> None:
    gone = metrics.REQUESTS.labels("/api/events", "GET", "gone")
    before = gone.value
    async with polling(served, *[ana] * 5) as lines:
        for line in lines:
            line.send("?wait=60")
        await waiting(served, 5)

    async def all_gone() -> bool:
        left = served.worker.hub.readers() or len(served.worker.doorway)
        return not left and gone.value == before + 5

    await eventually(all_gone, "polls that have ended")
    assert served.worker.hub.admission.streams == 0


@pytest.mark.gen_test(timeout=120)
async def test_an_answer_that_cannot_be_sent_is_the_end_of_its_connection_alone(
    served: Served, ana: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken: list[Held] = []
    answer = Held.answer

    def failing(line: Held, data: bytes, *, last: bool) -> None:
        if not broken and b'"events"' in data:
            broken.append(line)
            line._arrival.socket.shutdown(socket.SHUT_WR)
        answer(line, data, last=last)

    async with polling(served, ana, ana) as lines:
        for line in lines:
            await line.next(wait=0)
        tasks = await all_waiting(served, lines)
        with monkeypatch.context() as patch:
            patch.setattr(Held, "answer", failing)
            said = await ana.say("to both")
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [said] in ends
        assert any(isinstance(end, asyncio.IncompleteReadError) for end in ends)
        assert broken[0].closed
        assert len(served.worker.doorway) == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_that_leaves_lets_go_of_who_polls(place: Place, ana: Visitor) -> None:
    async with place.serving() as served:
        mine = await served.visitor().sign_in(ana.name)
        async with polling(served, mine, mine) as [line, resting]:
            for one in (line, resting):
                await one.next(wait=0)
            [poll] = await all_waiting(served, [line])
            draining = asyncio.ensure_future(served.worker.drain(1))
            assert await poll == []
            assert b"Connection: close" in line.head
            for one in (line, resting):
                assert await one.raw.at_its_end()
                one.raw.close()
            await draining


@pytest.mark.gen_test(timeout=120)
async def test_what_one_answer_cannot_hold_is_told_by_the_next_at_once(
    served: Served, ana: Visitor
) -> None:
    cursor = (await ana.poll(None))["cursor"]
    said = [await ana.say(str(number) + "x" * 7000) for number in range(40)]
    async with polling(served, ana) as [line]:
        line.cursor = cursor
        heard: list[int] = []
        answers = 0
        while heard != said:
            # Nothing else will be said that could wake it.
            heard += await asyncio.wait_for(line.next(wait=50), 30)
            answers += 1
        assert answers > 1


@pytest.mark.gen_test(timeout=120)
async def test_a_head_may_come_in_pieces_after_a_post(
    served: Served, ana: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    async with polling(served, ana) as [line]:
        assert b" 201 " in await line.raw.ask(posting(ana, '{"body":"first"}'))
        line.raw.writer.write(b"GET /api/events?wait=0 HTTP/1.1\r\n")
        await asyncio.sleep(0.1)
        line.raw.writer.write(f"Host: localhost\r\nCookie: {ana.cookie}\r\n".encode())
        line.raw.writer.write(f"Accept: {JSON}\r\n\r\n".encode())
        assert (await line.answered())["cursor"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.gen_test(timeout=120)
async def test_who_asks_while_a_worker_begins_to_leave_is_answered(
    place: Place, ana: Visitor
) -> None:
    async with place.serving() as served:
        mine = await served.visitor().sign_in(ana.name)
        async with polling(served, mine, mine) as lines:
            for line in lines:
                await line.next(wait=0)
            lines[0].raw.writer.write(posting(mine, '{"body":"last"}'))
            lines[1].send("?wait=0")
            draining = asyncio.ensure_future(served.worker.drain(1))
            for line, status in zip(lines, (201, 200), strict=True):
                await line.answered()
                assert line.status == status
                assert b"Connection: close" in line.head
                assert await line.raw.at_its_end()
                line.raw.close()
            await draining


def posting(who: Visitor, body: str) -> bytes:
    return (
        f"POST /api/rooms/{who.room}/messages HTTP/1.1\r\nHost: localhost\r\n"
        f"Cookie: {who.cookie}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@pytest.mark.gen_test(timeout=120)
async def test_a_large_post_that_waits_for_its_turn_is_taken(
    served: Served, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[Callable[[], None]] = []
    doorway = served.worker.doorway
    monkeypatch.setattr(connections, "QUIET_SECONDS", 20.0)  # the machine may be busy
    async with polling(served, ana) as [line]:
        await eventually(lambda: _is(len(doorway) == 1), "a line that has said nothing")
        with monkeypatch.context() as patch:
            # As in a storm, where others have their turn first.
            take_turns = doorway._serve_some
            patch.setattr(doorway, "_serve_some", lambda: turns.append(take_turns))
            line.raw.writer.write(posting(ana, json.dumps({"body": "x" * 7000, "y": "z" * 50_000})))
            await line.raw.writer.drain()
            await eventually(lambda: _is(bool(turns)), "a post that waits")
            await asyncio.sleep(0.2)
        for turn in turns:
            turn()
        await line.answered()
        assert line.status == 201


@pytest.mark.gen_test(timeout=120)
async def test_who_asks_on_before_taking_an_answer_gets_that_whole_and_nothing_after_it(
    served: Served, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "QUIET_SECONDS", 20.0)  # the machine may be busy
    cursor = (await ana.poll(None))["cursor"]
    for number in range(30):
        await ana.say(str(number) + "x" * 7000)
    async with polling(served, ana) as [line]:
        transport: Any = line.raw.writer.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        transport.pause_reading()
        await eventually(lambda: _is(len(served.worker.doorway) == 1), "a line")
        [quick] = served.worker.doorway._silent
        quick._arrival.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        answers: list[tuple[bytes, bool]] = []
        with monkeypatch.context() as patch:
            patch.setattr(Held, "answer", lambda _, data, *, last: answers.append((data, last)))
            line.send(f"?wait=0&after={cursor}")
            await eventually(lambda: _is(bool(answers)), "an answer")
            line.raw.writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await eventually(lambda: _is(bool(quick._unread)), "another request")
        [(data, last)] = answers
        quick.answer(data, last=last)
        assert quick.telling
        transport.resume_reading()
        assert (await line.answered())["events"]  # it was whole, or would be no JSON
        assert await line.raw.at_its_end()


async def _is(what: bool) -> bool:
    return what
