"""From POST to paint in a real Chromium: each message once, and in the order of what happens."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import pytest
from probes.bench.latency import decoded
from probes.bench.result import Run, Verdict
from probes.browser import clock
from probes.browser.chromium import BARE, LISTEN, reader
from probes.browser.measuring import Cell, Stage, go, stage
from probes.browser.poster import Poster, Posts
from probes.browser.reading import Notes, wrong

LAST = 900_000_000
"""Numbers that no run of the probe gives."""
SHOW = """
() => new Promise((done) => {
  const row = (seq) => Object.assign(document.createElement("p"), {
    className: "message", textContent: `seq=${String(seq).padStart(9, "0")}; hello`,
  });
  const rebuilt = row(900000001);
  document.body.append(row(900000000), rebuilt, row(900000002));
  setTimeout(() => {
    rebuilt.replaceWith(row(900000001));
    document.body.append(row(900000002));
    setTimeout(() => done(probeNotes), 200);
  }, 200);
})
"""
"""One message is shown once, one is built anew, and one is shown twice."""


@dataclass
class Seen:
    """What a browser did: two runs of the probe, what a page noted of some posts, and of rows that
    were put into it by hand."""

    messenger: Run
    bare: Run
    notes: Notes
    posts: Posts
    offset: clock.Offset
    by_hand: dict[str, Any]


async def watched(on: Stage) -> tuple[Notes, Posts, clock.Offset, dict[str, Any]]:
    poster = Poster(on.writer, on.base, on.room, 200, next(on.numbers))
    async with reader(on.browser, on.front, on.watcher.caller.cookie) as page:
        await page.goto(f"{on.front}{BARE}")
        await page.evaluate(LISTEN, {"transport": "websocket", "interval": None})
        await page.wait_for_function("probeNotes.ready", timeout=30_000)
        offset = await clock.ask(page)
        first = poster.next
        for _ in range(5):
            await poster.post(time.monotonic_ns())
        await page.wait_for_function("probeNotes.painted.length === 5", timeout=30_000)
        notes = Notes.of(await page.evaluate("probeNotes"), first)
        by_hand = await page.evaluate(SHOW)
    poster.close()
    return notes, poster.posts, offset, by_hand


async def everything() -> Seen:
    async with stage(1) as on:
        messenger = await go(on, Cell("messenger", 20.0, 0.8, 0.2), 1)
        bare = await go(on, Cell("short-poll", 20.0, 0.8, 0.2, interval=0.1), 1)
        return Seen(messenger, bare, *await watched(on))


@pytest.fixture(scope="module")
def seen() -> Seen:
    return asyncio.run(everything())


def test_every_message_is_painted_once_in_both_pages(seen: Seen) -> None:
    for run in (seen.messenger, seen.bare):
        assert run.verdict is not Verdict.FAILED, run.notes
        assert run.figures["messages"] == run.figures["deliveries"] == 16
        assert decoded(run.histograms["paint"]).total_count == 16
        assert [run.figures[name] for name in ("lost", "doubled", "disordered")] == [0, 0, 0]
    assert seen.messenger.parameters["page"] == "messenger"
    assert "delivery" not in seen.messenger.histograms  # its stream is the page's own affair
    assert decoded(seen.bare.histograms["delivery"]).total_count == 16


def test_nothing_is_painted_before_it_is_received_nor_received_before_it_is_posted(
    seen: Seen,
) -> None:
    posts, offset = seen.posts, seen.offset
    steps = [dict(seen.notes.received), dict(seen.notes.rows), dict(seen.notes.painted)]
    assert [set(step) for step in steps] == [set(posts.ids)] * 3
    for seq in posts.ids:
        received, row, painted = (step[seq] for step in steps)
        assert received <= row <= painted
        # As exact as the clocks are known; they may drift a little meanwhile.
        early = offset.monotonic_ns(received) / 1e6 + offset.error + 5
        assert early >= posts.sent[seq] / 1e6
    assert wrong(seen.notes, posts) == {"lost": 0, "doubled": 0, "disordered": 0}


def test_a_row_may_be_built_anew_but_not_stand_there_twice(seen: Seen) -> None:
    assert seen.by_hand["doubled"] == [LAST + 2]
    assert sum(seq == LAST + 1 for seq, _ in seen.by_hand["rows"]) == 1
    assert {LAST, LAST + 1, LAST + 2} <= {seq for seq, _ in seen.by_hand["painted"]}
