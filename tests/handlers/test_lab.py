"""Probes of the lab: to oneself alone, in order with everything else, and stamped on their way."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.handlers.place import Place
from tests.handlers.visitor import POLL, Visitor, assert_refused
from tests.handlers.web_socket import Socket
from tornchat.domain.errors import InvalidValue, NotFound, TooMany, Unauthenticated


async def probe(visitor: Visitor, nonce: str = "", **more: Any) -> dict[str, Any]:
    """Send what must be accepted."""
    answer = await visitor.post("/api/lab/probe", {**({"nonce": nonce} if nonce else {}), **more})
    assert answer.status == 201, answer
    said: dict[str, Any] = answer.json
    return said


@pytest.mark.gen_test(timeout=120)
async def test_a_probe_comes_to_oneself_by_every_transport_and_to_nobody_else(
    place: Place, ana: Visitor, budi: Visitor
) -> None:
    start = (await ana.poll(None))["cursor"]
    stream, other = await ana.stream(f"?after={start}"), await budi.stream(f"?after={start}")
    socket = await Socket.open(ana, f"?after={start}")
    await stream.until("hello")
    await other.until("hello")
    await socket.next()
    poll = asyncio.ensure_future(ana.get(f"/api/events?wait=30&after={start}", headers=POLL))
    await asyncio.sleep(0.2)
    sent = await probe(ana, "n1", pad=7)
    said = await ana.say("to everybody")
    by_sse, before = await stream.until("probe")
    [by_poll] = [event for event in (await poll).json["events"] if event["kind"] == "probe"]
    by_websocket = await socket.next()
    for event in (by_sse, by_websocket, by_poll):
        assert event.pop("framed") >= event["heard"] >= event["received"] == sent["received"]
    assert by_sse == by_websocket == by_poll
    assert before in ([], ["beat"])
    assert (by_sse["id"], by_sse["at"]) == (sent["id"], sent["at"])
    assert (by_sse["topic"], by_sse["nonce"]) == (f"user:{ana.id}", "n1")
    assert by_sse["pad"] == "xxxxxxx"
    assert sent["received"] <= sent["appended"]
    assert abs(sent["received"] / 1e6 - time.time()) < 60
    heard, before = await other.until("message")
    assert heard["id"] == said
    assert "probe" not in before
    assert "probe" not in {event["kind"] for event in (await budi.poll(start))["events"]}
    for reader in (stream, other, socket):
        reader.close()


@pytest.mark.gen_test(timeout=120)
async def test_probes_stand_in_the_log_in_their_order_and_are_replayed(
    place: Place, ana: Visitor
) -> None:
    start = (await ana.poll(None))["cursor"]
    ids = [(await probe(ana, f"n{number}"))["id"] for number in range(3)]
    page = [event for event in (await ana.poll(start))["events"] if event["kind"] == "probe"]
    assert [event["id"] for event in page] == ids
    assert [event["prev"] for event in page][1:] == ids[:-1]
    async with place.serving() as fresh:
        # One that has heard nothing, and reads the log.
        there = fresh.visitor()
        there.cookie = ana.cookie
        again = (await there.poll(start))["events"]
    assert [event["id"] for event in again if event["kind"] == "probe"] == ids
    for event in again:
        assert event["replayed"] is True
        assert "heard" not in event
        assert event["framed"] >= event["received"]


@pytest.mark.gen_test(timeout=120)
async def test_neither_history_nor_unread_counts_know_of_a_probe(
    ana: Visitor, budi: Visitor
) -> None:
    before = await ana.page(), await ana.unread(), await budi.unread()
    await probe(ana)
    assert (await ana.page(), await ana.unread(), await budi.unread()) == before


@pytest.mark.gen_test(timeout=120)
async def test_what_is_wrong_with_a_probe_is_said(stranger: Visitor, ana: Visitor) -> None:
    assert_refused(await stranger.post("/api/lab/probe", {}), Unauthenticated)
    for pad in (-1, 2001, 1.5, "7", True, None):
        assert_refused(await ana.post("/api/lab/probe", {"pad": pad}), InvalidValue, "pad")
    for nonce in ("", "\n", "n" * 65, 7):
        assert_refused(await ana.post("/api/lab/probe", {"nonce": nonce}), InvalidValue, "nonce")


@pytest.mark.gen_test(timeout=120)
async def test_more_probes_than_the_limit_are_refused_for_a_moment(
    place: Place, stranger: Visitor, ana: Visitor
) -> None:
    eager = await stranger.sign_up("eager")
    async with place.serving(probe_rate=0.5) as slow:
        here, there = slow.visitor(), slow.visitor()
        here.cookie, there.cookie = eager.cookie, ana.cookie
        answers = [await here.post("/api/lab/probe", {}) for _ in range(8)]
        refused = [answer for answer in answers if answer.status != 201]
        assert 1 <= len(refused) <= 3
        for answer in refused:
            assert_refused(answer, TooMany)
        assert (await there.post("/api/lab/probe", {})).status == 201, "each has their own"
    async with place.serving(probe_rate=0) as free:
        here = free.visitor()
        here.cookie = eager.cookie
        assert {(await here.post("/api/lab/probe", {})).status for _ in range(30)} == {201}


@pytest.mark.gen_test(timeout=120)
async def test_a_server_can_do_without_the_lab(place: Place, ana: Visitor) -> None:
    async with place.serving(lab="off") as without:
        here = without.visitor()
        here.cookie = ana.cookie
        assert_refused(await here.post("/api/lab/probe", {}), NotFound, "switched off")
        for path in ("/lab", "/lab/", "/lab/lab.js", "/./lab/lab.js", "/js/../lab/lab.js"):
            assert_refused(await here.get(path), NotFound)
        assert (await here.get("/")).status == 200
        assert (await here.get("/api/server")).json["lab"] is False
