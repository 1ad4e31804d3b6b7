"""How far back the log reaches: cursors below the floor and readers too far behind must reload."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import StartServer
from tests.faults.load import Load, more
from tests.faults.own_redis import ask
from tests.faults.witness import Witness
from tests.people import Person
from tests.running import RunningServer, until
from tornchat.log import upkeep
from tornchat.log.address import socket_url
from tornchat.log.client import Client
from tornchat.log.keys import Keys

KEYS = Keys()


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    return start_server("--workers", "2", "--heartbeat", "1", "--post-rate", "0")


@pytest.fixture
def people(server: RunningServer) -> list[Person]:
    return [Person(server, name).sign_up() for name in ("ana", "budi", "citra", "dewi")]


def trim(server: RunningServer, below: int) -> int:
    """Trim the log as the keeper does once a minute; gives the floor."""

    async def trimmed() -> int:
        client = Client(socket_url(server.data / "redis" / "redis.sock"), KEYS)
        try:
            return await upkeep.trim(client, below)
        finally:
            await client.close()

    socket = str(server.data / "redis" / "redis.sock")
    until(lambda: ask("XLEN", KEYS.queue, unix_socket_path=socket) == 0, 60, "the archive")
    return asyncio.run(trimmed())


def test_a_cursor_below_the_floor_of_a_trimmed_log_is_a_reset_and_history_is_whole(
    server: RunningServer, people: list[Person]
) -> None:
    ana, budi, *_ = people
    old = Witness(budi)
    said = [ana.say("old 1"), ana.say("old 2")]
    old.wait_for(2)
    stale = old.leave()
    live = Witness(ana)
    said.append(ana.say("newest"))
    live.wait_for(1)
    assert trim(server, said[-1]) == said[-1]
    said.append(ana.say("after the trim"))

    back = Witness(budi, after=stale)
    back.wait(lambda: back.gaps, "the reset")
    assert [message["id"] for message in budi.whole_history()] == said
    live.wait_for(2)
    assert live.gaps == [], "a reader that is live is not disturbed"
    exact = Witness(budi, after=said[-2])
    exact.wait_for(1)
    assert exact.gaps == []
    assert exact.ids(ana.room) == said[-1:], "a cursor at the floor has lost nothing"


def test_a_reader_is_replayed_1900_events_and_reloads_when_more_than_2000_behind(
    people: list[Person],
) -> None:
    room = people[0].room
    with Load(people, pause=0) as ledger:
        more(ledger, 1)
        witness = Witness(people[1])
        cursor = witness.leave()
        more(ledger, 1950)
    behind = [id for id in ledger.ids(room) if id > cursor]
    back = Witness(people[1], after=behind[-1901])
    back.wait_until(behind[-1])
    assert back.gaps == []
    assert back.ids(room) == behind[-1900:]
    assert back.faults() == []

    with Load(people[2:], pause=0) as further:
        more(further, 2100 - len(behind))
    late = Witness(people[1], after=cursor)
    late.wait(lambda: late.gaps, "the reset")
    every = sorted(ledger.ids(room) + further.ids(room))
    assert [message["id"] for message in people[1].whole_history()] == every
