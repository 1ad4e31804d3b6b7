"""Who is there and who is writing, over two workers; counted in publishes, not in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Stream, Visitor, assert_refused
from tornchat.domain import presence
from tornchat.domain.errors import Forbidden, InvalidValue, NotFound, TooMany
from tornchat.log.connection import connect
from tornchat.log.presence import TOLD

TICK = 0.05
MANY = 5


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch, served: Served) -> None:
    """The same rules in less time."""
    monkeypatch.setattr(presence, "PACE_MS", 300)
    monkeypatch.setattr(presence, "GRACE_MS", 1500)
    served.worker.hub.presence.tick = TICK


@asynccontextmanager
async def another_worker(place: Place) -> AsyncIterator[Served]:
    async with place.serving() as other:
        other.worker.hub.presence.tick = TICK
        yield other


@asynccontextmanager
async def overheard(place: Place) -> AsyncIterator[list[Any]]:
    """What is published of who is there, by whichever worker."""
    said: list[Any] = []

    def heard(messages: list[list[Any]]) -> None:
        for kind, _, data in messages:
            if kind == b"message" and (text := data.decode()).startswith(TOLD):
                said.append(json.loads(text.removeprefix(TOLD)))

    connection = await connect(place.redis.url, heard, lambda _: None)
    connection.say("SUBSCRIBE", place_keys(place).control)
    yield said
    connection.close()


def place_keys(place: Place) -> Any:
    from tornchat.log.keys import Keys

    return Keys(place.settings.space)


async def told(stream: Stream, user: Visitor, state: str) -> None:
    """Wait until the stream says so; what it says of the person before is let pass."""
    while True:
        event, _ = await stream.until("presence")
        assert event.keys() == {"topic", "kind", "at", "people"}
        if event["people"].get(user.id) == state:
            return


async def around(who: Visitor) -> dict[str, str]:
    answer = await who.get("/api/presence")
    assert answer.status == 200, answer
    people: dict[str, str] = answer.json["people"]
    return people


async def at(url: str, who: Visitor) -> Visitor:
    """The same browser, at another worker."""
    other = Visitor(url, who._http)
    other.cookie, other.id, other.room, other.name = who.cookie, who.id, who.room, who.name
    return other


@pytest.mark.gen_test(timeout=120)
async def test_others_hear_once_that_somebody_comes_is_idle_and_goes(
    place: Place, served: Served, ana: Visitor, budi: Visitor
) -> None:
    stream = await ana.stream()
    await stream.until("hello")
    async with another_worker(place) as other, overheard(place) as said:
        there = await at(other.url, budi)
        lines = [await there.stream() for _ in range(3)]
        await told(stream, budi, "online")
        assert (await around(ana))[budi.id] == "online"
        assert ana.id not in await around(ana)

        # One of his devices is still in use.
        phone = await (await budi.again()).stream()
        await phone.until("hello")
        assert (await budi.put("/api/presence", {"active": False})).status == 204
        for line in lines:
            line.close()
        lines = [await there.stream()]
        await lines[0].until("hello")
        phone.close()
        await told(stream, budi, "idle")
        assert (await around(ana))[budi.id] == "idle"
        assert (await budi.put("/api/presence", {"active": True})).status == 204
        await told(stream, budi, "online")

        # A line that breaks and comes back is not seen.
        lines[0].close()
        await asyncio.sleep(4 * TICK)
        lines = [await there.stream()]
        await lines[0].until("hello")
        lines[0].close()
        await told(stream, budi, "offline")
        assert budi.id not in await around(ana)
        mine = [state for batch in said for user, state, _ in batch if user == budi.id]
        assert mine == ["online", "idle", "online", "offline"]
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_herd_costs_few_publishes_and_each_reader_hears_of_a_person_once(
    place: Place, served: Served, ana: Visitor
) -> None:
    rooms = [await ana.make_room(f"room {number}", private=True) for number in range(3)]
    people = [await served.visitor().sign_up(f"guest{number}") for number in range(MANY)]
    for room in rooms:
        for person in people:
            await ana.bring(person, room)
    stream = await ana.stream()
    await stream.until("hello")
    async with overheard(place) as said:
        streams = [await person.stream() for person in people]
        seen: list[str] = []
        while len(seen) < MANY:
            event, _ = await stream.until("presence")
            seen += [user for user, state in event["people"].items() if state == "online"]
        assert sorted(set(seen) & {p.id for p in people}) == sorted(p.id for p in people)
        changes = [user for batch in said for user, _, _ in batch]
        assert len(said) <= len(changes) <= 2 * MANY + 2
        assert max(changes.count(person.id) for person in people) <= 2
    for line in (*streams, stream):
        line.close()


@pytest.mark.gen_test(timeout=120)
async def test_only_those_who_share_a_room_hear_of_each_other(
    place: Place, served: Served, ana: Visitor, citra: Visitor
) -> None:
    room = await ana.make_room("apart", private=True)
    loner = await served.visitor().sign_up("loner")
    assert (await loner.delete(f"/api/rooms/{loner.room}/members/me")).status == 204
    stream, other = await loner.stream(), await ana.stream()
    await stream.until("hello")
    await other.until("hello")
    async with overheard(place) as said:

        async def is_judged() -> bool:
            return any(user == loner.id for batch in said for user, *_ in batch)

        await eventually(is_judged, "the loner to be noticed")
        assert await around(loner) == {}
        assert loner.id not in await around(ana)
        # Brought into a room, she is shown there without coming or going, and may look round.
        await ana.bring(loner, room)
        await told(other, loner, "online")
        assert (await around(loner))[ana.id] == "online"
    stream.close()
    other.close()


@pytest.mark.gen_test(timeout=120)
async def test_people_of_a_worker_that_died_are_gone(
    place: Place, served: Served, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tornchat.log import presence as log

    monkeypatch.setattr(log, "SILENT_MS", 1500)
    monkeypatch.setattr("tornchat.hub.presence.SAY_SECONDS", 0.3)
    dina = await served.visitor().sign_up("dina")
    stream = await ana.stream()
    await stream.until("hello")
    async with another_worker(place) as other:
        line = await (await at(other.url, dina)).stream()
        await told(stream, dina, "online")
        # As if it were killed: it says nothing any more, and takes nothing back.
        task = other.worker.hub.presence._task
        assert task is not None
        task.cancel()
        await told(stream, dina, "offline")
        line.close()
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_judge_that_is_new_or_a_redis_that_forgot_shows_the_same(
    place: Place, served: Served, ana: Visitor, budi: Visitor
) -> None:
    client, keys = served.worker.client, served.worker.client.keys
    streams = [await ana.stream(), await budi.stream()]

    async def are_there() -> bool:
        return (await around(ana)).get(budi.id) == "online"

    await eventually(are_there, "Budi to be there")
    async with overheard(place) as said:
        await client.call("DEL", keys.presence, keys.idle, keys.attendants)
        await eventually(are_there, "Budi to be shown again")
        served.worker.hub.presence._known = False
        await client.call("DEL", keys.judge)
        await asyncio.sleep(10 * TICK)
        assert await are_there()
        assert [user for batch in said for user, *_ in batch if user == budi.id] == []
    for stream in streams:
        stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_who_is_writing_is_heard_in_the_room_at_most_once_in_three_seconds(
    served: Served, ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await ana.make_room("workshop", private=True)
    await ana.bring(budi, room)
    stream, outside = await ana.stream(), await citra.stream()
    await stream.until("hello")
    await outside.until("hello")
    for _ in range(5):
        assert (await budi.post(f"/api/rooms/{room}/typing")).status in (204, 415)
        assert (await budi.post(f"/api/rooms/{room}/typing", {})).status == 204
    await budi.say("there", room)
    await budi.say("to everybody")
    # It may come after the message, but not twice.
    kinds: list[str] = []
    event: dict[str, Any] = {}
    while sorted(kinds) != ["message", "message", "typing"]:
        kind, data, _ = await stream.next()
        kinds.append(kind)
        event = data if kind == "typing" else event
    at = event.pop("at")
    assert at > 1_600_000_000_000
    assert event == {
        "topic": f"room:{room}",
        "kind": "typing",
        "room": room,
        "user": budi.id,
    }
    _, before = await outside.until("message")
    assert before == []
    stream.close()
    outside.close()


@pytest.mark.gen_test(timeout=120)
async def test_nobody_writes_where_they_are_not(
    served: Served, ana: Visitor, citra: Visitor
) -> None:
    private = await ana.make_room("cellar", private=True)
    open_room = await ana.make_room("balcony")
    assert_refused(await citra.post(f"/api/rooms/{private}/typing", {}), NotFound)
    assert_refused(await citra.post(f"/api/rooms/{open_room}/typing", {}), Forbidden)
    assert_refused(await citra.post("/api/rooms/nowhere/typing", {}), NotFound)


@pytest.mark.gen_test(timeout=120)
async def test_activity_is_true_or_false_and_not_told_too_often(served: Served) -> None:
    eko = await served.visitor().sign_up("eko")
    assert_refused(await eko.put("/api/presence", {"active": "yes"}), InvalidValue)
    answers = [await eko.put("/api/presence", {"active": bool(n % 2)}) for n in range(25)]
    assert answers[0].status == 204
    assert_refused(answers[-1], TooMany)


@pytest.mark.gen_test(timeout=120)
async def test_a_name_and_a_status_are_told_to_everybody(
    served: Served, ana: Visitor, citra: Visitor
) -> None:
    stream = await citra.stream()
    await stream.until("hello")
    status = {"mode": "dnd", "emoji": "🎧", "text": "Deep work"}
    answer = await ana.ask("PATCH", "/api/users/me", {"status": status, "display_name": "Ana W."})
    assert answer.status == 200
    assert (answer.json["display_name"], answer.json["status"]) == ("Ana W.", status)
    event, _ = await stream.until("person.changed")
    assert event["topic"] == "space"
    assert {
        "user": ana.id,
        "username": "ana",
        "display_name": "Ana W.",
        "status": status,
    }.items() <= (event.items())
    [shown] = (await citra.get(f"/api/users?ids={ana.id}")).json["users"]
    assert shown["status"] == status
    members = (await citra.get(f"/api/rooms/{citra.room}/members")).json["members"]
    assert [member["status"] for member in members if member["id"] == ana.id] == [status]
    assert (await ana.get("/api/session")).json["user"]["status"] == status

    # What is not named stays.
    assert (await ana.ask("PATCH", "/api/users/me", {"status": None})).json[
        "display_name"
    ] == "Ana W."
    event, _ = await stream.until("person.changed")
    assert "status" not in event
    for wrong in ({"status": {"mode": "hidden"}}, {"display_name": ""}, {"display_name": None}):
        assert_refused(await ana.ask("PATCH", "/api/users/me", wrong), InvalidValue)
    stream.close()
