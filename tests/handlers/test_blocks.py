"""Blocking over HTTP: what of somebody no longer comes, and that they do not learn of it."""

from __future__ import annotations

import pytest

from tests.handlers.place import Served
from tests.handlers.test_mentions import mentioned
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.domain.errors import CannotWrite, InvalidValue, NotFound


async def block(who: Visitor, other: Visitor, *, undo: bool = False) -> None:
    answer = await who.ask("DELETE" if undo else "PUT", f"/api/blocks/{other.id}", {})
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.gen_test(timeout=120)
async def test_blocks_are_listed_and_heard_of_by_my_other_devices_alone(
    ana: Visitor, budi: Visitor
) -> None:
    mine, theirs = await ana.stream(), await budi.stream()
    for stream in (mine, theirs):
        await stream.until("hello")
    for _ in range(2):
        await block(ana, budi)
    event, _ = await mine.until("blocked")
    assert (event["topic"], event["user"]) == (f"user:{ana.id}", budi.id)
    snapshot = (await ana.get("/api/session")).json
    assert snapshot["blocked"] == [budi.id]
    [shown] = (await ana.get("/api/blocks")).json["users"]
    assert (shown["id"], shown["username"]) == (budi.id, "budi")
    assert (await budi.get("/api/blocks")).json == {"users": []}
    await ana.say("something else")
    for _ in range(2):
        await block(ana, budi, undo=True)
    _, between = await mine.until("unblocked")
    assert "blocked" not in between
    assert (await ana.get("/api/session")).json["blocked"] == []
    await ana.say("and something else")
    _, before = await theirs.until("message")
    assert not {"blocked", "unblocked"} & set(before)
    for stream in (mine, theirs):
        stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_nobody_blocks_themselves_or_somebody_who_is_not_there(ana: Visitor) -> None:
    assert_refused(await ana.put(f"/api/blocks/{ana.id}", {}), InvalidValue)
    assert_refused(await ana.put("/api/blocks/nobody", {}), NotFound)
    assert (await ana.delete("/api/blocks/nobody")).status == 204


@pytest.mark.gen_test(timeout=120)
async def test_who_is_blocked_opens_no_direct_room_and_is_not_told_why(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    await block(citra, budi)
    for users in ([citra.id], [citra.id, ana.id]):
        problem = assert_refused(await budi.post("/api/direct", {"users": users}), CannotWrite)
        assert "block" not in problem["detail"]
    # The other way round there is nothing against it.
    assert (await citra.post("/api/direct", {"users": [budi.id]})).status == 201
    await block(citra, budi, undo=True)
    assert (await budi.post("/api/direct", {"users": [citra.id, ana.id]})).status == 201


@pytest.mark.gen_test(timeout=120)
async def test_what_they_say_is_not_for_me(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Loud")
    await budi.enter(room)
    before = await budi.say("@ana", room)
    assert await mentioned(ana, room) == (1, [before])
    direct = (await ana.post("/api/direct", {"users": [budi.id]})).json["id"]
    await budi.say("and here", direct)
    await block(ana, budi)
    assert await mentioned(ana, room) == (0, [])
    await budi.say("@ana @here", room)
    assert await mentioned(ana, room) == (0, [])
    assert (await ana.get(f"/api/rooms/{room}")).json["unread"] == 2
    # Nor is a direct room that is there already.
    assert (await mentioned(ana, direct))[0] == 0
    await block(ana, budi, undo=True)
    assert len((await mentioned(ana, room))[1]) == 2
    assert (await mentioned(ana, direct))[0] == 1


@pytest.mark.gen_test(timeout=120)
async def test_in_a_direct_room_of_two_who_is_blocked_writes_no_more(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    async def room_with(*others: Visitor) -> str:
        answer = await citra.post("/api/direct", {"users": [other.id for other in others]})
        id: str = answer.json["id"]
        return id

    pair, group = await room_with(budi), await room_with(budi, ana)
    mine = await budi.say("before", pair)
    await block(citra, budi)
    await block(citra, ana)
    # Made by who has blocked.
    late = await room_with(ana)

    async def shut(who: Visitor, room: str) -> None:
        answer = await who.post(f"/api/rooms/{room}/messages", {"body": "after"})
        assert "block" not in assert_refused(answer, CannotWrite)["detail"]
        # With Markdown, files and the like it is another road.
        answer = await who.post(f"/api/rooms/{room}/messages", {"body": "*after*"})
        assert_refused(answer, CannotWrite)

    for _ in range(2):
        await shut(budi, pair)
        await shut(ana, late)
        edit = await budi.ask("PATCH", f"/api/messages/{mine}", {"body": "after"})
        assert_refused(edit, CannotWrite)
        react = await budi.put(f"/api/messages/{mine}/reactions/%F0%9F%91%8D")
        assert_refused(react, CannotWrite)
        assert await citra.say("hear me", pair) > 0
        assert await budi.say("to us all", group) > 0
        # A fence writes the mirror anew.
        client = served.worker.client
        names = [client.keys.mirror(f"conduct:{room}") for room in (pair, group, late)]
        await client.calls([("DEL", name) for name in names] + [("SET", client.keys.run, "x")])
    assert (await budi.delete(f"/api/messages/{mine}")).status == 204
    for other in (ana, budi):
        await block(citra, other, undo=True)
    assert await budi.say("again", pair) > 0
    assert await ana.say("again", late) > 0
