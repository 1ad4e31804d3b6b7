"""SIGHUP: all workers are replaced, one by one, and nobody misses anything."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartServer
from tests.faults.crowd import Member, assert_even, crowd, shares, until_all_serve
from tests.faults.load import Load, more
from tests.people import Person
from tests.redis_server import in_loop
from tests.redis_server import until as eventually
from tests.running import RunningServer, command_line, until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Two workers, and quick drains."""
    data = tmp_path_factory.mktemp("reload") / "var"
    running = RunningServer(data, "--workers", "2", "--drain", "1").until_ready()
    until(lambda: len(running.workers()) == 2, 60, "two workers")
    yield running
    running.stop()


def test_a_reload_under_load_loses_nothing_and_leaves_even_shares(
    start_server: StartServer,
) -> None:
    options = ("--workers", "4", "--drain", "2", "--post-rate", "0", "--max-streams", "0")
    server = start_server(*options)
    people = [Person(server, name).sign_up() for name in ("ana", "budi")]

    @in_loop
    async def test() -> None:
        old = await until_all_serve(server, people[0])
        members = [Member(people[0]) for _ in range(400)]
        async with crowd(members):
            assert_even(members, old)
            with Load(people, pause=0.2) as ledger:
                await asyncio.to_thread(more, ledger, 5)
                await asyncio.to_thread(server.reload)
                new = server.workers()[-4:]
                await eventually(lambda: set(shares(members)) == set(new), "all to have moved", 60)
            assert not set(new) & set(old)
            assert_even(members, new)
            due = ledger.ids(people[0].room)
            await eventually(lambda: all(member.ids == due for member in members), "all messages")

    test()
    assert "Traceback" not in server.errors


def test_there_are_never_fewer_workers_nor_twice_as_many_and_a_second_reload_waits(
    server: RunningServer,
) -> None:
    began, done = server.errors.count("one by one"), server.errors.count("Reloaded: ")
    for _ in range(2):
        server.process.send_signal(signal.SIGHUP)
        until(lambda: server.errors.count("one by one") > began, 60, "the beginning of a reload")
    counts = set()

    def both_done() -> bool:
        counts.add(len(server.workers()))
        return server.errors.count("Reloaded: ") == done + 2

    until(both_done, 60, "the end of both reloads")
    assert min(counts) >= 2
    assert max(counts) <= 4
    until(lambda: len(server.workers()) == 2, 60, "two workers")
    assert server.answers()


def test_new_workers_that_cannot_begin_leave_the_old_ones_at_work(
    start_server: StartServer, tmp_path: Path
) -> None:
    broken = tmp_path / "sitecustomize.py"
    server = start_server(environ={"PYTHONPATH": str(tmp_path)})
    old = server.workers()
    broken.write_text("import os, sys\nif 'tornchat.app' in sys.orig_argv: os._exit(1)\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "the reload ends here" in server.errors, 60, "the end of the reload")
    assert "ended with status 1 before it was ready" in server.errors
    assert server.workers() == old
    assert server.answers()
    broken.unlink()
    server.reload()
    until(lambda: not set(server.workers()) & set(old), 60, "new workers")


def test_a_worker_that_dies_during_a_reload_is_replaced_once(server: RunningServer) -> None:
    old = server.workers()
    done = server.errors.count("Reloaded: ")
    server.process.send_signal(signal.SIGHUP)
    os.kill(old[-1], signal.SIGKILL)
    until(lambda: server.errors.count("Reloaded: ") > done, 60, "the end of the reload")
    until(lambda: not any(map(command_line, old)), 60, "the end of the old workers")
    until(lambda: len(server.workers()) == 2, 60, "two workers")
    assert server.answers()
