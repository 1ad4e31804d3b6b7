"""Editing and deleting: what everybody hears of it, reads afterwards, and is refused."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any
from urllib.parse import quote

import pytest

from tests.handlers.place import Served
from tests.handlers.test_messages import archive_at_rest, archived
from tests.handlers.visitor import NOT_GIVEN, Answer, Visitor, assert_refused
from tornchat.domain import rules
from tornchat.domain.errors import (
    EditConflict,
    Forbidden,
    InvalidValue,
    NonceReused,
    NotFound,
    TooLate,
    TooMany,
)


async def edit(who: Visitor, id: int, body: Any, **more: Any) -> Answer:
    return await who.ask("PATCH", f"/api/messages/{id}", {"body": body, **more})


async def delete(who: Visitor, id: int) -> Answer:
    return await who.delete(f"/api/messages/{id}")


async def cursor(who: Visitor) -> int:
    reached: int = (await who.poll(None))["cursor"]
    return reached


async def heard(who: Visitor, after: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = (await who.poll(after))["events"]
    return [event for event in events if event["topic"].startswith("room:")]


async def history(who: Visitor, room: str, query: str = "") -> list[dict[str, Any]]:
    answer = await who.get(f"/api/rooms/{room}/messages?{query}")
    found: list[dict[str, Any]] = answer.json["messages"]
    return found


@pytest.mark.gen_test(timeout=120)
async def test_an_edit_is_heard_once_and_is_in_the_history_from_log_and_archive(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    for at_rest in (True, False):
        room = await ana.make_room(f"Edits {at_rest}")
        await budi.enter(room)
        id = await ana.say("helo", room, nonce="n")
        before = await cursor(budi)
        if at_rest:
            async with archive_at_rest(served):
                # In SQL is the first text, in the log the second.
                answer = await edit(ana, id, "**hello**")
                assert (await history(budi, room)) == [answer.json]
        else:
            await archived(served)
            answer = await edit(ana, id, "**hello**")
        assert answer.status == 200
        message = answer.json
        assert (message["id"], message["body"], message["nonce"]) == (id, "**hello**", "n")
        assert "<strong>" in message["html"]
        assert message["edited"] >= message["at"]
        assert message["version"] > id
        assert (await edit(ana, id, "**hello**")).json == message
        [event] = await heard(budi, before)
        assert (event["kind"], event["message"]) == ("message.edited", id)
        assert (event["id"], event["at"]) == (message["version"], message["edited"])
        for query in ("", f"around={id}", f"before={id + 1}", f"after={id - 1}"):
            assert await history(budi, room, query) == [message]
        await archived(served)
        for query in ("", f"around={id}", f"before={id + 1}", f"after={id - 1}"):
            assert await history(budi, room, query) == [message]


@pytest.mark.gen_test(timeout=120)
async def test_a_deleted_message_leaves_its_place_and_stays_deleted(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Deletions")
    await budi.enter(room)
    first = await ana.say("one", room)
    async with archive_at_rest(served):
        second = await ana.say("two", room, nonce="n2")
        third = await ana.say("three", room)
        before = await cursor(budi)
        assert await budi.unread(room) == 3
        for id in (first, second, second):
            assert (await delete(ana, id)).status == 204
        assert await budi.unread(room) == 1
        assert_refused(await edit(ana, second, "two again"), NotFound)
        events = await heard(budi, before)
        assert [(event["kind"], event["message"]) for event in events] == [
            ("message.deleted", first),
            ("message.deleted", second),
        ]
        seen = await history(budi, room)
    assert [message["id"] for message in seen] == [first, second, third]
    assert [message.get("deleted") for message in seen] == [True, True, None]
    assert [message["body"] + message["html"] for message in seen[:2]] == ["", ""]
    assert seen[1]["nonce"] == "n2"
    assert await history(budi, room) == seen
    assert await budi.unread(room) == 1
    assert_refused(await edit(ana, second, "two again"), NotFound)
    assert (await delete(ana, second)).status == 204
    # The post that made it is still known, and does not bring it back.
    again = await ana.post(f"/api/rooms/{room}/messages", {"body": "two", "nonce": "n2"})
    assert (again.status, again.json["id"]) == (200, second)
    assert await history(budi, room) == seen


@pytest.mark.gen_test(timeout=120)
async def test_of_many_changes_at_once_the_log_s_order_decides(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Races")
    await budi.enter(room)
    for ending in (False, True):
        id = await ana.say("zero", room)
        before = await cursor(budi)
        tries = [edit(ana, id, f"text {number}") for number in range(8)]
        if ending:
            tries.insert(4, delete(ana, id))
        answers = await asyncio.gather(*tries)
        assert {answer.status for answer in answers} <= {200, 204, 404}
        events = await heard(budi, before)
        last = events[-1]
        [now] = await history(budi, room, f"around={id}&limit=1")
        assert now["version"] == last["id"]
        assert now["body"] == ("" if ending else last["body"])
        assert (last["kind"] == "message.deleted") == ending
        await archived(served)
        assert await history(budi, room, f"around={id}&limit=1") == [now]


@pytest.mark.gen_test(timeout=120)
async def test_a_retried_edit_does_not_undo_a_later_one(ana: Visitor) -> None:
    id = await ana.say("zero")
    first = await edit(ana, id, "one", nonce="e1")
    assert (await edit(ana, id, "two", nonce="e2")).status == 200
    again = await edit(ana, id, "one", nonce="e1")
    assert (again.status, again.json["body"]) == (200, "two")
    [now] = await history(ana, ana.room, f"around={id}&limit=1")
    assert now["body"] == "two"
    assert_refused(await edit(ana, id, "three", nonce="e1"), NonceReused)
    assert_refused(await edit(ana, id, "three", edited=first.json["edited"] - 1), EditConflict)
    assert (await edit(ana, id, "three", edited=now["edited"])).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_only_its_author_changes_a_message_and_only_where_it_is_theirs_to_see(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    room, secret = (
        await ana.make_room("Ours"),
        await ana.make_room("Secret changes", private=True),
    )
    await budi.enter(room)
    mine, hidden = await ana.say("mine", room), await ana.say("hidden", secret)
    for _ in range(2):
        for change in (edit(budi, mine, "x"), delete(budi, mine)):
            assert_refused(await change, Forbidden)
        for change in (edit(citra, mine, "x"), delete(citra, mine)):
            assert_refused(await change, Forbidden, "Join it first")
        for id in (hidden, mine + 1, 1, 2**53, "x", "0"):
            for change in (edit(citra, id, "x"), delete(citra, id)):  # type: ignore[arg-type]
                assert_refused(await change, NotFound)
        await archived(served)
    await ana.delete(f"/api/rooms/{room}/members/me")
    assert_refused(await edit(ana, mine, "from outside"), Forbidden, "Join it first")


@pytest.mark.gen_test(timeout=120)
async def test_what_cannot_be_a_message_is_refused(ana: Visitor) -> None:
    id = await ana.say("fine")
    for body in ("", "  \n", None, 5, "x" * 10_001):
        assert_refused(await edit(ana, id, body), InvalidValue)
    for more in ({"nonce": ""}, {"nonce": 5}, {"edited": "5"}, {"edited": True}, {"edited": -1}):
        assert_refused(await edit(ana, id, "x", **more), InvalidValue)
    answer = await ana.ask("PATCH", f"/api/messages/{id}", NOT_GIVEN, body=b'{"body": "x"}')
    assert answer.status == 415


@pytest.mark.gen_test(timeout=120)
async def test_an_old_message_can_be_deleted_but_not_edited(
    ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await ana.say("old")
    monkeypatch.setattr(rules, "EDIT_SECONDS", -1)
    assert_refused(await edit(ana, id, "new"), TooLate)
    assert (await delete(ana, id)).status == 204


@pytest.mark.gen_test(timeout=120)
async def test_changes_count_against_the_rate_of_posting(place: Any, ana: Visitor) -> None:
    async with place.serving(post_rate=1) as served:
        fast = await served.visitor().sign_in("ana")
        id = await ana.say("zero")
        answers = [await edit(fast, id, f"text {number}") for number in range(20)]
        refused = [answer for answer in answers if answer.status != 200]
        assert refused
        for answer in refused:
            assert_refused(answer, TooMany)


async def react(who: Visitor, id: int, emoji: str, method: str = "PUT") -> Answer:
    return await who.ask(method, f"/api/messages/{id}/reactions/{quote(emoji)}")


@pytest.mark.gen_test(timeout=120)
async def test_reactions_are_heard_once_and_kept_in_their_order(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Reactions")
    await budi.enter(room)
    id = await ana.say("look", room)
    before = await cursor(budi)
    for at_rest in (True, False):
        async with archive_at_rest(served) if at_rest else nullcontext():
            for who, emoji in ((ana, "👍"), (budi, "❤️"), (budi, "👍"), (budi, "👍"), (ana, "🇮🇩")):
                assert (await react(who, id, emoji)).status == 204
            for _ in range(2):
                assert (await react(ana, id, "🇮🇩", "DELETE")).status == 204
            [message] = await history(budi, room)
            assert message["reactions"] == {"👍": [ana.id, budi.id], "❤️": [budi.id]}
            answer = await edit(ana, id, f"look again {at_rest}", edited=message.get("edited", 0))
            assert answer.json["reactions"] == message["reactions"]
    kinds = [event["kind"] for event in await heard(budi, before)]
    assert kinds.count("reaction.added") == 3 + 2
    assert kinds.count("reaction.removed") == 2
    await archived(served)
    [kept] = await history(budi, room)
    assert kept == answer.json
    await delete(ana, id)
    assert_refused(await react(budi, id, "👍"), NotFound)
    [gone] = await history(budi, room)
    assert "reactions" not in gone


@pytest.mark.gen_test(timeout=120)
async def test_a_reaction_is_one_emoji_of_a_member(
    ana: Visitor, citra: Visitor, served: Served
) -> None:
    room = await ana.make_room("Few reactions")
    id = await ana.say("look", room)
    for emoji in ("a", "👍👍", "1", "<b>", "👍 ", "\u200d", "\u2800", "xx", "👍" + "\u200d👍" * 9):
        assert_refused(await react(ana, id, emoji), InvalidValue)
    for emoji in ("👍🏽", "👩\u200d💻", "#\ufe0f\u20e3", "🏴\U000e0067\U000e0062\U000e007f", "☃"):
        assert (await react(ana, id, emoji)).status == 204
    assert_refused(await react(citra, id, "👍"), Forbidden)
    for number in range(rules.MOST_REACTIONS - 5):
        assert (await react(ana, id, chr(0x1F400 + number))).status == 204
    assert_refused(await react(ana, id, "👍"), InvalidValue, "as many")
