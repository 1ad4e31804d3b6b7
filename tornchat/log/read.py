"""Reading the log: where it stands, and what lies after a cursor."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from tornchat.domain.announcements import memberships
from tornchat.domain.events import Event
from tornchat.domain.topics import SPACE, room_topic, user_topic
from tornchat.log.client import Client
from tornchat.log.connection import Argument
from tornchat.wire import packed

PAGE = 200
"""Entries read from one log at a time."""


@dataclass(frozen=True, slots=True)
class Position:
    """The log in one instant. ``memberships``: room -> joined_id, of one user."""

    clock: int
    heads: dict[str, int]
    memberships: dict[str, int]


async def position(client: Client, topics: list[str], user: str = "") -> Position:
    """``clock``, the heads of ``topics`` and the memberships of ``user``, atomically."""
    keys = client.keys
    clock, heads, members = await client.script(
        "position",
        [keys.run, keys.clock, keys.heads, keys.mirror(memberships(user))],
        [*topics],
    )
    pairs = zip(members[::2], members[1::2], strict=True)
    return Position(
        clock,
        dict(zip(topics, heads, strict=True)),
        {room.decode(): int(joined) for room, joined in pairs},
    )


async def floor(client: Client) -> int:
    """The id that a cursor must reach. Read it *after* what it is to vouch for."""
    return floor_of(await client.call("GET", client.keys.floor))


def floor_of(value: bytes | None) -> int:
    """The floor as its key has it; a missing one is above every cursor, never 0."""
    return int(value or 2**53)


async def behind(client: Client, after: Mapping[str, int], bound: int, limit: int) -> int:
    """How many events stand in (after[topic], bound], counted no further than a bit over
    ``limit``."""
    if not after:
        return 0
    keys = [client.keys.log(topic) for topic in after]
    args: list[Argument] = [limit]
    for low in after.values():
        args += [f"{low + 1}-0", f"{bound}-0"]
    return int(await client.script("behind", keys, args))


async def page(
    client: Client, after: Mapping[str, int], bound: int, count: int = PAGE
) -> tuple[list[Event], int]:
    """The next events of several topics in (after[topic], bound], in the order of their ids.

    Gives the events and the id up to which they are complete: ``bound``, or less where there is
    more to read.
    """
    ranges: list[tuple[Argument, ...]] = [
        ("XRANGE", client.keys.log(topic), f"{low + 1}-0", f"{bound}-0", "COUNT", count)
        for topic, low in after.items()
    ]
    if not ranges:
        return [], bound
    replies = await client.calls(ranges)
    complete = bound
    parts: list[list[Event]] = []
    for topic, entries in zip(after, replies, strict=True):
        part = [_event(topic, entry) for entry in entries]
        if len(part) == count:
            complete = min(complete, part[-1].id)
        parts.append(part)
    merged = heapq.merge(*parts, key=lambda event: event.id)
    return [event for event in merged if event.id <= complete], complete


async def latest(client: Client, topic: str, above: int, below: int, count: int) -> list[Event]:
    """The newest ``count`` events of one topic in (above, below), in the order of their ids."""
    entries = await client.call(
        "XREVRANGE", client.keys.log(topic), f"{below - 1}-0", f"{above + 1}-0", "COUNT", count
    )
    return [_event(topic, entry) for entry in reversed(entries)]


async def at(client: Client, topic: str, ids: list[int]) -> list[Event]:
    """Those events of one topic that have one of ``ids``, as far as the log reaches back."""
    key = client.keys.log(topic)
    replies = await client.calls([("XRANGE", key, f"{id}-0", f"{id}-0") for id in ids])
    return [_event(topic, entry) for entries in replies for entry in entries]


async def first_ids(
    client: Client, spans: list[tuple[str, int, int]]
) -> dict[tuple[str, int, int], int]:
    """The first id in each span (topic, after, up to] that has any."""
    replies = await client.calls(
        [
            ("XRANGE", client.keys.log(topic), f"{after + 1}-0", f"{upto}-0", "COUNT", 1)
            for topic, after, upto in spans
        ]
    )
    pairs = zip(spans, replies, strict=True)
    return {span: _event(span[0], entries[0]).id for span, entries in pairs if entries}


def topics_of(user: str, memberships: Mapping[str, int]) -> dict[str, int]:
    """What a user reads: topic -> the id above which it is theirs."""
    return {
        SPACE: 0,
        user_topic(user): 0,
        **{room_topic(room): joined for room, joined in memberships.items()},
    }


def _event(topic: str, entry: list[object]) -> Event:
    name, values = entry
    assert isinstance(name, bytes)
    assert isinstance(values, list)
    fields = dict(zip(values[::2], values[1::2], strict=True))
    id = int(name.partition(b"-")[0])
    return Event(id, int(fields[b"p"]), topic, packed.event_of(fields[b"e"]))
