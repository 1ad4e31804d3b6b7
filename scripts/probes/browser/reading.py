"""What a page noted, held to what was posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from probes.bench.latency import Delays
from probes.browser.clock import Offset
from probes.browser.poster import Posts

Moments = Sequence[tuple[int, float]]
"""Message and unix milliseconds of the page's clock, in the order in which they were noted."""


@dataclass(frozen=True, slots=True)
class Notes:
    """``received`` is empty where the page is not ours: it does not tell."""

    received: Moments
    rows: Moments
    painted: Moments
    doubled: Sequence[int]

    @classmethod
    def of(cls, plain: dict[str, Any], first: int) -> Notes:
        """From what the page gives, of messages from number ``first`` on."""

        def moments(name: str) -> Moments:
            return [(int(seq), float(at)) for seq, at in plain[name] if seq >= first]

        doubled = [int(seq) for seq in plain["doubled"] if seq >= first]
        return cls(moments("received"), moments("rows"), moments("painted"), doubled)


STEPS = {"delivery": "received", "row": "rows", "paint": "painted"}
"""Figure -> what of the notes it is measured to."""


def wrong(notes: Notes, posts: Posts) -> dict[str, int]:
    """How many messages were lost, doubled or out of order on the way to the paint."""
    found = {"lost": 0, "doubled": len(notes.doubled), "disordered": 0}
    for moments in _chains(notes):
        seqs = [seq for seq, _ in moments]
        known = [posts.ids[seq] for seq in seqs if seq in posts.ids]
        found["lost"] = max(found["lost"], len(posts.ids.keys() - set(seqs)))
        found["doubled"] += len(seqs) - len(set(seqs))
        found["disordered"] += sum(b < a for a, b in pairwise(known))
    return found


def delays(notes: Notes, posts: Posts, offset: Offset, first: int) -> dict[str, Delays]:
    """Of messages from number ``first`` on: each step from the moment at which they were due, and
    as ``..._closed`` from the moment at which they were sent."""
    found: dict[str, Delays] = {}
    for name, part in STEPS.items():
        moments = [(seq, at) for seq, at in getattr(notes, part) if seq >= first]
        if not moments:
            continue
        for suffix, since in (("", posts.due), ("_closed", posts.sent)):
            into = found.setdefault(name + suffix, Delays())
            for seq, at in moments:
                into.add(max(0, offset.monotonic_ns(at) - since[seq]))
    answers = found.setdefault("post", Delays())
    for seq, at in posts.answered.items():
        if seq >= first:
            answers.add(at - posts.due[seq])
    return found


def _chains(notes: Notes) -> list[Moments]:
    return [moments for moments in (notes.received, notes.rows, notes.painted) if moments] or [[]]
