"""Joining: the only way for a reader to start, to resume, and to follow another room.

1. Follow the topics and wait until Redis has confirmed every one.
2. Learn in one instant where the log stands (the bound T), the heads, the floor, the memberships,
   and whether the session is still good.
3. Take everything in (cursor, T], merged by id: out of what this worker has kept of the topics
   (`domain.recent`), or from the log, and then look at the floor *after* reading.
4. Send that, drop live events up to T, send live events after T.

The order is the guarantee: an event after T comes live because the subscription was confirmed
before T was read, and an event up to T is in the log. It holds for each reader by itself, however
many share the instant (`hub.standings`): a join asks for it after its own topics were confirmed,
and is never part of a read that was sent before it asked.

What was kept of a topic is served only where it reaches from the cursor to the head of T without a
gap in the chain of ``prev``. Then it is what the log had at T, and the floor of T vouches for it:
nothing that may be trimmed later is read. The session of T is enough, too: one that ends later is
told on the user's topic, which is followed by then, and so are the gaps of the session.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from tornchat import metrics
from tornchat.domain.errors import Unavailable
from tornchat.domain.events import Event
from tornchat.domain.recent import Recent
from tornchat.domain.sessions import SessionRecord
from tornchat.hub.outlet import LOW_WATER
from tornchat.hub.standings import Stand
from tornchat.log import read

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub
    from tornchat.hub.reader import Reader

logger = logging.getLogger(__name__)

REPLAY_LIMIT = 2000
"""A reader that is further behind is better served with a snapshot."""
_AT_ONCE = 8
"""Events that are replayed in one piece, if they are short; others as the socket takes them."""
_id = attrgetter("id")


@dataclass(slots=True)
class Entry:
    """The way in that was found: what to replay first, and what lies behind it.

    ``start``: where the replay starts, None where the log cannot serve the cursor (a *reset*).
    ``session`` is that of the reader at the bound, None where it has ended.
    ``began``: when the join did, on the clock of `time.perf_counter`.
    """

    start: int | None
    bound: int
    session: SessionRecord | None
    after: Mapping[str, int]
    events: list[Event]
    complete: int
    began: float
    replayed: int = 0


async def enter(hub: Hub, reader: Reader, cursor: int | None) -> Entry:
    """Steps 1 to 3, up to the first page. ``cursor`` None: from now on. Raises `LogAway`."""
    began = time.perf_counter()
    metrics.JOINS.inc()
    stand = await _stand(hub, reader)
    topics = hub.follow(reader, stand.topics)
    join, heads, bound = reader.join, stand.heads, stand.clock

    def reset(reason: str) -> Entry:
        metrics.RESETS.labels(reason).inc()
        return Entry(None, bound, stand.session, {}, [], bound, began)

    if cursor is None:
        cursor = join.cursor = bound
    join.enter(topics)
    after = {}
    for topic, since in topics.items():
        head = heads[topic]
        hub.bus.sequence.baseline(topic, head)
        if head > since and head > cursor:
            after[topic] = max(cursor, since)
    if cursor > bound:  # from a future that was lost
        return reset("future")
    floor, complete = stand.floor, bound
    events = _kept(hub.recent, after, heads)
    if events is None:
        events, complete = await read.page(hub.client, after, bound)
        behind = len(events)
        if complete < bound:
            behind = await read.behind(hub.client, after, bound, REPLAY_LIMIT)
        if behind > REPLAY_LIMIT:
            return reset("behind")
        floor = await read.floor(hub.client)
    if len(events) > REPLAY_LIMIT:
        return reset("behind")
    if cursor < floor:
        return reset("floor")
    if not join.bound and any(gap.holds(cursor) for gap in stand.gaps):
        return reset("late")
    if complete == bound:
        _keep(hub.recent, after, heads, events)
    return Entry(cursor, bound, stand.session, after, events, complete, began)


async def _stand(hub: Hub, reader: Reader) -> Stand:
    """Steps 1 and 2: the instant of the bound, at which all of the reader's topics were heard."""
    join = reader.join
    topics = join.topics or hub.standings.guess(join.user)
    while True:
        hub.follow(reader, topics)
        await hub.bus.confirmed(topics)
        stand = await hub.standings.now(topics, join.user, reader.session)
        if stand.topics is topics or stand.topics.keys() <= topics.keys():
            return stand
        topics = stand.topics


def _kept(recent: Recent, after: Mapping[str, int], heads: Mapping[str, int]) -> list[Event] | None:
    """What lies in (after[topic], heads[topic]], in the order of ids; None where it has to be
    read."""
    found: list[Event] = []
    for topic, low in after.items():
        part = recent.between(topic, low, heads[topic])
        if part is None:
            return None
        found += part
    found.sort(key=_id)
    return found


def _keep(
    recent: Recent, after: Mapping[str, int], heads: Mapping[str, int], events: list[Event]
) -> None:
    """Whoever comes next, with a cursor like this one's, need not read it again."""
    for topic, low in after.items():
        if not recent.reaches(topic, low, heads[topic]):
            part = [event for event in events if event.topic == topic]
            recent.learn(topic, low, heads[topic], part)


async def replay(hub: Hub, reader: Reader, entry: Entry) -> bool:
    """Step 4 up to the bound, page by page as the socket takes it. False: the log was trimmed
    away."""
    while True:
        for event in entry.events:
            if reader.join.replay(event):
                reader.send(event)
                entry.replayed += 1
                if reader.outlet is not None:
                    await reader.outlet.drained()
        if entry.complete >= entry.bound or reader.closed:
            return True
        low = entry.complete
        entry.after = {topic: max(since, low) for topic, since in entry.after.items()}
        entry.events, entry.complete = await read.page(hub.client, entry.after, entry.bound)
        if low < await read.floor(hub.client):
            metrics.RESETS.labels("floor").inc()
            return False


def at_once(reader: Reader, entry: Entry) -> bytes:
    """All that a new stream is to replay, where that is little; nothing, where it is more than
    should be sent before the socket takes it."""
    if entry.complete < entry.bound or not 0 < len(entry.events) <= _AT_ONCE:
        return b""
    encode = reader.framing.encode_event
    if sum(len(encode(event)) for event in entry.events) > LOW_WATER:
        return b""
    sent = [encode(event) for event in entry.events if reader.join.replay(event)]
    entry.replayed, entry.events = len(sent), []
    return b"".join(sent)


def begin(hub: Hub, reader: Reader, entry: Entry) -> None:
    """Step 4 for a new stream: without a task where nothing is left to be replayed."""
    if entry.complete < entry.bound or entry.events:
        reader.task = asyncio.ensure_future(carry_on(hub, reader, entry))
    elif reader.stale:
        hub.rejoin(reader)
    elif not reader.closed:
        _go_live(reader, entry)


def _go_live(reader: Reader, entry: Entry) -> None:
    reader.go_live(entry.bound)
    metrics.JOIN_SECONDS.observe(time.perf_counter() - entry.began)
    metrics.REPLAYED_EVENTS.observe(entry.replayed)


async def carry_on(hub: Hub, reader: Reader, entry: Entry | None) -> None:
    """Replay and go live, then join again for as long as something asks for it.

    ``entry`` is the way in of a new stream, None for one that joins again in mid-stream. Ends the
    stream where the log cannot serve it.
    """
    try:
        while not reader.closed:
            if entry is None:
                reader.stale = False
                entry = await enter(hub, reader, reader.join.cursor)
            if entry.start is None or not await replay(hub, reader, entry):
                reader.say_goodbye("hello", hub.frames.hello(None))
                return
            if not reader.stale:
                _go_live(reader, entry)
            if not reader.join.joining:
                return
            entry = None
    except Unavailable:
        metrics.CUTS.labels("away").inc()
        reader.close()
    except Exception:
        # A reader that can neither go on nor end would hold events for ever.
        logger.exception("a reader could not join and is closed")
        metrics.CUTS.labels("error").inc()
        reader.close()
    finally:
        reader.task = None
