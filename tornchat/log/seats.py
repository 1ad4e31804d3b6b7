"""How many streams a user and an address have, counted over all workers of a space."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tornchat.log.client import Client
from tornchat.log.connection import Argument

USER = "user:"
"""Before the id of a user whose streams are counted."""
_PART = 500
SILENT_MS = 6000
"""The streams of a worker that said nothing for so long count no more: it was killed."""


async def admit(
    client: Client,
    worker: str,
    limits: Mapping[str, tuple[int, int]],
    wanted: Sequence[Collection[str]],
) -> list[str | None]:
    """Count new streams one after the other, each unless it is one too many: gives for each of
    what there are too many, else None.

    ``limits``: who has streams -> how many of them ``worker`` has without the new ones, and how
    many all workers together may have. ``wanted``: for each stream, whose it is. Raises `LogAway`.
    """
    names = list(limits)
    numbers = {name: number for number, name in enumerate(names, 1)}
    args: list[Argument] = [worker, SILENT_MS]
    for name in names:
        args += limits[name]
    for whose in wanted:
        args += [len(whose), *(numbers[name] for name in whose)]
    verdicts = await client.script("admit", _keys(client, names), args)
    return [names[full - 1] if full else None for full in verdicts]


async def say(client: Client, worker: str, counts: Mapping[str, int]) -> bool:
    """Say that ``worker`` lives, and how many streams of these it has now.

    False: it was silent for so long that all of its counts must be said again. Raises `LogAway`.
    """
    keys = _keys(client, list(counts))
    return bool(await client.script("seats", keys, [worker, SILENT_MS, *counts.values()]))


async def seated(client: Client, users: Collection[str]) -> set[str]:
    """Those of ``users`` who have a stream open. Raises `LogAway`."""
    asked = list(users)
    found: set[str] = set()
    for start in range(0, len(asked), _PART):
        part = asked[start : start + _PART]
        keys = _keys(client, [USER + user for user in part])
        there = await client.script("seated", keys, [SILENT_MS])
        found |= {user for user, is_there in zip(part, there, strict=True) if is_there}
    return found


def _keys(client: Client, names: list[str]) -> list[str]:
    return [client.keys.workers, *map(client.keys.seats, names)]
