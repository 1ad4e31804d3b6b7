"""Streams of a real hub on a real Redis, from the socket's other end."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.log.line import Line
from tests.log.test_bus import is_a_confirmation, says_lost
from tests.redis_server import RedisServer, come_in, go_out, in_loop, open_log, say, until
from tornchat import metrics
from tornchat.domain import announcements
from tornchat.domain.sessions import SessionRecord
from tornchat.hub import hub as hubs
from tornchat.hub import joining, outlet, sessions
from tornchat.hub.admission import Seat
from tornchat.hub.hub import Hub
from tornchat.log import append, bus, mirror, read, upkeep
from tornchat.log.client import Client
from tornchat.wire import sse, websocket


class Browser:
    """Reads one stream of ``user``; ``received`` is all that it was sent, without the beats."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.ended = False
        self.received: list[sse.Received] = []
        self.socket, self._server = socket.socketpair()
        self.socket.setblocking(False)
        self._decoder = sse.Decoder()
        self._head = b""

    async def open(self, hub: Hub, cursor: int | None, seat: Seat | None = None) -> Browser:
        """As handlers/events.py does."""
        reader = hub.reader(self.user, f"session of {self.user}", cursor, seat)
        hub.stream(reader, await joining.enter(hub, reader, cursor), self._server)
        return self

    def look(self) -> list[sse.Received]:
        """Take what has arrived."""
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return self.received
        self.ended = not data
        if not self._head.endswith(b"\r\n\r\n"):
            head, end, data = (self._head + data).partition(b"\r\n\r\n")
            self._head = head + end
        self.received += [each for each in self._decoder.feed(data) if each.kind != "beat"]
        return self.received

    def at_its_end(self) -> bool:
        self.look()
        return self.ended

    def kinds(self) -> list[str]:
        return [each.kind for each in self.look()]

    def ids(self) -> list[int]:
        """The ids of the messages."""
        return [int(each.id) for each in self.look() if each.kind == "message"]

    def data(self, number: int) -> Any:
        return json.loads(self.received[number].data)


@asynccontextmanager
async def running_hub(client: Client, url: str, heartbeat: float = 30) -> AsyncIterator[Hub]:
    hub = Hub(client, url, heartbeat)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.close()


@asynccontextmanager
async def hub_behind_a_line(redis: RedisServer) -> AsyncIterator[tuple[Client, Line, Hub]]:
    """A log, and a hub that hears of it by a line that can lose and hold back."""
    async with (
        open_log(redis) as client,
        Line(redis).listening() as line,
        running_hub(client, line.url) as hub,
    ):
        yield client, line, hub


@in_loop
async def test_a_stream_begins_where_its_reader_was_and_goes_on_live(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        said = [(await say(client, "ana", "kitchen", str(n))).id for n in range(500)]
        browser = await Browser("ana").open(hub, said[0])
        said.append((await say(client, "ana", "kitchen")).id)
        await until(lambda: len(browser.ids()) == 500, "500 messages")
        assert browser.ids() == said[1:]
        assert browser.kinds()[0] == "hello"
        assert browser.received[0].id == str(said[0])
        assert browser.data(0)["cursor"] == said[0]


@in_loop
async def test_a_stream_without_a_cursor_begins_now(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        before = (await say(client, "ana", "kitchen")).id
        browser = await Browser("ana").open(hub, None)
        after = (await say(client, "ana", "kitchen")).id
        await until(lambda: browser.ids() == [after], "the message")
        assert browser.received[0].id == str(before)


@in_loop
async def test_a_cursor_that_cannot_be_served_is_told_to_reload_and_the_stream_ends(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "REPLAY_LIMIT", 300)
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        said = [(await say(client, "ana", "kitchen", str(n))).id for n in range(310)]
        await upkeep.set_archived(client, said[2])
        await upkeep.trim(client, said[2])
        cases = {"trimmed": said[1], "far behind": said[3], "from a lost future": said[-1] + 1}
        for what, cursor in cases.items():
            browser = await Browser("ana").open(hub, cursor)
            await until(browser.at_its_end, what)
            assert browser.kinds() == ["hello"]
            assert browser.received[0].id == ""
            assert browser.data(0) == {**browser.data(0), "reset": True, "cursor": None}
        assert hub.readers() == []
        browser = await Browser("ana").open(hub, said[50])
        await until(lambda: browser.ids() == said[51:], "one that is not too far behind")


@in_loop
async def test_a_room_joined_in_mid_stream_is_followed_from_there(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "budi", "kitchen", "garden")
        await come_in(client, "ana", "garden")
        browser = await Browser("ana").open(hub, None)
        await say(client, "budi", "kitchen", "not for ana")
        await come_in(client, "ana", "kitchen")
        said = [
            (await say(client, "budi", ("kitchen", "garden")[n % 2], str(n))).id for n in range(50)
        ]
        await until(lambda: len(browser.ids()) == 50, "both rooms")
        assert browser.ids() == said
        assert browser.kinds()[:3] == ["hello", "member.joined", "member.joined"]


@in_loop
async def test_whoever_is_removed_is_told_and_hears_no_more(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "budi", "kitchen", "garden")
        await come_in(client, "ana", "kitchen", "garden")
        browser = await Browser("ana").open(hub, None)
        await go_out(client, "ana", "kitchen")
        await say(client, "budi", "kitchen", "not for ana")
        last = (await say(client, "budi", "garden")).id
        await until(lambda: last in browser.ids(), "the garden")
        assert browser.kinds() == ["hello", "member.left", "member.left", "message"]
        assert "room:kitchen" not in hub.readers()[0].following


@in_loop
async def test_the_streams_of_an_ended_session_end_with_the_reason(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        mine, other = [await Browser(user).open(hub, None) for user in ("ana", "budi")]
        over = announcements.sessions_ended("ana", ["session of ana"], "signed_out")
        await append.announce(client, "over", over)
        await until(mine.at_its_end, "the end")
        assert mine.kinds() == ["hello", "bye"]
        assert mine.data(1) == {"code": "signed_out", "retry": False}
        assert other.kinds() == ["hello"]
        assert not other.ended


@in_loop
async def test_a_session_whose_end_was_not_heard_is_cut_by_the_next_check(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SESSION_SECONDS", 0.1)
    record = SessionRecord("budi", "member", "cookie", None).packed()
    async with open_log(redis) as client:
        began = announcements.session_began("session of budi", record)
        await append.announce(client, "began", began)
        assert await mirror.session(client, "session of budi")
        async with running_hub(client, redis.url) as hub:
            gone, live = [await Browser(user).open(hub, None) for user in ("ana", "budi")]
            await until(gone.at_its_end, "the end")
            assert gone.kinds() == ["hello", "bye"]
            assert live.kinds() == ["hello"]


@in_loop
async def test_beats_carry_the_streams_own_cursor_and_never_go_back(redis: RedisServer) -> None:
    async with open_log(redis) as client, running_hub(client, redis.url, 0.1) as hub:
        await come_in(client, "ana", "kitchen")
        await come_in(client, "budi", "garden")
        browser = await Browser("ana").open(hub, None)
        start = (await read.position(client, [])).clock
        elsewhere = (await say(client, "budi", "garden")).id

        def position() -> int:
            browser.look()
            return int(browser._decoder.last_id or 0)

        await until(lambda: position() >= elsewhere, "a beat that follows the clock")
        assert elsewhere > start
        assert browser.ids() == []


@in_loop
async def test_a_message_that_came_late_is_said_with_a_reset_to_whom_it_was_passed_over(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "PULSE_SECONDS", 30.0)
    async with hub_behind_a_line(redis) as (client, line, hub):
        await come_in(client, "ana", "kitchen", "garden")
        await come_in(client, "budi", "kitchen")
        passed, in_time = [await Browser(user).open(hub, None) for user in ("ana", "budi")]
        line.lose = says_lost
        lost = (await say(client, "ana", "kitchen", "lost")).id
        newer = (await say(client, "ana", "garden", "newer")).id
        await until(lambda: passed.ids() == [newer], "the newer message")
        later = (await say(client, "ana", "kitchen", "later")).id
        await until(passed.at_its_end, "the end")
        assert passed.kinds() == ["hello", "message", "hello"]
        assert passed.data(2)["reset"] is True
        await until(lambda: in_time.ids() == [lost, later], "both messages in order")


@in_loop
async def test_who_does_not_read_is_cut_and_the_others_get_everything(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "END_SECONDS", 0.1)
    monkeypatch.setattr(hubs, "STUCK_LOOK_SECONDS", 0.1)
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        slow, fast = [await Browser("ana").open(hub, None) for _ in range(2)]
        said = []
        while len(hub.readers()) == 2:
            said.append((await say(client, "ana", "kitchen", "x" * 9000)).id)
            fast.look()
            assert len(said) < 1000, "the slow one is never cut"
        await until(lambda: fast.ids() == said, "everything")
        assert not fast.ended
        got = slow.ids()
        assert said[: len(got)] == got
        # And it goes on from where it was.
        again = await Browser("ana").open(hub, got[-1] if got else None)
        await until(lambda: again.ids()[-1:] == said[-1:], "the rest")
        assert got + again.ids() == said


@in_loop
async def test_streams_outlive_a_lost_subscription_without_missing_anything(
    redis: RedisServer,
) -> None:
    async with hub_behind_a_line(redis) as (client, line, hub):
        await come_in(client, "ana", "kitchen")
        browser = await Browser("ana").open(hub, None)
        said = []
        for number in range(120):
            said.append((await say(client, "ana", "kitchen", str(number))).id)
            if number % 40 == 20:
                line.cut()
        # One that comes while there is no subscription waits for it.
        line.lose = is_a_confirmation
        line.cut()
        line.lose = lambda reply: False
        other = await Browser("ana").open(hub, said[0])
        await until(lambda: len(browser.ids()) == 120 and len(other.ids()) == 119, "all of them")
        assert browser.ids() == said
        assert other.ids() == said[1:]


@in_loop
async def test_a_stream_that_takes_its_time_to_end_is_told_and_counted_once(
    redis: RedisServer,
) -> None:
    cuts, streams = metrics.CUTS.labels("moved"), metrics.STREAMS.labels("websocket")
    cut, there = cuts.value, streams.value
    async with open_log(redis) as client, running_hub(client, redis.url) as hub:
        await come_in(client, "ana", "kitchen")
        browser, server = socket.socketpair()
        reader = hub.reader("ana", "session of ana", None, framing=websocket)
        hub.stream(reader, await joining.enter(hub, reader, None), server, b"")
        for _ in range(3):
            hub.dismiss(reader, "moved", retry=True)
        # The outlet waits for the other side of the closing handshake, but nothing more is for it.
        assert (len(hub.outlets), hub.readers()) == (1, [])
        assert (cuts.value, streams.value) == (cut + 1, there)
        assert browser.recv(65536).count(b'"bye"') == 1
        browser.close()
        await until(lambda: not len(hub.outlets), "its end")
        assert streams.value == there
