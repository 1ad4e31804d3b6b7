"""Read markers that go back, and what of a room concerns somebody, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.visitor import Visitor, assert_refused
from tornchat.domain.errors import InvalidValue


async def look(visitor: Visitor, room: str) -> dict[str, Any]:
    answer = await visitor.get(f"/api/rooms/{room}")
    found: dict[str, Any] = answer.json
    return found


async def mark(visitor: Visitor, room: str, **how: Any) -> None:
    answer = await visitor.put(f"/api/rooms/{room}/read", how)
    assert (answer.status, answer.body) == (204, b""), answer


@pytest.mark.gen_test(timeout=120)
async def test_what_was_read_can_be_made_unread_again_on_all_devices(
    ana: Visitor, budi: Visitor
) -> None:
    room = await ana.make_room("Unread")
    await ana.say("before budi came", room)
    await budi.enter(room)
    joined = (await look(budi, room))["last_read"]
    first, second, third = [await ana.say(word, room) for word in ("one", "two", "three")]
    await mark(budi, room, id=third)
    stream = await budi.stream()
    await stream.until("hello")
    await mark(budi, room, id=second, unread=True)
    event, _ = await stream.until("read")
    assert (event["last_read"], event["turn"]) == (second - 1, 1)
    seen = await look(budi, room)
    assert (seen["last_read"], seen["read_turn"], seen["unread"]) == (second - 1, 1, 2)
    # What is unread already does not become less so, and nothing from before joining is unread.
    await mark(budi, room, id=third, unread=True)
    event, _ = await stream.until("read")
    assert (event["last_read"], event["turn"]) == (second - 1, 2)
    await mark(budi, room, id=0, unread=True)
    seen = await look(budi, room)
    assert (seen["last_read"], seen["unread"]) == (joined, 3)
    event, _ = await stream.until("read")
    assert (event["last_read"], event["turn"]) == (joined, 3)
    assert first > joined
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_device_that_did_not_hear_of_it_does_not_undo_it(
    ana: Visitor, budi: Visitor
) -> None:
    room = await ana.make_room("Race")
    await budi.enter(room)
    first, second = await ana.say("one", room), await ana.say("two", room)
    await mark(budi, room, id=second, turn=0)
    await mark(budi, room, id=first, unread=True)
    third = await ana.say("three", room)
    await mark(budi, room, id=third, turn=0)  # was under way when the other device put it back
    assert (await look(budi, room))["unread"] == 3
    await mark(budi, room, id=third, turn=1)
    assert (await look(budi, room))["unread"] == 0


@pytest.mark.gen_test(timeout=120)
async def test_what_was_shown_as_read_and_not_yet_marked_can_be_made_unread(
    ana: Visitor, budi: Visitor
) -> None:
    """A page marks at most once a second: "mark as unread" may come before the mark."""
    room = await ana.make_room("Overtaken")
    await budi.enter(room)
    first, second = await ana.say("one", room), await ana.say("two", room)
    stream = await budi.stream()
    await stream.until("hello")
    await mark(budi, room, id=first, unread=True)
    event, _ = await stream.until("read")
    assert (event["last_read"] < first, event["turn"]) == (True, 1)
    await mark(budi, room, id=second, turn=0)  # it was on its way
    assert (await look(budi, room))["unread"] == 2
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_marker_wants_proper_values(ana: Visitor) -> None:
    for body in (
        {"id": 1, "unread": "yes"},
        {"id": "1", "unread": True},
        {"unread": True},
        {"id": 1, "turn": "0"},
        {"id": 1, "turn": -1},
        {"id": 1, "turn": 2**31},
    ):
        assert_refused(await ana.put(f"/api/rooms/{ana.room}/read", body), InvalidValue)


@pytest.mark.gen_test(timeout=120)
async def test_the_level_of_a_room_is_chosen_for_all_of_ones_devices(
    ana: Visitor, budi: Visitor
) -> None:
    room = await ana.make_room("Loud")
    closed = await ana.make_room("Quiet corner", private=True)
    await budi.enter(room)
    assert (await look(ana, room))["level"] == "mentions"
    assert (await look(ana, closed))["level"] == "all"
    stream = await budi.stream()
    await stream.until("hello")
    for level in ("none", "none", "all"):
        answer = await budi.put(f"/api/rooms/{room}/level", {"level": level})
        assert (answer.status, answer.body) == (204, b"")
        assert (await look(budi, room))["level"] == level
    for level in ("none", "all"):
        event, _ = await stream.until("level")
        assert (event["room"], event["level"], event["topic"]) == (room, level, f"user:{budi.id}")
    stream.close()
    assert (await look(ana, room))["level"] == "mentions"
    for wrong in (None, "", "some", 1, ["all"]):
        answer = await budi.put(f"/api/rooms/{room}/level", {"level": wrong})
        assert_refused(answer, InvalidValue)
