"""Searching: what comes back from the log and from the archive, and to whom."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.handlers.place import Place, Served
from tests.handlers.test_messages import archive_at_rest, archived
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.archive import search as archive
from tornchat.chat import searching
from tornchat.domain.errors import (
    BadCursor,
    BadRequest,
    Forbidden,
    InvalidValue,
    NotFound,
    TooMany,
)

KEYS = {"messages", "more", "words", "beside"}


async def search(who: Visitor, q: str = "", **more: Any) -> dict[str, Any]:
    answer = await who.get("/api/search?" + urlencode({"q": q, **more}))
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.json
    assert found.keys() == KEYS
    return found


async def hits(who: Visitor, q: str = "", **more: Any) -> list[int]:
    return [message["id"] for message in (await search(who, q, **more))["messages"]]


@pytest.mark.gen_test(timeout=120)
async def test_what_was_said_is_found_before_and_after_the_archive_has_it(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    room = await ana.make_room("Tea house")
    await budi.enter(room)
    async with archive_at_rest(served):
        first = await ana.say("A *matcha* tonight?", room)
        second = await budi.say("東京のMATCHA, ok", room)
        for _ in range(2):
            assert await hits(ana, "Mátcha") == [second, first]
            assert await hits(ana, "matcha from:me") == [first]
            assert await hits(budi, 'ok in:"tea house"') == [second]
            assert await hits(ana, '"a matcha"') == [first]
            assert await hits(ana, f"matcha -from:@{ana.name}") == [second]
        await ana.put(f"/api/messages/{first}/reactions/%F0%9F%91%8D")
        assert await hits(ana, "has:reaction matcha") == [first]
    await archived(served)
    assert await hits(ana, "matcha") == [second, first]
    assert await hits(ana, "has:reaction matcha") == [first]
    found = await search(ana, "matcha", room=room, limit=1)
    assert (found["more"], found["words"]) == (True, ["matcha"])
    assert found["beside"] == {
        str(second): [{"id": first, "author": ana.id, "text": "A matcha tonight?"}, None]
    }
    assert (
        found["messages"] == (await ana.get(f"/api/rooms/{room}/messages?limit=1")).json["messages"]
    )
    found = await search(ana, "matcha", before=second, author=ana.id)
    assert ([one["id"] for one in found["messages"]], found["more"]) == ([first], False)


@pytest.mark.gen_test(timeout=120)
async def test_an_edited_message_is_found_by_its_new_text_and_a_deleted_one_not_at_all(
    ana: Visitor, served: Served
) -> None:
    room = await ana.make_room("Second thoughts")
    changed, gone = await ana.say("saffron", room), await ana.say("saffron too", room)
    await archived(served)
    async with archive_at_rest(served):
        # SQL still has the first texts, the log what became of them.
        await ana.ask("PATCH", f"/api/messages/{changed}", {"body": "turmeric"})
        await ana.delete(f"/api/messages/{gone}")
        assert await hits(ana, "saffron") == []
        assert await hits(ana, "turmeric") == [changed]
    await archived(served)
    assert await hits(ana, "saffron") == []
    assert await hits(ana, "turmeric") == [changed]
    assert await hits(ana, "-turmeric", room=room) == []


@pytest.mark.gen_test(timeout=120)
async def test_pages_go_back_to_the_beginning_without_a_gap(ana: Visitor, served: Served) -> None:
    room = await ana.make_room("Long talk")
    said = [await ana.say(f"pebble {number}", room) for number in range(7)]
    await archived(served)
    async with archive_at_rest(served):
        said += [await ana.say(f"pebble {number}", room) for number in range(7, 10)]
        await ana.delete(f"/api/messages/{said.pop(5)}")
        await ana.delete(f"/api/messages/{said.pop(4)}")
        pages, before, more = [], 2**53 - 1, True
        while more:
            found = await search(ana, "pebble", before=before, limit=2)
            page = [message["id"] for message in found["messages"]]
            more, before = found["more"], page[-1] if page else 0
            pages.append(page)
    assert [id for page in pages for id in page] == said[::-1]
    assert all(len(page) == 2 for page in pages[:-1])


@pytest.mark.gen_test(timeout=120)
async def test_nobody_finds_what_they_may_not_read(
    ana: Visitor, budi: Visitor, citra: Visitor, served: Served
) -> None:
    private = await ana.make_room("Vault", private=True)
    open_room = await ana.make_room("Fair")
    early, shown = await ana.say("sesame one", private), await ana.say("sesame two", open_room)
    await ana.bring(budi, private)
    late = await ana.say("sesame three", private)
    for at_rest in (False, True):
        assert await hits(ana, "sesame") == [late, shown, early]
        assert await hits(budi, "sesame") == [late], at_rest
        assert await hits(citra, "sesame") == []
        await archived(served)
    # Not even as the line beside what they may read.
    assert (await search(budi, "three"))["beside"] == {}
    await budi.enter(open_room)
    assert await hits(budi, "sesame") == [late, shown]
    await budi.delete(f"/api/rooms/{private}/members/me")
    assert await hits(budi, "sesame") == [shown]
    assert_refused(await citra.get(f"/api/search?q=sesame&room={private}"), NotFound)
    assert_refused(await citra.get(f"/api/search?q=sesame&room={open_room}"), Forbidden)
    assert_refused(await citra.get("/api/search?q=in:vault"), InvalidValue, "no room named vault")


@pytest.mark.gen_test(timeout=120)
async def test_a_line_beside_what_was_found_hides_what_its_author_hid(
    ana: Visitor, served: Served
) -> None:
    room = await ana.make_room("Film club")
    await ana.say(f"||**Rosebud**, @{ana.name} knew||: `a || b` and ||so|| on", room)
    shown = await ana.say("Any popcorn?", room)
    await archived(served)
    [line, _] = (await search(ana, "popcorn"))["beside"][str(shown)]
    assert line["text"] == "▒▒▒: a || b and ▒▒▒ on"


@pytest.mark.gen_test(timeout=120)
async def test_what_cannot_be_asked_is_said_with_what_to_write_instead(ana: Visitor) -> None:
    for query, error, detail in (
        ("", BadRequest, "Say what to search for"),
        ("q=+", BadRequest, "Say what"),
        ("q=from:nobody", InvalidValue, "nobody named nobody"),
        ("q=before:tomorrow", InvalidValue, "2026-01-31"),
        ("q=has:cheese", InvalidValue, "has:link"),
        ("q=in:", InvalidValue, "after in:"),
        ("q=" + "x" * 501, InvalidValue, "500"),
        ("q=x&before=now", BadCursor, "cursor"),
        ("q=x&limit=0", InvalidValue, "limit"),
        ("q=x&minutes=900", InvalidValue, "minutes"),
    ):
        assert_refused(await ana.get(f"/api/search?{query}"), error, detail)
    assert await hits(ana, "x", minutes=-420) == []


@pytest.mark.gen_test(timeout=120)
async def test_who_searches_without_end_has_to_wait(
    place: Place, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "PER_MINUTE", 1)
    async with place.serving(post_rate=10) as limited:
        other = limited.visitor()
        other.cookie = ana.cookie
        answers = [await other.get("/api/search?q=x") for _ in range(32)]
    assert [answer.status for answer in answers[:30]] == [200] * 30
    assert_refused(answers[-1], TooMany)


@pytest.mark.gen_test(timeout=120)
async def test_a_history_from_before_the_index_follows_and_answers_say_so_until_then(
    ana: Visitor, served: Served
) -> None:
    id = await ana.say("cinnamon")
    await archived(served)
    async with archive_at_rest(served):
        async with served.worker.database.write() as conn:
            await conn.exec_driver_sql("DELETE FROM search")
            await conn.exec_driver_sql("INSERT INTO marks (name, value) VALUES ('unindexed', 9e15)")
        answer = (await ana.get("/api/search?q=cinnamon")).json
        assert (answer["messages"], answer["partial"]) == ([], True)
        async with served.worker.database.write() as conn:
            await archive.index_history(conn)
    assert await hits(ana, "cinnamon") == [id]
