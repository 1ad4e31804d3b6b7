"""The audit log: what was done stands there once, with who and from where, and without secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.handlers.place import Place, Served
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.archive import audit as rows
from tornchat.archive.audit import Filter
from tornchat.chat import audit
from tornchat.cli import main
from tornchat.domain.audit import FAILED, NOWHERE
from tornchat.domain.errors import InvalidValue, NotFound
from tornchat.handlers.addresses import client_address

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"


async def entries(ana: Visitor, query: str = "") -> list[dict[str, Any]]:
    answer = await ana.get(f"/api/admin/audit?{query}")
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.json["entries"]
    return found


@pytest.mark.gen_test(timeout=120)
async def test_what_is_done_in_a_room_is_noted_and_not_what_is_said(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await budi.make_room("Stage")
    path = f"/api/rooms/{room}"
    await citra.enter(room)
    await budi.say("a very private remark", room)
    later = (await ana.get("/api/admin/health")).json["at"] + 60_000
    for method, where, body in (
        ("PATCH", path, {"name": "Great stage", "posting": "staff"}),
        ("PATCH", f"{path}/members/{citra.id}", {"role": "moderator"}),
        ("PATCH", f"{path}/members/{citra.id}", {"muted_until": later}),
        ("PATCH", f"{path}/members/{citra.id}", {"muted_until": 0}),
        ("DELETE", f"{path}/members/{citra.id}", {}),
        ("POST", f"{path}/hooks", {"name": "Lights"}),
        ("POST", f"{path}/webhooks", {"url": "https://example.org/very/secret?key=hush"}),
        ("POST", "/api/invites", {"room": room}),
        ("DELETE", path, {}),
        ("PATCH", path, {"archived": False}),
        # Nothing changes, so nothing was done.
        ("PATCH", path, {"name": "Great stage"}),
    ):
        answer = await budi.ask(method, where, body, headers={"User-Agent": FIREFOX})
        assert answer.status < 300, (where, answer)
    found = [entry for entry in await entries(ana, "person=budi") if entry.get("room") == room]
    assert [entry["kind"] for entry in found] == [
        *("room.returned", "room.archived", "invite.made", "webhook.made", "hook.made"),
        *("member.removed", "member.unmuted", "member.muted", "member.role", "room.changed"),
        "room.created",
    ]
    by_kind = {entry["kind"]: entry for entry in found}
    assert by_kind["member.role"]["detail"] == {"role": "moderator"}
    assert by_kind["room.changed"]["detail"] == {"settings": ["name", "posting"]}
    assert by_kind["webhook.made"]["detail"] == {"host": "example.org"}
    assert by_kind["member.removed"]["user"] == citra.id
    for entry in found[:-1]:
        assert entry["actor"] == budi.id
        assert (entry["address"], entry["device"]) == ("127.0.0.1", "Firefox, Linux")
    exported = await ana.get("/api/admin/audit/export?person=budi")
    assert exported.headers["Content-Type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in exported.body.splitlines()]
    assert [line["kind"] for line in lines][:1] == ["room.returned"]
    assert lines[0]["actor_name"] == "budi"
    assert lines[0]["room_name"] == "Great stage"
    for secret in (b"private remark", b"hush", b"very/secret"):
        assert secret not in exported.body


@pytest.mark.gen_test(timeout=120)
async def test_it_is_read_in_pages_and_by_person_kind_and_time(ana: Visitor, budi: Visitor) -> None:
    for number in range(4):
        await budi.make_room(f"Numbered {number}")
    first = (await ana.get("/api/admin/audit?kind=room&limit=3")).json
    assert first["more"] is True
    below = first["entries"][-1]["id"]
    rest = await entries(ana, f"kind=room&before={below}")
    ids = [entry["id"] for entry in first["entries"] + rest]
    assert ids == sorted(ids, reverse=True)
    assert {entry["kind"].partition(".")[0] for entry in rest} == {"room"}
    at = first["entries"][0]["at"]
    assert await entries(ana, f"since={at + 1}") == []
    assert (await entries(ana, f"until={at + 1}"))[0]["at"] <= at
    assert any(person["username"] == "budi" for person in first["people"])
    assert_refused(await ana.get("/api/admin/audit?person=nobody"), NotFound)
    for query in ("kind=weather", "since=yesterday"):
        assert_refused(await ana.get(f"/api/admin/audit?{query}"), InvalidValue)


@pytest.mark.gen_test(timeout=120)
async def test_failed_sign_ins_are_noted_without_the_name_and_cannot_fill_the_disk(
    ana: Visitor, budi: Visitor, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("budi", "my-secret-password"):
        await ana.stranger().post("/api/session", {"username": name, "password": "wrong"})
    nobody, known = await entries(ana, f"kind={FAILED}")
    assert known["user"] == budi.id
    assert "user" not in nobody
    assert "actor" not in known
    assert b"my-secret" not in (await ana.get("/api/admin/audit/export")).body

    monkeypatch.setattr(audit, "FAILED_PER_MINUTE", 1)
    monkeypatch.setattr(audit, "FAILED_AT_ONCE", 1)
    for _ in range(5):
        await audit.note_failed(served.worker.chat, NOWHERE, None)
    found = await entries(ana, f"kind={FAILED}")
    assert len(found) <= 4
    assert found[0]["detail"] == {"flood": True}

    database = served.worker.database
    async with database.write() as conn:
        assert await rows.forget_failed(conn, 1) == len(found) - 1
    assert [entry["id"] for entry in await entries(ana, f"kind={FAILED}")] == [found[0]["id"]]
    async with database.write() as conn:
        await rows.forget_before(conn, found[0]["at"])
        left = await rows.page(conn, Filter(), None, 10)
    assert [entry.id for entry in left] == [found[0]["id"]]


@pytest.mark.gen_test(timeout=120)
async def test_what_the_shell_does_stands_there_as_well_and_the_shell_reads_it(
    ana: Visitor, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    await ana.stranger().sign_up("gita")
    where = ("--data", str(place.settings.data))
    for words in (
        ("user", "role", "gita", "admin"),
        ("user", "role", "gita", "member"),
        ("user", "disable", "gita"),
        ("audit", "--person", "gita", *where),
        ("audit", "--person", "gita", "--lines", "1", "--json"),
    ):
        assert await asyncio.to_thread(main, [*words, *where]) == 0
    out = capsys.readouterr().out.splitlines()
    assert json.loads(out[-1])["kind"] == "account.disabled"
    assert "to gita" in out[-2]
    assert "(shell)" in out[-2]
    kinds = [entry["kind"] for entry in await entries(ana, "person=gita")]
    assert kinds[:3] == ["account.disabled", "account.role", "account.role"]


def test_an_address_is_believed_of_a_proxy_that_is_near_and_of_nobody_else() -> None:
    assert client_address("203.0.113.7", "10.1.1.1", behind_proxy=False) == "203.0.113.7"
    assert client_address("10.0.0.2", "1.2.3.4, 203.0.113.7", behind_proxy=True) == "203.0.113.7"
    assert client_address("9.9.9.9", "198.51.100.1", behind_proxy=True) == "9.9.9.9"
    assert client_address("2001:db8::7", "", behind_proxy=False) == "2001:db8::7"
    assert client_address("", "", behind_proxy=False) == ""
