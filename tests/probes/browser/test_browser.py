"""From POST to paint in a real Chromium: each message once, and in the order of what happens."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Page
from probes.bench.latency import decoded
from probes.bench.result import Run, Verdict
from probes.browser import clock
from probes.browser.chromium import BARE, LISTEN, reader
from probes.browser.measuring import MESSENGER, PAGES, Cell, Stage, go, stage
from probes.browser.poster import Poster, Posts
from probes.browser.reading import Notes, wrong

POSTS = 3
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
class Watched:
    """What a bare page noted of some posts, and how far its clock is off."""

    notes: Notes
    posts: Posts
    offset: clock.Offset


@dataclass
class Seen:
    """What a browser did: a run of the probe, a bare page by each transport, and rows that were put
    into a page by hand."""

    messenger: Run
    bare: dict[str, Watched]
    by_hand: dict[str, Any]


async def watched(on: Stage, page: Page, transport: str) -> Watched:
    poster = Poster(on.writer, on.base, on.room, 200, next(on.numbers))
    await page.goto(f"{on.front}{BARE}")
    await page.evaluate(LISTEN, {"transport": transport, "interval": 0.05})
    await page.wait_for_function("probeNotes.ready", timeout=60_000)
    offset = await clock.ask(page)
    first = poster.next
    for _ in range(POSTS):
        await poster.post(time.monotonic_ns())
    await page.wait_for_function(f"probeNotes.painted.length === {POSTS}", timeout=60_000)
    poster.close()
    return Watched(Notes.of(await page.evaluate("probeNotes"), first), poster.posts, offset)


async def everything() -> Seen:
    async with stage(1) as on:
        messenger = await go(on, Cell("messenger", 20.0, 0.8, 0.2), 1)
        async with reader(on.browser, on.front, on.watcher.caller.cookie) as page:
            bare = {name: await watched(on, page, name) for name in PAGES if name != MESSENGER}
            return Seen(messenger, bare, await page.evaluate(SHOW))


@pytest.fixture(scope="module")
def seen() -> Seen:
    return asyncio.run(everything())


def test_every_message_is_painted_once_in_the_messenger(seen: Seen) -> None:
    run = seen.messenger
    assert run.verdict is not Verdict.FAILED, run.notes
    assert run.figures["messages"] == run.figures["deliveries"] == 16
    assert [run.figures[name] for name in ("lost", "doubled", "disordered")] == [0, 0, 0]
    for name in ("row", "paint", "paint_closed"):
        assert decoded(run.histograms[name]).total_count == 16
    assert run.figures["row_p50_ms"] <= run.figures["paint_p50_ms"]
    assert "delivery" not in run.histograms  # its stream is the page's own affair


@pytest.mark.parametrize("transport", [name for name in PAGES if name != MESSENGER])
def test_nothing_is_painted_before_it_is_received_nor_received_before_it_is_posted(
    seen: Seen, transport: str
) -> None:
    found = seen.bare[transport]
    posts, offset = found.posts, found.offset
    steps = [dict(found.notes.received), dict(found.notes.rows), dict(found.notes.painted)]
    assert [set(step) for step in steps] == [set(posts.ids)] * 3
    assert len(posts.ids) == POSTS
    for seq in posts.ids:
        received, row, painted = (step[seq] for step in steps)
        assert received <= row <= painted
        # As exact as the clocks are known; they may drift a little meanwhile.
        latest = offset.monotonic_ns(received) / 1e6 + offset.error + 5
        assert latest >= posts.sent[seq] / 1e6
    assert wrong(found.notes, posts) == {"lost": 0, "doubled": 0, "disordered": 0}


def test_a_row_may_be_built_anew_but_not_stand_there_twice(seen: Seen) -> None:
    assert seen.by_hand["doubled"] == [LAST + 2]
    assert sum(seq == LAST + 1 for seq, _ in seen.by_hand["rows"]) == 1
    assert {LAST, LAST + 1, LAST + 2} <= {seq for seq, _ in seen.by_hand["painted"]}
