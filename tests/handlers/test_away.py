"""The database away: chat goes on. Redis away: everything says so, and comes back by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import PASSWORD, Visitor, assert_guarded, assert_refused
from tornchat.archive import messages, outbox
from tornchat.domain.errors import DatabaseAway, LogAway
from tornchat.handlers.routes import ROUTES


@asynccontextmanager
async def database_away(place: Place) -> AsyncIterator[None]:
    """The file is somewhere else for as long as the block lasts."""
    hidden = place.database.with_suffix(".hidden")
    place.database.rename(hidden)
    try:
        yield
    finally:
        hidden.rename(place.database)


@pytest.mark.gen_test(timeout=120)
async def test_without_the_database_people_go_on_chatting(
    place: Place, ana: Visitor, served: Served
) -> None:
    known = await ana.say("before")
    room = await ana.make_room("Away")
    await ana.page(room)
    stream = await ana.stream()
    await stream.until("hello")
    async with database_away(place):
        ready = await ana.get("/readyz")
        assert ready.status == 200
        assert ready.json == {"status": "ok", "log": "ok", "database": "away"}
        said = [await ana.say(f"away {number}", room) for number in range(60)]
        for id in said:
            message, _ = await stream.until("message")
            assert message["id"] == id
        resumed = await ana.stream(f"?after={said[0]}")
        await resumed.until("hello")
        assert (await resumed.next())[1]["id"] == said[1]
        # As far as the log alone can answer, it does.
        assert (await ana.page(room, "limit=50"))[0] == said[-50:]
        assert (await ana.page(room, f"after={known}&limit=50"))[0] == said[:50]
        for method, path, body in (
            ("POST", "/api/session", {"username": "ana", "password": PASSWORD}),
            ("POST", "/api/users", {"username": "late", "password": PASSWORD}),
            ("GET", "/api/session", None),
            ("DELETE", "/api/session", {}),
            ("PUT", "/api/session/password", {"old": PASSWORD, "new": "a new password"}),
            ("GET", "/api/server", None),
            ("GET", "/api/users?username=ana", None),
            ("GET", "/api/rooms", None),
            ("POST", "/api/rooms", {"name": "New"}),
            ("GET", f"/api/rooms/{room}", None),
            ("GET", f"/api/rooms/{room}/members", None),
            ("PUT", f"/api/rooms/{room}/members/me", {}),
            ("PUT", f"/api/rooms/{room}/read", {"id": said[0]}),
            ("GET", f"/api/rooms/{room}/messages?after=0", None),
            ("GET", f"/api/rooms/{room}/messages?before={said[0]}", None),
        ):
            assert_refused(await ana.ask(method, path, body), DatabaseAway)
    stream.close()
    resumed.close()

    async def back() -> bool:
        return bool((await ana.get("/readyz")).json["database"] == "ok")

    await eventually(back, "the database")
    assert (await ana.page(room, "limit=200"))[0] == said
    assert (await ana.get("/api/session")).status == 200
    await archived(served)
    assert (await ana.page(room, "limit=200"))[0] == said


async def archived(served: Served) -> None:
    """Until the archive has taken everything."""

    async def caught_up() -> bool:
        return not await served.worker.client.call("XLEN", served.worker.client.keys.queue)

    await eventually(caught_up, "the archive")


@pytest.mark.gen_test(timeout=120)
async def test_an_announcement_that_cannot_be_made_does_not_stop_the_archive(
    ana: Visitor, served: Served
) -> None:
    database = served.worker.database
    async with database.write() as conn:
        row = await outbox.add(conn, {"not": "an announcement"}, 0)
    try:
        said = await ana.say("still archived")
        await archived(served)
        async with database.read() as conn:
            assert said in [one.id for one in await messages.page(conn, ana.room, limit=5)]
    finally:
        async with database.write() as conn:
            await outbox.done(conn, row.id, None, 0)


BYTES = {"Content-Type": "application/octet-stream"}


@pytest.mark.gen_test(timeout=120)
async def test_without_redis_everything_says_so_and_comes_back_by_itself(
    place: Place, ana: Visitor
) -> None:
    before = await ana.say("before")
    process = place.redis.process
    assert process is not None
    process.kill()
    process.wait()
    try:
        for pattern, handler in ROUTES:
            path = pattern.replace("([^/]+)", "x").replace("([a-z0-9]+)", ana.room)
            path = path.replace("([A-Za-z0-9_-]+)", "x")
            for method in ("GET", "POST", "PUT", "DELETE"):
                if not hasattr(handler, method.lower()) or path in ("/healthz", "/readyz"):
                    continue
                if (path, method) in (
                    ("/api/server", "GET"),
                    ("/api/openapi.json", "GET"),
                    ("/api/invites/look", "POST"),
                ):
                    continue
                body = {"username": "late", "password": PASSWORD, "body": "x", "name": "Late"}
                if path == "/api/files" or path.endswith("/avatar"):
                    sent = await ana.ask(method, path, body=b"x", headers=BYTES)
                else:
                    sent = await ana.ask(method, path, body)
                assert_refused(sent, LogAway)
        assert (await ana.get("/healthz")).json == {"status": "ok"}
        assert (await ana.get("/")).status == 200
        ready = await ana.get("/readyz")
        assert ready.status == 503
        assert ready.json["status"] == "unavailable"
        assert ready.json["log"] != "ok"
        assert ready.headers["Retry-After"] == "1"
        assert_guarded(ready)
    finally:
        place.redis.start()
        place.redis.wait_until_ready()

    async def ready_again() -> bool:
        return (await ana.get("/readyz")).status == 200

    await eventually(ready_again, "a ready server")
    assert (await ana.say("after")) > before
    assert (await ana.page())[0][-2] == before
    # Nobody was let in halfway: the name is still to be had.
    await ana.stranger().sign_up("late")


@pytest.mark.gen_test(timeout=120)
async def test_a_redis_that_comes_back_waits_for_the_database(place: Place, ana: Visitor) -> None:
    process = place.redis.process
    assert process is not None
    async with database_away(place):
        process.kill()
        process.wait()
        place.redis.start()
        place.redis.wait_until_ready()

        async def answers_as_away() -> bool:
            ready = await ana.get("/readyz")
            assert ready.status == 503
            assert ready.json.keys() == {"status", "log", "database"}
            return bool(ready.json["database"] == "away")

        await eventually(answers_as_away, "the database to be away")
        answer = await ana.post(f"/api/rooms/{ana.room}/messages", {"body": "x"})
        assert answer.status == 503

    async def ready_again() -> bool:
        return (await ana.get("/readyz")).status == 200

    await eventually(ready_again, "a ready server")
    await ana.say("all is well")
