"""Posting and reading: nonces, pages of history, unread counts, with the archive near and far."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.domain.errors import NonceReused, NotFound, TooMany
from tornchat.log import upkeep

NEWEST = 9007199254740991


@asynccontextmanager
async def archive_at_rest(served: Served) -> AsyncIterator[None]:
    """Nothing is taken from the log into SQL while this lasts."""
    await archived(served)
    await served.worker.keeper.close()
    try:
        yield
    finally:
        served.worker.keeper.start()
        await archived(served)


async def archived(served: Served) -> None:
    """Wait until SQL has all that the log has."""

    async def nothing_waits() -> bool:
        return not await upkeep.queued(served.worker.client, 1)

    await eventually(nothing_waits, "an archive that has caught up")


@pytest.mark.gen_test(timeout=120)
async def test_a_message_comes_back_as_it_is_kept(ana: Visitor, served: Served) -> None:
    first = await ana.say("first")
    values = {"body": "**Hi** <b>", "nonce": "n 1", "reply_to": first}
    answer = await ana.post(f"/api/rooms/{ana.room}/messages", values)
    assert answer.status == 201
    message = answer.json
    assert message == {
        "id": message["id"], "at": message["at"], "room": ana.room, "author": ana.id,
        "body": "**Hi** <b>", "html": message["html"], "nonce": "n 1", "reply_to": first,
        "reply_author": ana.id,
    }  # fmt: skip
    assert "<strong>Hi</strong>" in message["html"]
    assert "<b>" not in message["html"]
    for _ in range(2):
        page = (await ana.get(f"/api/rooms/{ana.room}/messages?limit=1")).json
        assert page["messages"] == [message]
        await archived(served)


@pytest.mark.gen_test(timeout=120)
async def test_a_nonce_makes_one_message_of_many_tries(ana: Visitor, budi: Visitor) -> None:
    path = f"/api/rooms/{ana.room}/messages"
    tries = [ana.post(path, {"body": "once", "nonce": "a"}) for _ in range(5)]
    answers = await asyncio.gather(*tries)
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.body for answer in answers}) == 1
    first = answers[0].json["id"]
    reply = {"body": "once", "nonce": "a", "reply_to": first}
    for other in ({"body": "twice", "nonce": "a"}, reply):
        assert_refused(await ana.post(path, other), NonceReused)
    assert (await ana.post(path, {"body": " \r\nonce\n", "nonce": "a"})).status == 200
    assert (await budi.post(path, {"body": "mine", "nonce": "a"})).status == 201
    room = await ana.make_room("Elsewhere")
    assert (
        await ana.post(f"/api/rooms/{room}/messages", {"body": "mine", "nonce": "a"})
    ).status == 201
    for _ in range(2):
        assert (await ana.post(path, {"body": "without"})).status == 201


@pytest.mark.gen_test(timeout=120)
async def test_who_posts_too_fast_is_told_when_to_come_back(place: Place, ana: Visitor) -> None:
    async with place.serving(post_rate=1) as served:
        fast = await served.visitor().sign_in("ana")
        path = f"/api/rooms/{ana.room}/messages"
        answers = [await fast.post(path, {"body": "x", "nonce": f"f{n}"}) for n in range(30)]
        refused = [answer for answer in answers if answer.status != 201]
        assert refused
        for answer in refused:
            assert_refused(answer, TooMany)
        # What was accepted before is told again without counting.
        assert (await fast.post(path, {"body": "x", "nonce": "f0"})).status == 200


async def check_pages(reader: Visitor, room: str, ids: list[int]) -> None:
    """Every way to page through ``ids`` gives them all, once and in order."""
    assert await reader.page(room) == (ids[-50:], len(ids) > 50)
    assert await reader.page(room, "limit=200") == (ids, False)
    for limit in (1, 7, len(ids)):
        back: list[int] = []
        more, before = True, NEWEST
        while more:
            page, more = await reader.page(room, f"before={before}&limit={limit}")
            back = page + back
            before = page[0]
        assert back == ids
        forth: list[int] = []
        more, after = True, 0
        while more:
            page, more = await reader.page(room, f"after={after}&limit={limit}")
            forth += page
            after = page[-1]
        assert forth == ids
    for middle in (0, 1, len(ids) // 2, len(ids) - 2, len(ids) - 1):
        page, more = await reader.page(room, f"around={ids[middle]}&limit=5")
        assert ids[middle] in page
        start = max(0, middle - 2)
        assert page == ids[start : start + 5]
        assert more == (middle > 2)
    assert await reader.page(room, f"before={ids[0]}") == ([], False)
    assert await reader.page(room, f"after={ids[-1]}") == ([], False)
    assert await reader.page(room, f"after={NEWEST}") == ([], False)
    assert await reader.page(room, "before=0") == ([], False)
    assert await reader.page(room, f"around={ids[3]}&limit=1") == ([ids[3]], True)


@pytest.mark.gen_test(timeout=120)
async def test_pages_are_the_same_from_the_log_from_sql_and_from_both(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Pages")
    await budi.enter(room)
    ids = [await ana.say(f"message {number}", room) for number in range(20)]
    async with archive_at_rest(served):
        ids += [await budi.say(f"message {number}", room) for number in range(20, 40)]
        await check_pages(ana, room, ids)
    await check_pages(ana, room, ids)
    fresh = await ana.make_room("Pages of the log")
    await budi.enter(fresh)
    async with archive_at_rest(served):
        ids = [await ana.say(f"message {number}", fresh) for number in range(12)]
        await check_pages(budi, fresh, ids)


@pytest.mark.gen_test(timeout=120)
async def test_pages_hold_while_the_archive_works(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Busy pages")
    await budi.enter(room)
    said: list[int] = []

    async def talk() -> None:
        for number in range(150):
            said.append(await ana.say(f"message {number}", room))

    async def read() -> None:
        while len(said) < 150:
            known = len(said)
            page, _ = await budi.page(room, "limit=200")
            assert page[:known] == said[:known]
            after, _ = await budi.page(room, "after=0&limit=200")
            assert after[:known] == said[:known]
            assert await budi.unread(room) >= known

    await asyncio.gather(talk(), read())
    assert await budi.unread(room) == 150


@pytest.mark.gen_test(timeout=120)
async def test_unread_counts_leave_out_my_own_and_what_i_have_read(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Counting")
    await ana.say("before budi came", room)
    await budi.enter(room)
    assert await budi.unread(room) == 0
    first = await ana.say("one", room)
    await budi.say("my own", room)
    await archived(served)
    assert (await budi.unread(room), await ana.unread(room)) == (1, 1)
    async with archive_at_rest(served):
        second = await ana.say("two", room)
        await budi.say("my own again", room)
        await ana.say("three", room)
        assert (await budi.unread(room), await ana.unread(room)) == (3, 2)
    assert (await budi.unread(room), await ana.unread(room)) == (3, 2)
    for read, left in ((first, 2), (second, 1), (first, 1)):
        await budi.put(f"/api/rooms/{room}/read", {"id": read})
        assert await budi.unread(room) == left
    async with archive_at_rest(served):
        await ana.say("four", room)
        assert await budi.unread(room) == 2


@pytest.mark.gen_test(timeout=120)
async def test_a_room_that_is_not_there_has_no_messages(ana: Visitor) -> None:
    for room in ("0123456789", "x", "0" * 500):
        assert_refused(await ana.get(f"/api/rooms/{room}/messages"), NotFound)
        answer = await ana.post(f"/api/rooms/{room}/messages", {"body": "x"})
        assert_refused(answer, NotFound)
