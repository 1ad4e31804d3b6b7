"""Accounts over HTTP: signing up, in and out, passwords, tokens, and what ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import PASSWORD, Visitor, assert_guarded, assert_refused
from tornchat.chat import accounts, shell
from tornchat.domain.errors import (
    BadCredentials,
    Forbidden,
    InvalidValue,
    NameTaken,
    NotFound,
    SignupClosed,
    TooMany,
    Unauthenticated,
)
from tornchat.log import sessions

NEW = "another correct horse"

NAMED = {"id", "username", "display_name", "role"}


@pytest.mark.gen_test(timeout=120)
async def test_the_first_account_is_the_administrator_even_where_signup_is_closed(
    place: Place,
) -> None:
    async with place.serving(signup="closed") as served:
        stranger = served.visitor()
        assert (await stranger.get("/api/server")).json["accounts"] is False
        answer = await stranger.post("/api/users", {"username": "root", "password": PASSWORD})
        assert answer.status == 201
        assert answer.json["user"]["role"] == "admin"
        assert answer.json["rooms"][0]["role"] == "owner"
        assert_guarded(answer)
        assert (await stranger.get("/api/server")).json["accounts"] is True
        answer = await stranger.post("/api/users", {"username": "second", "password": PASSWORD})
        assert_refused(answer, SignupClosed)


@pytest.mark.gen_test(timeout=120)
async def test_a_newcomer_gets_a_snapshot_and_is_signed_in(ana: Visitor) -> None:
    new = ana.stranger()
    values = {"username": "Édith", "password": PASSWORD, "display_name": " Édith  P. "}
    answer = await new.post("/api/users", values)
    snapshot = answer.json
    assert snapshot["user"].keys() == {"id", "username", "display_name", "role"}
    assert (snapshot["user"]["display_name"], snapshot["user"]["role"]) == ("Édith P.", "member")
    assert snapshot.keys() == {
        *("user", "settings", "cursor", "rooms", "people", "blocked", "server")
    }
    assert isinstance(snapshot["cursor"], int)
    [room] = snapshot["rooms"]
    assert (room["id"], room["role"], room["unread"]) == (ana.room, "member", 0)
    new.cookie = answer.cookie.partition(";")[0]
    again = await new.get("/api/session")
    assert again.json["user"] == snapshot["user"]
    assert again.json["cursor"] >= snapshot["cursor"]


@pytest.mark.gen_test(timeout=120)
async def test_a_name_is_taken_in_whatever_spelling(ana: Visitor, stranger: Visitor) -> None:
    for name in ("ana", "ANA", "\uff41\uff4e\uff41"):
        answer = await stranger.post("/api/users", {"username": name, "password": PASSWORD})
        assert_refused(answer, NameTaken)
    assert (await stranger.sign_in("AnA")).id == ana.id


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize(
    "values",
    [
        {}, {"username": "gita"}, {"password": PASSWORD}, {"username": 1, "password": PASSWORD},
        {"username": "g", "password": PASSWORD}, {"username": "g ita", "password": PASSWORD},
        {"username": "gita", "password": "short"},
        {"username": "gita_gita", "password": "Gita_gita"},
        {"username": "gita", "password": "x" * 257}, {"username": "gita", "password": None},
        {"username": "gita", "password": PASSWORD, "display_name": 1},
        {"username": "gita", "password": PASSWORD, "display_name": []},
        {"username": "gita", "password": PASSWORD, "display_name": "\u202e"},
    ],
    ids=str,
)  # fmt: skip
async def test_an_account_with_a_wrong_value_is_invalid(
    ana: Visitor, stranger: Visitor, values: dict[str, object]
) -> None:
    answer = await stranger.post("/api/users", values)
    assert_refused(answer, InvalidValue)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.gen_test(timeout=120)
async def test_wrong_credentials_tell_nothing_of_who_is_here(
    ana: Visitor, stranger: Visitor
) -> None:
    problems = []
    for values in (
        {"username": "ana", "password": "wrong"},
        {"username": "nobody", "password": "wrong"},
        {"username": "nobody", "password": PASSWORD},
        {"username": "ana", "password": ""},
        {"username": "ana"},
        {"username": ["ana"], "password": PASSWORD},
        {},
    ):
        answer = await stranger.post("/api/session", values)
        problems.append(assert_refused(answer, BadCredentials))
        assert "Set-Cookie" not in answer.headers
    assert all(problem == problems[0] for problem in problems)


@pytest.mark.gen_test(timeout=120)
async def test_who_signs_out_is_out_and_their_streams_end(ana: Visitor) -> None:
    here, there = await ana.again(), await ana.again()
    stream, other = await here.stream(), await there.stream()
    await stream.until("hello")
    await other.until("hello")
    answer = await here.delete("/api/session")
    assert (answer.status, answer.body) == (204, b"")
    assert 'tornchat="";' in answer.cookie
    bye, _ = await stream.until("bye")
    assert bye == {"code": "signed_out", "retry": False}
    assert (await stream.next())[0] == "end"
    assert_refused(await here.get("/api/session"), Unauthenticated)
    assert (await here.stream()).status == 401
    assert (await there.get("/api/session")).status == 200
    await there.say("still here")
    await other.until("message")


@pytest.mark.gen_test(timeout=120)
async def test_a_new_password_ends_the_other_browsers_and_spares_the_tokens(
    place: Place, served: Served
) -> None:
    here = await served.visitor().sign_up("hadi")
    there, robot = await here.again(), here.stranger()
    robot.token = (await shell.token_add(place.settings, "hadi", "robot"))[0]
    stream = await there.stream()
    await stream.until("hello")
    path = "/api/session/password"
    assert_refused(await here.put(path, {"old": "wrong", "new": NEW}), BadCredentials)
    assert_refused(await here.put(path, {"old": None, "new": NEW}), BadCredentials)
    assert_refused(await here.put(path, {"old": PASSWORD, "new": "short"}), InvalidValue)
    assert_refused(await robot.put(path, {"old": PASSWORD, "new": NEW}), Forbidden)
    assert (await there.get("/api/session")).status == 200
    assert (await here.put(path, {"old": PASSWORD, "new": NEW})).status == 204
    bye, _ = await stream.until("bye")
    assert bye == {"code": "signed_out", "retry": False}
    assert_refused(await there.get("/api/session"), Unauthenticated)
    assert (await here.get("/api/session")).status == 200
    assert (await robot.get("/api/session")).status == 200
    values = {"username": "hadi", "password": PASSWORD}
    assert_refused(await here.stranger().post("/api/session", values), BadCredentials)
    await here.stranger().sign_in("hadi", NEW)


@pytest.mark.gen_test(timeout=120)
async def test_a_disabled_person_is_out_with_all_sessions_and_tokens(
    place: Place, served: Served
) -> None:
    here, robot = await served.visitor().sign_up("indah"), served.visitor()
    robot.token = (await shell.token_add(place.settings, "indah", "robot"))[0]
    stream = await here.stream()
    await stream.until("hello")
    await shell.user_disable(place.settings, "indah")
    bye, _ = await stream.until("bye")
    assert bye == {"code": "disabled", "retry": False}
    for visitor in (here, robot):
        assert_refused(await visitor.get("/api/session"), Unauthenticated)
        path = f"/api/rooms/{here.room}/messages"
        assert_refused(await visitor.post(path, {"body": "x"}), Unauthenticated)
        assert (await visitor.stream()).status == 401
    values = {"username": "indah", "password": PASSWORD}
    assert_refused(await served.visitor().post("/api/session", values), BadCredentials)
    with pytest.raises(NotFound):
        await shell.token_add(place.settings, "indah", "once more")


@pytest.mark.gen_test(timeout=120)
async def test_a_session_that_ends_while_a_stream_is_opened_leaves_no_stream(
    served: Served, ana: Visitor
) -> None:
    for _ in range(5):
        here = await ana.again()
        stream, _ = await asyncio.gather(here.stream(), here.delete("/api/session"))
        if stream.status == 401:
            continue
        bye, _ = await stream.until("bye", "end")
        assert bye == {} or bye["code"] == "signed_out"


@pytest.mark.gen_test(timeout=120)
async def test_a_name_can_be_tried_only_so_often_a_minute(
    ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SIGN_INS_PER_MINUTE", 3)

    async def attempt(name: str) -> int:
        answer = await ana.stranger().post("/api/session", {"username": name, "password": "wrong"})
        if answer.status == 429:
            assert_refused(answer, TooMany)
        return answer.status

    assert [await attempt(name) for name in ("Joko", "joko", "JOKO")] == [401, 401, 401]
    assert 429 in [await attempt("joko") for _ in range(3)]
    assert await attempt("kartika") == 401


@pytest.mark.gen_test(timeout=120)
async def test_an_address_behind_a_proxy_can_try_only_so_many_names(
    place: Place, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SIGN_INS_OF_ALL_PER_MINUTE", 3)
    async with place.serving(origin="https://chat.example.org") as served:

        async def attempt(number: int, via: str) -> int:
            answer = await served.visitor().post(
                "/api/session",
                {"username": f"name{number}", "password": "wrong"},
                headers={"X-Forwarded-For": f"192.0.2.{number}, {via}", "X-Real-Ip": "127.0.0.1"},
            )
            return answer.status

        statuses = [await attempt(number, "203.0.113.5") for number in range(6)]
        assert statuses[:3] == [401, 401, 401]
        assert 429 in statuses[3:]
        assert await attempt(7, "203.0.113.6") == 401


@pytest.mark.gen_test(timeout=120)
async def test_an_address_may_make_only_so_many_accounts_a_minute(
    place: Place, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SIGN_UPS_PER_MINUTE", 3)
    async with place.serving(origin="https://chat.example.org") as served:

        async def attempt(number: int) -> int:
            answer = await served.visitor().post(
                "/api/users",
                {"username": f"many{number}", "password": PASSWORD},
                headers={"X-Forwarded-For": "127.0.0.1, 203.0.113.7", "X-Real-Ip": "127.0.0.1"},
            )
            if answer.status == 429:
                assert_refused(answer, TooMany)
            return answer.status

        statuses = [await attempt(number) for number in range(6)]
        assert statuses[:3] == [201, 201, 201]
        assert 429 in statuses[3:]


@pytest.mark.gen_test(timeout=120)
async def test_names_are_told_by_id_and_by_username(ana: Visitor, budi: Visitor) -> None:
    answer = await ana.get(f"/api/users?ids={ana.id},{budi.id},nobody,")
    assert {user["username"] for user in answer.json["users"]} == {"ana", "budi"}
    assert all(user.keys() == NAMED for user in answer.json["users"])
    answer = await ana.get("/api/users?username=BUDI")
    assert [user["id"] for user in answer.json["users"]] == [budi.id]
    assert (await ana.get("/api/users?username=nobody")).json == {"users": []}
    assert (await ana.get("/api/users")).json == {"users": []}
    many = ",".join(f"user{number}" for number in range(101))
    assert_refused(await ana.get(f"/api/users?ids={many}"), InvalidValue)


@pytest.mark.gen_test(timeout=120)
async def test_a_session_that_ended_at_one_worker_is_over_at_another_that_knew_it(
    place: Place, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "KEPT_SECONDS", 3600.0)  # only what is heard ends it
    async with place.serving() as other:

        async def known_there(visitor: Visitor) -> Visitor:
            there = other.visitor()
            there.cookie, there.token = visitor.cookie, visitor.token
            assert (await there.get("/api/rooms")).status == 200
            return there

        async def over(visitor: Visitor) -> bool:
            return (await visitor.get("/api/rooms")).status == 401

        await eventually(_hears(other), "the other worker to hear")
        here = await served.visitor().sign_up("lestari")
        second, third, robot = await here.again(), await here.again(), here.stranger()
        robot.token = (await shell.token_add(place.settings, "lestari", "robot"))[0]
        places = [await known_there(who) for who in (here, second, third, robot)]
        assert (await second.delete("/api/session")).status == 204
        await eventually(lambda: over(places[1]), "what was signed out to be over")
        change = {"old": PASSWORD, "new": NEW}
        assert (await here.put("/api/session/password", change)).status == 204
        await eventually(lambda: over(places[2]), "what a new password ended to be over")
        assert not await over(places[0])
        await shell.user_disable(place.settings, "lestari")
        await eventually(lambda: over(places[0]), "the browser of a disabled person to be out")
        await eventually(lambda: over(places[3]), "the token of a disabled person to be out")


def _hears(served: Served) -> Callable[[], Awaitable[bool]]:
    async def hears() -> bool:
        return served.worker.hub.bus.hearing() is not None

    return hears
