"""When a probe of the lab passed a station of its way, written into the event itself.

All stamps are unix microseconds on the clock of the machine that writes them. Events of other kinds
have none.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tornchat.domain.events import PROBE, Event


def now() -> int:
    """Unix microseconds."""
    return time.time_ns() // 1000


def heard(event: Event) -> Event:
    """The event as this worker knows it from now on: a probe with the time at which it came."""
    if event.kind != PROBE:
        return event
    return Event(event.id, event.prev, event.topic, {**event.fields, "heard": now()})


def framed(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of an event that is encoded now. A probe that this worker has not heard, but read
    in the log, is ``replayed``."""
    if fields["kind"] != PROBE:
        return fields
    way = {} if "heard" in fields else {"replayed": True}
    return {**fields, **way, "framed": now()}
