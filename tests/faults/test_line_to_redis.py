"""Two workers on a Redis behind a bad line: connections are killed, cut, slowed and black-holed."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.conftest import StartServer
from tests.faults.evidence import Evidence
from tests.faults.load import Load, more
from tests.faults.own_redis import OwnRedis
from tests.faults.witness import Witness
from tests.line import Line
from tests.people import Person
from tests.running import RunningServer, until


@pytest.fixture
def server(start_server: StartServer, line: Line) -> RunningServer:
    return start_server(
        *("--workers", "2", "--heartbeat", "1", "--post-rate", "0"),
        *("--redis", f"redis://127.0.0.1:{line.port}"),
    )


@pytest.fixture
def people(server: RunningServer) -> list[Person]:
    return [Person(server, name).sign_up() for name in ("ana", "budi", "citra")]


def ready(server: RunningServer) -> tuple[int, str]:
    """The status of /readyz and what it says about the log."""
    answer = httpx.get(f"{server.url}/readyz", timeout=60)
    return answer.status_code, answer.json()["log"]


def test_connections_that_are_killed_cut_slowed_and_frozen_lose_and_double_nothing(
    server: RunningServer, people: list[Person], own_redis: OwnRedis, line: Line
) -> None:
    witnesses = [Witness(person) for person in people * 2]
    with Load(people) as ledger:
        for _ in range(3):
            own_redis.kill_clients("pubsub")
            more(ledger, 20)
            own_redis.kill_clients("normal")
            line.delay = 0.05
            more(ledger, 20)
            line.delay = 0
            line.cut()
            more(ledger, 20)
        line.freeze()
        time.sleep(4)
        line.thaw()
        more(ledger, 40)
    room = people[0].room
    evidence = Evidence(ledger, [room], own_redis)
    for witness in witnesses:
        witness.wait_until(ledger.ids(room)[-1])
    assert evidence.problems(witnesses) == []
    assert evidence.problems_of_history(people[0]) == []
    assert "Traceback" not in server.errors


def test_a_worker_that_hears_nothing_is_not_ready_and_lets_its_streams_go(
    server: RunningServer, people: list[Person], own_redis: OwnRedis, line: Line
) -> None:
    witnesses = [Witness(person) for person in people]
    with Load(people) as ledger:
        more(ledger)
        line.freeze()
        until(lambda: ready(server)[0] == 503, 60, "/readyz to tell")
        before = [len(witness.statuses) for witness in witnesses]
        until(
            lambda: all(len(w.statuses) > n for w, n in zip(witnesses, before, strict=True)),
            40,
            "the streams to be closed after ten seconds of silence",
        )
        line.thaw()
        until(lambda: ready(server) == (200, "ok"), 60, "/readyz to recover")
        more(ledger)
    room = people[0].room
    for witness in witnesses:
        witness.wait_until(ledger.ids(room)[-1])
    assert Evidence(ledger, [room], own_redis).problems(witnesses) == []
