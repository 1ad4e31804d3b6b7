"""Rooms over HTTP: who sees, enters, fills and empties which."""

from __future__ import annotations

import pytest

from tests.handlers.visitor import Visitor, assert_refused
from tornchat.domain.errors import Forbidden, InvalidValue, NameTaken, NotFound

FIELDS = {
    "id", "name", "kind", "description", "members", "head", "last_read", "unread", "mentions",
    "mentioned", "level", "read_turn", "role", "history", "posting", "adding",
}  # fmt: skip
OUTSIDE = {"id", "name", "kind", "description", "members"}


async def names(visitor: Visitor) -> tuple[set[str], set[str]]:
    """Names of my rooms and of those that I could join."""
    found = (await visitor.get("/api/rooms")).json
    return ({r["name"] for r in found["rooms"]}, {r["name"] for r in found["discoverable"]})


@pytest.mark.gen_test(timeout=120)
async def test_a_new_open_room_is_its_makers_and_everybodys_to_find(
    ana: Visitor, budi: Visitor
) -> None:
    answer = await ana.post("/api/rooms", {"name": " Garden ", "description": "Plants\nand more"})
    assert answer.status == 201
    room = answer.json
    assert room.keys() == FIELDS
    assert (room["name"], room["kind"], room["role"]) == ("Garden", "open", "owner")
    assert (room["description"], room["members"], room["unread"]) == ("Plants\nand more", 1, 0)
    assert (await ana.get(f"/api/rooms/{room['id']}")).json == room
    assert "Garden" in (await names(ana))[0]
    assert "Garden" in (await names(budi))[1]
    seen = (await budi.get(f"/api/rooms/{room['id']}")).json
    assert seen.keys() == OUTSIDE


@pytest.mark.gen_test(timeout=120)
async def test_an_open_room_is_read_and_written_only_after_joining(
    ana: Visitor, budi: Visitor
) -> None:
    room = await ana.make_room("Kitchen")
    early = await ana.say("before you came", room)
    for method, path, body in (
        ("GET", "messages", None),
        ("POST", "messages", {"body": "x"}),
        ("GET", "members", None),
        ("PUT", "read", {"id": 1}),
        ("PUT", "read", {"id": 1, "unread": True}),
        ("PUT", "level", {"level": "all"}),
        ("PUT", f"members/{ana.id}", {}),
        ("DELETE", f"members/{ana.id}", {}),
    ):
        answer = await budi.ask(method, f"/api/rooms/{room}/{path}", body)
        assert_refused(answer, Forbidden)
    answer = await budi.put(f"/api/rooms/{room}/members/me")
    assert answer.status == 200
    assert answer.json.keys() == FIELDS
    assert (answer.json["role"], answer.json["members"], answer.json["unread"]) == ("member", 2, 0)
    assert await budi.page(room) == ([early], False)
    assert (await budi.put(f"/api/rooms/{room}/members/{budi.id}")).status == 200
    await budi.say("hello", room)


@pytest.mark.gen_test(timeout=120)
async def test_a_private_room_does_not_exist_for_strangers(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await budi.make_room("Secrets", private=True)
    await budi.say("psst", room)
    nothing = "0123456789"
    for visitor in (ana, citra):  # ana is the administrator
        assert all("Secrets" not in part for part in await names(visitor))
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/messages", None),
            ("POST", "/messages", {"body": "x"}),
            ("GET", "/members", None),
            ("PUT", "/read", {"id": 1}),
            ("PUT", "/read", {"id": 1, "unread": True}),
            ("PUT", "/level", {"level": "all"}),
            ("PUT", "/members/me", {}),
            ("PUT", f"/members/{citra.id}", {}),
            ("DELETE", "/members/me", {}),
        ):
            here = await visitor.ask(method, f"/api/rooms/{room}{path}", body)
            problem = assert_refused(here, NotFound)
            there = await visitor.ask(method, f"/api/rooms/{nothing}{path}", body)
            assert assert_refused(there, NotFound) == problem
    answer = await citra.delete(f"/api/rooms/{room}/members/{budi.id}")
    assert_refused(answer, NotFound)


@pytest.mark.gen_test(timeout=120)
async def test_a_private_room_is_read_from_ones_joining_on(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Diary", private=True)
    await ana.say("before", room)
    await ana.bring(budi, room)
    seen = (await budi.get(f"/api/rooms/{room}")).json
    assert (seen["kind"], seen["unread"]) == ("private", 0)
    after = await ana.say("after", room)
    for query in ("", "before=9007199254740991", "after=0", f"around={after}", "limit=1"):
        assert await budi.page(room, query) == ([after], False), query
    assert (await ana.page(room))[0][-1] == after
    assert len((await ana.page(room))[0]) == 2
    await budi.delete(f"/api/rooms/{room}/members/me")
    assert_refused(await budi.get(f"/api/rooms/{room}/messages"), NotFound)
    await ana.say("between", room)
    await ana.bring(budi, room)
    assert await budi.page(room) == ([], False)
    stream = await budi.stream(f"?after={after - 1}")
    last = await ana.say("again", room)
    message, before = await stream.until("message")
    assert message["id"] == last, before
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_only_owners_and_administrators_remove_people(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await budi.make_room("Workshop")
    await citra.enter(room)
    remove_owner = f"/api/rooms/{room}/members/{budi.id}"
    assert_refused(await citra.delete(remove_owner), Forbidden)
    stream = await citra.stream()
    await stream.until("hello")
    answer = await budi.delete(f"/api/rooms/{room}/members/{citra.id}")
    assert (answer.status, answer.body) == (204, b"")
    left, _ = await stream.until("member.left")
    assert (left["user"], left["by"]) == (citra.id, budi.id)
    assert_refused(await citra.post(f"/api/rooms/{room}/messages", {"body": "still?"}), Forbidden)
    answer = await budi.delete(f"/api/rooms/{room}/members/{citra.id}")
    assert_refused(answer, NotFound)
    private = await budi.make_room("Cellar", private=True)
    await budi.bring(citra, private)
    assert (await ana.delete(f"/api/rooms/{private}/members/{citra.id}")).status == 204
    assert_refused(await citra.get(f"/api/rooms/{private}"), NotFound)
    await budi.say("only here", private)
    await budi.say("for all to see", budi.room)
    message, _ = await stream.until("message")
    assert message["room"] == budi.room
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_leaving_is_harmless_for_one_who_is_not_there(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Lobby")
    for _ in range(2):
        assert (await budi.delete(f"/api/rooms/{room}/members/me")).status == 204
    await budi.enter(room)
    assert (await budi.delete(f"/api/rooms/{room}/members/{budi.id}")).status == 204
    assert_refused(await budi.get(f"/api/rooms/{room}/members"), Forbidden)


@pytest.mark.gen_test(timeout=120)
async def test_members_are_listed_with_their_roles(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Choir")
    await ana.bring(budi, room)
    await ana.bring(budi, room)
    assert (await budi.get(f"/api/rooms/{room}/members")).json == {
        "members": [
            {"id": ana.id, "username": "ana", "display_name": "ana", "role": "owner"},
            {"id": budi.id, "username": "budi", "display_name": "budi", "role": "member"},
        ]
    }
    answer = await ana.put(f"/api/rooms/{room}/members/nobody")
    assert_refused(answer, NotFound, "no such person")


@pytest.mark.gen_test(timeout=120)
async def test_a_room_with_a_wrong_value_is_invalid(ana: Visitor) -> None:
    for values in (
        {}, {"name": ""}, {"name": 1}, {"name": "x" * 65}, {"name": "a\u202eb"},
        {"name": "Odd", "description": 0}, {"name": "Odd", "description": []},
        {"name": "Odd", "description": "x" * 501}, {"name": "Odd", "private": "yes"},
        {"name": "Odd", "private": 1},
    ):  # fmt: skip
        assert_refused(await ana.post("/api/rooms", values), InvalidValue)
    await ana.make_room("Straße")
    for name in ("Straße", "STRASSE", "straße "):
        for private in (False, True):
            answer = await ana.post("/api/rooms", {"name": name, "private": private})
            assert_refused(answer, NameTaken)


@pytest.mark.gen_test(timeout=120)
async def test_a_read_marker_moves_forward_only(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Library")
    await budi.enter(room)
    first, second = await ana.say("one", room), await ana.say("two", room)
    stream = await budi.stream()
    await stream.until("hello")

    async def read(id: object) -> int:
        answer = await budi.put(f"/api/rooms/{room}/read", {"id": id})
        assert (answer.status, answer.body) == (204, b"")
        marker: int = (await budi.get(f"/api/rooms/{room}")).json["last_read"]
        return marker

    assert await read(second) == second
    assert await read(first) == second
    assert await read(0) == second
    event, _ = await stream.until("read")
    assert (event["room"], event["last_read"]) == (room, second)
    assert event["topic"] == f"user:{budi.id}"
    stream.close()
    for id in (None, "1", -1, 2**53, True, 1.5):
        answer = await budi.put(f"/api/rooms/{room}/read", {"id": id})
        assert_refused(answer, InvalidValue)


@pytest.mark.gen_test(timeout=120)
async def test_what_is_still_to_come_cannot_be_marked_as_read(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Future")
    await budi.enter(room)
    assert (await budi.put(f"/api/rooms/{room}/read", {"id": 2**53 - 1})).status == 204
    await ana.say("news", room)
    assert await budi.unread(room) == 1


@pytest.mark.gen_test(timeout=120)
async def test_a_private_room_that_everybody_left_can_be_taken_over_by_an_administrator(
    ana: Visitor, budi: Visitor
) -> None:
    room = await budi.make_room("Deserted", private=True)
    secret = await budi.say("before everybody left", room)
    assert_refused(await ana.put(f"/api/rooms/{room}/members/me", {}), NotFound)
    assert (await budi.delete(f"/api/rooms/{room}/members/me")).status == 204
    assert_refused(await budi.put(f"/api/rooms/{room}/members/me", {}), NotFound)
    taken = await ana.put(f"/api/rooms/{room}/members/me", {})
    assert (taken.status, taken.json["role"]) == (200, "owner")
    assert secret not in (await ana.page(room))[0]
