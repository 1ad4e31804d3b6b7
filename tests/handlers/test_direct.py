"""Direct rooms over HTTP: one for exactly these people, and nobody else ever learns of it."""

from __future__ import annotations

import asyncio

import pytest

from tests.handlers.place import Place, Served
from tests.handlers.test_bots import new_bot
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.chat import shell
from tornchat.domain.errors import InvalidValue, NotFound, TooMany


async def direct(visitor: Visitor, *others: Visitor) -> str:
    """The direct room of these people, new or not."""
    answer = await visitor.post("/api/direct", {"users": [other.id for other in others]})
    assert answer.status in (200, 201), answer
    id: str = answer.json["id"]
    return id


@pytest.mark.gen_test(timeout=120)
async def test_the_first_to_ask_makes_the_room_and_all_others_find_it(
    ana: Visitor, budi: Visitor
) -> None:
    stream = await budi.stream()
    await stream.until("hello")
    made = await ana.post("/api/direct", {"users": [budi.id]})
    assert made.status == 201
    room = made.json
    assert (room["kind"], room["name"], room["members"], room["with"]) == (
        "direct", None, 2, [budi.id],
    )  # fmt: skip
    joined, _ = await stream.until("member.joined")
    assert (joined["topic"], joined["room"]) == (f"user:{budi.id}", room["id"])
    assert {person["username"] for person in joined["people"]} == {"ana", "budi"}
    await ana.say("only for you", room["id"])
    message, _ = await stream.until("message")
    assert (message["room"], message["body"]) == (room["id"], "only for you")
    stream.close()
    for who, other in ((budi, ana), (ana, budi)):
        found = await who.post("/api/direct", {"users": [other.id, who.id, other.id]})
        assert (found.status, found.json["id"], found.json["with"]) == (200, room["id"], [other.id])
    snapshot = (await budi.get("/api/session")).json
    assert room["id"] in {mine["id"] for mine in snapshot["rooms"]}
    assert {"id": ana.id, "username": "ana", "display_name": "ana", "role": "admin"} in snapshot[
        "people"
    ]


@pytest.mark.gen_test(timeout=120)
async def test_two_workers_that_are_asked_at_once_make_one_room(
    place: Place, ana: Visitor, citra: Visitor
) -> None:
    async with place.serving() as second:
        there = await second.visitor().sign_in("citra")
        found = await asyncio.gather(
            *(direct(ana, citra) for _ in range(3)), *(direct(there, ana) for _ in range(3))
        )
    assert len(set(found)) == 1


@pytest.mark.gen_test(timeout=120)
async def test_a_group_is_another_room_than_its_pairs_and_notes_are_for_oneself(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    group, pair, notes = await direct(ana, budi, citra), await direct(ana, budi), await direct(ana)
    assert len({group, pair, notes}) == 3
    assert (await ana.get(f"/api/rooms/{notes}")).json["with"] == []
    assert (await ana.get(f"/api/rooms/{group}")).json["with"] == [budi.id, citra.id]
    first = await ana.say("to both", group)
    assert await citra.page(group) == ([first], False)
    assert await citra.unread(group) == 1


@pytest.mark.gen_test(timeout=120)
async def test_a_direct_room_does_not_exist_for_others_be_they_administrators(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await direct(budi, citra)
    message = await budi.say("a secret", room)
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"body": "x"}),
        ("GET", "/members", None),
        ("PUT", "/members/me", {}),
        ("PUT", f"/members/{budi.id}", {}),
        ("DELETE", "/members/me", {}),
        ("DELETE", f"/members/{budi.id}", {}),
        ("PUT", "/read", {"id": 1}),
    ):
        assert_refused(await ana.ask(method, f"/api/rooms/{room}{path}", body), NotFound)
    assert_refused(await ana.ask("PATCH", f"/api/messages/{message}", {"body": "x"}), NotFound)
    assert room not in {found["id"] for found in (await ana.get("/api/rooms")).json["discoverable"]}


@pytest.mark.gen_test(timeout=120)
async def test_the_people_of_a_direct_room_never_change(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await direct(ana, budi)
    for method, who in (("PUT", citra.id), ("DELETE", budi.id), ("DELETE", "me")):
        answer = await ana.ask(method, f"/api/rooms/{room}/members/{who}", {})
        assert_refused(answer, InvalidValue, "among its people")
    assert (await ana.put(f"/api/rooms/{room}/members/me", {})).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_who_cannot_be_written_to(
    place: Place, served: Served, ana: Visitor, budi: Visitor
) -> None:
    gone = await served.visitor().sign_up("gone")
    room = await direct(ana, gone)
    await shell.user_disable(place.settings, "gone")
    for users in (["nobody"], [budi.id, "nobody"], [budi.id, gone.id]):
        assert_refused(await ana.post("/api/direct", {"users": users}), NotFound, "no such person")
    # What was said with somebody stays.
    assert await direct(ana, gone) == room
    [shown] = (await ana.get(f"/api/users?ids={gone.id}")).json["users"]
    assert shown["disabled"] is True
    crowd = [f"u{number}" for number in range(10)]
    refused: tuple[object, ...] = (None, "x", budi.id, [1], {}, crowd)
    for wrong in refused:
        assert_refused(await ana.post("/api/direct", {"users": wrong}), InvalidValue)


@pytest.mark.gen_test(timeout=120)
async def test_people_are_found_by_the_beginnings_of_their_names(
    place: Place, served: Served, ana: Visitor
) -> None:
    for username, display_name in (("zora", "Élodie Öz"), ("z_k", "Mary Zorn")):
        await served.visitor().sign_up(username, display_name=display_name)

    async def found(prefix: str) -> list[str]:
        answer = await ana.get(f"/api/users?prefix={prefix}")
        assert answer.status == 200, answer
        return [user["username"] for user in answer.json["users"]]

    assert await found("zor") == ["z_k", "zora"]
    assert await found("ZORA") == ["zora"]
    assert await found("@zora") == ["zora"]
    assert await found("%C3%A9lo") == ["zora"]
    assert await found("%C3%B6z") == ["zora"]
    assert await found("mary%20z") == ["z_k"]
    assert await found("z_") == ["z_k"]
    assert await found("%25") == await found("ora") == []
    assert_refused(await ana.get(f"/api/users?prefix={'x' * 65}"), InvalidValue)
    async with place.serving(post_rate=10) as limited:
        visitor = await limited.visitor().sign_in("ana")
        answers = await asyncio.gather(*(visitor.get("/api/users?prefix=z") for _ in range(200)))
        [refused, *_] = [answer for answer in answers if answer.status != 200]
        assert_refused(refused, TooMany)


@pytest.mark.gen_test(timeout=120)
async def test_each_is_told_all_that_others_see_of_the_people(ana: Visitor, budi: Visitor) -> None:
    """A page puts what the room says of somebody over what it knows."""
    bot, _ = await new_bot(ana, "porter")
    cursor = (await budi.poll(None))["cursor"]
    room = await direct(budi, bot)
    events = [event for event in (await budi.poll(cursor))["events"] if event.get("room") == room]
    of_bot = [event for event in events if event["user"] == bot.id]
    assert [(event["topic"], event["bot"]) for event in of_bot] == [(f"room:{room}", True)]
    assert {event["role"] for event in events} == {"member"}
