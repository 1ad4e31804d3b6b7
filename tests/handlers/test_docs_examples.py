"""The examples in docs/protocol.md have the members that real answers have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.visitor import Visitor
from tests.handlers.web_socket import Socket
from tests.test_docs import examples


def like(example: Any, real: Any) -> None:
    """The same members of the same types, as deep as the example goes."""
    assert type(example) is type(real), (example, real)
    if isinstance(example, dict):
        assert example.keys() == real.keys()
        for name, value in example.items():
            like(value, real[name])
    elif isinstance(example, list) and example:
        like(example[0], real[0])


@pytest.mark.gen_test(timeout=120)
async def test_the_examples_of_answers_are_like_the_real_ones(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Garden", description="Plants")
    for title, path in (
        ("GET /api/server", "/api/server"),
        ("GET /api/users", f"/api/users?ids={ana.id}"),
        ("GET /api/rooms", "/api/rooms"),
        ("GET /api/rooms/R/members", f"/api/rooms/{budi.room}/members"),
        ("GET /api/rooms/R/messages", f"/api/rooms/{budi.room}/messages"),
        ("GET /api/rooms/R/pins", f"/api/rooms/{budi.room}/pins"),
        ("HEAD /healthz", "/healthz"),
        ("HEAD /readyz", "/readyz"),
        ("Snapshot", "/api/session"),
        ("Room", f"/api/rooms/{budi.room}"),
    ):
        [example] = examples(title)
        like(example, (await budi.get(path)).json)
    await budi.enter(room)


@pytest.mark.gen_test(timeout=120)
async def test_the_examples_of_stream_events_are_like_the_real_ones(ana: Visitor) -> None:
    [example] = examples("hello")
    stream = await ana.stream()
    like(example, (await stream.next())[1])
    stream.close()
    other = await ana.again()
    stream = await other.stream()
    await stream.until("hello")
    await other.delete("/api/session")
    [example] = examples("bye")
    like(example, (await stream.until("bye"))[0])


@pytest.mark.gen_test(timeout=120)
async def test_the_examples_of_the_other_transports_are_like_the_real_ones(ana: Visitor) -> None:
    [example] = examples("Polls")
    like(example, await ana.poll(None))
    [example] = examples("WebSocket")
    socket = await Socket.open(ana)
    like(example, await socket.next())
    socket.close()
