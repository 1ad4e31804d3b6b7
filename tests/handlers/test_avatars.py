"""Pictures of people: what becomes one, who may put it on and take it off, and who sees it."""

from __future__ import annotations

import asyncio
import io
import zlib
from typing import Any

import pytest
from PIL import Image

from tests.handlers.place import Served
from tests.handlers.visitor import Answer, Visitor, assert_refused
from tests.media.samples import HTML, SVG, moving, photo, picture
from tornchat.chat import avatars
from tornchat.chat.context import Identity
from tornchat.domain.errors import (
    BadRequest,
    Forbidden,
    NotAPicture,
    NotFound,
    TooLarge,
    TooMany,
)

ALWAYS = "private, max-age=31536000, immutable"


async def put_on(who: Visitor, content: bytes, user: str = "me", **more: Any) -> Answer:
    headers = {"Content-Type": "application/octet-stream", **more}
    return await who.put(f"/api/users/{user}/avatar", body=content, headers=headers)


async def new(served: Served, name: str) -> Visitor:
    return await served.visitor().sign_up(name)


def of(answer: Answer) -> str:
    assert answer.status == 200, answer
    id: str = answer.json["avatar"]
    return id


@pytest.mark.gen_test(timeout=120)
async def test_a_picture_is_drawn_anew_small_and_square_without_what_was_noted_in_it(
    ana: Visitor, budi: Visitor, stranger: Visitor
) -> None:
    shown = of(await put_on(ana, photo()))
    answer = await budi.get(f"/api/avatars/{shown}")
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Cache-Control"] == ALWAYS
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(answer.body)) as drawn:
        assert (drawn.format, drawn.size) == ("WEBP", (256, 256))
        assert not drawn.getexif()
    assert b"maker of phones" not in answer.body
    again = await budi.get(f"/api/avatars/{shown}", headers={"If-None-Match": f'"{shown}"'})
    assert again.status == 304
    assert (await stranger.get(f"/api/avatars/{shown}")).status == 401
    people = (await budi.get(f"/api/users?ids={ana.id}")).json["users"]
    assert [person["avatar"] for person in people] == [shown]
    members = (await budi.get(f"/api/rooms/{budi.room}/members")).json["members"]
    assert {person.get("avatar") for person in members} >= {shown}


@pytest.mark.gen_test(timeout=120)
async def test_another_picture_has_another_id_and_the_old_one_leaves_the_disk(
    served: Served,
) -> None:
    lia = await new(served, "lia")
    cursor = (await lia.get("/api/session")).json["cursor"]
    first = of(await put_on(lia, picture()))
    second = of(await put_on(lia, moving()))
    assert (await lia.delete("/api/users/me/avatar")).status == 204
    assert (await lia.delete("/api/users/me/avatar")).status == 204
    told = [
        event.get("avatar")
        for event in (await lia.poll(cursor))["events"]
        if event["kind"] == "person.changed" and event["user"] == lia.id
    ]
    assert told == [first, second, None]
    assert "avatar" not in (await lia.get("/api/session")).json["user"]
    folder = served.worker.chat.folder
    for gone in (first, second):
        assert_refused(await lia.get(f"/api/avatars/{gone}"), NotFound)
    served.worker.keeper.sweeper.hurry()
    await served.worker.keeper.sweeper.sweep()
    assert not any(folder.path(gone).exists() for gone in (first, second))


@pytest.mark.gen_test(timeout=120)
async def test_what_is_no_picture_is_refused_and_nothing_of_it_is_kept(served: Served) -> None:
    maya = await new(served, "maya")
    bomb = b"\x89PNG\r\n\x1a\n" + zlib.compress(b"\0" * 1_000_000)
    incoming = served.worker.chat.folder.root / "incoming"
    for content in (SVG, HTML, bomb, b"\xff\xd8\xff" + b"x" * 100):
        assert_refused(await put_on(maya, content), NotAPicture)
    assert list(incoming.iterdir()) == []
    assert "avatar" not in (await maya.get("/api/session")).json["user"]


@pytest.mark.gen_test(timeout=120)
async def test_the_picture_of_somebody_is_theirs_and_administrators_may_take_it_away(
    ana: Visitor, budi: Visitor, served: Served
) -> None:
    nia = await new(served, "nia")
    shown = of(await put_on(nia, picture()))
    assert_refused(await put_on(budi, picture(), user=nia.id), Forbidden)
    assert_refused(await put_on(ana, picture(), user=nia.id), Forbidden)
    assert_refused(await budi.delete(f"/api/users/{nia.id}/avatar"), Forbidden)
    assert_refused(await ana.delete("/api/users/nobody/avatar"), NotFound)
    assert (await nia.get(f"/api/avatars/{shown}")).status == 200
    assert (await ana.delete(f"/api/users/{nia.id}/avatar")).status == 204
    assert_refused(await nia.get(f"/api/avatars/{shown}"), NotFound)
    await put_on(nia, picture())
    assert (await ana.delete(f"/api/users/{nia.id}", json={})).status == 200
    cursor = (await ana.get("/api/session")).json["cursor"]
    assert (await ana.delete(f"/api/users/{nia.id}/avatar")).status == 204
    [told] = (await ana.poll(cursor))["events"]
    assert told["user"] == nia.id
    assert "avatar" not in told


@pytest.mark.gen_test(timeout=120)
async def test_who_goes_while_their_picture_is_drawn_is_sending_nothing_then(
    served: Served,
) -> None:
    pia = await new(served, "pia")
    chat, content = served.worker.chat, picture()
    upload = await avatars.begin(chat, Identity(pia.id, "member", "cookie", ""), len(content))
    await upload.write(content)
    ending = asyncio.ensure_future(upload.finish())
    await asyncio.sleep(0)
    upload.abandon()
    await asyncio.gather(ending, return_exceptions=True)
    assert chat.uploading[pia.id] == 0


@pytest.mark.gen_test(timeout=120)
async def test_a_file_of_a_message_is_not_served_as_a_picture_of_somebody(
    ana: Visitor, budi: Visitor
) -> None:
    file = await ana.upload(picture(), "secret.png")
    assert_refused(await budi.get(f"/api/avatars/{file['id']}"), NotFound)
    for other in ("x", "0" * 32):
        assert_refused(await budi.get(f"/api/avatars/{other}"), NotFound)


@pytest.mark.gen_test(timeout=120)
async def test_the_limits_of_a_picture(served: Served) -> None:
    olga = await new(served, "olga")
    headers = {"Content-Length": "12000001"}
    assert_refused(await put_on(olga, b"\0" * 12_000_001, **headers), TooLarge)
    assert_refused(await olga.put("/api/users/me/avatar"), BadRequest)
    answers = await asyncio.gather(*(put_on(olga, picture()) for _ in range(12)))
    assert_refused(next(answer for answer in answers if answer.status != 200), TooMany)
