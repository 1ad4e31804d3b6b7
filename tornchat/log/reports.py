"""How every worker is, asked when somebody looks: a question on the control channel, and answers in
a list that goes by itself. Nobody keeps anything where nobody asks."""

from __future__ import annotations

import json
import secrets
from typing import Any

from tornchat.log.client import Client
from tornchat.log.presence import SILENT_MS

KEPT_SECONDS = 10
_ASKED = "report "
"""Said on the control channel, with the name of the question behind it."""


async def ask(client: Client) -> str:
    """Ask all workers; the name of the question. Raises `LogAway`."""
    question = secrets.token_hex(8)
    await client.call("PUBLISH", client.keys.control, _ASKED + question)
    return question


def asked(said: str) -> str | None:
    """The name of the question; None where something else was said."""
    return said.removeprefix(_ASKED) if said.startswith(_ASKED) else None


async def answer(client: Client, question: str, report: dict[str, Any]) -> None:
    """Say how this worker is."""
    key = client.keys.reports(question)
    await client.calls([("RPUSH", key, json.dumps(report)), ("EXPIRE", key, KEPT_SECONDS)])


async def answers(client: Client, question: str) -> list[dict[str, Any]]:
    """Those that have come by now."""
    found = await client.call("LRANGE", client.keys.reports(question), 0, -1)
    return [json.loads(report) for report in found]


async def living(client: Client) -> int:
    """How many workers have said lately that they live."""
    seconds, micros = await client.call("TIME")
    oldest = int(seconds) * 1000 + int(micros) // 1000 - SILENT_MS
    return int(await client.call("ZCOUNT", client.keys.attendants, oldest, "+inf"))


_WANTED = {
    "redis_version": "version",
    "valkey_version": "valkey",
    "uptime_in_seconds": "uptime",
    "used_memory": "memory",
    "connected_clients": "clients",
    "aof_enabled": "aof",
    "aof_last_write_status": "aof_status",
}


async def server(client: Client) -> dict[str, str]:
    """What Redis says of itself: ``version``, ``valkey``, ``uptime`` (s), ``memory`` (bytes),
    ``clients``, ``aof``, ``aof_status``, as far as it says so."""
    text = (await client.call("INFO")).decode()
    pairs = (line.partition(":") for line in text.splitlines())
    return {_WANTED[name]: value.strip() for name, _, value in pairs if name in _WANTED}
