"""Order in rooms: settings, roles, muting, the archive; and who may do which of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.handlers.place import Served, eventually
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.archive import rooms, users
from tornchat.domain.errors import (
    Archived,
    Conflict,
    Forbidden,
    InvalidValue,
    Muted,
    NameTaken,
    NotFound,
)
from tornchat.log import mirror


async def change(who: Visitor, room: str, **values: Any) -> dict[str, Any]:
    answer = await who.ask("PATCH", f"/api/rooms/{room}", values)
    assert answer.status == 200, answer
    settings: dict[str, Any] = answer.json
    return settings


async def give(who: Visitor, room: str, other: Visitor, **values: Any) -> dict[str, Any]:
    answer = await who.ask("PATCH", f"/api/rooms/{room}/members/{other.id}", values)
    assert answer.status == 200, answer
    member: dict[str, Any] = answer.json
    return member


async def roles(who: Visitor, room: str) -> dict[str, str]:
    members = (await who.get(f"/api/rooms/{room}/members")).json["members"]
    return {member["id"]: member["role"] for member in members}


@pytest.mark.gen_test(timeout=120)
async def test_an_owner_changes_a_room_and_everybody_hears_it(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await budi.make_room("Meadow")
    await citra.enter(room)
    cursor = (await citra.poll(None))["cursor"]
    asked = {"name": "Wide meadow", "description": "Grass", "posting": "staff", "adding": "staff"}
    settings = await change(budi, room, **asked)
    assert settings == {"id": room, "kind": "open", "history": "all", **asked}
    there = (await citra.get(f"/api/rooms/{room}")).json
    assert there | settings == there
    events = (await citra.poll(cursor))["events"]
    assert [(event["kind"], event["topic"]) for event in events] == [
        ("room.changed", f"room:{room}"),
        ("room.changed", "space"),
    ]
    assert events[0]["posting"] == "staff"
    assert events[1]["members"] == 2
    assert "posting" not in events[1]
    # Nothing to change: nothing to say.
    await change(budi, room, **asked)
    assert (await citra.poll(events[-1]["id"]))["events"] == []
    answer = await citra.post(f"/api/rooms/{room}/messages", {"body": "may I?"})
    assert_refused(answer, Forbidden, "owners and moderators")
    assert_refused(await citra.put(f"/api/rooms/{room}/members/{ana.id}"), Forbidden)
    await budi.say("listen", room)
    await give(budi, room, citra, role="moderator")
    await citra.say("now I may", room)
    await citra.bring(ana, room)
    await give(budi, room, citra, role="member")
    answer = await citra.post(f"/api/rooms/{room}/messages", {"body": "not any more"})
    assert_refused(answer, Forbidden)
    await change(budi, room, posting="all")
    await citra.say("all may", room)


@pytest.mark.gen_test(timeout=120)
async def test_only_who_may_changes_a_room(ana: Visitor, budi: Visitor, citra: Visitor) -> None:
    room, secret = await budi.make_room("Hill"), await budi.make_room("Cave", private=True)
    await citra.enter(room)
    for method, path, body in (
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", {}),
        ("PATCH", f"/members/{budi.id}", {"role": "member"}),
        ("PATCH", f"/members/{citra.id}", {"role": "owner"}),
        ("PATCH", f"/members/{budi.id}", {"muted_until": 0}),
        ("DELETE", f"/members/{budi.id}", {}),
    ):
        assert_refused(await citra.ask(method, f"/api/rooms/{room}{path}", body), Forbidden)
        assert_refused(await citra.ask(method, f"/api/rooms/{secret}{path}", body), NotFound)
    await give(budi, room, citra, role="moderator")
    answer = await citra.ask("PATCH", f"/api/rooms/{room}/members/{citra.id}", {"role": "owner"})
    assert_refused(answer, Forbidden)
    assert_refused(await citra.delete(f"/api/rooms/{room}/members/{budi.id}"), Forbidden)
    for wrong in (
        {"name": ""},
        {"private": 1},
        {"history": "since"},
        {"posting": "some"},
        {"adding": None},
        {"archived": True},
    ):
        assert_refused(await budi.ask("PATCH", f"/api/rooms/{room}", wrong), InvalidValue)
    path = f"/api/rooms/{room}/members/{citra.id}"
    for values in ({}, {"role": "king"}, {"muted_until": 1}, {"muted_until": "x"}):
        assert_refused(await budi.ask("PATCH", path, values), InvalidValue)
    answer = await budi.ask("PATCH", f"/api/rooms/{room}", {"name": "CAVE"})
    assert_refused(answer, NameTaken)
    # The administrator keeps order everywhere, without being there.
    assert (await change(ana, secret, name="Deep cave"))["name"] == "Deep cave"
    assert_refused(await ana.get(f"/api/rooms/{secret}/messages"), NotFound)


@pytest.mark.gen_test(timeout=120)
async def test_a_room_keeps_an_owner(ana: Visitor, budi: Visitor, citra: Visitor) -> None:
    room = await ana.make_room("Tower")
    await budi.enter(room)
    await citra.enter(room)
    path = f"/api/rooms/{room}/members/{ana.id}"
    assert_refused(await ana.ask("PATCH", path, {"role": "member"}), Conflict)
    await give(ana, room, citra, role="moderator")
    await ana.delete(f"/api/rooms/{room}/members/me")
    assert await roles(budi, room) == {budi.id: "member", citra.id: "owner"}
    await citra.delete(f"/api/rooms/{room}/members/me")
    assert await roles(budi, room) == {budi.id: "owner"}


@pytest.mark.gen_test(timeout=120)
async def test_neither_programs_nor_closed_accounts_are_left_in_charge(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    room = await budi.make_room("Robots", private=True)
    hook = (await budi.post(f"/api/rooms/{room}/hooks", {"name": "Robot"})).json["bot"]
    await budi.bring(citra, room)
    dewi = await ana.stranger().sign_up("dewi")
    await budi.bring(dewi, room)
    await give(budi, room, dewi, role="owner")
    async with served.worker.database.write() as conn:
        await users.disable(conn, dewi.id, 1)
    path = f"/api/rooms/{room}/members/{budi.id}"
    assert_refused(await budi.ask("PATCH", path, {"role": "member"}), Conflict)
    await budi.delete(f"/api/rooms/{room}/members/me")
    there = {hook: "member", citra.id: "owner", dewi.id: "owner"}
    assert await roles(citra, room) == there
    assert_refused(await ana.put(f"/api/rooms/{room}/members/me"), NotFound)
    await citra.delete(f"/api/rooms/{room}/members/me")
    assert (await ana.put(f"/api/rooms/{room}/members/me")).json["role"] == "owner"


@pytest.mark.gen_test(timeout=120)
async def test_who_is_muted_reads_on_and_writes_when_it_is_over(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    room = await ana.make_room("Library")
    for other in (budi, citra):
        await other.enter(room)
    await give(ana, room, citra, role="moderator")
    mine = await budi.say("psst", room, nonce="psst")
    until = served.worker.chat.now() + 3_600_000
    member = await give(citra, room, budi, muted_until=until)
    assert (member["role"], member["muted"]) == ("member", until)
    assert (await budi.get(f"/api/rooms/{room}")).json["muted"] == until
    post = f"/api/rooms/{room}/messages"
    answer = await budi.post(post, {"body": "but"})
    assert_refused(answer, Muted)
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    assert_refused(await budi.ask("PATCH", f"/api/messages/{mine}", {"body": "x"}), Muted)
    assert_refused(await budi.put(f"/api/messages/{mine}/reactions/%F0%9F%91%8D"), Muted)
    # What was accepted before is answered as before.
    assert (await budi.post(post, {"body": "psst", "nonce": "psst"})).status == 200
    await budi.delete(f"/api/rooms/{room}/members/me")
    await budi.enter(room)
    assert_refused(await budi.post(post, {"body": "again"}), Muted)
    assert (await budi.delete(f"/api/messages/{mine}")).status == 204
    await give(citra, room, budi, muted_until=served.worker.chat.now() + 400)
    await asyncio.sleep(0.6)
    await budi.say("at last", room)
    assert "muted" not in (await budi.get(f"/api/rooms/{room}")).json
    await give(citra, room, budi, muted_until=until)
    await give(citra, room, budi, muted_until=0)
    await budi.say("thank you", room)
    assert_refused(
        await citra.ask("PATCH", f"/api/rooms/{room}/members/{ana.id}", {"muted_until": until}),
        Forbidden,
    )


@pytest.mark.gen_test(timeout=120)
async def test_a_moderator_takes_messages_of_others_away(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await ana.make_room("Square")
    for other in (budi, citra):
        await other.enter(room)
    [first, second] = [await budi.say(text, room) for text in ("rude", "ruder")]
    assert_refused(await citra.delete(f"/api/messages/{first}"), Forbidden)
    await give(ana, room, citra, role="moderator")
    assert (await citra.delete(f"/api/messages/{first}")).status == 204
    assert (await budi.delete(f"/api/messages/{second}")).status == 204
    for _ in range(2):
        page = (await budi.get(f"/api/rooms/{room}/messages")).json["messages"]
        told = {message["id"]: message.get("deleted_by") for message in page}
        assert told == {first: citra.id, second: None}


@pytest.mark.gen_test(timeout=120)
async def test_an_archived_room_is_only_read_until_it_is_brought_back(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    room = await budi.make_room("Cellar")
    await citra.enter(room)
    said = await citra.say("old wine", room)
    cursor = (await ana.poll(None))["cursor"]
    for _ in range(2):
        assert (await budi.delete(f"/api/rooms/{room}")).status == 204
    assert [event["kind"] for event in (await ana.poll(cursor))["events"]] == ["room.archived"]
    path = f"/api/rooms/{room}"
    assert (await citra.get(path)).json["archived"] is True
    assert (await citra.page(room))[0] == [said]
    assert_refused(await citra.post(f"{path}/messages", {"body": "more"}), Archived)
    assert_refused(await citra.put(f"/api/messages/{said}/reactions/%F0%9F%91%8D"), Archived)
    assert_refused(await ana.put(f"{path}/members/me"), NotFound)
    assert_refused(await budi.ask("PATCH", path, {"name": "Attic"}), Archived)
    assert_refused(await citra.ask("PATCH", path, {"archived": False}), Forbidden)
    assert room not in {one["id"] for one in (await ana.get("/api/rooms")).json["discoverable"]}
    assert room in {one["id"] for one in (await ana.get("/api/archived")).json["rooms"]}
    assert_refused(await budi.get("/api/archived"), Forbidden)
    other = await citra.make_room("Cellar")
    assert_refused(await budi.ask("PATCH", path, {"archived": False}), NameTaken)
    assert (await change(budi, room, archived=False, name="Cellar 1"))["name"] == "Cellar 1"
    await citra.say("new wine", room)
    assert (await budi.delete(f"/api/rooms/{other}")).status == 403


@pytest.mark.gen_test(timeout=120)
async def test_a_post_and_the_archive_at_once_leave_nothing_after_the_archive(
    budi: Visitor, citra: Visitor
) -> None:
    room = await budi.make_room("Station")
    await citra.enter(room)
    cursor = (await budi.poll(None))["cursor"]
    path = f"/api/rooms/{room}"
    posts = [citra.post(f"{path}/messages", {"body": f"{number}"}) for number in range(30)]
    answers = await asyncio.gather(*posts[:15], budi.delete(path), *posts[15:])
    accepted = sum(answer.status == 201 for answer in answers)
    events = (await budi.poll(cursor))["events"]
    kinds = [event["kind"] for event in events if event["topic"] == f"room:{room}"]
    assert kinds == ["message"] * accepted + ["room.archived"]


@pytest.mark.gen_test(timeout=120)
async def test_a_private_room_that_is_opened_keeps_what_was_said_among_few(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await budi.make_room("Attic", private=True)
    secret = await budi.say("only for me", room)
    assert (await citra.get("/api/rooms")).json["discoverable"] is not None
    assert (await change(budi, room, private=False))["history"] == "since"
    since = await budi.say("welcome", room)
    await citra.enter(room)
    assert (await citra.page(room))[0] == [since]
    assert (await budi.page(room))[0] == [secret, since]
    assert_refused(await citra.put(f"/api/messages/{secret}/reactions/%F0%9F%91%8D"), NotFound)
    await change(budi, room, history="all")
    assert (await citra.page(room))[0] == [secret, since]
    cursor = (await ana.poll(None))["cursor"]
    assert (await change(budi, room, private=True, name="Plans"))["history"] == "all"
    [event] = (await ana.poll(cursor))["events"]
    assert (event["topic"], event["private"]) == ("space", True)
    assert "name" not in event
    assert_refused(await ana.get(f"/api/rooms/{room}/messages"), NotFound)
    await change(budi, room, history="joined")
    assert (await citra.page(room))[0] == []
    assert (await budi.page(room))[0] == [secret, since]


@pytest.mark.gen_test(timeout=120)
async def test_a_room_is_private_until_it_is_announced_that_it_is_not(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    room = await budi.make_room("Curtain", private=True)
    await budi.say("velvet for one", room)
    await budi.bring(citra, room)
    chat, client = served.worker.chat, served.worker.client
    # Nobody announces for a while.
    await client.call("SET", client.keys.lease, "somebody else", "PX", 60_000)
    opening = asyncio.ensure_future(change(budi, room, private=False))
    await eventually(lambda: is_open(served, room), "the change in SQL")
    chat.known.clear()
    assert (await citra.page(room))[0] == []
    assert (await citra.get("/api/search?q=velvet")).json["messages"] == []
    among_few = await budi.say("velvet for two", room)
    await client.call("DEL", client.keys.lease)
    assert (await opening)["history"] == "since"
    await change(budi, room, description="Up")
    await ana.enter(room)
    for_all = await budi.say("velvet for all", room)
    assert (await ana.page(room))[0] == [for_all]
    assert (await citra.page(room))[0] == [among_few, for_all]
    # Nor after the mirror was lost.
    await client.calls(
        [("DEL", client.keys.mirror(f"conduct:{room}")), ("SET", client.keys.run, "another")]
    )
    assert (await ana.page(room))[0] == [for_all]


async def is_open(served: Served, room: str) -> bool:
    async with served.worker.database.read() as conn:
        found = await rooms.by_id(conn, room)
    return found is not None and found.kind == "open"


@pytest.mark.gen_test(timeout=120)
async def test_a_fence_puts_back_who_may_not_write(
    budi: Visitor, citra: Visitor, served: Served
) -> None:
    muted, gone = await budi.make_room("Loud"), await budi.make_room("Past")
    quiet = await budi.make_room("News", private=True)
    await change(budi, quiet, posting="staff", history="all")
    for room in (muted, gone):
        await citra.enter(room)
    await budi.bring(citra, quiet)
    await give(budi, muted, citra, muted_until=served.worker.chat.now() + 3_600_000)
    await budi.delete(f"/api/rooms/{gone}")
    client = served.worker.client
    names = [client.keys.mirror(f"conduct:{room}") for room in (muted, gone, quiet)]
    await client.calls([("DEL", name) for name in names] + [("SET", client.keys.run, "another")])
    for room, error in ((muted, Muted), (gone, Archived), (quiet, Forbidden)):
        answer = await citra.post(f"/api/rooms/{room}/messages", {"body": "x"})
        assert_refused(answer, error)
    assert (await budi.say("news", quiet)) > 0
    assert (await mirror.readable(client, citra.id, quiet))[1] == 0


@pytest.mark.gen_test(timeout=120)
async def test_what_may_be_read_may_be_found_and_nothing_else(
    budi: Visitor, citra: Visitor
) -> None:
    room = await budi.make_room("Pantry", private=True)
    hidden = await budi.say("marmalade among few", room)
    await change(budi, room, private=False)
    shown = await budi.say("marmalade for all", room)
    await citra.enter(room)

    async def finds() -> list[int]:
        found = (await citra.get("/api/search?q=marmalade")).json["messages"]
        return [message["id"] for message in found]

    assert await finds() == [shown]
    await change(budi, room, history="all")
    assert await finds() == [shown, hidden]
    await change(budi, room, history="joined")
    assert await finds() == []
