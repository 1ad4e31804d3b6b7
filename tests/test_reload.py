"""SIGHUP: all workers are replaced, one by one, and nobody misses anything."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartServer
from tests.faults.load import Load, more
from tests.faults.witness import Witness
from tests.herd import NO_LIMITS, Herd
from tests.people import Person
from tests.running import RunningServer, command_line, until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Four workers, and quick drains."""
    data = tmp_path_factory.mktemp("reload") / "var"
    options = ("--workers", "4", "--drain", "2", "--post-rate", "0", "--heartbeat", "1")
    running = RunningServer(data, *options, environ=NO_LIMITS).until_ready()
    until(lambda: len(running.workers()) == 4, 20, "four workers")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def ana(server: RunningServer) -> Person:
    return Person(server, "ana").sign_up()


async def reloaded(server: RunningServer) -> list[int]:
    """The new workers, when the old ones have gone."""
    old = server.workers()
    await asyncio.to_thread(server.reload)
    await asyncio.to_thread(
        until, lambda: not any(map(command_line, old)), 30, "the end of the old workers"
    )
    return server.workers()


def test_streams_are_spread_evenly_and_again_after_a_reload(
    server: RunningServer, ana: Person
) -> None:
    async def scenario() -> None:
        old = server.workers()
        async with Herd(server, ana, 400) as herd:
            assert herd.even(old), herd.shares()
            said = [ana.say("before")]
            new = await reloaded(server)
            assert not set(new) & set(old)
            await herd.wait(lambda: herd.even(new), f"even shares on {new}")
            said.append(ana.say("after"))
            await herd.wait(lambda: all(seen == said for seen in herd.messages), "both messages")
            assert herd.failures == []

    asyncio.run(scenario())


def test_a_reload_refuses_nothing_and_loses_nothing(server: RunningServer, ana: Person) -> None:
    budi = Person(server, "budi").sign_up()
    witnesses = [Witness(person) for person in (ana, budi) * 2]
    with Load([ana, budi]) as ledger:
        more(ledger, 20)
        new = asyncio.run(reloaded(server))
        more(ledger, 20)
    due = ledger.ids(ana.room)
    for witness in witnesses:
        witness.wait_until(due[-1])
        assert [id for id in witness.ids(ana.room) if id in due] == due
        assert witness.faults() == []
        assert witness.gaps == []
        assert set(witness.statuses) == {200}
        assert int(witness.worker.split(":")[1]) in new
        witness.leave()
    assert "Traceback" not in server.errors


def test_there_are_never_fewer_workers_nor_twice_as_many_and_a_second_reload_waits(
    server: RunningServer,
) -> None:
    began, done = server.errors.count("one by one"), server.errors.count("Reloaded: ")
    for _ in range(2):
        server.process.send_signal(signal.SIGHUP)
        until(lambda: server.errors.count("one by one") > began, 20, "the beginning of a reload")
    counts = set()

    def both_done() -> bool:
        counts.add(len(server.workers()))
        return server.errors.count("Reloaded: ") == done + 2

    until(both_done, 60, "the end of both reloads")
    assert min(counts) >= 4
    assert max(counts) <= 8
    until(lambda: len(server.workers()) == 4, 20, "four workers")
    assert server.answers()


def test_new_workers_that_cannot_begin_leave_the_old_ones_at_work(
    start_server: StartServer, tmp_path: Path
) -> None:
    broken = tmp_path / "sitecustomize.py"
    server = start_server("--workers", "2", environ={"PYTHONPATH": str(tmp_path)})
    until(lambda: len(server.workers()) == 2, 20, "two workers")
    old = server.workers()
    broken.write_text("import os, sys\nif 'tornchat.app' in sys.orig_argv: os._exit(1)\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "the reload ends here" in server.errors, 20, "the end of the reload")
    assert "ended with status 1 before it was ready" in server.errors
    assert server.workers() == old
    assert server.answers()
    broken.unlink()
    server.reload()
    until(lambda: not set(server.workers()) & set(old), 20, "new workers")


def test_a_worker_that_dies_during_a_reload_is_replaced_once(server: RunningServer) -> None:
    old = server.workers()
    done = server.errors.count("Reloaded: ")
    server.process.send_signal(signal.SIGHUP)
    os.kill(old[-1], signal.SIGKILL)
    until(lambda: server.errors.count("Reloaded: ") > done, 40, "the end of the reload")
    until(lambda: not any(map(command_line, old)), 30, "the end of the old workers")
    until(lambda: len(server.workers()) == 4, 20, "four workers")
    assert server.answers()
