"""Sending files: who may, what becomes of them, who sees them, and when they are gone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.test_messages import archived
from tests.handlers.visitor import Answer, Visitor, assert_refused
from tests.media.samples import (
    HTML,
    SVG,
    bomb,
    moving,
    photo,
    picture,
    polyglots,
    sound,
    zip_bomb,
)
from tornchat.archive import files as in_sql
from tornchat.archive.schema import files
from tornchat.domain.errors import (
    BadRequest,
    FileGone,
    Forbidden,
    InvalidValue,
    NonceReused,
    NotFound,
    QuotaReached,
    TooLarge,
    TooMany,
    WrongType,
)
from tornchat.domain.files import SHOWN, UNKNOWN
from tornchat.log import files as in_log

pytestmark = pytest.mark.gen_test(timeout=120)
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def on_disk(place: Place) -> set[str]:
    """Names of all that is in the folder of files."""
    folder = place.settings.files_folder()
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def get(who: Visitor, file: dict[str, Any], **more: Any) -> Answer:
    name = quote(file.get("name", "x"), safe="")
    return await who.get(f"/api/files/{file['id']}/{name}", **more)


async def thumb(who: Visitor, file: dict[str, Any]) -> Answer:
    return await who.get(f"/api/thumbs/{file['id']}")


async def send(who: Visitor, room: str, *files: dict[str, Any], **more: Any) -> Answer:
    ids = [file["id"] for file in files]
    return await who.post(f"/api/rooms/{room}/messages", {"files": ids, **more})


async def test_a_picture_is_sent_with_a_message_seen_by_its_room_and_gone_with_it(
    ana: Visitor, budi: Visitor, place: Place, served: Served
) -> None:
    room = await ana.make_room("Pictures")
    await budi.enter(room)
    cursor = (await budi.get("/api/session")).json["cursor"]
    file = await ana.upload(photo(), "holiday.jpg")
    assert file | {"id": "", "size": 0} == {
        "id": "", "name": "holiday.jpg", "type": "image/jpeg", "size": 0, "width": 480,
        "height": 640, "thumb": True,
    }  # fmt: skip
    assert (await get(ana, file)).status == 200
    assert_refused(await get(budi, file), NotFound)

    sent = await send(ana, room, file, nonce="one")
    assert sent.status == 201, sent
    assert sent.json["files"] == [file]
    assert (sent.json["body"], sent.json["html"]) == ("", "")
    assert (await send(ana, room, file, nonce="one")).status == 200
    [event] = (await budi.poll(cursor))["events"]
    assert event["files"] == [file]

    for _ in range(2):  # before the archive has it, and afterwards
        original, small = await get(budi, file), await thumb(budi, file)
        assert (original.headers["Content-Type"], small.headers["Content-Type"]) == (
            "image/jpeg", "image/webp",
        )  # fmt: skip
        assert len(original.body) == file["size"]
        assert b"maker of phones" not in original.body
        assert original.headers["Content-Security-Policy"] == SANDBOX
        assert original.headers["X-Content-Type-Options"] == "nosniff"
        assert original.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert original.headers["Content-Disposition"].startswith("inline;")
        assert "Set-Cookie" not in original.headers
        await archived(served)
    [shown] = (await budi.get(f"/api/rooms/{room}/messages")).json["messages"]
    assert shown["files"] == [file]

    assert {file["id"], f"{file['id']}.thumb"} <= on_disk(place)
    assert (await ana.delete(f"/api/messages/{sent.json['id']}")).status == 204
    for who in (ana, budi):
        assert_refused(await get(who, file), NotFound)
        assert_refused(await thumb(who, file), NotFound)
    await eventually(lambda: _gone(place, file), "the file has left the disk")
    [shown] = (await budi.get(f"/api/rooms/{room}/messages")).json["messages"]
    assert "files" not in shown


async def _gone(place: Place, file: dict[str, Any]) -> bool:
    return not any(name.startswith(file["id"]) for name in on_disk(place))


async def test_whoever_may_not_read_the_message_does_not_find_its_file(
    ana: Visitor, budi: Visitor, citra: Visitor
) -> None:
    room = await ana.make_room("Inner circle", private=True)
    await ana.bring(budi, room)
    file = await ana.upload(picture(), "plan.png")
    sent = await send(ana, room, file, body="the plan")
    assert sent.status == 201
    assert (await get(budi, file)).status == 200
    # A stranger to the room; one who came later; one who was removed.
    assert_refused(await get(citra, file), NotFound)
    await ana.bring(citra, room)
    assert_refused(await get(citra, file), NotFound)
    assert_refused(await thumb(citra, file), NotFound)
    assert (await ana.delete(f"/api/rooms/{room}/members/{budi.id}")).status == 204
    assert_refused(await get(budi, file), NotFound)
    await budi.get("/api/session")
    open_room = await ana.make_room("Open circle")
    other = await ana.upload(picture())
    assert (await send(ana, open_room, other)).status == 201
    assert_refused(await get(budi, other), NotFound)
    await budi.enter(open_room)
    assert (await get(budi, other)).status == 200


async def test_a_file_is_its_uploaders_and_of_one_message(ana: Visitor, budi: Visitor) -> None:
    room = await ana.make_room("Once")
    await budi.enter(room)
    file, other = await ana.upload(b"hello"), await ana.upload(b"more")
    assert_refused(await send(budi, room, file), FileGone)
    assert_refused(await send(ana, room, file, {"id": "0" * 32}), FileGone)
    first = await send(ana, room, file, nonce="n")
    assert first.status == 201
    assert_refused(await send(ana, room, file), FileGone)
    assert_refused(await send(ana, room, other, nonce="n"), NonceReused)
    for wrong in ("x", [1], [file["id"]] * 2 + [f"{n:032x}" for n in range(11)], {"id": 1}):
        answer = await ana.post(f"/api/rooms/{room}/messages", {"body": "x", "files": wrong})
        assert_refused(answer, InvalidValue)
    assert_refused(await ana.post(f"/api/rooms/{room}/messages", {"files": []}), InvalidValue)
    # Two at the same moment: one of them has it.
    answers = await asyncio.gather(*(send(ana, room, other, body=str(n)) for n in range(5)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409, 409]


async def test_a_message_may_lose_its_text_and_keep_its_file(ana: Visitor) -> None:
    room = await ana.make_room("Textless")
    sent = await send(ana, room, await ana.upload(sound(), "a.wav"), body="with *words*")
    path = f"/api/messages/{sent.json['id']}"
    answer = await ana.ask("PATCH", path, {"body": ""})
    assert (answer.status, answer.json["html"]) == (200, "")
    assert answer.json["files"] == sent.json["files"]
    alone = await ana.say("no file", room)
    assert_refused(await ana.ask("PATCH", f"/api/messages/{alone}", {"body": ""}), InvalidValue)


async def test_what_a_file_is_called_or_says_to_be_does_not_count(ana: Visitor) -> None:
    """SVG with a script, HTML as .png, polyglots, bombs: nothing of it is served as what acts."""
    attacks = {
        "picture.png": HTML,
        "drawing.svg": SVG,
        "page.html": HTML,
        "bomb.png": bomb(),
        "bomb.zip": zip_bomb(),
        "script.js": b"alert(1)",
        "cut.jpg": photo()[:700],
        **{f"{name}.png": content for name, content in polyglots().items()},
    }
    for name, content in attacks.items():
        file = await ana.upload(content, name)
        answer = await get(ana, file)
        assert answer.status == 200
        kind = answer.headers["Content-Type"]
        assert kind == UNKNOWN or kind in SHOWN, (name, kind)
        if kind == UNKNOWN:
            assert answer.headers["Content-Disposition"].startswith("attachment;"), name
        assert answer.headers["Content-Security-Policy"] == SANDBOX
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for name in ("picture.png", "drawing.svg", "page.html", "bomb.png", "gif head and html.png"):
        file = await ana.upload(attacks[name], name)
        assert "thumb" not in file
        assert (await get(ana, file)).headers["Content-Type"] == UNKNOWN
        assert_refused(await thumb(ana, file), NotFound)


async def test_names_lead_nowhere(ana: Visitor, place: Place) -> None:
    for name in ("../../../etc/passwd", "..\\..\\x.exe", "a\r\nSet-Cookie: x=y", "\u202egnp.exe"):
        file = await ana.upload(b"text", name)
        answer = await ana.get(f"/api/files/{file['id']}/anything")
        assert answer.body == b"text"
        assert "Set-Cookie" not in answer.headers
        assert not set("/\\\r\n\u202e") & set(file["name"])
    folder = place.settings.files_folder()
    assert {len(path.name) for path in folder.rglob("*") if path.is_file()} <= {32, 38}
    for path in ("..%2F..%2Fsecret/x", f"{'0' * 32}/x", "incoming/x", "x/..%2F..%2Ftornchat.db"):
        assert_refused(await ana.get(f"/api/files/{path}"), NotFound)
    assert_refused(await ana.get("/api/thumbs/incoming"), NotFound)


async def test_players_get_parts_and_whoever_has_it_does_not_get_it_again(ana: Visitor) -> None:
    content = sound()
    file = await ana.upload(content, "hello.wav")
    assert file["type"] == "audio/wav"
    part = await get(ana, file, headers={"Range": "bytes=4-7"})
    assert (part.status, part.body) == (206, content[4:8])
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(content)}"
    assert (await get(ana, file, headers={"Range": "bytes=999999-"})).status == 416
    whole = await get(ana, file)
    again = await get(ana, file, headers={"If-None-Match": whole.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert "private" in whole.headers["Cache-Control"]
    down = await ana.get(f"/api/files/{file['id']}/hello.wav?download")
    assert down.headers["Content-Disposition"] == "attachment; filename*=UTF-8''hello.wav"
    head = await ana.ask("HEAD", f"/api/files/{file['id']}/hello.wav")
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(content)))


async def test_a_picture_that_moves_has_a_still_one(ana: Visitor) -> None:
    file = await ana.upload(moving(), "wave.gif")
    assert (file["type"], file["thumb"]) == ("image/gif", True)
    assert (await thumb(ana, file)).headers["Content-Type"] == "image/webp"


async def test_what_is_wrong_with_an_upload_is_said(place: Place, served: Served) -> None:
    ana = await served.visitor().sign_up("dewi")  # who has not sent so many yet
    assert_refused(await ana.post("/api/files", {"a": 1}), WrongType)
    assert_refused(await ana.send(b""), InvalidValue)
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert (await ana.send(b"x", headers=cross)).status == 403
    before = on_disk(place)
    async with place.serving(max_file=0.01, file_quota=0.03) as small:
        other = await small.visitor().sign_in(ana.name)
        assert_refused(await other.send(b"x" * 10_001), TooLarge, "0.01 MB")
        assert_refused(await other.send(b"x" * 100_000), TooLarge)
        left = 30_000 - await _bytes_of(served, ana.id)
        if left > 10_000:
            await other.upload(b"x" * 10_000)
        answers = await asyncio.gather(*(other.send(b"x" * 9_000) for _ in range(4)))
        assert any(answer.status == 413 for answer in answers)
        assert_refused(await other.send(b"x" * 9_500), QuotaReached)
        assert await _bytes_of(served, ana.id) <= max(30_000, 30_000 - left)
    async with place.serving(max_file=0) as none:
        other = await none.visitor().sign_in(ana.name)
        assert_refused(await other.send(b"x"), Forbidden)
    assert not [name for name in on_disk(place) - before if name in _incoming(place)]


async def _bytes_of(served: Served, user: str) -> int:
    async with served.worker.database.read() as conn:
        return await in_sql.bytes_of(conn, user)


def _incoming(place: Place) -> set[str]:
    folder: Path = place.settings.files_folder() / "incoming"
    return {path.name for path in folder.iterdir()}


async def test_an_upload_that_is_cut_leaves_nothing(place: Place, served: Served) -> None:
    ana = await served.visitor().sign_up("eka")
    where = urlsplit(served.url)
    uploading = served.worker.chat.uploading
    for sent in (0, 100_000):
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(
            f"POST /api/files?name=x HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {ana.cookie}\r\n"
            "Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n".encode()
            + b"x" * sent
        )
        await writer.drain()
        await eventually(lambda: _is(uploading[ana.id] == 1), "the upload has begun")
        writer.close()
        await eventually(lambda: _is(uploading[ana.id] == 0), "the upload has ended")
        await eventually(lambda: _is(not _incoming(place)), "nothing is left of it")


async def _is(true: bool) -> bool:
    return true


async def test_many_at_once_are_taken_one_after_the_other_or_told_to_wait(
    budi: Visitor, place: Place
) -> None:
    answers = await asyncio.gather(*(budi.send(b"%d" % n * 50_000) for n in range(40)))
    assert {answer.status for answer in answers} <= {201, 429}
    refused = [answer for answer in answers if answer.status == 429]
    assert 0 < len(refused) < 40
    assert_refused(refused[0], TooMany)
    assert not _incoming(place)


async def test_a_chunked_upload_is_refused_because_nobody_knows_its_size(
    ana: Visitor, served: Served
) -> None:
    where = urlsplit(served.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(
        f"POST /api/files?name=x HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {ana.cookie}\r\n"
        "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n0\r\n\r\n".encode()
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    assert head.split()[1] == str(BadRequest.status).encode()
    writer.close()


async def test_what_was_never_sent_is_removed_after_a_day_unless_a_message_was_quicker(
    place: Place, served: Served
) -> None:
    ana = await served.visitor().sign_up("fajar")
    room = await ana.make_room("Yesterday")
    old, kept, fresh = [await ana.upload(b"text %d" % n) for n in range(3)]
    worker = served.worker
    async with worker.database.write() as conn:
        for file in (old, kept):
            await conn.execute(files.update().where(files.c.id == file["id"]).values(created_at=1))
    assert (await send(ana, room, kept)).status == 201
    worker.keeper.sweeper.hurry()
    await eventually(lambda: _gone(place, old), "what is old has left the disk")
    assert_refused(await send(ana, room, old), FileGone)
    assert (await get(ana, kept)).status == 200
    assert (await send(ana, room, fresh)).status == 201
    # What the sweeper has claimed in the log no message can get, whatever SQL still says.
    late = await ana.upload(b"late")
    assert await in_log.claim(worker.client, [late["id"]]) == [late["id"]]
    assert_refused(await send(ana, room, late), FileGone)
