"""Bots and hooks: who may make them, what they may do, and that no secret is told twice."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.handlers.place import Served
from tests.handlers.visitor import Answer, Visitor, assert_refused
from tornchat import metrics
from tornchat.chat import hooks
from tornchat.domain.errors import (
    Forbidden,
    InvalidValue,
    NameTaken,
    NonceReused,
    NotAMember,
    NotFound,
    TornchatError,
    Unauthenticated,
    WrongType,
)


async def new_bot(ana: Visitor, name: str) -> tuple[Visitor, dict[str, Any]]:
    answer = await ana.post("/api/bots", {"username": name, "display_name": f"The {name}"})
    assert answer.status == 201, answer
    bot = ana.stranger()
    bot.token, bot.id = answer.json["token"], answer.json["user"]["id"]
    return bot, answer.json["user"]


async def new_hook(who: Visitor, room: str, name: str = "Builds") -> dict[str, Any]:
    answer = await who.post(f"/api/rooms/{room}/hooks", {"name": name})
    assert answer.status == 201, answer
    made: dict[str, Any] = answer.json
    return made


async def call(hook: dict[str, Any], who: Visitor, **said: Any) -> Answer:
    return await who.post(urlsplit(hook["url"]).path, said)


@pytest.mark.gen_test(timeout=120)
async def test_a_bot_is_a_member_like_others_and_shown_as_a_bot(
    ana: Visitor, budi: Visitor
) -> None:
    bot, shown = await new_bot(ana, "porter")
    assert shown == {
        "id": bot.id, "username": "porter", "display_name": "The porter",
        "role": "bot", "bot": True,
    }  # fmt: skip
    assert (await ana.get("/api/bots")).json == {"bots": [shown]}
    assert (await bot.get("/api/session")).json["rooms"] == []
    room = await budi.make_room("Gate")
    assert_refused(await bot.post(f"/api/rooms/{room}/messages", {"body": "Hi"}), Forbidden)
    before = (await budi.poll(None))["cursor"]
    await budi.bring(bot, room)
    await bot.say("Good morning", room)
    joined, said = (await budi.poll(before))["events"]
    assert (joined["kind"], joined["user"], joined["bot"]) == ("member.joined", bot.id, True)
    assert (said["author"], said["body"]) == (bot.id, "Good morning")
    seats = (await budi.get(f"/api/rooms/{room}/members")).json["members"]
    assert [seat.get("bot") for seat in seats] == [None, True]
    assert (await budi.get("/api/users?username=porter")).json["users"] == [shown]
    credentials = {"username": "porter", "password": "anything at all"}
    answer = await ana.stranger().post("/api/session", credentials)
    assert answer.status == 401
    assert (await ana.delete(f"/api/bots/{bot.id}")).status == 204
    assert_refused(await bot.get("/api/session"), Unauthenticated)


@pytest.mark.gen_test(timeout=120)
async def test_bots_are_the_administrators_alone(ana: Visitor, budi: Visitor) -> None:
    bot, _ = await new_bot(ana, "keeper")
    for who in (budi, bot):
        assert_refused(await who.get("/api/bots"), Forbidden)
        assert_refused(await who.post("/api/bots", {"username": "mole"}), Forbidden)
        assert_refused(await who.delete(f"/api/bots/{bot.id}"), Forbidden)
    assert_refused(await ana.delete(f"/api/bots/{budi.id}"), NotFound)
    assert_refused(await ana.post("/api/bots", {"username": "keeper"}), NameTaken)
    assert_refused(await ana.post("/api/bots", {"username": "k"}), InvalidValue)
    assert (await budi.get("/api/session")).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_who_knows_the_address_of_a_hook_writes_by_it_until_it_is_revoked(
    ana: Visitor, budi: Visitor, stranger: Visitor, served: Served
) -> None:
    room = await budi.make_room("Workshop", private=True)
    made = await new_hook(budi, room)
    assert made["url"].startswith(f"{served.url}/api/hooks/")
    listed = (await budi.get(f"/api/rooms/{room}/hooks")).json["hooks"]
    assert listed == [{name: made[name] for name in ("id", "room", "bot", "name", "by", "at")}]
    answer = await call(made, stranger, text="*Build 7* passed", nonce="n")
    assert answer.status == 201
    again = await call(made, stranger, text="*Build 7* passed", nonce="n")
    assert (again.status, again.json) == (200, answer.json)
    assert_refused(await call(made, stranger, text="other", nonce="n"), NonceReused)
    [message] = (await budi.get(f"/api/rooms/{room}/messages")).json["messages"]
    assert (message["id"], message["author"]) == (answer.json["id"], made["bot"])
    assert "<em>Build 7</em>" in message["html"]
    [bot] = (await budi.get(f"/api/users?ids={made['bot']}")).json["users"]
    assert (bot["display_name"], bot["bot"]) == ("Builds", True)

    wrong: list[tuple[Answer, type[TornchatError]]] = [
        (await call(made, stranger, text=""), InvalidValue),
        (await call(made, stranger), InvalidValue),
        (await call({"url": made["url"] + "x"}, stranger, text="x"), NotFound),
        (await stranger.post(urlsplit(made["url"]).path, body=b"text=x"), WrongType),
    ]
    for refused, error in wrong:
        assert_refused(refused, error)

    silenced = await new_hook(budi, room, "Silenced")
    await budi.delete(f"/api/rooms/{room}/members/{silenced['bot']}")
    assert_refused(await call(silenced, stranger, text="x"), NotFound)
    closed = await new_hook(budi, room, "Closed")
    assert (await ana.delete(f"/api/bots/{closed['bot']}")).status == 204
    assert_refused(await call(closed, stranger, text="x"), NotFound)
    for hook in (silenced, closed):
        assert (await budi.delete(f"/api/rooms/{room}/hooks/{hook['id']}")).status == 204
    assert (await budi.delete(f"/api/rooms/{room}/hooks/{made['id']}")).status == 204
    assert_refused(await call(made, stranger, text="x"), NotFound)
    assert_refused(await budi.delete(f"/api/rooms/{room}/hooks/{made['id']}"), NotFound)
    ids = [seat["id"] for seat in (await budi.get(f"/api/rooms/{room}/members")).json["members"]]
    assert ids == [budi.id]


@pytest.mark.gen_test(timeout=120)
async def test_hooks_of_a_room_are_its_owners_and_administrators_alone(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    private = await budi.make_room("Cellar", private=True)
    made = await new_hook(budi, private)
    address = f"/api/rooms/{private}/hooks"
    for method, path in (
        ("GET", address),
        ("POST", address),
        ("DELETE", f"{address}/{made['id']}"),
    ):
        assert_refused(await citra.ask(method, path, {"name": "x"}), NotFound)
    await budi.bring(citra, private)
    for method, path in (
        ("GET", address),
        ("POST", address),
        ("DELETE", f"{address}/{made['id']}"),
    ):
        assert_refused(await citra.ask(method, path, {"name": "x"}), Forbidden)
    # Not by another room's address either.
    own = await citra.make_room("Attic")
    assert_refused(await citra.delete(f"/api/rooms/{own}/hooks/{made['id']}"), NotFound)
    # An administrator sees and ends them all, and makes one where they are themselves.
    assert (await ana.get(address)).json["hooks"][0]["id"] == made["id"]
    assert_refused(await ana.post(address, {"name": "x"}), NotFound)
    open_room = await budi.make_room("Terrace")
    assert_refused(await ana.post(f"/api/rooms/{open_room}/hooks", {"name": "x"}), NotAMember)
    assert (await ana.delete(f"{address}/{made['id']}")).status == 204


@pytest.mark.gen_test(timeout=120)
async def test_a_secret_is_in_no_log_and_no_figure(
    ana: Visitor,
    stranger: Visitor,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = await new_hook(ana, await ana.make_room("Quiet"))
    secret = made["url"].rpartition("/")[2]

    async def fail(*_: object) -> None:
        raise RuntimeError("provoked")

    with caplog.at_level(logging.DEBUG):
        await call(made, stranger, text="x")
        monkeypatch.setattr(hooks, "post", fail)
        assert (await call(made, stranger, text="x")).status == 500
    assert "provoked" in caplog.text
    assert secret not in caplog.text
    assert secret not in repr(metrics.REQUESTS.__dict__)
