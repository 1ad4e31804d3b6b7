"""The SQLite file locked or gone while people talk: the log carries on, the archive catches up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest

from tests.conftest import StartServer
from tests.faults.load import Load, more
from tests.faults.own_redis import ask
from tests.faults.witness import Witness
from tests.people import PASSWORD, Person
from tests.running import RunningServer, until
from tornchat.log.keys import Keys

KEYS = Keys()


@contextmanager
def locked(server: RunningServer) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    other = sqlite3.connect(server.data / "tornchat.db", isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


@contextmanager
def gone(server: RunningServer) -> Iterator[None]:
    """The file has another name for a while."""
    there = server.data / "tornchat.db"
    away = there.with_name("elsewhere.db")
    there.rename(away)
    try:
        yield
    finally:
        away.rename(there)


def ready(server: RunningServer) -> tuple[int, str]:
    """The status of /readyz and what it says about the database."""
    answer = httpx.get(f"{server.url}/readyz", timeout=60)
    return answer.status_code, answer.json()["database"]


@pytest.mark.parametrize("trouble", [locked, gone])
def test_chat_goes_on_without_the_database_and_nothing_is_missing_afterwards(
    start_server: StartServer, trouble: Callable[[RunningServer], AbstractContextManager[None]]
) -> None:
    server = start_server("--heartbeat", "1", "--post-rate", "0")
    people = [Person(server, name).sign_up() for name in ("ana", "budi")]
    witnesses = [Witness(person) for person in people]
    with Load(people) as ledger:
        more(ledger, 30)
        with trouble(server):
            until(lambda: ready(server) == (200, "away"), 60, "/readyz to tell")
            more(ledger)
            late = Witness(people[1])
            credentials = {"username": "ana", "password": PASSWORD}
            answer = httpx.post(f"{server.url}/api/session", json=credentials, timeout=60)
            assert answer.status_code == 503
            assert answer.json()["code"] == "database_away"
        until(lambda: ready(server) == (200, "ok"), 60, "/readyz to recover")
        more(ledger, 30)
    room = people[0].room
    due = ledger.ids(room)
    for witness in witnesses:
        witness.wait_until(due[-1])
        assert witness.ids(room) == due
        assert witness.faults() == []
        assert witness.gaps == []
    late.wait_until(due[-1])
    assert late.ids(room) == [id for id in due if id > late.hellos[0]["cursor"]]
    socket = str(server.data / "redis" / "redis.sock")
    until(lambda: ask("XLEN", KEYS.queue, unix_socket_path=socket) == 0, 60, "the archive")
    assert [message["id"] for message in people[0].whole_history()] == due
    with sqlite3.connect(server.data / "tornchat.db") as archive:
        assert [id for (id,) in archive.execute("SELECT id FROM messages ORDER BY id")] == due
    assert "Traceback" not in server.errors
