"""Mentions over HTTP: who is called, who is not, and what is counted of it."""

from __future__ import annotations

import pytest

from tests.handlers.place import Served, eventually
from tests.handlers.visitor import Visitor
from tornchat.archive import marks
from tornchat.log import upkeep


async def mentioned(visitor: Visitor, room: str) -> tuple[int, list[int]]:
    found = (await visitor.get(f"/api/rooms/{room}")).json
    return found["mentions"], found["mentioned"]


async def archived(served: Served) -> None:
    """Until the archive has taken everything."""

    async def done() -> bool:
        return not await upkeep.any_queued(served.worker.client)

    await eventually(done, "the archive to take all messages")
    async with served.worker.database.read() as conn:
        assert await marks.read(conn, "archived") > 0


@pytest.mark.gen_test(timeout=120)
async def test_members_are_called_by_name_and_others_are_not(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room, secret = await ana.make_room("Call Centre"), await ana.make_room("Se cret", private=True)
    await budi.enter(room)
    stream = await budi.stream()
    await stream.until("hello")
    body = "@BUDI, `@budi` @citra @nobody [@budi](https://e.com) #call-centre #se-cret @budi."
    answer = await ana.post(f"/api/rooms/{room}/messages", {"body": body})
    assert answer.json["mentions"] == [budi.id]
    assert "here" not in answer.json
    html = answer.json["html"]
    assert html.count(f'<span class="mention" data-user="{budi.id}">@budi</span>') == 2
    assert f'<span class="mention" data-room="{room}">#Call Centre</span>' in html
    assert f'<span class="mention" data-room="{secret}">#Se cret</span>' in html
    assert "<code>@budi</code>" in html
    assert "@citra @nobody" in html
    event, _ = await stream.until("message")
    assert (event["mentions"], event["html"]) == ([budi.id], html)
    # A room that one is not in cannot be found out by its name.
    answer = await budi.post(f"/api/rooms/{room}/messages", {"body": "#se-cret @here @ana"})
    assert (answer.json["mentions"], answer.json["here"]) == ([ana.id], True)
    assert secret not in answer.json["html"]
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_what_somebody_wrote_cannot_pass_for_a_mention(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Forgery")
    await budi.enter(room)
    body = f'<span class="mention" data-user="{budi.id}">@ana</span> @ana&#64;budi'
    answer = await budi.post(f"/api/rooms/{room}/messages", {"body": body})
    assert "<span" not in answer.json["html"].replace(
        f'<span class="mention" data-user="{ana.id}">@ana</span>', ""
    )
    assert answer.json["mentions"] == [ana.id]


@pytest.mark.gen_test(timeout=120)
async def test_what_is_for_me_is_counted_through_edits_deletions_and_reading(
    served: Served, ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await ana.make_room("Counting")
    for who in (budi, citra):
        await who.enter(room)

    async def edit(id: int, body: str) -> None:
        assert (await ana.ask("PATCH", f"/api/messages/{id}", {"body": body})).status == 200

    for wait in (False, True):
        mine = await budi.say("what do you think, @budi @here?", room)
        one, two, three = [await ana.say(text, room) for text in ("@budi", "@here", "plain")]
        reply = await ana.say("I agree", room, reply_to=mine)
        if wait:
            await archived(served)
        assert await mentioned(budi, room) == (3, [one, two, reply])
        assert await mentioned(citra, room) == (2, [mine, two])
        assert await mentioned(ana, room) == (1, [mine])
        await edit(one, "nobody")
        await edit(three, "@budi after all")
        await edit(reply, "I do not")
        assert await mentioned(budi, room) == (3, [two, three, reply])
        if wait:
            await archived(served)
            assert await mentioned(budi, room) == (3, [two, three, reply])
        assert (await ana.delete(f"/api/messages/{two}")).status == 204
        assert await mentioned(budi, room) == (2, [three, reply])
        await budi.put(f"/api/rooms/{room}/read", {"id": three})
        assert await mentioned(budi, room) == (1, [reply])
        page = (await budi.get(f"/api/rooms/{room}/messages?around={three}")).json["messages"]
        [shown] = [message for message in page if message["id"] == three]
        assert shown["mentions"] == [budi.id]
        for who in (ana, budi, citra):
            await who.put(f"/api/rooms/{room}/read", {"id": reply})
            assert await mentioned(who, room) == (0, [])


@pytest.mark.gen_test(timeout=120)
async def test_in_a_direct_room_everything_is_for_me(ana: Visitor, budi: Visitor) -> None:
    room = (await ana.post("/api/direct", {"users": [budi.id]})).json["id"]
    for text in ("one", "two"):
        await ana.say(text, room)
    assert (await mentioned(budi, room))[0] == 2
