"""How many streams a user, an address and a worker may have, counted in a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.hub.test_streams import Browser
from tests.redis_server import RedisServer, eventually, in_loop, new_space, open_log, until
from tornchat.domain.errors import Busy, LogAway, TooManyStreams
from tornchat.hub import admission as admissions
from tornchat.hub.admission import Admission, Limits, Seat
from tornchat.hub.hub import Hub
from tornchat.log import seats
from tornchat.log.client import Client

HERE = "192.0.2.1"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admissions, "SAY_SECONDS", 0.05)


@asynccontextmanager
async def workers(redis: RedisServer, count: int, limits: Limits) -> AsyncIterator[list[Admission]]:
    """So many workers on one space, each with a connection of its own."""
    keys = new_space()
    async with open_log(redis, keys):
        clients = [Client(redis.url, keys) for _ in range(count)]
        made = [Admission(client, limits) for client in clients]
        for admission in made:
            admission.start()
        yield made
        for admission in made:
            await admission.close()
        for client in clients:
            await client.close()


async def sit(admission: Admission, user: str, address: str | None = None) -> Seat | None:
    """A seat, or none where there are too many."""
    try:
        return await admission.admit(user, address)
    except TooManyStreams:
        return None


async def gets_in(admission: Admission, user: str, address: str | None = None) -> Seat:
    """A seat, as soon as there is one."""
    while (seat := await sit(admission, user, address)) is None:
        pass
    return seat


@in_loop
async def test_a_user_has_so_many_streams_on_all_workers_together(redis: RedisServer) -> None:
    async with workers(redis, 2, Limits(of_user=5)) as [one, two]:
        taken = [await one.admit("ana", HERE) for _ in range(3)]
        taken += [await two.admit("ana", HERE) for _ in range(2)]
        for worker in (one, two):
            with pytest.raises(TooManyStreams) as refused:
                await worker.admit("ana", HERE)
            assert refused.value.status == 429
            assert refused.value.retry_after
            assert "You have 5 streams open" in refused.value.detail
        assert await sit(two, "budi", HERE)
        taken[0].leave()
        taken[0].leave()
        assert await gets_in(two, "ana", HERE)
        assert await sit(one, "ana", HERE) is None


@in_loop
async def test_many_at_once_get_as_many_seats_as_there_are(redis: RedisServer) -> None:
    async with workers(redis, 2, Limits(of_user=20)) as both:
        asked = [sit(both[number % 2], "ana", None) for number in range(60)]
        got = [seat for seat in await asyncio.gather(*asked) if seat]
        assert len(got) == 20
        for seat in got:
            seat.leave()
        got = [seat for seat in [await sit(both[0], "ana", None) for _ in range(20)] if seat]
        assert len(got) == 20


@in_loop
async def test_more_at_once_than_are_judged_together_get_no_more_seats(redis: RedisServer) -> None:
    async with workers(redis, 1, Limits(of_user=150)) as [worker]:
        asked = [sit(worker, "ana", None) for _ in range(400)]
        got = [seat for seat in await asyncio.gather(*asked) if seat]
        assert len(got) == 150


@in_loop
async def test_an_address_has_so_many_streams_and_loopback_any_number(redis: RedisServer) -> None:
    async with workers(redis, 1, Limits(of_user=3, of_address=4)) as [worker]:
        users = ("ana", "ana", "budi", "budi")
        kept = [await worker.admit(user, HERE) for user in users]
        with pytest.raises(TooManyStreams, match="Your address has 4 streams open"):
            await worker.admit("citra", HERE)
        assert await worker.admit("citra", "192.0.2.2")
        assert await worker.admit("citra", None)
        # A refusal for the address takes nothing of what the user may have.
        assert await sit(worker, "ana", HERE) is None
        assert await worker.admit("ana", None)
        assert kept


@in_loop
async def test_a_stream_that_is_about_to_end_makes_room_for_the_one_in_its_place(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that is loaded again may be here before the end of its old stream is."""
    monkeypatch.setattr(admissions, "SECOND_LOOK_SECONDS", 1.0)
    async with workers(redis, 1, Limits(of_user=10)) as [worker]:
        old = [await worker.admit("ana", None) for _ in range(10)]
        new = [asyncio.ensure_future(worker.admit("ana", None)) for _ in range(10)]
        await asyncio.sleep(0.05)
        assert not any(each.done() for each in new)
        for seat in old:
            seat.leave()
        assert all(seat.taken for seat in await asyncio.gather(*new))


@in_loop
async def test_streams_of_a_worker_that_was_killed_count_no_more(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "SILENT_MS", 300)
    async with workers(redis, 2, Limits(of_user=3)) as [killed, living]:
        kept = [await killed.admit("ana", None) for _ in range(3)]
        assert await sit(living, "ana") is None
        assert killed._task is not None
        killed._task.cancel()
        assert await gets_in(living, "ana")
        assert len(kept) == 3


@in_loop
async def test_a_worker_that_was_stopped_for_a_while_says_its_counts_again(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "SILENT_MS", 300)
    async with workers(redis, 2, Limits(of_user=3)) as [stopped, living]:
        kept = [await stopped.admit("ana", None) for _ in range(3)]
        assert stopped._task is not None
        stopped._task.cancel()
        there = await gets_in(living, "ana")
        there.leave()
        stopped.start()

        async def full() -> bool:
            seat = await sit(living, "ana")
            if seat:
                seat.leave()
            return seat is None

        await eventually(full, "its streams to be counted again")
        assert len(kept) == 3


@in_loop
async def test_counts_survive_a_redis_that_lost_everything(own_redis: RedisServer) -> None:
    async with workers(own_redis, 2, Limits(of_user=3)) as [one, two]:
        kept = [await one.admit("ana", None) for _ in range(3)]
        own_redis.kill()
        with pytest.raises(LogAway):
            await two.admit("ana", None)
        assert two.streams == 0
        own_redis.restart(empty=True)

        async def counted_again() -> bool:
            try:
                seat = await sit(two, "ana")
            except LogAway:
                return False
            if seat:
                seat.leave()
            return seat is None

        await eventually(counted_again, "what was open to be counted again")
        assert len(kept) == 3


@in_loop
async def test_a_worker_has_as_many_streams_as_it_can_hold(redis: RedisServer) -> None:
    async with workers(redis, 1, Limits(here=3)) as [worker]:
        kept = [await worker.admit(user, None) for user in ("ana", "budi", "citra")]
        with pytest.raises(Busy) as refused:
            await worker.admit("dewi", None)
        assert refused.value.status == 503
        assert refused.value.retry_after
        kept[0].leave()
        assert await worker.admit("dewi", None)


@in_loop
async def test_a_seat_is_given_back_when_its_stream_ends_or_is_told_to_move(
    redis: RedisServer,
) -> None:
    async with open_log(redis) as client:
        hub = Hub(client, redis.url, 30, Limits(of_user=2))
        await hub.start()
        try:
            places = [await hub.admission.admit("ana", None) for _ in range(2)]
            leaving, moving = [await Browser("ana").open(hub, None, seat) for seat in places]
            leaving.socket.close()
            await until(lambda: hub.admission.streams == 1, "the end to be seen")
            draining = asyncio.ensure_future(hub.drain(60))
            await until(lambda: "move" in moving.kinds(), "the move")
            assert hub.admission.streams == 0
            assert len(hub.readers()) == 1
            draining.cancel()
        finally:
            await hub.close()
