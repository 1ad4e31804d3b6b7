"""Keeping the log: the lease, the archive's queue, trimming, and the fence."""

from __future__ import annotations

from dataclasses import dataclass

from tornchat.domain.announcements import SESSIONS
from tornchat.domain.errors import LogAway
from tornchat.domain.events import Event
from tornchat.log.client import Client
from tornchat.wire import packed


async def hold_lease(client: Client, token: str, milliseconds: int, key: str | None = None) -> bool:
    """Take or keep the lease, or the one of ``key``; False where another holds it. 0 ms gives it
    back."""
    return bool(await client.script("lease", [key or client.keys.lease], [token, milliseconds]))


async def queued(client: Client, count: int) -> list[Event]:
    """The oldest events that the archive has yet to take."""
    entries = await client.call("XRANGE", client.keys.queue, "-", "+", "COUNT", count)
    return [_queued(name, values) for name, values in entries]


async def queued_event(client: Client, id: int) -> Event | None:
    """The event with this id, of whatever topic; None where the archive has taken it, or there is
    none."""
    entries = await client.call("XRANGE", client.keys.queue, f"{id}-0", f"{id}-0")
    return _queued(*entries[0]) if entries else None


def _queued(name: bytes, values: list[bytes]) -> Event:
    fields = dict(zip(values[::2], values[1::2], strict=True))
    id = int(name.partition(b"-")[0])
    return Event(id, 0, fields[b"t"].decode(), packed.event_of(fields[b"e"]))


async def any_queued(client: Client) -> bool:
    """Whether there is something that the archive has yet to take."""
    return bool(await client.call("XLEN", client.keys.queue))


async def archived(client: Client) -> int:
    """The copy of the archive's watermark; 0 where it is not known."""
    return int(await client.call("GET", client.keys.archived) or 0)


async def set_archived(client: Client, mark: int) -> None:
    """The archive has committed everything up to ``mark``: drop that part of the queue."""
    keys = client.keys
    await client.script("archived", [keys.run, keys.archived, keys.queue], [mark, f"{mark + 1}-0"])


async def trim(client: Client, wanted: int) -> int:
    """Raise the floor to ``wanted``, or as far as the archive allows, then trim every log to it.

    Gives the floor. A reader checks the floor after it has read, so the order matters.
    """
    keys = client.keys
    floor = int(await client.script("floor", [keys.run, keys.floor, keys.archived], [wanted]))
    topics = await client.call("HKEYS", keys.heads)
    for start in range(0, len(topics), 100):
        part = topics[start : start + 100]
        await client.calls(
            [("XTRIM", keys.log(topic.decode()), "MINID", f"{floor + 1}-0") for topic in part]
        )
    return floor


async def clock_and_time(client: Client) -> tuple[int, int]:
    """The last id given (0 where there is none) and Redis' time in unix milliseconds."""
    clock, (seconds, micros) = await client.calls([("GET", client.keys.clock), ("TIME",)])
    return int(clock or 0), int(seconds) * 1000 + int(micros) // 1000


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the log stands: ids, and the length of the archive's queue."""

    clock: int
    floor: int
    archived: int
    queued: int


async def marks(client: Client) -> Marks:
    """For the figures. An id that is not there is 0."""
    keys = client.keys
    *ids, queued = await client.calls(
        [*(("GET", key) for key in (keys.clock, keys.floor, keys.archived)), ("XLEN", keys.queue)]
    )
    clock, floor, archived = (int(id or 0) for id in ids)
    return Marks(clock, floor, archived, queued)


async def is_fenced(client: Client) -> bool:
    """Whether the log is fenced for the Redis process that answers."""
    run = await client.call("GET", client.keys.run)
    return run is not None and run.decode() == client.run_id


async def sign(client: Client, installation: str) -> None:
    """Note the database that this log belongs to, unless that is noted."""
    await client.call("SET", client.keys.installation, installation, "NX")


@dataclass(frozen=True, slots=True)
class Fenced:
    """``first``: this call did it, and not another worker before."""

    first: bool
    clock: int
    floor: int


async def fence(
    client: Client, run_id: str, mark: int, archived: int, staged: str, step: int
) -> Fenced:
    """Let the log go on above ``mark`` (which SQL has stored before), see ``lua/fence.lua``.

    Raises `LogAway` where Redis is not the process ``run_id`` any more: what was put in order there
    may be lost again.
    """
    keys = client.keys
    first, clock, floor = await client.script(
        "fence",
        [keys.run, keys.clock, keys.floor, keys.archived, staged, keys.mirror(SESSIONS)],
        [run_id, mark, archived, step],
    )
    if clock is None:
        raise LogAway("Redis was restarted meanwhile.")
    return Fenced(bool(first), clock, floor)
