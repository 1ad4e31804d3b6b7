"""Workers that hang: they are noticed and replaced, and the others serve meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal

from tests.conftest import StartServer
from tests.faults.crowd import Member, crowd, shares, until_all_serve
from tests.people import Person
from tests.redis_server import in_loop
from tests.redis_server import until as eventually
from tests.running import RunningServer, command_line, until


async def new_requests(server: RunningServer, victim: int) -> list[bool]:
    """Whether each request on a new connection was answered, from now until ``victim`` has gone."""
    answers: list[asyncio.Task[bool]] = []
    while command_line(victim):
        answers.append(asyncio.ensure_future(request(server)))
        await asyncio.sleep(0.02)
    return await asyncio.gather(*answers)


async def request(server: RunningServer) -> bool:
    try:
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return answer.startswith(b"HTTP/1.1 200 ")


def test_with_one_worker_of_four_stopped_new_requests_are_answered_and_it_is_replaced(
    start_server: StartServer,
) -> None:
    server = start_server("--workers", "4", "--max-streams", "0")
    ana = Person(server, "ana").sign_up()

    @in_loop
    async def test() -> None:
        victim = (await until_all_serve(server, ana))[0]
        members = [Member(ana) for _ in range(40)]
        async with crowd(members):
            os.kill(victim, signal.SIGSTOP)
            answered = await new_requests(server, victim)
            assert len(answered) > 50
            assert answered.count(False) <= len(answered) / 50
            await eventually(lambda: victim not in shares(members), "streams elsewhere")

    test()
    assert "has done nothing for 10 s; ending it" in server.errors
    assert "was ended by SIGKILL; replacing it at once" in server.errors
    until(lambda: len(server.workers()) == 4, 60, "four workers")
