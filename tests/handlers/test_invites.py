"""Invitations by link: who makes them, what they open, and how often they can be used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.handlers.place import Place, Served
from tests.handlers.visitor import PASSWORD, Visitor, assert_refused
from tornchat.archive.schema import invites
from tornchat.domain.errors import Forbidden, InvalidValue, InviteGone, NotFound, SignupClosed


async def invite(who: Visitor, **values: Any) -> tuple[str, str]:
    """Id and secret of a new invitation."""
    answer = await who.post("/api/invites", values)
    assert answer.status == 201, answer
    url: str = answer.json["url"]
    assert url.startswith(f"{who.url}/#/invite/")
    return answer.json["id"], url.rpartition("/")[2]


async def accept(who: Visitor, secret: str) -> Any:
    return await who.post("/api/invites/accept", {"invite": secret})


@asynccontextmanager
async def by_invitation(place: Place) -> AsyncIterator[Served]:
    async with place.serving(signup="invite") as served:
        yield served


@pytest.mark.gen_test(timeout=120)
async def test_a_link_leads_into_a_private_room_once(
    ana: Visitor, budi: Visitor, citra: Visitor, stranger: Visitor, served: Served
) -> None:
    room = await budi.make_room("Vault", private=True, description="Gold")
    id, secret = await invite(budi, room=room)
    seen = (await stranger.post("/api/invites/look", {"invite": secret})).json
    assert seen["room"] == {"id": room, "name": "Vault", "description": "Gold", "members": 1}
    assert seen["by"]["username"] == "budi"
    # Who is there already uses nothing up.
    assert (await accept(budi, secret)).json["room"]["id"] == room
    assert (await accept(citra, secret)).json["room"]["name"] == "Vault"
    assert_refused(await accept(ana, secret), InviteGone)
    for gone in (secret, "made-up"):
        assert_refused(await stranger.post("/api/invites/look", {"invite": gone}), InviteGone)
    assert (await budi.get(f"/api/invites?room={room}")).json["invites"] == []
    async with served.worker.database.read() as conn:
        rows = (await conn.execute(invites.select().where(invites.c.id == id))).mappings().all()
    assert [(row["used"], row["uses"]) for row in rows] == [(1, 1)]
    assert secret not in str(rows)


@pytest.mark.gen_test(timeout=120)
async def test_of_many_who_come_at_once_as_many_come_in_as_it_says(
    place: Place, ana: Visitor
) -> None:
    room = await ana.make_room("Boat", private=True)
    _, secret = await invite(ana, room=room, uses=2)
    async with by_invitation(place) as served:
        answers = await asyncio.gather(
            *(
                served.visitor().post(
                    "/api/users",
                    {"username": f"sailor{number}", "password": PASSWORD, "invite": secret},
                )
                for number in range(5)
            )
        )
    came = [answer for answer in answers if answer.status == 201]
    assert len(came) == 2
    for answer in came:
        assert room in {one["id"] for one in answer.json["rooms"]}
    for answer in answers:
        if answer not in came:
            assert_refused(answer, InviteGone)
    people = (await ana.get("/api/users?prefix=sailor")).json["users"]
    assert len(people) == 2


@pytest.mark.gen_test(timeout=120)
async def test_where_one_needs_an_invitation_there_is_no_other_way_in(
    place: Place, ana: Visitor, budi: Visitor
) -> None:
    async with by_invitation(place) as served:
        new = served.visitor()
        assert (await new.get("/api/server")).json["signup"] == "invite"
        values = {"username": "dewi", "password": PASSWORD}
        assert_refused(await new.post("/api/users", values), SignupClosed)
        answer = await new.post("/api/users", {**values, "invite": "made-up"})
        assert_refused(answer, InviteGone)
        assert_refused(await new.post("/api/users", {**values, "invite": 7}), InvalidValue)
        assert_refused(await budi.post("/api/invites", {}), Forbidden)
        _, secret = await invite(ana)
        assert (await new.post("/api/invites/look", {"invite": secret})).json["room"] is None
        assert (await new.post("/api/users", {**values, "invite": secret})).status == 201
    async with place.serving(signup="closed") as served:
        _, secret = await invite(ana)
        answer = await served.visitor().post(
            "/api/users", {"username": "eko", "password": PASSWORD, "invite": secret}
        )
        assert_refused(answer, SignupClosed)


@pytest.mark.gen_test(timeout=120)
async def test_who_may_invite_list_and_revoke(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    room = await budi.make_room("Garage", private=True)
    assert_refused(await citra.post("/api/invites", {"room": room}), NotFound)
    assert_refused(await citra.get(f"/api/invites?room={room}"), NotFound)
    await budi.bring(citra, room)
    id, secret = await invite(citra, room=room, uses=3)
    theirs, _ = await invite(budi, room=room)
    assert [
        one["id"] for one in (await citra.get(f"/api/invites?room={room}")).json["invites"]
    ] == [id]
    listed = (await budi.get(f"/api/invites?room={room}")).json["invites"]
    assert {one["id"] for one in listed} == {id, theirs}
    assert "url" not in listed[0]
    assert id in {one["id"] for one in (await ana.get("/api/invites")).json["invites"]}
    assert_refused(await citra.delete(f"/api/invites/{theirs}"), NotFound)
    assert (await budi.delete(f"/api/invites/{id}")).status == 204
    assert_refused(await accept(ana, secret), InviteGone)
    # Who is removed leaves no way back in.
    _, secret = await invite(citra, room=room)
    assert (await budi.delete(f"/api/rooms/{room}/members/{citra.id}")).status == 204
    assert_refused(await accept(citra, secret), InviteGone)
    await budi.ask("PATCH", f"/api/rooms/{room}", {"adding": "staff"})
    await budi.bring(citra, room)
    assert_refused(await citra.post("/api/invites", {"room": room}), Forbidden)
    _, secret = await invite(budi, room=room, expires_in=60)
    async with served.worker.database.write() as conn:
        await conn.execute(invites.update().values(expires_at=1))
    assert_refused(await accept(ana, secret), InviteGone)
    # Nor does a link open what its maker may not open any more.
    _, secret = await invite(budi, room=room)
    for role, refused in (("owner", False), ("member", True), ("moderator", False)):
        await budi.ask("PATCH", f"/api/rooms/{room}/members/{citra.id}", {"role": "owner"})
        path = f"/api/rooms/{room}/members/{budi.id}"
        assert (await citra.ask("PATCH", path, {"role": role})).status == 200
        answer = await ana.post("/api/invites/look", {"invite": secret})
        if refused:
            assert_refused(answer, InviteGone)
            assert_refused(await accept(ana, secret), InviteGone)
        else:
            assert answer.status == 200
    assert (await accept(ana, secret)).status == 200
    for wrong in ({"uses": 0}, {"uses": True}, {"expires_in": 1}, {"room": 5}):
        assert_refused(await ana.post("/api/invites", wrong), InvalidValue)
    for no_text in ("\ud800", "a\0"):
        assert_refused(await ana.post("/api/invites", {"room": no_text}), InvalidValue)
