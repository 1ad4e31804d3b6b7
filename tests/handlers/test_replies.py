"""Replies, messages that are asked for by their ids, and pins."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

import pytest

from tests.handlers.place import Served
from tests.handlers.test_changes import cursor, delete, edit, heard, history
from tests.handlers.test_messages import archive_at_rest, archived
from tests.handlers.visitor import Answer, Visitor, assert_refused
from tornchat.domain import rules
from tornchat.domain.errors import (
    BadCursor,
    BadRequest,
    Forbidden,
    InvalidValue,
    NoOriginal,
    NotFound,
)
from tornchat.log import upkeep


async def reply(who: Visitor, room: str, to: int, **more: str) -> Answer:
    values = {"body": "an answer", "reply_to": to, **more}
    return await who.post(f"/api/rooms/{room}/messages", values)


@pytest.mark.gen_test(timeout=120)
async def test_a_reply_names_who_is_answered_wherever_the_original_is_kept(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Replies")
    await budi.enter(room)
    async with archive_at_rest(served):
        first = await ana.say("a question", room)
        before = await cursor(ana)
        answers = [await reply(budi, room, first, nonce="r")]
    await archived(served)
    answers.append(await reply(budi, room, first))
    assert [answer.status for answer in answers] == [201, 201]
    for answer in answers:
        assert (answer.json["reply_to"], answer.json["reply_author"]) == (first, ana.id)
    events = [event for event in await heard(ana, before) if event["kind"] == "message"]
    assert [event["reply_author"] for event in events] == [ana.id, ana.id]

    # The log does not reach back to it any more.
    client = served.worker.chat.client
    await archived(served)
    await upkeep.trim(client, first)
    answers.append(await reply(budi, room, first))
    await delete(ana, first)
    answers.append(await reply(budi, room, first))
    again = await reply(budi, room, first, nonce="r")
    assert (again.status, again.json["id"]) == (200, answers[0].json["id"])
    await archived(served)
    assert await history(ana, room, f"after={first}") == [answer.json for answer in answers]


@pytest.mark.gen_test(timeout=120)
async def test_only_a_message_of_the_same_room_that_one_may_read_can_be_answered(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    room, secret = await ana.make_room("Here"), await ana.make_room("Not there", private=True)
    mine, hidden = await ana.say("mine", room), await ana.say("before he came", secret)
    await budi.enter(room)
    await ana.bring(budi, secret)
    await ana.say("after he came", secret)
    joined = (await ana.get(f"/api/rooms/{secret}")).json["head"] - 1
    for _ in range(2):
        for who, place, to in (
            (ana, room, hidden),
            (ana, secret, mine),
            (budi, secret, hidden),
            (budi, room, 1),
            (budi, room, 2**53 - 1),
            (ana, secret, joined),
        ):
            assert_refused(await reply(who, place, to), NoOriginal)
        assert_refused(await reply(citra, secret, hidden), NotFound)
        assert_refused(await reply(citra, room, mine), Forbidden)
        await archived(served)


@pytest.mark.gen_test(timeout=120)
async def test_messages_are_found_by_their_ids_as_they_are_now(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("By id", private=True)
    early = await ana.say("before he came", room)
    await ana.bring(budi, room)
    first = await ana.say("first", room)
    await archived(served)
    for at_rest in (True, False):
        async with archive_at_rest(served) if at_rest else nullcontext():
            text = f"first, {at_rest}"
            await edit(ana, first, text)
            second = await ana.say("second", room)
            await delete(ana, second)
            asked = f"ids={second},{first},{first},{early},{first + 1},5"
            found = await history(budi, room, asked)
        assert [(one["body"], one.get("deleted")) for one in found] == [(text, None), ("", True)]
    assert [one["id"] for one in await history(ana, room, f"ids={early}")] == [early]
    assert await history(ana, room, "ids=") == []
    path = f"/api/rooms/{room}/messages?ids="
    assert_refused(await ana.get(path + "1,x"), BadCursor)
    assert_refused(await ana.get(path + "1&before=2"), BadRequest)
    assert_refused(await ana.get(path + ",".join(map(str, range(101)))), InvalidValue)


async def pin(who: Visitor, id: int) -> Answer:
    return await who.put(f"/api/messages/{id}/pin")


async def unpin(who: Visitor, id: int) -> Answer:
    return await who.delete(f"/api/messages/{id}/pin")


async def pins(who: Visitor, room: str) -> list[int]:
    answer = await who.get(f"/api/rooms/{room}/pins")
    assert answer.status == 200, answer
    return [message["id"] for message in answer.json["messages"]]


@pytest.mark.gen_test(timeout=120)
async def test_pins_are_heard_once_and_listed_from_log_and_archive(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Pins")
    await budi.enter(room)
    first, second = await ana.say("first", room), await ana.say("second", room)
    before = await cursor(budi)
    for at_rest in (True, False):
        async with archive_at_rest(served) if at_rest else nullcontext():
            for who, id in ((budi, first), (ana, first), (ana, second)):
                assert (await pin(who, id)).status == 204
            third = await ana.say("third", room)
            await pin(budi, third)
            assert await pins(budi, room) == [third, second, first]
            message = (await history(ana, room, f"ids={first}"))[0]
            assert message["pinned"].keys() == {"by", "at"}
            assert message["pinned"]["by"] == budi.id
            for _ in range(2):
                assert (await unpin(budi, second)).status == 204
            await delete(ana, third)
            assert await pins(ana, room) == [first]
            assert (await unpin(ana, first)).status == 204
            assert await pins(ana, room) == []
        await archived(served)
        assert await pins(ana, room) == []
    events = [event for event in await heard(budi, before) if "pinned" in event["kind"]]
    assert [event["kind"] for event in events].count("message.pinned") == 2 * 3
    assert [event["kind"] for event in events].count("message.unpinned") == 2 * 2
    await pin(ana, second)
    await archived(served)
    assert await pins(budi, room) == [second]
    assert_refused(await pin(ana, third), NotFound)


@pytest.mark.gen_test(timeout=120)
async def test_pins_are_for_members_and_not_without_end(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    room, secret = await ana.make_room("Many"), await ana.make_room("Secret pins", private=True)
    mine, hidden = await ana.say("mine", room), await ana.say("hidden", secret)
    await pin(ana, hidden)
    await ana.bring(budi, secret)
    assert await pins(budi, secret) == []
    for change in (pin, unpin):
        assert_refused(await change(citra, mine), Forbidden)
        assert_refused(await change(citra, hidden), NotFound)
        assert_refused(await change(budi, hidden), NotFound)
    assert_refused(await citra.get(f"/api/rooms/{room}/pins"), Forbidden)
    assert_refused(await citra.get(f"/api/rooms/{secret}/pins"), NotFound)
    ids = [await ana.say(str(number), room) for number in range(rules.MOST_PINS)]
    await asyncio.gather(*(pin(ana, id) for id in ids[:-1]))
    assert (await pin(ana, ids[-1])).status == 204
    assert_refused(await pin(ana, mine), InvalidValue, "at most 50")
    assert (await pin(ana, ids[0])).status == 204
    await unpin(ana, ids[0])
    assert (await pin(ana, mine)).status == 204
