"""Accounts that are deleted: closed at once, kept by signing in, erased when their time comes."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest

from tests.handlers.place import Place, Served
from tests.handlers.visitor import PASSWORD, Visitor, assert_refused
from tests.media.samples import picture
from tornchat.archive import messages, outbox, search, users
from tornchat.chat import eraser, shell
from tornchat.chat.closing import GRACE_MS, begin_to_leave
from tornchat.domain.errors import (
    BadCredentials,
    CannotWrite,
    Conflict,
    Forbidden,
    InvalidValue,
    LastAdministrator,
    NameTaken,
    NotFound,
    Unauthenticated,
)

ME = "/api/users/me"


async def new(served: Served, name: str) -> Visitor:
    return await served.visitor().sign_up(name)


async def leave(who: Visitor, **more: object) -> int:
    answer = await who.delete(ME, json={"password": PASSWORD, **more})
    assert answer.status == 200, answer
    at: int = answer.json["erased_at"]
    return at


async def erase_all(served: Served, now: int) -> None:
    """What the eraser does when the time has come: ``now`` in unix ms."""
    for _ in range(200):
        while await served.worker.eraser.erase(now):
            pass
        async with served.worker.chat.database.read() as conn:
            if await users.to_be_erased(conn, now) is None:
                break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError("the eraser did not come to an end")
    for _ in range(200):
        async with served.worker.chat.database.read() as conn:
            if not await outbox.waiting(conn, 1):
                return
        await asyncio.sleep(0.1)


async def person(asked_by: Visitor, id: str) -> dict[str, object]:
    [found] = (await asked_by.get(f"/api/users?ids={id}")).json["users"]
    one: dict[str, object] = found
    return one


@pytest.mark.gen_test(timeout=120)
async def test_who_leaves_is_out_everywhere_at_once_and_signing_in_keeps_the_account(
    ana: Visitor, served: Served
) -> None:
    lia = await new(served, "lia")
    phone = await lia.again()
    stream = await phone.stream()
    await stream.next()
    cursor = (await ana.get("/api/session")).json["cursor"]
    assert_refused(await lia.delete(ME, json={"password": "wrong, quite wrong"}), BadCredentials)
    assert_refused(await lia.delete(ME, json={}), BadCredentials)
    refused = await lia.delete(ME, json={"password": PASSWORD, "messages": "all"})
    assert_refused(refused, InvalidValue)
    at = await leave(lia)
    assert abs(at - served.worker.chat.now() - GRACE_MS) < 600_000
    bye, _ = await stream.until("bye")
    assert bye["code"] == "leaving"
    for one in (lia, phone):
        assert_refused(await one.get("/api/session"), Unauthenticated)
    assert (await person(ana, lia.id))["disabled"] is True
    assert_refused(await ana.post("/api/direct", {"users": [lia.id]}), NotFound)

    back = await served.visitor().post("/api/session", {"username": "lia", "password": PASSWORD})
    assert back.status == 201
    assert back.json["returned"] is True
    assert "disabled" not in await person(ana, lia.id)
    await erase_all(served, at + 1)
    assert (await person(ana, lia.id))["username"] == "lia"
    told = (await ana.poll(cursor))["events"]
    closed = [event.get("disabled") for event in told if event["kind"] == "person.changed"]
    assert closed == [True, None]
    again = await served.visitor().post("/api/session", {"username": "lia", "password": PASSWORD})
    assert "returned" not in again.json


@pytest.mark.gen_test(timeout=120)
async def test_of_an_erased_account_only_its_place_is_left(ana: Visitor, served: Served) -> None:
    maya, other = await new(served, "maya"), await new(served, "other")
    room = await maya.make_room("Garden")
    await ana.enter(room)
    said = await maya.say("hello from maya", room)
    notes = (await maya.post("/api/direct", {"users": []})).json["id"]
    mine = await maya.say("a secret note", notes)
    three = (await maya.post("/api/direct", {"users": [ana.id, other.id]})).json["id"]
    direct = (await maya.post("/api/direct", {"users": [ana.id]})).json["id"]
    await maya.say("only for you", direct)
    headers = {"Content-Type": "application/octet-stream"}
    worn = await maya.put(f"{ME}/avatar", body=picture(), headers=headers)
    await maya.ask("PATCH", f"{ME}/settings", {"theme": "dark"})
    unsent = await maya.upload(b"never sent")
    hook = (await maya.post(f"/api/rooms/{room}/hooks", {"name": "Builds"})).json
    invite = (await maya.post("/api/invites", {"room": room})).json["url"].rpartition("/")[2]
    await maya.put(f"/api/blocks/{ana.id}")
    at = await leave(maya)
    # While it can still be kept, all of it is there; but the room has somebody to look after it.
    members = (await ana.get(f"/api/rooms/{room}/members")).json["members"]
    assert {one["id"]: one["role"] for one in members}[ana.id] == "owner"
    await erase_all(served, at - 1)
    assert (await person(ana, maya.id))["username"] == "maya"

    cursor = (await ana.get("/api/session")).json["cursor"]
    await erase_all(served, at)
    gone = await person(ana, maya.id)
    assert gone == {
        "id": maya.id,
        "username": f"deleted:{maya.id}",
        "display_name": "Deleted person",
        "role": "member",
        "disabled": True,
        "deleted": True,
    }
    told = (await ana.poll(cursor))["events"]
    assert {"member.left", "person.changed"} <= {event["kind"] for event in told}
    members = (await ana.get(f"/api/rooms/{room}/members")).json["members"]
    assert [one["id"] for one in members] == [ana.id]
    # What was said stays, as said by somebody who is gone; notes to oneself do not.
    found = (await ana.get(f"/api/rooms/{room}/messages?ids={said}")).json["messages"]
    assert [(one["body"], one["author"]) for one in found] == [("hello from maya", maya.id)]
    # Nobody is there any more who would read it.
    assert_refused(await ana.post(f"/api/rooms/{direct}/messages", {"body": "?"}), CannotWrite)
    await ana.say("we two go on", three)
    shut = (await ana.get("/api/admin/people?state=disabled")).json["people"]
    assert maya.id not in [one["id"] for one in shut]
    chat = served.worker.chat
    async with chat.database.read() as conn:
        assert not await search.said_by(conn, maya.id, after=0, limit=10, room_id=notes)
        note = await messages.by_id(conn, mine)
    assert note is not None
    assert (note.deleted, note.body) == (True, "")
    assert_refused(await ana.get(f"/api/avatars/{worn.json['avatar']}"), NotFound)
    secret = hook["url"].rpartition("/")[2]
    assert (await ana.post(f"/api/hooks/{secret}", {"text": "?"})).status == 404
    assert (await ana.post("/api/invites/look", {"invite": invite})).status == 403
    served.worker.keeper.sweeper.hurry()
    await served.worker.keeper.sweeper.sweep()
    assert not chat.folder.path(unsent["id"]).exists()

    # Nobody comes in by the name of somebody who is remembered, nor by the one that is left.
    taken = {"username": "Maya", "password": PASSWORD}
    assert_refused(await served.visitor().post("/api/users", taken), NameTaken)
    for name in ("maya", f"deleted:{maya.id}"):
        back = {"username": name, "password": PASSWORD}
        assert_refused(await served.visitor().post("/api/session", back), BadCredentials)
    await erase_all(served, at)


@pytest.mark.gen_test(timeout=120)
async def test_all_that_somebody_wrote_goes_with_them_where_they_want_it(
    ana: Visitor, served: Served
) -> None:
    nia = await new(served, "nia")
    room = await nia.make_room("Kitchen")
    left = await nia.make_room("Left")
    for place in (room, left):
        await ana.enter(place)
    numbers = [await nia.say(f"recipe {number}", room) for number in range(5)]
    elsewhere = await nia.say("I was here", left)
    await nia.delete(f"/api/rooms/{left}/members/me")
    kept = await ana.say("what I say stays", room)
    assert (await nia.put(f"/api/messages/{kept}/reactions/{quote('👍')}")).status == 204
    await ana.delete(f"/api/rooms/{left}")
    file = await nia.upload(picture(), "cake.png")
    await nia.post(f"/api/rooms/{room}/messages", {"files": [file["id"]]})
    cursor = (await ana.get("/api/session")).json["cursor"]
    at = await leave(nia, messages=True)
    await erase_all(served, at)
    page = (await ana.get(f"/api/rooms/{room}/messages")).json["messages"]
    assert [one["body"] for one in page if not one.get("deleted")] == ["what I say stays"]
    assert all("reactions" not in one or not one["reactions"] for one in page)
    there = (await ana.get(f"/api/rooms/{left}/messages?ids={elsewhere}")).json["messages"]
    assert [one.get("deleted") for one in there] == [True]
    told = (await ana.poll(cursor))["events"]
    deleted = {event["message"] for event in told if event["kind"] == "message.deleted"}
    assert {*numbers, elsewhere} <= deleted
    found = (await ana.get("/api/search?q=recipe")).json["messages"]
    assert found == []
    assert (await ana.get(f"/api/files/{file['id']}/x")).status == 404


@pytest.mark.gen_test(timeout=120)
async def test_who_may_delete_whose_account(ana: Visitor, budi: Visitor, served: Served) -> None:
    olga = await new(served, "olga")
    assert_refused(await budi.delete(f"/api/users/{olga.id}", json={}), Forbidden)
    assert_refused(await ana.delete(f"/api/users/{ana.id}", json={}), Conflict)
    assert_refused(await ana.delete("/api/users/nobody", json={}), NotFound)
    assert_refused(await ana.delete(ME, json={"password": PASSWORD}), LastAdministrator)
    stream = await olga.stream()
    await stream.next()
    assert (await ana.delete(f"/api/users/{olga.id}", json={})).status == 200
    bye, _ = await stream.until("bye")
    assert bye["code"] == "disabled"
    # An administrator's decision is not undone by signing in.
    back = {"username": "olga", "password": PASSWORD}
    assert_refused(await served.visitor().post("/api/session", back), BadCredentials)


@pytest.mark.gen_test(timeout=120)
async def test_the_shell_deletes_and_keeps_accounts(
    ana: Visitor, place: Place, served: Served
) -> None:
    await new(served, "putri")
    at = await shell.user_delete(place.settings, "putri", whole=False, at_once=False)
    states = {name: state for _, name, _, _, state in await shell.user_list(place.settings)}
    assert states["putri"] == "leaving"
    await shell.user_enable(place.settings, "putri")
    await erase_all(served, at)
    await served.visitor().sign_in("putri")
    at = await shell.user_delete(place.settings, "putri", whole=False, at_once=True)
    await erase_all(served, at)
    states = {id: state for id, _, _, _, state in await shell.user_list(place.settings)}
    assert "deleted" in states.values()
    with pytest.raises(LastAdministrator):
        await shell.user_delete(place.settings, "ana", whole=False, at_once=True)
    # Whoever has the shell vouches for the one who gets the name.
    await shell.user_add(place.settings, "putri", PASSWORD, None, False)


@pytest.mark.gen_test(timeout=120)
async def test_who_comes_back_after_redis_was_restarted_is_in_their_rooms_as_before(
    ana: Visitor, served: Served
) -> None:
    rina = await new(served, "rina")
    await leave(rina)
    client = served.worker.chat.client
    await client.call("DEL", client.keys.run)  # as after a restart: what SQL knows is put back
    for _ in range(200):
        back = await served.visitor().post(
            "/api/session", {"username": "rina", "password": PASSWORD}
        )
        if back.status == 201:
            break
        await asyncio.sleep(0.1)
    again = await rina.again()
    await again.say("here I am", ana.room)
    assert "here I am" in [
        one["body"] for one in (await again.get(f"/api/rooms/{ana.room}/messages")).json["messages"]
    ]


@pytest.mark.gen_test(timeout=120)
async def test_who_signs_in_while_they_leave_is_not_signed_in_to_a_closed_account(
    ana: Visitor, served: Served
) -> None:
    sari = await new(served, "sari")
    chat = served.worker.chat
    async with chat.announcer.change(chat.now()) as change:
        # Its password is looked at before, and its session is to begin after the account is closed.
        coming = asyncio.ensure_future(sari.again())
        await asyncio.sleep(0.5)
        user = await users.by_id(change.conn, sari.id)
        assert user is not None
        await begin_to_leave(change, user, sari.id, whole=False, grace_ms=GRACE_MS)
    again = await coming
    assert "disabled" not in await person(ana, sari.id)
    assert (await again.get("/api/session")).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_nobody_comes_back_by_signing_in_when_their_time_has_come(served: Served) -> None:
    tari = await new(served, "tari")
    await leave(tari)
    chat = served.worker.chat
    async with chat.database.write() as conn:
        await users.note_leaving(conn, tari.id, at=chat.now(), by=tari.id, whole=False)
    back = {"username": "tari", "password": PASSWORD}
    assert_refused(await served.visitor().post("/api/session", back), BadCredentials)


@pytest.mark.gen_test(timeout=120)
async def test_whoever_is_let_in_again_while_they_are_erased_loses_nothing_more(
    ana: Visitor, place: Place, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eraser, "PAGE", 1)
    uma = await new(served, "uma")
    room = await uma.make_room("Workshop")
    await ana.enter(room)
    for number in range(8):
        await uma.say(f"step {number}", room)
    at = await leave(uma, messages=True)
    erasing = asyncio.ensure_future(served.worker.eraser.erase(at))
    for _ in range(500):
        page = (await ana.get(f"/api/rooms/{room}/messages")).json["messages"]
        if any(one.get("deleted") for one in page):
            break
        await asyncio.sleep(0.01)
    await shell.user_enable(place.settings, "uma")
    back = await uma.again()
    said = await back.say("I am back", room)
    assert await erasing is False
    await erase_all(served, at)
    [mine] = (await ana.get(f"/api/rooms/{room}/messages?ids={said}")).json["messages"]
    assert mine["body"] == "I am back"
    assert (await person(ana, uma.id))["username"] == "uma"


@pytest.mark.gen_test(timeout=120)
async def test_who_wanted_what_they_wrote_to_go_has_it_whoever_closes_the_account_again(
    ana: Visitor, served: Served
) -> None:
    vera = await new(served, "vera")
    said = await vera.say("not for ever", ana.room)
    await leave(vera, messages=True)
    answer = await ana.delete(f"/api/users/{vera.id}", json={})
    await erase_all(served, answer.json["erased_at"])
    [gone] = (await ana.get(f"/api/rooms/{ana.room}/messages?ids={said}")).json["messages"]
    assert gone["deleted"] is True
