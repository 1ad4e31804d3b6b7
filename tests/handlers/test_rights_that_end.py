"""What somebody might do no longer is not done, however it had begun."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from tornado.simple_httpclient import HTTPStreamClosedError

from tests.handlers.place import Place, Served
from tests.handlers.visitor import PASSWORD, Visitor, assert_refused
from tornchat.archive import choices, users
from tornchat.chat import administration, audit, standing
from tornchat.chat.policy import SignupPolicy
from tornchat.domain.errors import BadCredentials, Forbidden, InvalidValue

UNDER_WAY_SECONDS = 0.5
"""After it a request has been let in, and waits for its turn to write."""


async def administrator(ana: Visitor, name: str) -> Visitor:
    """One more."""
    who = await ana.stranger().sign_up(name)
    made = await ana.ask("PATCH", f"/api/admin/people/{who.id}", {"role": "admin"})
    assert made.status == 200, made
    return who


@asynccontextmanager
async def losing_the_role(served: Served, who: Visitor) -> AsyncIterator[None]:
    """``who`` is an administrator at the beginning of the block, and none at its end."""
    chat = served.worker.chat
    async with chat.announcer.change(chat.now()) as change:
        user = await users.by_id(change.conn, who.id)
        assert user is not None
        assert await standing.set_role(change, user, "member")
        yield
        await asyncio.sleep(UNDER_WAY_SECONDS)


@pytest.mark.gen_test(timeout=120)
async def test_who_signs_in_meanwhile_comes_in_with_the_role_that_is_left(
    ana: Visitor, served: Served
) -> None:
    dewi = await administrator(ana, "dewi")
    async with losing_the_role(served, dewi):
        signing_in = asyncio.ensure_future(dewi.again())
    again = await signing_in
    for who in (dewi, again):
        assert_refused(await who.get("/api/bots"), Forbidden)


@pytest.mark.gen_test(timeout=120)
async def test_what_waited_for_its_turn_is_refused_to_who_is_no_administrator_by_then(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    eka = await administrator(ana, "eka")
    person = f"/api/admin/people/{budi.id}"
    room = f"/api/rooms/{await budi.make_room('Budi alone')}"
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", person, {"role": "admin"}),
        ("POST", f"{person}/password", {}),
        ("DELETE", f"{person}/sessions", {}),
        ("DELETE", f"/api/users/{budi.id}", {}),
        ("PATCH", "/api/admin/settings", {"signup": "closed"}),
        ("POST", "/api/bots", {"username": "sleeper"}),
        ("PATCH", room, {"name": "Taken"}),
        ("DELETE", f"{room}/members/{budi.id}", {}),
        ("DELETE", room, {}),
    ]
    async with losing_the_role(served, eka):
        waiting = [asyncio.ensure_future(eka.ask(*one)) for one in asked]
    for answer in await asyncio.gather(*waiting):
        assert_refused(answer, Forbidden)
    assert (await budi.get("/api/session")).json["user"]["role"] == "member"
    assert (await ana.get("/api/admin/settings")).json["signup"] == "open"
    assert (
        await budi.ask("PATCH", room, {"name": "Budi alone"})
    ).status == 200  # it is there, and theirs


@pytest.mark.gen_test(timeout=120)
async def test_an_export_of_the_audit_log_breaks_off_and_does_not_seem_whole(
    ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    farid = await administrator(ana, "farid")
    whole = (await farid.get("/api/admin/audit/export")).body.splitlines()
    assert len([json.loads(line) for line in whole]) >= 2
    listed = audit.listed

    async def meanwhile(*asked: Any) -> list[dict[str, Any]]:
        if asked[-1] is not None:
            role = {"role": "member"}
            await ana.ask("PATCH", f"/api/admin/people/{farid.id}", role)
        return await listed(*asked)

    monkeypatch.setattr(audit, "EXPORT_PAGE", 1)
    monkeypatch.setattr(audit, "listed", meanwhile)
    with pytest.raises(HTTPStreamClosedError):
        await farid.get("/api/admin/audit/export")


@pytest.mark.gen_test(timeout=120)
async def test_who_is_closed_while_they_leave_is_kept_out_and_that_is_noted_once(
    ana: Visitor,
) -> None:
    gita = await ana.stranger().sign_up("gita")
    assert (await gita.delete("/api/users/me", json={"password": PASSWORD})).status == 200
    for _ in range(2):
        closed = await ana.ask("PATCH", f"/api/admin/people/{gita.id}", {"disabled": True})
        assert closed.status == 200
    credentials = {"username": "gita", "password": PASSWORD}
    assert_refused(await ana.stranger().post("/api/session", credentials), BadCredentials)
    noted = (await ana.get("/api/admin/audit?person=gita&kind=account")).json["entries"]
    assert [entry["kind"] for entry in noted] == [
        "account.disabled",
        "account.leaving",
        "account.created",
    ]


@pytest.mark.gen_test(timeout=120)
async def test_a_setting_that_was_changed_is_not_answered_with_a_refusal_to_look(
    ana: Visitor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(administration, "LOOKS_AT_ONCE", 1)
    monkeypatch.setattr(administration, "LOOKS_PER_MINUTE", 1)
    async with place.serving(post_rate=10) as other:
        here = await other.visitor().sign_in("ana")
        assert (await here.get("/api/admin/settings")).status == 200
        for signup in ("invite", "open"):
            changed = await here.ask("PATCH", "/api/admin/settings", {"signup": signup})
            assert changed.json == {"signup": signup, "fixed": False}


class SlowToRead(SignupPolicy):
    """Others may write between its reading and its knowing."""

    has_read = asyncio.Event()
    may_go_on = asyncio.Event()

    async def read(self, conn: AsyncConnection) -> str:
        found = await super().read(conn)
        self.has_read.set()
        await self.may_go_on.wait()
        return found


@pytest.mark.gen_test(timeout=120)
async def test_what_was_read_before_a_policy_was_changed_is_not_kept_after_it(
    served: Served,
) -> None:
    database = served.worker.database
    policy = SlowToRead(database, None)
    looking = asyncio.ensure_future(policy.look())
    await policy.has_read.wait()
    async with database.write() as conn:
        await choices.write(conn, "signup", "closed")
    policy.forget()
    policy.may_go_on.set()
    assert await looking == "closed"
    assert await policy.look() == "closed"
    async with database.write() as conn:
        await choices.write(conn, "signup", "open")


@pytest.mark.gen_test(timeout=120)
async def test_an_owner_is_named_by_what_may_be_an_id(ana: Visitor) -> None:
    room = await ana.make_room("Attic")
    for user in (None, 7, "\ud800", "a\0b"):
        refused = await ana.put(f"/api/admin/rooms/{room}/owner", {"user": user})
        assert_refused(refused, InvalidValue)
