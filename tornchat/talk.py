"""``tail`` and ``send``: following a room and writing to it from a terminal, at any server."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from tornchat.client import Client, ClientError
from tornchat.domain.errors import Unusable

TOKEN = "TORNCHAT_TOKEN"  # noqa: S105 - the name of a variable
URL = "TORNCHAT_URL"
DEFAULT_URL = "http://127.0.0.1:8888"


def tail(url: str | None, token_file: str | None, room: str, lines: int, as_json: bool) -> None:
    """Print what is said in a room, its last ``lines`` messages first, until interrupted."""
    _run(_tail(_client(url, token_file), room, lines, as_json))


def send(url: str | None, token_file: str | None, room: str, text: str) -> None:
    """Say something in a room; ``-`` stands for standard input."""
    _run(_send(_client(url, token_file), room, sys.stdin.read() if text == "-" else text))


async def _tail(client: Client, name: str, lines: int, as_json: bool) -> None:
    async with client as chat:
        room = await chat.room_named(name)
        # The cursor before the history: what is said meanwhile is in both, and told once.
        chat.cursor = (await chat.snapshot())["cursor"]
        names: dict[str, str] = {}
        last = 0
        for message in await chat.history(room["id"], limit=lines) if lines else ():
            await _tell(chat, message, names, as_json)
            last = message["id"]
        async for event in chat.events():
            if event["kind"] == "reset":
                print("-- some messages may be missing here --", file=sys.stderr)
            elif event.get("room") == room["id"]:
                if event["kind"] == "message" and event["id"] > last:
                    await _tell(chat, event, names, as_json)
                elif event["kind"] == "member.left" and event["user"] == await _me(chat):
                    raise Unusable(f"You are not in {name} any more.")


async def _me(chat: Client) -> str:
    id: str = (await chat.snapshot())["user"]["id"]
    return id


async def _send(client: Client, room: str, text: str) -> None:
    async with client as chat:
        await chat.post((await chat.room_named(room))["id"], text)


async def _tell(
    chat: Client, message: dict[str, Any], names: dict[str, str], as_json: bool
) -> None:
    if as_json:
        print(json.dumps(message, ensure_ascii=False), flush=True)
        return
    author = message["author"]
    if author not in names:
        found = await chat.people([author])
        names[author] = found[author]["display_name"] if author in found else author
    at = time.strftime("%H:%M", time.localtime(message["at"] / 1000))
    first, *more = message["body"].split("\n") if not message.get("deleted") else ["(deleted)"]
    print(f"{at} {names[author]}: {first}")
    for line in more:
        print(f"      {line}")
    sys.stdout.flush()


def _client(url: str | None, token_file: str | None) -> Client:
    try:
        if token_file is not None:
            token = Path(token_file).read_text("utf-8").strip()
        else:
            token = os.environ.get(TOKEN, "").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"The token cannot be read from {token_file}: {error}.") from error
    if not token or not token.isascii() or any(char.isspace() for char in token):
        # Not on the command line, where every program of the machine can read it.
        raise Unusable(f"Put a token into {TOKEN}, or into a file named by --token-file.")
    try:
        return Client(url or os.environ.get(URL) or DEFAULT_URL, token)
    except ValueError as error:
        raise Unusable(f"{error}.") from error


def _run(work: Any) -> None:
    try:
        asyncio.run(work)
    except ClientError as error:
        raise Unusable(error.detail) from error
