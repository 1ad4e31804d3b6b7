"""A worker or a whole server that is stopped for a while, as a machine that swaps, is moved or
sleeps does to it."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.conftest import StartServer
from tests.faults.load import Load, more
from tests.faults.witness import Witness
from tests.people import Person


@pytest.mark.parametrize(
    ("seconds", "all_of_it"), [(3, False), (12, True)], ids=["worker", "machine"]
)
def test_what_was_frozen_leaves_no_gap_in_its_streams(
    start_server: StartServer, seconds: float, all_of_it: bool
) -> None:
    """A worker for a while; or the whole server for so long that nobody's life is seen."""
    server = start_server("--workers", "2", "--heartbeat", "1", "--post-rate", "0")
    people = [Person(server, name).sign_up() for name in ("ana", "budi", "citra")]
    witnesses = [Witness(person) for person in people * 2]
    workers = server.workers()
    victims = [server.process.pid, *workers] if all_of_it else workers[:1]
    with Load(people) as ledger:
        more(ledger)
        for victim in victims:
            os.kill(victim, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            for victim in victims:
                os.kill(victim, signal.SIGCONT)
        more(ledger)
    room = people[0].room
    due = ledger.ids(room)
    for witness in witnesses:
        witness.wait_until(due[-1])
        assert witness.ids(room) == due
        assert witness.faults() == []
        assert witness.gaps == []
    assert [message["id"] for message in people[0].whole_history()] == due
    assert server.workers() == workers
    assert "Traceback" not in server.errors
