"""How many streams a user and an address have, counted over all workers of a space."""

from __future__ import annotations

from collections.abc import Mapping

from tornchat.log.client import Client

SILENT_MS = 6000
"""The streams of a worker that said nothing for so long count no more: it was killed."""


async def admit(client: Client, worker: str, wanted: Mapping[str, tuple[int, int]]) -> str | None:
    """Count one more stream, unless there are too many of one kind: gives which, else None.

    ``wanted``: whose stream it is -> how many of them ``worker`` has with the new one, and how many
    all workers together may have. Raises `LogAway`.
    """
    names = list(wanted)
    numbers = [number for name in names for number in wanted[name]]
    full = await client.script("admit", _keys(client, names), [worker, SILENT_MS, *numbers])
    return names[full - 1] if full else None


async def say(client: Client, worker: str, counts: Mapping[str, int]) -> bool:
    """Say that ``worker`` lives, and how many streams of these it has now.

    False: it was silent for so long that all of its counts must be said again. Raises `LogAway`.
    """
    keys = _keys(client, list(counts))
    return bool(await client.script("seats", keys, [worker, SILENT_MS, *counts.values()]))


def _keys(client: Client, names: list[str]) -> list[str]:
    return [client.keys.workers, *map(client.keys.seats, names)]
