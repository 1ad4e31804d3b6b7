"""What administrators see and do, with effect at once, and that nobody else does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.handlers.place import Place, Served
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.domain.errors import (
    Archived,
    BadCredentials,
    Conflict,
    Forbidden,
    InvalidValue,
    LastAdministrator,
    Muted,
    NotFound,
    SignupClosed,
    Unauthenticated,
)
from tornchat.handlers.routes import ROUTES

WAYS = [
    (pattern.replace("([a-z0-9]+)", "0123456789"), method)
    for pattern, handler in ROUTES
    if pattern.startswith("/api/admin/")
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    if method.lower() in vars(handler)
]


async def people(who: Visitor, query: str = "") -> dict[str, dict[str, Any]]:
    answer = await who.get(f"/api/admin/people?{query}")
    assert answer.status == 200, answer
    return {person["username"]: person for person in answer.json["people"]}


async def done(who: Visitor, query: str = "") -> list[str]:
    answer = await who.get(f"/api/admin/audit?{query}")
    assert answer.status == 200, answer
    return [entry["kind"] for entry in answer.json["entries"]]


@pytest.mark.gen_test(timeout=120)
async def test_administration_is_the_administrators_alone(ana: Visitor, budi: Visitor) -> None:
    assert len(WAYS) == 13
    made = await ana.post("/api/bots", {"username": "sweeper"})
    bot = ana.stranger()
    bot.token = made.json["token"]
    for who in (budi, bot):
        for path, method in WAYS:
            body = {"signup": "open", "role": "admin", "user": who.id}
            answer = await who.ask(method, path, {} if method == "GET" else body)
            assert_refused(answer, Forbidden)


@pytest.mark.gen_test(timeout=120)
async def test_everybody_is_found_a_page_at_a_time(ana: Visitor, budi: Visitor) -> None:
    names = [f"guest{number}" for number in range(3)]
    for name in names:
        await ana.stranger().sign_up(name, display_name=f"Émile {name}")
    await budi.say("Hello")
    page = (await ana.get("/api/admin/people?q=guest&limit=2")).json
    assert [person["username"] for person in page["people"]] == names[:2]
    assert (page["more"], page["total"]) == (True, 3)
    rest = (await ana.get(f"/api/admin/people?q=guest&after={page['people'][1]['id']}")).json
    assert [person["username"] for person in rest["people"]] == names[2:]
    assert rest["more"] is False
    assert set(await people(ana, "q=émile%20guest1")) == {"guest1"}
    assert set(await people(ana, "role=admin")) == {"ana"}
    mine = (await people(ana, "q=@budi"))["budi"]
    assert (mine["sessions"], mine["there"], mine["role"]) == (1, False, "member")
    assert mine["active_at"] >= mine["created_at"]
    for query in ("role=king", "state=asleep", "limit=0", f"q={'x' * 65}"):
        assert_refused(await ana.get(f"/api/admin/people?{query}"), InvalidValue)


@pytest.mark.gen_test(timeout=120)
async def test_a_new_role_holds_from_that_moment_on_all_workers(
    ana: Visitor, place: Place, served: Served
) -> None:
    dewi = await ana.stranger().sign_up("dewi")
    address = f"/api/admin/people/{dewi.id}"
    async with place.serving() as other:
        elsewhere = await other.visitor().sign_in("dewi")
        assert_refused(await elsewhere.get("/api/bots"), Forbidden)
        stream = await elsewhere.stream()
        assert (await ana.ask("PATCH", address, {"role": "admin"})).json["role"] == "admin"
        for who in (dewi, elsewhere):
            assert (await who.get("/api/bots")).status == 200
        told, _ = await stream.until("person.changed")
        assert (told["user"], told["role"]) == (dewi.id, "admin")
        # She may take it from ana now, and not from herself when she is the last.
        taken = await dewi.ask("PATCH", f"/api/admin/people/{ana.id}", {"role": "member"})
        assert taken.status == 200
        assert_refused(await ana.get("/api/bots"), Forbidden)
        for asked in ({"role": "member"}, {"disabled": True}):
            refused = await elsewhere.ask("PATCH", address, asked)
            assert_refused(refused, LastAdministrator, "only")
        back = await elsewhere.ask("PATCH", f"/api/admin/people/{ana.id}", {"role": "admin"})
        assert back.status == 200
        assert (await ana.ask("PATCH", address, {"role": "member"})).status == 200
        for who in (dewi, elsewhere):
            assert_refused(await who.get("/api/bots"), Forbidden)
        stream.close()
    assert (await done(ana, "person=dewi&kind=account.role")) == ["account.role"] * 4
    for asked in ({}, {"role": "king"}, {"disabled": "yes"}):
        assert_refused(await ana.ask("PATCH", address, asked), InvalidValue)
    nobody = await ana.ask("PATCH", "/api/admin/people/nobody", {"disabled": True})
    assert_refused(nobody, NotFound)


@pytest.mark.gen_test(timeout=120)
async def test_who_is_disabled_is_out_at_once_and_may_come_back(ana: Visitor) -> None:
    eka = await ana.stranger().sign_up("eka")
    address = f"/api/admin/people/{eka.id}"
    stream = await eka.stream()
    await stream.until("hello")
    assert (await ana.ask("PATCH", address, {"disabled": True})).json["disabled"] is True
    assert (await stream.until("bye"))[0]["code"] == "disabled"
    assert_refused(await eka.get("/api/session"), Unauthenticated)
    assert set(await people(ana, "state=disabled")) >= {"eka"}
    assert (await ana.ask("PATCH", address, {"disabled": False})).status == 200
    await eka.sign_in("eka")

    other = await eka.again()
    assert (await ana.delete(f"{address}/sessions")).status == 204
    for who in (eka, other):
        assert_refused(await who.get("/api/session"), Unauthenticated)
    await eka.sign_in("eka")
    made = await ana.post(f"{address}/password", {})
    assert made.status == 201
    assert_refused(await eka.get("/api/session"), Unauthenticated)
    credentials = {"username": "eka", "password": "correct horse battery"}
    assert_refused(await eka.stranger().post("/api/session", credentials), BadCredentials)
    await eka.sign_in("eka", made.json["password"])
    expected = [
        *("session.began", "session.failed", "account.reset", "session.began", "session.swept"),
        *("session.began", "session.began", "account.enabled", "account.disabled"),
        "account.created",
    ]
    assert await done(ana, "person=eka") == expected
    assert made.json["password"] not in (await ana.get("/api/admin/audit/export")).body.decode()
    assert_refused(await ana.post(f"/api/admin/people/{ana.id}/password", {}), Conflict)


@pytest.mark.gen_test(timeout=120)
async def test_a_token_neither_makes_administrators_nor_passwords(
    ana: Visitor, served: Served
) -> None:
    from tornchat.archive import users
    from tornchat.chat import accounts

    chat = served.worker.chat
    async with chat.announcer.change(chat.now()) as change:
        user = await users.by_id(change.conn, ana.id)
        assert user is not None
        token = await accounts.begin_session(change, user, "token", "", None)
    robot = ana.stranger()
    robot.token = token
    farid = await ana.stranger().sign_up("farid")
    address = f"/api/admin/people/{farid.id}"
    assert (await robot.get("/api/admin/people")).status == 200
    assert_refused(await robot.ask("PATCH", address, {"role": "admin"}), Forbidden)
    assert_refused(await robot.post(f"{address}/password", {}), Forbidden)
    assert (await robot.ask("PATCH", address, {"disabled": True})).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_rooms_are_seen_by_name_and_size_and_get_an_owner_where_none_is_left(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    cellar = await budi.make_room("Cellar", private=True, description="secret wines")
    garden = await budi.make_room("Garden", description="Plants")
    await budi.say("psst", cellar)
    file = await budi.upload(b"x" * 100)
    await budi.say("a list", cellar, files=[file["id"]])
    await budi.post("/api/direct", {"users": [citra.id]})

    async def archived() -> list[int]:
        found = (await ana.get("/api/admin/rooms?q=cell")).json["rooms"]
        return [room["messages"] for room in found]

    for _ in range(200):
        if await archived() == [2]:
            break
        await asyncio.sleep(0.05)
    found = (await ana.get("/api/admin/rooms?limit=2")).json
    assert [room["name"] for room in found["rooms"]] == ["Garden", "Cellar"]
    shown = {room["name"]: room for room in found["rooms"]}
    assert shown["Garden"]["description"] == "Plants"
    assert "description" not in shown["Cellar"]
    assert (shown["Cellar"]["members"], shown["Cellar"]["bytes"]) == (1, 100)
    more = (await ana.get(f"/api/admin/rooms?after={cellar}")).json
    assert "General" in [room["name"] for room in more["rooms"]]
    assert None not in [room["name"] for room in more["rooms"]]

    owner = f"/api/admin/rooms/{garden}/owner"
    assert_refused(await ana.put(owner, {"user": citra.id}), Conflict)
    await ana.ask("PATCH", f"/api/admin/people/{budi.id}", {"disabled": True})
    left = (await ana.get("/api/admin/rooms?state=ownerless")).json["rooms"]
    assert {room["id"] for room in left} >= {cellar, garden}
    assert (await ana.put(owner, {"user": citra.id})).status == 204
    seats = (await citra.get(f"/api/rooms/{garden}/members")).json["members"]
    assert {seat["id"]: seat["role"] for seat in seats}[citra.id] == "owner"
    assert (await citra.delete(f"/api/rooms/{garden}")).status == 204
    gone = (await ana.get("/api/admin/rooms?state=archived")).json["rooms"]
    assert [room["id"] for room in gone] == [garden]
    await ana.ask("PATCH", f"/api/rooms/{garden}", {"archived": False})
    await ana.ask("PATCH", f"/api/admin/people/{budi.id}", {"disabled": False})
    await budi.sign_in("budi")
    kinds = await done(ana, "kind=room")
    assert kinds[:2] == ["room.returned", "room.archived"]

    stored = (await ana.get("/api/admin/storage")).json
    assert {"id": cellar, "name": "Cellar", "kind": "private", "count": 1, "bytes": 100} in (
        stored["rooms"]
    )
    assert stored["people"][0]["user"]["id"] == budi.id
    assert stored["database"] > 0
    assert 0 < stored["disk"]["free"] <= stored["disk"]["total"]


@pytest.mark.gen_test(timeout=120)
async def test_who_may_sign_up_is_chosen_live_unless_the_operator_has(
    ana: Visitor, place: Place
) -> None:
    async with place.serving() as other, place.serving(signup="invite") as fixed:
        elsewhere = other.visitor()
        assert (await elsewhere.get("/api/server")).json["signup"] == "open"
        changed = await ana.ask("PATCH", "/api/admin/settings", {"signup": "closed"})
        assert changed.json == {"signup": "closed", "fixed": False}
        new = {"username": "late", "password": "correct horse battery"}
        assert_refused(await elsewhere.post("/api/users", new), SignupClosed)
        for _ in range(200):
            if (await elsewhere.get("/api/server")).json["signup"] == "closed":
                break
            await asyncio.sleep(0.05)
        assert (await elsewhere.get("/api/server")).json["signup"] == "closed"
        there = await fixed.visitor().sign_in("ana")
        assert (await there.get("/api/admin/settings")).json == {"signup": "invite", "fixed": True}
        refused = await there.ask("PATCH", "/api/admin/settings", {"signup": "open"})
        assert_refused(refused, Conflict)
        for asked in ({}, {"signup": "friends"}):
            assert_refused(await ana.ask("PATCH", "/api/admin/settings", asked), InvalidValue)
        await ana.ask("PATCH", "/api/admin/settings", {"signup": "open"})
        await elsewhere.sign_up("late")
    assert await done(ana, "kind=settings") == ["settings.changed"] * 2


@pytest.mark.gen_test(timeout=120)
async def test_invitations_of_everybody_are_seen_with_what_became_of_them(
    ana: Visitor, budi: Visitor
) -> None:
    room = await budi.make_room("Shed", private=True)
    one = (await budi.post("/api/invites", {"room": room})).json
    two = (await ana.post("/api/invites", {"uses": 5})).json
    await ana.delete(f"/api/invites/{one['id']}")
    found = (await ana.get("/api/admin/invites")).json
    states = {invite["id"]: invite["state"] for invite in found["invites"]}
    assert (states[one["id"]], states[two["id"]]) == ("revoked", "good")
    assert found["rooms"][room] == "Shed"
    assert {person["id"] for person in found["people"]} == {ana.id, budi.id}
    assert "url" not in found["invites"][0]


@pytest.mark.gen_test(timeout=120)
async def test_every_worker_says_how_it_is_when_somebody_looks(ana: Visitor, place: Place) -> None:
    async with place.serving():
        stream = await ana.stream()
        await stream.until("hello")
        one, two = await asyncio.gather(*(ana.get("/api/admin/health") for _ in range(2)))
        assert one.json == two.json  # they looked at the same time, and shared the question
        health = one.json
        assert len(health["workers"]) == 2
        assert health["silent"] == 0
        for worker in health["workers"]:
            assert worker["state"] == "serving"
            assert len(worker["bus_delay"]["counts"]) == len(worker["bus_delay"]["bounds"]) + 1
        assert health["database"]["engine"].startswith("SQLite 3")
        assert {"version", "uptime", "memory", "answered_ms"} <= health["redis"].keys()
        stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_hook_of_an_archived_room_and_a_muted_bot_are_told_why(
    ana: Visitor, budi: Visitor, stranger: Visitor
) -> None:
    room = await budi.make_room("Loud")
    made = (await budi.post(f"/api/rooms/{room}/hooks", {"name": "Bell"})).json
    path = made["url"].partition("/api/")[2]
    soon = (await ana.get("/api/admin/health")).json["at"] + 3_600_000
    member = f"/api/rooms/{room}/members/{made['bot']}"
    assert (await budi.ask("PATCH", member, {"muted_until": soon})).status == 200
    assert_refused(await stranger.post(f"/api/{path}", {"text": "ding"}), Muted)
    assert (await budi.ask("PATCH", member, {"muted_until": 0})).status == 200
    await budi.ask("PATCH", f"/api/rooms/{room}", {"posting": "staff"})
    assert_refused(await stranger.post(f"/api/{path}", {"text": "ding"}), Forbidden, "moderators")
    await budi.delete(f"/api/rooms/{room}")
    assert_refused(await stranger.post(f"/api/{path}", {"text": "ding"}), Archived)
