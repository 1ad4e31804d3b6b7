"""SIGKILL for the embedded Redis, alone and with everything else, while people talk."""

from __future__ import annotations

import os
import signal

from tests.conftest import StartServer
from tests.faults.killing import kill_everything
from tests.faults.load import Ledger, Load, more
from tests.faults.witness import Witness
from tests.people import Person
from tests.running import RunningServer

OPTIONS = ("--workers", "2", "--heartbeat", "1", "--post-rate", "0")


def cast(server: RunningServer) -> list[Person]:
    return [Person(server, name).sign_up() for name in ("ana", "budi", "citra")]


def assert_all_saw(witnesses: list[Witness], ledger: Ledger, room: str, after: int = 0) -> None:
    """Every accepted message once, in order, for every witness, and nothing else."""
    due = [id for id in ledger.ids(room) if id > after]
    assert due
    for witness in witnesses:
        witness.wait_until(due[-1])
        assert witness.ids(room) == due
        assert witness.faults() == []
        assert witness.gaps == [], "nothing was lost, so nobody has to reload"


def test_a_redis_that_is_killed_twice_loses_nothing_that_was_accepted(
    start_server: StartServer,
) -> None:
    server = start_server(*OPTIONS)
    people = cast(server)
    witnesses = [Witness(person) for person in people * 2]
    with Load(people) as ledger:
        for _ in range(2):
            more(ledger)
            os.kill(server.redis(), signal.SIGKILL)
        more(ledger)
    assert_all_saw(witnesses, ledger, people[0].room)
    assert [message["id"] for message in people[0].whole_history()] == ledger.ids(people[0].room)
    assert server.errors.count("starting it again") == 2
    assert "Traceback" not in server.errors


def test_nothing_accepted_is_missing_after_everything_was_killed_and_started_again(
    start_server: StartServer,
) -> None:
    server = start_server(*OPTIONS)
    people = cast(server)
    ana, budi, _ = people
    ledger = Ledger()
    staying, leaving = Witness(ana), Witness(budi)
    load = Load(people, ledger=ledger)
    with load:
        more(ledger)
        cursor = leaving.leave()
        more(ledger)
        kill_everything(server)
        again = start_server(*OPTIONS, port=server.port)
        more(ledger)
    assert_all_saw([staying], ledger, ana.room)
    back = Witness(budi, after=cursor)
    assert_all_saw([back], ledger, ana.room, after=cursor)
    assert [message["id"] for message in ana.whole_history()] == ledger.ids(ana.room)
    assert budi.snapshot()["user"]["username"] == "budi", "the session is still valid"
    assert "Traceback" not in again.errors
