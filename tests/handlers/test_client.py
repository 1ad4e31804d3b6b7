"""The client for programs: nothing lost or doubled on broken and frozen lines; the commands."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.handlers.place import Place, Served, eventually
from tests.handlers.visitor import Visitor
from tests.line import Line
from tests.running import ROOT
from tornchat import client as client_module
from tornchat import client_stream
from tornchat.archive import users
from tornchat.chat import accounts
from tornchat.client import Client, ClientError
from tornchat.client_stream import Stream


async def token_of(served: Served, who: Visitor) -> str:
    """A bearer token of somebody, as `server.py token add` makes it."""
    chat = served.worker.chat
    async with chat.announcer.change(chat.now()) as change:
        user = await users.by_id(change.conn, who.id)
        assert user is not None
        return await accounts.begin_session(change, user, "token", "", None)


@asynccontextmanager
async def heard_by(client: Client) -> AsyncIterator[list[dict[str, Any]]]:
    """What a client hears, in a list that grows."""
    events: list[dict[str, Any]] = []

    async def listen() -> None:
        async with aclosing(client.events()) as coming:
            async for event in coming:
                events.append(event)

    task = asyncio.ensure_future(listen())
    try:
        yield events
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object], what: str) -> None:
    async def is_true() -> bool:
        return bool(true())

    await eventually(is_true, what)


def bodies(events: list[dict[str, Any]]) -> list[str]:
    return [event["body"] for event in events if event["kind"] == "message"]


@pytest.mark.gen_test(timeout=180)
async def test_a_client_hears_everything_once_over_broken_and_frozen_lines(
    place: Place, ana: Visitor, budi: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 0.2)
    room = await ana.make_room("Long wire")
    await budi.enter(room)
    async with place.serving(heartbeat=1) as served:
        token = await token_of(served, budi)
        with Line(int(served.url.rpartition(":")[2])) as line:
            async with Client(line.url, token) as client, heard_by(client) as events:
                await until(lambda: client.cursor, "a hello")
                said: list[str] = []
                for trouble in (line.cut, line.freeze, line.close, None):
                    said += [f"{len(said)}", f"{len(said) + 1}"]
                    await ana.say(said[-2], room)
                    if trouble is not None:
                        trouble()
                    await ana.say(said[-1], room)
                    if trouble == line.freeze:
                        await asyncio.sleep(0.5)
                        line.cut()
                        line.thaw()
                    elif trouble == line.close:
                        line.mend()
                    await until(lambda: len(bodies(events)) >= len(said), "all of it")  # noqa: B023
                assert bodies(events) == said
                ids = [event["id"] for event in events]
                assert ids == sorted(set(ids))
                cursor = client.cursor
            async with Client(line.url, token, cursor=cursor) as client, heard_by(client) as events:
                await ana.say("later", room)
                await until(lambda: bodies(events), "the next")
                assert bodies(events) == ["later"]


@pytest.mark.gen_test(timeout=180)
async def test_a_line_that_swallows_everything_is_given_up(
    place: Place, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Stream] = []

    class Noted(Stream):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            opened.append(self)

    monkeypatch.setattr(client_module, "Stream", Noted)
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(client_stream, "SLACK_SECONDS", 0.2)
    async with place.serving(heartbeat=0.2) as served:
        with Line(int(served.url.rpartition(":")[2])) as line:
            client = Client(line.url, await token_of(served, ana))
            async with client, heard_by(client) as events:
                await until(lambda: client.cursor, "a hello")
                line.freeze()
                before = len(opened)
                await ana.say("into the silence")
                await until(lambda: len(opened) > before, "another stream")
                line.thaw()
                await until(lambda: bodies(events), "what was said")
                assert bodies(events) == ["into the silence"]


@pytest.mark.gen_test(timeout=180)
async def test_a_message_is_said_once_however_often_it_is_sent(
    served: Served, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LONGEST_PAUSE", 0.1)
    room = await ana.make_room("Once")
    with Line(int(served.url.rpartition(":")[2])) as line:
        async with Client(line.url, await token_of(served, ana)) as client:
            assert (await client.room_named("ONCE"))["id"] == room
            line.freeze()
            posting = asyncio.ensure_future(client.post(room, "Hello"))
            await asyncio.sleep(0.2)
            line.cut()
            line.thaw()
            message = await posting
            assert [one["id"] for one in await client.history(room)] == [message["id"]]
            with pytest.raises(ClientError) as refused:
                await client.post(room, "x" * 10_001)
            assert (refused.value.status, refused.value.code) == (422, "invalid")
            with pytest.raises(ClientError, match="no room named Nowhere"):
                await client.room_named("Nowhere")


@pytest.mark.gen_test(timeout=180)
async def test_a_reset_is_told_and_the_end_of_a_session_ends_it(
    served: Served, ana: Visitor, budi: Visitor
) -> None:
    token = await token_of(served, budi)
    async with Client(served.url, token, cursor=1) as client, heard_by(client) as events:
        await until(lambda: events, "a reset")
        assert events[0] == {"kind": "reset"}
        await ana.say("after it")
        await until(lambda: bodies(events), "what comes after")
    other = Client(served.url, token)
    async with other:
        ended = asyncio.ensure_future(anext(other.events()))
        await until(lambda: other.cursor, "a hello")
        assert (await budi.stranger().delete(
            "/api/session", headers={"Authorization": f"Bearer {token}"}
        )).status == 204  # fmt: skip
        with pytest.raises(ClientError) as over:
            await ended
        assert over.value.code == "signed_out"
        with pytest.raises(ClientError) as refused:
            await anext(other.events())
        assert refused.value.status == 401


async def run(*argv: str, **environ: str) -> asyncio.subprocess.Process:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TORNCHAT_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tornchat", *argv),
        cwd=ROOT,
        env={**kept, **environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.gen_test(timeout=180)
async def test_tail_follows_a_room_and_send_writes_to_it(
    served: Served, ana: Visitor, tmp_path: Path
) -> None:
    room = await ana.make_room("Terminal")
    await ana.say("before", room)
    token = await token_of(served, ana)
    known = {"TORNCHAT_TOKEN": token, "TORNCHAT_URL": served.url}
    tail = await run("tail", "Terminal", **known)
    assert tail.stdout is not None
    assert (await tail.stdout.readline()).decode().endswith("ana: before\n")
    kept = tmp_path / "token"
    kept.write_text(f"{token}\n")
    sent = await run(
        "send", "terminal", "two\nlines", "--url", served.url, "--token-file", str(kept)
    )
    assert (await sent.communicate(), sent.returncode) == ((b"", b""), 0)
    assert (await tail.stdout.readline()).decode().endswith("ana: two\n")
    assert (await tail.stdout.readline()).decode() == "      lines\n"
    tail.send_signal(signal.SIGINT)
    assert (await tail.communicate(), tail.returncode) == ((b"", b""), 130)

    for argv, environ, about in (
        (("send", "Terminal", "x"), {}, "TORNCHAT_TOKEN"),
        (("send", "Nowhere", "x"), known, "no room named Nowhere"),
        (("send", "x", "x"), {**known, "TORNCHAT_TOKEN": "wrong"}, "Sign in"),
        (("send", "x", "x"), {**known, "TORNCHAT_URL": "http://127.0.0.1:9"}, "reached"),
    ):
        refused = await run(*argv, **environ)
        _, errors = await refused.communicate()
        assert refused.returncode == 2, errors
        [line] = errors.decode().splitlines()
        assert about in line
        assert token not in line
