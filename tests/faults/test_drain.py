"""A real worker that is told to end while hundreds follow: they move, and miss nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.crowd import Member, crowd
from tests.faults.load import Load, more
from tests.people import Person
from tests.redis_server import in_loop, until
from tests.running import RunningServer, command_line

STREAMS = 200
DRAIN = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data: Path = tmp_path_factory.mktemp("drain") / "var"
    options = ("--workers", "2", "--drain", str(DRAIN), "--max-streams", "0", "--post-rate", "0")
    server = RunningServer(data, *options).until_ready()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def ana(server: RunningServer) -> Person:
    return Person(server, "ana").sign_up()


def pid_of(worker: str) -> int:
    return int(worker.rpartition(":")[2])


def test_a_worker_that_is_told_to_end_sends_its_streams_to_the_others_one_by_one(
    server: RunningServer, ana: Person
) -> None:
    @in_loop
    async def test() -> None:
        members = [Member(ana) for _ in range(STREAMS)]
        async with crowd(members):
            victim = members[0].workers[0]
            theirs = [member for member in members if member.workers[0] == victim]
            with Load([ana], pause=0.01) as ledger:
                await asyncio.to_thread(more, ledger, 5)
                os.kill(pid_of(victim), signal.SIGTERM)
                await until(
                    lambda: all(victim != member.workers[-1] for member in theirs),
                    "all to be elsewhere",
                )
                await until(lambda: not command_line(pid_of(victim)), "the worker to end")
                await asyncio.to_thread(more, ledger, 5)
            said = ledger.ids(ana.room)
            for member in members:
                await until(lambda member=member: member.ids[-1:] == said[-1:], "the last")  # type: ignore[misc]
        for member in members:
            assert member.ids == [id for id in said if id >= member.ids[0]]
            assert "bye" not in [kind for kind, _ in member.told]
        slots = sorted(member.told[0][1]["after_ms"] for member in theirs)
        width = DRAIN * 1000 / len(slots)
        assert all(n * width - 1 <= slot <= (n + 1) * width for n, slot in enumerate(slots))
        back = [member.came[1] for member in theirs]
        assert max(back) - min(back) > DRAIN / 2, "not all at once"
        assert f"(process {pid_of(victim)}) ended with status 0" in server.errors

    test()


def test_clients_that_know_nothing_of_moving_are_ended_with_a_bye(
    server: RunningServer, ana: Person
) -> None:
    @in_loop
    async def test() -> None:
        members = [Member(ana, obedient=False) for _ in range(40)]
        async with crowd(members):
            victim = members[0].workers[0]
            theirs = [member for member in members if member.workers[0] == victim]
            os.kill(pid_of(victim), signal.SIGTERM)
            await until(lambda: all(len(member.workers) > 1 for member in theirs), "all of them")
            await until(lambda: not command_line(pid_of(victim)), "the worker to end")
        for member in theirs:
            assert [kind for kind, _ in member.told] == ["move", "bye"]
            assert member.told[1][1] == {"code": "moved", "retry": True}

    test()


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM, signal.SIGTERM]])
def test_a_worker_can_be_told_to_end_at_once(
    server: RunningServer, ana: Person, signals: list[signal.Signals]
) -> None:
    @in_loop
    async def test() -> None:
        members = [Member(ana, obedient=False) for _ in range(20)]
        async with crowd(members):
            victim = members[0].workers[0]
            theirs = [member for member in members if member.workers[0] == victim]
            for number in signals:
                os.kill(pid_of(victim), number)
                if number == signal.SIGTERM:  # two at once are one
                    await until(lambda: all(member.told for member in theirs), "the drain")
            await until(lambda: not command_line(pid_of(victim)), "the worker to end")
            await until(lambda: all(len(member.workers) > 1 for member in theirs), "all of them")
        for member in theirs:
            assert member.told[-1] == ("bye", {"code": "shutdown", "retry": True})

    test()
