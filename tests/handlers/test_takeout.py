"""All that the server has of somebody: theirs, whole, without secrets, and for nobody else."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.handlers.place import Place, Served
from tests.handlers.visitor import Visitor
from tests.media.samples import picture
from tornchat.chat import shell, takeout
from tornchat.domain.errors import Conflict

EXPORT = "/api/users/me/export"
SAID = takeout.PAGE + 5
"""More than one page."""


def lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


@pytest.mark.gen_test(timeout=120)
async def test_what_there_is_of_somebody_is_theirs_and_whole(
    ana: Visitor, budi: Visitor, place: Place, tmp_path: Path
) -> None:
    room = await ana.make_room("Garden")
    await budi.enter(room)
    theirs = await budi.say("what budi says", room)
    ids = [await ana.say(f"seed {number}", room) for number in range(SAID)]
    gone = await ana.say("taken back", room)
    await ana.delete(f"/api/messages/{gone}")
    await ana.put(f"/api/messages/{theirs}/reactions/%F0%9F%91%8D")
    file = await ana.upload(b"the text of a file", "../list of seeds.txt")
    ids.append((await ana.post(f"/api/rooms/{room}/messages", {"files": [file["id"]]})).json["id"])
    invite = (await ana.post("/api/invites", {"room": room})).json
    hook = (await ana.post(f"/api/rooms/{room}/hooks", {"name": "Builds"})).json
    heard = {"url": "https://hooks.example/in"}
    webhook = (await ana.post(f"/api/rooms/{room}/webhooks", heard)).json
    headers = {"Content-Type": "application/octet-stream"}
    await ana.put("/api/users/me/avatar", body=picture(), headers=headers)
    await ana.ask("PATCH", "/api/users/me/settings", {"theme": "dark"})
    for _ in range(100):  # the archive is a moment behind
        found = await ana.get(f"/api/search?q=seed+{SAID - 1}")
        answer = await ana.get(EXPORT) if found.json["messages"] else None
        if answer is not None:
            break
    assert answer is not None
    assert answer.headers["Content-Type"] == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        about = json.loads(archive.read("about.json"))
        said = lines(archive, "messages.jsonl")
        assert [one["id"] for one in said] == ids
        assert {one["room_name"] for one in said} == {"Garden"}
        [reaction] = lines(archive, "reactions.jsonl")
        assert reaction == {"message": theirs, "room": room, "emoji": "👍"}
        [listed] = lines(archive, "files.jsonl")
        assert listed["id"] == file["id"]
        name = f"files/{file['id']}/list of seeds.txt"
        assert archive.read(name) == b"the text of a file"
        assert archive.read("avatar.webp")[:4] == b"RIFF"
        assert "account.exported" in {one["kind"] for one in lines(archive, "audit.jsonl")}
        whole = b"".join(archive.read(one) for one in archive.namelist())
    assert [one["id"] for one in about["invitations"]] == [invite["id"]]
    assert [one["name"] for one in about["hooks"]] == ["Builds"]
    assert [one["url"] for one in about["webhooks"]] == ["https://hooks.example/in"]
    for secret in (invite["url"], hook["url"], webhook["secret"]):
        assert secret.rpartition("/")[2].encode() not in whole
    assert about["person"]["username"] == "ana"
    assert about["settings"] == {"theme": "dark"}
    assert "Garden" in {one["name"] for one in about["rooms"]}
    assert len(about["sessions"]) >= 1
    [noted] = (await ana.get("/api/admin/audit?kind=account.exported")).json["entries"]
    assert (noted["actor"], noted["address"]) == (ana.id, "127.0.0.1")
    for secret in (b"argon2", b"what budi says", b"taken back", (ana.cookie or "").encode()):
        assert secret not in whole

    to = tmp_path / "ana.zip"
    await shell.user_export(place.settings, "ana", to)
    assert to.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(to) as archive:
        assert len(lines(archive, "messages.jsonl")) == len(ids)
    with pytest.raises(Conflict):
        await shell.user_export(place.settings, "ana", to)


@pytest.mark.gen_test(timeout=120)
async def test_of_a_private_room_they_have_left_it_says_only_what_they_said_themselves(
    ana: Visitor, citra: Visitor
) -> None:
    room = await ana.make_room("Plans", private=True)
    await ana.bring(citra, room)
    said = await citra.say("my own words", room)
    await citra.delete(f"/api/rooms/{room}/members/me")
    await ana.put(f"/api/messages/{said}/reactions/%F0%9F%91%8D")
    await ana.ask("PATCH", f"/api/rooms/{room}", {"name": "Secret plans"})
    for _ in range(100):  # the archive is a moment behind
        if (await ana.get("/api/search?q=my+own+words")).json["messages"]:
            break
    answer = await citra.get(EXPORT)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        [mine] = lines(archive, "messages.jsonl")
        whole = b"".join(archive.read(one) for one in archive.namelist())
    assert (mine["body"], mine["room_name"]) == ("my own words", None)
    assert b"Secret" not in whole
    assert ana.id.encode() not in whole


@pytest.mark.gen_test(timeout=120)
async def test_whoever_goes_while_it_is_sent_leaves_nothing_behind(
    citra: Visitor, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    await citra.upload(b"x" * 12_000_000)  # more than lies in the buffers of a connection
    exporting, where = served.worker.chat.exporting, urlsplit(served.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    asked = f"GET {EXPORT} HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {citra.cookie}\r\n\r\n"
    writer.write(asked.encode())
    await reader.readexactly(takeout.PIECE)
    assert exporting == {citra.id}
    writer.transport.abort()
    for _ in range(200):
        if not exporting:
            break
        await asyncio.sleep(0.05)
    gc.collect()
    await asyncio.sleep(0.05)
    assert exporting == set()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.gen_test(timeout=120)
async def test_it_is_not_asked_for_without_end(budi: Visitor) -> None:
    answers = [await budi.get(EXPORT) for _ in range(takeout.AT_ONCE + 1)]
    assert [answer.status for answer in answers[:-1]] == [200] * takeout.AT_ONCE
    assert (answers[-1].status, answers[-1].json["code"]) == (429, "too_many")
