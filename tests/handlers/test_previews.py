"""What messages link to: looked up after they were posted, without reaching what is private."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Visitor, assert_refused
from tests.media.website import HOSTILE_TITLE, Website
from tornchat.domain.errors import Forbidden, NotFound
from tornchat.domain.pages import about, worth_looking_up

pytestmark = pytest.mark.gen_test(timeout=120)


@pytest.fixture(scope="module")
def website() -> Iterator[Website]:
    with Website().open() as website:
        yield website


async def previewed(who: Visitor, room: str, id: int) -> list[dict[str, Any]]:
    """The previews of a message, once it has some."""

    async def there() -> bool:
        return bool(await _previews(who, room, id))

    await eventually(there, "a preview")
    return await _previews(who, room, id)


async def _previews(who: Visitor, room: str, id: int) -> list[dict[str, Any]]:
    [message] = (await who.get(f"/api/rooms/{room}/messages?ids={id}")).json["messages"]
    previews: list[dict[str, Any]] = message.get("previews", [])
    return previews


async def settled(served: Served) -> None:
    """Nothing is being looked up any more."""

    async def none() -> bool:
        return not served.worker.chat.looking_up

    await eventually(none, "the end of all looks")


async def test_a_link_is_looked_up_and_told_to_the_room(
    ana: Visitor, budi: Visitor, place: Place, website: Website
) -> None:
    async with place.serving(fetch_hosts=website.host) as served:
        ana, budi = [await served.visitor().sign_in(who.name) for who in (ana, budi)]
        room = await ana.make_room("Links")
        await budi.enter(room)
        cursor = (await budi.get("/api/session")).json["cursor"]
        id = await ana.say(f"see {website.url}/tea and {website.url}/nothing", room)
        [preview] = await previewed(budi, room, id)
        image = preview.pop("image")
        assert preview == {
            "url": f"{website.url}/tea",
            "title": "All about tea & kettles",
            "site": "127.0.0.1",
            "description": "Green, black and white: how long, how hot.",
        }
        assert (image["width"], image["height"]) == (480, 240)
        small = await budi.get(f"/api/thumbs/{image['id']}")
        assert (small.status, small.headers["Content-Type"]) == (200, "image/webp")
        events = (await budi.poll(cursor))["events"]
        assert [event["kind"] for event in events] == ["message", "message.previewed"]
        assert website.asked.count("/tea") == 1

        # An edit takes it away with its link, and has another looked up.
        path = f"/api/messages/{id}"
        await ana.ask("PATCH", path, {"body": f"no: {website.url}/plain"})
        await settled(served)
        [other] = await _previews(budi, room, id)
        assert other == {
            "url": f"{website.url}/plain",
            "title": "A plain page",
            "site": "127.0.0.1",
        }

        async def gone() -> bool:
            return (await budi.get(f"/api/thumbs/{image['id']}")).status == 404

        await eventually(gone, "the picture is gone")

        # Its author may take it away, for good; others may not.
        citra = await served.visitor().sign_up("citra2")
        await citra.enter(room)
        assert_refused(await citra.delete(f"{path}/previews"), Forbidden)
        outside = await served.visitor().sign_up("doni2")
        assert_refused(await outside.delete(f"{path}/previews"), Forbidden)
        private = await ana.make_room("Private links", private=True)
        secret = await ana.say(f"{website.url}/plain", private)
        await previewed(ana, private, secret)
        assert_refused(await outside.delete(f"/api/messages/{secret}/previews"), NotFound)
        for _ in range(2):
            assert (await ana.delete(f"{path}/previews")).status == 204
        assert await _previews(budi, room, id) == []
        await ana.ask("PATCH", path, {"body": f"again: {website.url}/tea"})
        await settled(served)
        assert await _previews(budi, room, id) == []


async def test_what_is_private_or_not_wanted_is_not_asked_for(
    ana: Visitor, place: Place, served: Served, website: Website
) -> None:
    website.asked.clear()
    room = await ana.make_room("Unlinked")
    await ana.say(f"{website.url}/tea", room)  # this server allows no private host
    async with place.serving(fetch_hosts=website.host, previews="off") as off:
        other = await off.visitor().sign_in(ana.name)
        await other.say(f"{website.url}/tea", room)
    async with place.serving(fetch_hosts=website.host) as on:
        other = await on.visitor().sign_in(ana.name)
        await other.say(f"<{website.url}/tea> and `{website.url}/tea`", room)
        await settled(on)
    await settled(served)
    assert website.asked == []


async def test_a_hostile_page_is_text(ana: Visitor, place: Place, website: Website) -> None:
    async with place.serving(fetch_hosts=website.host) as served:
        other = await served.visitor().sign_in(ana.name)
        room = await other.make_room("Hostile links")
        id = await other.say(f"{website.url}/hostile", room)
        [preview] = await previewed(other, room, id)
        assert preview["title"] == HOSTILE_TITLE
        assert (preview["site"], preview.get("image")) == ("127.0.0.1", None)


def test_what_a_page_says_is_one_line_of_visible_text() -> None:
    page = "<TITLE>\n  a \u202eb&#9;\tc &lt;i&gt; </TITLE>".encode()
    found = about(page, "text/html", "https://www.example.org/x")
    assert found is not None
    assert (found.title, found.site) == ("a b c <i>", "example.org")
    long = about(b"<title>" + b"x" * 5000 + b"</title>", "text/html", "http://a.example/")
    assert long is not None
    assert len(long.title) == 200
    sjis = '<meta charset="shift_jis"><title>東京</title>'.encode("shift_jis")
    tokyo = about(sjis, "text/html", "http://a.example/")
    assert tokyo is not None
    assert tokyo.title == "東京"
    for nothing in (b"", b"<title> </title>", b"<body><title>late</title>", b"\xff\xfe"):
        assert about(nothing, "text/html; charset=punycode", "http://a.example/") is None


def test_only_links_of_the_web_to_elsewhere_are_looked_up() -> None:
    links = [
        "https://a.example/", "mailto:a@b.example", "https://own.example/#/rooms/x",
        "https://b.example/", "https://c.example/", "https://d.example/", "http://[::1",
    ]  # fmt: skip
    found = worth_looking_up(links, "x <https://b.example/> y", frozenset({"own.example"}))
    assert found == ["https://a.example/", "https://c.example/", "https://d.example/"]
