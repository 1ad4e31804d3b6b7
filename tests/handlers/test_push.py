"""Web Push: whoever is not connected is told, once, sealed, by their own push service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from py_vapid import Vapid02
from sqlalchemy import delete
from tornado.ioloop import IOLoop

from tests.handlers.place import Place, Served, eventually
from tests.handlers.push_service import Browser, PushService, push_service
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.app import Worker
from tornchat.archive import marks, push
from tornchat.archive.schema import push_subscriptions
from tornchat.chat import pusher as pusher_module
from tornchat.chat.pusher import is_wanted
from tornchat.domain import pushing
from tornchat.domain.errors import InvalidValue, NotFound
from tornchat.domain.pushing import check_target
from tornchat.log import seats

pytestmark = pytest.mark.gen_test(timeout=120)


@pytest.fixture(scope="module")
def service(io_loop: IOLoop) -> Iterator[PushService]:
    """The push service of all browsers here."""
    opened = push_service()
    service = io_loop.run_sync(opened.__aenter__)
    yield service
    io_loop.run_sync(lambda: opened.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def served(io_loop: IOLoop, place: Place, service: PushService) -> Iterator[Served]:
    """A worker that may reach that service, and does not wait before it pushes."""
    served = io_loop.run_sync(lambda: place.open(fetch_hosts=f"127.0.0.1:{service.port}"))
    assert served.worker.pusher is not None
    served.worker.pusher.wait_ms = 0
    yield served
    io_loop.run_sync(served.worker.stop, timeout=120)


@pytest.fixture(autouse=True)
def nobody_takes_pushes_yet(
    io_loop: IOLoop, served: Served, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Whatever the test before has left, and however long this machine makes a worker wait."""
    monkeypatch.setattr(seats, "SILENT_MS", 60_000)
    monkeypatch.setattr(pusher_module, "ROUND_SECONDS", 0.05)
    monkeypatch.setattr(pushing, "_FIRST_PAUSE_MS", 100)
    service.came.clear()
    service.answers.clear()
    yield

    async def forget() -> None:
        async with served.worker.database.write() as conn:
            await conn.execute(delete(push_subscriptions))

    io_loop.run_sync(forget)


async def waiting(worker: Worker) -> int:
    async with worker.database.read() as conn:
        return await push.waiting(conn)


async def came(service: PushService, count: int) -> None:
    async def so_many() -> bool:
        return len(service.came) >= count

    await eventually(so_many, "so many pushes")
    await asyncio.sleep(0)
    assert len(service.came) == count


async def looked_at(worker: Worker, id: int) -> None:
    """The pusher has looked through all messages up to this one."""

    async def is_past() -> bool:
        async with worker.database.read() as conn:
            return await marks.read(conn, "pushed") >= id and not await push.waiting(conn)

    await eventually(is_past, "a look through what was said")


async def room_of(ana: Visitor, budi: Visitor, name: str, **more: Any) -> str:
    room = await ana.make_room(name, private=True, **more)
    await ana.bring(budi, room)
    return room


async def test_who_is_not_connected_gets_a_push_that_only_their_browser_can_read(
    ana: Visitor, budi: Visitor, served: Served, service: PushService
) -> None:
    room = await room_of(ana, budi, "Plans")
    phone = Browser(f"{service.url}/phone")
    answer = await phone.subscribe(budi)
    assert (answer.status, answer.json) == (201, {"endpoint": phone.endpoint})
    said = await ana.say("Come to the **garden**\n\nat five, ||surprise||", room)
    await came(service, 1)
    [told] = service.came
    assert phone.read(told) == {
        "room": room,
        "message": said,
        "at": (await budi.get(f"/api/rooms/{room}/messages")).json["messages"][-1]["at"],
        "title": "ana · Plans",
        "text": "Come to the **garden** at five, ▒▒▒",
    }
    assert told.path == "/phone"
    assert b"garden" not in told.body
    head = told.headers
    assert (head["content-encoding"], head["urgency"]) == ("aes128gcm", "normal")
    assert 86_000 < int(head["ttl"]) <= 86_400
    assert len(head["topic"]) == 32
    assert room not in head["topic"]
    assert Vapid02.verify(head["authorization"])
    key = (await budi.get("/api/push")).json["public_key"]
    assert head["authorization"].endswith(f"k={key}")
    await looked_at(served.worker, said)
    await budi.ask("DELETE", "/api/push/subscriptions", {"endpoint": phone.endpoint})


async def test_nobody_is_told_of_what_does_not_concern_them(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served, service: PushService
) -> None:
    """Connected, read, quiet, another level, one's own, another's room, and from before."""
    room = await room_of(ana, budi, "Silence")
    loud = await ana.make_room("Loud")
    await budi.enter(loud)
    phones = {name: Browser(f"{service.url}/{name}") for name in ("budi", "ana", "citra", "rest")}
    await ana.say("before anybody subscribed", room)
    await phones["budi"].subscribe(budi)
    await phones["ana"].subscribe(ana)
    await phones["citra"].subscribe(citra)
    await phones["rest"].subscribe(budi, quiet_until=2**52)
    await ana.say("an open room is loud", loud)
    stream = await budi.stream()
    await stream.until("hello")
    said = await ana.say("budi is connected", room)
    await looked_at(served.worker, said)
    stream.close()
    await budi.put(f"/api/rooms/{room}/level", {"level": "none"})

    async def is_gone() -> bool:
        return not await seats.seated(served.worker.client, [budi.id])

    await eventually(is_gone, "the end of the stream")
    said = await ana.say("budi wants nothing", room)
    await looked_at(served.worker, said)
    assert service.came == []
    await budi.put(f"/api/rooms/{room}/level", {"level": "mentions"})
    await looked_at(served.worker, await ana.say("nothing of budi", room))
    await budi.put(f"/api/rooms/{room}/level", {"level": "all"})
    await phones["budi"].subscribe(budi, text=False)
    said = await ana.say("that is for budi", room)
    await came(service, 1)
    told = phones["budi"].read(service.came[0])
    assert (told["message"], told["title"], told.get("text")) == (said, "ana · Silence", None)
    await looked_at(served.worker, said)
    for name, who in (("budi", budi), ("ana", ana), ("citra", citra), ("rest", budi)):
        gone = {"endpoint": phones[name].endpoint}
        assert (await who.ask("DELETE", "/api/push/subscriptions", gone)).status == 204


async def test_what_a_push_service_answers_decides_what_comes_next(
    ana: Visitor, budi: Visitor, served: Served, service: PushService
) -> None:
    room = await room_of(ana, budi, "Answers")
    phone, old = Browser(f"{service.url}/phone"), Browser(f"{service.url}/old")
    await phone.subscribe(budi)
    pusher = served.worker.pusher
    assert pusher is not None
    await pusher.close()  # its steps are taken here, so that both messages wait for one push

    async def planned(id: int) -> None:
        async def is_past() -> bool:
            await pusher.plan()
            async with served.worker.database.read() as conn:
                return await marks.read(conn, "pushed") >= id

        await eventually(is_past, "a plan")

    async def asked(count: int) -> None:
        async def so_often() -> bool:
            await pusher.deliver()
            return len(service.came) >= count

        await eventually(so_often, "so many tries")
        assert len(service.came) == count

    service.answers += ["503 Unavailable", "429 Too Many\r\nRetry-After: 1"]
    first = await ana.say("one", room)
    await planned(first)
    await asked(1)
    second = await ana.say("two", room)  # told together, when the service is back
    await planned(second)
    await asked(3)
    pusher.start()
    told = [phone.read(each) for each in service.came]
    assert told[0]["message"] == first
    assert (told[-1]["message"], told[-1]["count"]) == (second, 2)
    await looked_at(served.worker, second)
    await budi.ask("DELETE", "/api/push/subscriptions", {"endpoint": phone.endpoint})

    await old.subscribe(budi)
    service.answers += ["410 Gone"]
    await ana.say("three", room)
    await came(service, 4)

    async def is_forgotten() -> bool:
        async with served.worker.database.read() as conn:
            return await push.first_since(conn) is None

    await eventually(is_forgotten, "the end of the subscription")


async def test_pushes_end_with_the_session_that_wanted_them(
    ana: Visitor, budi: Visitor, served: Served, service: PushService
) -> None:
    elsewhere = await budi.again()
    await Browser(f"{service.url}/elsewhere").subscribe(elsewhere)
    async with served.worker.database.read() as conn:
        assert await push.first_since(conn) is not None
    assert (await elsewhere.delete("/api/session")).status == 204
    async with served.worker.database.read() as conn:
        assert await push.first_since(conn) is None


async def test_what_one_worker_began_another_goes_on_with_and_nobody_is_told_twice(
    ana: Visitor, budi: Visitor, place: Place, served: Served, service: PushService
) -> None:
    room = await room_of(ana, budi, "Fleet")
    phone = Browser(f"{service.url}/phone")
    await phone.subscribe(budi)
    pusher = served.worker.pusher
    assert pusher is not None
    await pusher.close()
    async with place.serving(fetch_hosts=f"127.0.0.1:{service.port}") as other:
        second = other.worker.pusher
        assert second is not None
        await second.close()
        second.wait_ms = 0
        said = await ana.say("who tells it?", room)

        async def planned() -> bool:
            # Both look, as where one was frozen and does not know that it was replaced.
            await asyncio.gather(pusher.plan(), second.plan())
            return await waiting(other.worker) > 0

        await eventually(planned, "a plan")
        await asyncio.gather(pusher.deliver(), second.deliver())
        assert [phone.read(each)["message"] for each in service.came] == [said]
        assert await waiting(other.worker) == 0
    await budi.ask("DELETE", "/api/push/subscriptions", {"endpoint": phone.endpoint})
    pusher.start()


async def test_a_subscription_wants_an_address_and_keys(ana: Visitor, service: PushService) -> None:
    good = Browser("https://push.example.org/x").values
    p256dh, auth = good["keys"]["p256dh"], good["keys"]["auth"]
    for wrong in (
        {},
        {"endpoint": "https://push.example.org/x"},
        {**good, "endpoint": "http://push.example.org/x"},
        {**good, "endpoint": "ftp://127.0.0.1/x"},
        {**good, "endpoint": "https://user@push.example.org/x"},
        {**good, "endpoint": "https://[push"},
        {**good, "endpoint": "https://push.example.org/" + "x" * 1000},
        {**good, "endpoint": "https://püsh.example.org/"},
        {**good, "keys": {"p256dh": p256dh}},
        {**good, "keys": {"p256dh": auth, "auth": auth}},
        {**good, "keys": {"p256dh": p256dh[:-4] + "AAAA", "auth": auth}},
        {**good, "keys": {"p256dh": p256dh, "auth": "*"}},
        {**good, "text": "yes"},
        {**good, "quiet_until": -1},
        {**good, "quiet_until": True},
    ):
        assert_refused(await ana.post("/api/push/subscriptions", wrong), InvalidValue)
    for no_address in (1, "\ud800"):
        answer = await ana.ask("DELETE", "/api/push/subscriptions", {"endpoint": no_address})
        assert_refused(answer, InvalidValue)


async def test_nothing_private_is_reached(
    ana: Visitor, budi: Visitor, place: Place, served: Served, service: PushService
) -> None:
    """Without the operator's leave: the address is looked at when it is asked."""
    room = await room_of(ana, budi, "Inside")
    pusher = served.worker.pusher
    assert pusher is not None
    await pusher.close()
    async with place.serving() as guarded:
        careful = guarded.worker.pusher
        assert careful is not None
        await careful.close()
        careful.wait_ms = 0
        await Browser(f"{service.url}/inside").subscribe(budi)
        await ana.say("metadata", room)

        async def tried() -> bool:
            await careful.plan()
            return await careful.deliver() or await waiting(guarded.worker) > 0

        await eventually(tried, "a try")
        assert service.came == []
    gone = {"endpoint": f"{service.url}/inside"}
    await budi.ask("DELETE", "/api/push/subscriptions", gone)
    pusher.start()


async def test_it_can_be_switched_off(ana: Visitor, place: Place) -> None:
    async with place.serving(push="off") as plain:
        visitor = plain.visitor()
        visitor.cookie = ana.cookie
        assert_refused(await visitor.get("/api/push"), NotFound)
        values = Browser("https://push.example.org/x").values
        assert_refused(await visitor.post("/api/push/subscriptions", values), NotFound)
        assert plain.worker.pusher is None


async def test_somebody_without_a_limit_of_streams_is_seen_as_connected_as_well(
    ana: Visitor, place: Place
) -> None:
    async with place.serving(max_streams=0) as free:
        visitor = free.visitor()
        visitor.cookie = ana.cookie
        stream = await visitor.stream()
        await stream.until("hello")

        async def is_there() -> bool:
            return await seats.seated(free.worker.client, [ana.id, "nobody"]) == {ana.id}

        await eventually(is_there, "a seat")
        stream.close()

        async def is_gone() -> bool:
            return not await seats.seated(free.worker.client, [ana.id])

        await eventually(is_gone, "the end of the stream")


async def test_what_waits_is_not_sent_to_who_wants_it_no_more(
    ana: Visitor, budi: Visitor, served: Served, service: PushService
) -> None:
    """While a push service is away, somebody is blocked, or a room made quiet or left."""
    room = await room_of(ana, budi, "Meanwhile")
    values = Browser(f"{service.url}/phone").values
    stream = await budi.stream()
    await stream.until("hello")
    await budi.post("/api/push/subscriptions", values)
    said = await ana.say("for later", room)
    await looked_at(served.worker, said)
    now = served.worker.chat.now()
    async with served.worker.database.write() as conn:
        await push.want(conn, check_target(**values).id, room, said, 1, now + 3_600_000)

    async def is_due() -> list[bool]:
        async with served.worker.database.read() as conn:
            return [is_wanted(one, now) for one in await push.due(conn, now + 7_200_000, 10)]

    assert await is_due() == [True]
    for path, no, yes in (
        (f"/api/rooms/{room}/level", ("PUT", {"level": "none"}), ("PUT", {"level": "all"})),
        (f"/api/blocks/{ana.id}", ("PUT", {}), ("DELETE", {})),
        (f"/api/rooms/{room}/members/me", ("DELETE", {}), None),
    ):
        assert (await budi.ask(no[0], path, no[1])).status == 204
        assert await is_due() == [False]
        if yes:
            assert (await budi.ask(yes[0], path, yes[1])).status == 204
            assert await is_due() == [True]
    stream.close()


async def test_what_was_said_to_one_person_goes_before_what_a_room_was_told(
    ana: Visitor, budi: Visitor, served: Served, service: PushService
) -> None:
    rooms = [await room_of(ana, budi, f"Loud {number}") for number in range(3)]
    direct = (await ana.post("/api/direct", {"users": [budi.id]})).json["id"]
    stream = await budi.stream()
    await stream.until("hello")
    values = Browser(f"{service.url}/phone").values
    await budi.post("/api/push/subscriptions", values)
    said = [await ana.say("@here", room) for room in (*rooms, direct)]
    await looked_at(served.worker, said[-1])
    now = served.worker.chat.now()
    wanted = check_target(**values).id
    async with served.worker.database.write() as conn:
        for number, (room, id) in enumerate(zip((*rooms, direct), said, strict=True)):
            await push.want(conn, wanted, room, id, 1, now + 3_600_000 + number)
    async with served.worker.database.read() as conn:
        found = await push.due(conn, now + 7_200_000, 2)
    assert [one.room for one in found] == [direct, rooms[0]]
    stream.close()
