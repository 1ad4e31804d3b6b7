"""Joining: the only way for a reader to start, to resume, and to follow another room.

1. Follow the topics and wait until Redis has confirmed every one.
2. Learn in one instant where the log stands (the bound T), the heads, and the memberships.
3. Read all topics with something in (cursor, T], merged by id; look at the floor *after* reading.
4. Send that, drop live events up to T, send live events after T.

The order is the guarantee: an event after T comes live because the subscription was confirmed
before T was read, and an event up to T is in the log.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tornchat import metrics
from tornchat.domain.errors import Unavailable
from tornchat.domain.events import Event
from tornchat.log import gaps, read

if TYPE_CHECKING:
    from tornchat.hub.hub import Hub
    from tornchat.hub.reader import Reader

logger = logging.getLogger(__name__)

REPLAY_LIMIT = 2000
"""A reader that is further behind is better served with a snapshot."""


@dataclass(slots=True)
class Entry:
    """The way in that was found: what to replay first, and what lies behind it.

    ``start``: where the replay starts, None where the log cannot serve the cursor (a *reset*).
    ``began``: when the join did, on the clock of `time.perf_counter`.
    """

    start: int | None
    bound: int
    after: dict[str, int]
    events: list[Event]
    complete: int
    began: float
    replayed: int = 0


async def enter(hub: Hub, reader: Reader, cursor: int | None) -> Entry:
    """Steps 1 to 3, up to the first page. ``cursor`` None: from now on. Raises `LogAway`."""
    began = time.perf_counter()
    metrics.JOINS.inc()
    join, client = reader.join, hub.client
    now = join.topics
    if not now:
        where = await read.position(client, [], join.user)
        now = read.topics_of(join.user, where.memberships)
    while True:
        topics = now
        hub.follow(reader, topics)
        await hub.bus.confirmed(topics)
        where = await read.position(client, list(topics), join.user)
        now = read.topics_of(join.user, where.memberships)
        if now.keys() <= topics.keys():
            break
    now = hub.follow(reader, now)
    bound = where.clock
    if cursor is None:
        cursor = join.cursor = bound
    join.enter(now)
    for topic in now:
        hub.bus.sequence.baseline(topic, where.heads[topic])
    after = {topic: max(cursor, since) for topic, since in now.items()}
    after = {topic: low for topic, low in after.items() if where.heads[topic] > low}
    if cursor > bound:  # from a future that was lost
        return _reset("future", bound, began)
    events, complete = await read.page(client, after, bound)
    behind = len(events)
    if complete < bound:
        behind = await read.behind(client, after, bound, REPLAY_LIMIT)
    if behind > REPLAY_LIMIT:
        return _reset("behind", bound, began)
    floor, passed_over = await gaps.floor_and_gaps(client, reader.session)
    if cursor < floor:
        return _reset("floor", bound, began)
    if not join.bound and any(gap.holds(cursor) for gap in passed_over):
        return _reset("late", bound, began)
    return Entry(cursor, bound, after, events, complete, began)


def _reset(reason: str, bound: int, began: float) -> Entry:
    metrics.RESETS.labels(reason).inc()
    return Entry(None, bound, {}, [], bound, began)


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
                reader.go_live(entry.bound)
                metrics.JOIN_SECONDS.observe(time.perf_counter() - entry.began)
                metrics.REPLAYED_EVENTS.observe(entry.replayed)
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
