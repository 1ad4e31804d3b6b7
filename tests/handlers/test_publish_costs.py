"""What a message may cost, in things that can be counted on a machine of any speed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Visitor
from tornchat.chat.rendering import Renderer
from tornchat.log.client import Client

MESSAGES = 20
NOT_OF_A_POST = {"pulse", "lease", "archived", "admit", "XLEN", "XRANGE"}
"""What a worker says to Redis by itself."""


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each script and command was sent to Redis, by any worker."""
    counted: Counter[str] = Counter()
    calls, run = Client.calls, Client.script

    async def count_calls(client: Client, commands: list[tuple[Any, ...]]) -> list[Any]:
        counted.update(str(command[0]) for command in commands)
        return await calls(client, commands)

    async def count_script(client: Client, name: str, keys: list[str], args: list[Any]) -> Any:
        counted[name] += 1
        return await run(client, name, keys, args)

    monkeypatch.setattr(Client, "calls", count_calls)
    monkeypatch.setattr(Client, "script", count_script)
    return counted


async def warm(served: Served, who: Visitor) -> None:
    """Let the worker know the session, and hear of its end."""

    async def hears() -> bool:
        return served.worker.hub.bus.hearing() is not None

    await eventually(hears, "the worker to hear what is said")
    await who.say("first")


@pytest.mark.gen_test(timeout=120)
async def test_a_message_is_one_word_to_redis(
    served: Served, ana: Visitor, said: Counter[str]
) -> None:
    await warm(served, ana)
    said.clear()
    for number in range(MESSAGES):
        await ana.say(f"number {number}")
    assert said["append"] == MESSAGES
    # A session is good for a while; and a worker that takes its time says more of its own.
    others = {name: n for name, n in said.items() if name not in NOT_OF_A_POST | {"append"}}
    assert sum(others.values()) < MESSAGES / 2, others


@pytest.mark.gen_test(timeout=120)
async def test_a_message_is_rendered_once_for_however_many(
    place: Place, served: Served, ana: Visitor, budi: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: Counter[str] = Counter()
    render = Renderer.render

    def count(renderer: Renderer, body: str) -> str:
        rendered[body] += 1
        return render(renderer, body)

    monkeypatch.setattr(Renderer, "render", count)
    streams = [await who.stream() for who in (ana, ana, budi)]
    for stream in streams:
        await stream.until("hello")
    for number in range(3):
        await ana.say(f"*number* {number}")
    for stream in streams:
        for number in range(3):
            message, _ = await stream.until("message")
            assert message["html"] == f'<p dir="auto"><em>number</em> {number}</p>\n'
        stream.close()
    assert rendered == {f"*number* {number}": 1 for number in range(3)}
