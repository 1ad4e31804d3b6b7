"""The runs: one page at a time, one person who writes, and what the page noted."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page
from playwright.async_api import Error as BrowserError

from probes.bench import pinning
from probes.bench.judging import BUSY, OTHERS
from probes.bench.latency import Delays
from probes.bench.result import Run, Verdict
from probes.bench.usage import Usage
from probes.browser import clock, reading
from probes.browser.chromium import BARE, LISTEN, chromium, reader
from probes.browser.poster import Poster
from probes.calls import GivenUp
from probes.exchange import Base
from probes.network.conditions import LOOPBACK, Conditions, Hops
from probes.network.hops import far_hop
from probes.network.line import line
from probes.people import Person
from probes.rig.children import CannotRun, children_of
from probes.rig.line import HOST
from probes.rig.node import Node

MESSENGER = "messenger"
"""The messenger's own page; any other is the bare page, by a transport."""
PAGES = (MESSENGER, "sse", "websocket", "long-poll", "short-poll")
_COMES_SECONDS = 60.0
_MOST_MESSAGES = 1_000_000
"""Of a run."""
_CALL_SECONDS = 1.0
_LOOPBACK = Conditions()
_PROTOCOL = """async () => {
  await (await fetch("/healthz")).text();
  await new Promise((go) => setTimeout(go, 50)); // the entry is made a little later
  const entries = performance.getEntriesByType("resource");
  return entries.filter(({ name }) => name.endsWith("/healthz")).at(-1)?.nextHopProtocol ?? "";
}"""
_MISSING = """(seqs) => {
  const painted = new Set(probeNotes.painted.map(([seq]) => seq));
  return seqs.filter((seq) => !painted.has(seq)).length;
}"""


@dataclass(frozen=True, slots=True)
class Cell:
    """``rate``: messages a second; ``interval``: seconds between short polls; ``size``: bytes of a
    text. Posts of the first ``warm_up`` seconds are not measured."""

    page: str
    rate: float
    seconds: float = 10.0
    warm_up: float = 2.0
    size: int = 200
    interval: float | None = None
    network: str = LOOPBACK

    def parameters(self) -> dict[str, Any]:
        """For the result."""
        known = asdict(self)
        known["page"] = MESSENGER if self.page == MESSENGER else "bare"
        transport = "sse" if self.page == MESSENGER else self.page
        load = {"transport": transport, "members": 1, "subscribers": 1, "workers": 1}
        return {**known, **load}


@dataclass(frozen=True, slots=True)
class Stage:
    """What all runs of an invocation share: a server, a browser, and two people in a room."""

    node: Node
    base: Base
    """Of the server, where posts go."""
    front: str
    """Where the browser goes: the same, or the near end of a network."""
    browser: Browser
    writer: Person
    watcher: Person
    room: str
    places: pinning.Places
    proxies: Sequence[int]
    """Processes that work beside the server."""
    numbers: Iterator[int]
    """Where the messages of a run begin: the room keeps those of the runs before."""

    def usage(self) -> Usage:
        """Of the server, of this process, and of the browser with what drives it."""
        server = [self.node.pid, *self.node.children(), *self.proxies]
        return Usage.now({"server": server, "client": [os.getpid(), *_descendants(server)]})


@asynccontextmanager
async def stage(
    seed: int, conditions: Conditions = _LOOPBACK, *, headed: bool = False
) -> AsyncIterator[Stage]:
    """Server on the first processor, with the proxy before it where there is one; browser and
    poster on the last. Raises `CannotRun`."""
    places = pinning.places()
    async with AsyncExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="tornchat-browser-"))
        node = Node("browser", Path(folder), ("--workers", "1", "--post-rate", "0"))
        held.push_async_callback(node.stop)
        with pinning.pinned(places.server):
            await node.start()
        base = Base(HOST, node.port)
        front, proxies = held.enter_context(_network(conditions, base, seed, places))
        held.enter_context(pinning.pinned(places.client))
        browser = await held.enter_async_context(chromium(headed=headed))
        chance = random.Random(seed)
        people = [Person(name, [base], chance) for name in ("writer", "watcher")]
        try:
            for person in people:
                held.callback(person.caller.close)
                await person.sign_up()
            [room] = (await people[0].snapshot()).rooms
        except GivenUp as refused:
            raise CannotRun(f"the accounts could not be made: {refused}") from None
        writer, watcher = people
        numbers = count(0, _MOST_MESSAGES)
        yield Stage(node, base, front, browser, writer, watcher, room, places, proxies, numbers)


@contextmanager
def _network(
    conditions: Conditions, server: Base, seed: int, places: pinning.Places
) -> Iterator[tuple[str, Sequence[int]]]:
    """Where the browser goes, and what works there beside the server. The browser speaks TLS and
    HTTP/2 itself, so there is one proxy, before the server, and the line is between the two."""
    with ExitStack() as held:
        base, hops, pids = server, conditions.hops, list[int]()
        if hops:
            hop = held.enter_context(far_hop(base, hops, places.server))
            base, pids = hop.base, hop.pids()
        if conditions.far:
            way = held.enter_context(line(base, conditions, seed=seed, cpus=places.client))
            base = way.base
        yield f"{'https' if hops in (Hops.TLS, Hops.H2) else 'http'}://{base}", pids


async def go(on: Stage, cell: Cell, number: int) -> Run:
    """One run. What goes wrong with the server, or in the page, is in its verdict."""
    run = Run("tornchat", "browser", number, cell.parameters(), {})
    poster = Poster(on.writer, on.base, on.room, cell.size, next(on.numbers))
    try:
        async with reader(on.browser, on.front, on.watcher.caller.cookie) as page:
            await _open(page, on, cell)
            run.parameters["protocol"] = await page.evaluate(_PROTOCOL)
            await _call(page, poster)
            await _measure(run, page, poster, on, cell)
    except (BrowserError, GivenUp, TimeoutError) as failed:
        run.verdict = Verdict.FAILED
        run.notes.append(str(failed).partition("\n")[0] or type(failed).__name__)
    finally:
        poster.close()
    return run


async def _open(page: Page, on: Stage, cell: Cell) -> None:
    if cell.page == MESSENGER:
        await page.goto(f"{on.front}/#/rooms/{on.room}")
        await page.locator("message-list").wait_for(timeout=_COMES_SECONDS * 1000)
        return
    await page.goto(f"{on.front}{BARE}")
    await page.evaluate(LISTEN, {"transport": cell.page, "interval": cell.interval})
    await page.wait_for_function("probeNotes.ready", timeout=_COMES_SECONDS * 1000)


async def _call(page: Page, poster: Poster) -> None:
    """Post until the page shows it: then it listens. Raises ``TimeoutError``."""
    async with asyncio.timeout(_COMES_SECONDS):
        while True:
            called = await poster.post(time.monotonic_ns())
            again = time.monotonic() + _CALL_SECONDS
            while time.monotonic() < again:
                if not await page.evaluate(_MISSING, [called]):
                    return
                await asyncio.sleep(0.05)


async def _measure(run: Run, page: Page, poster: Poster, on: Stage, cell: Cell) -> None:
    # What called for the page may have come before it listened, or in its history.
    called = poster.next
    await poster.run(cell.rate, cell.warm_up)
    first = poster.next
    before, began = await clock.ask(page), time.monotonic()
    used = on.usage()
    await poster.run(cell.rate, cell.seconds)
    seconds = time.monotonic() - began
    used = on.usage().since(used)
    await _come(page, poster, called)
    after = await clock.ask(page)
    notes = reading.Notes.of(await page.evaluate("probeNotes"), called)
    offset = clock.Offset(
        (before.milliseconds + after.milliseconds) / 2, max(before.error, after.error)
    )
    posts = poster.posts
    for seq in [seq for seq in posts.ids if seq < called]:
        del posts.ids[seq]
    delays = reading.delays(notes, posts, offset, first)
    for name, found in delays.items():
        run.figures |= found.figures(name)
        if text := found.encoded():
            run.histograms[name] = text
            run.curves[name] = found.curve()
    painted = sum(seq >= first for seq, _ in notes.painted)
    run.figures |= {
        "seconds": seconds,
        "messages": float(poster.next - first),
        "deliveries": float(painted),
        "offered_per_s": cell.rate,
        "achieved_per_s": painted / seconds,
        "refused_posts": float(posts.refusals.total()),
        "clock_offset_error_ms": offset.error,
        "clock_drift_ms": after.milliseconds - before.milliseconds,
        **{name: float(count) for name, count in reading.wrong(notes, posts).items()},
        **_lag(poster, first),
    }
    _judge(run, on, used, seconds)


async def _come(page: Page, poster: Poster, called: int) -> None:
    """Wait for what was accepted, as long as something comes."""
    wanted = [seq for seq in poster.posts.ids if seq >= called]
    end = time.monotonic() + _COMES_SECONDS
    while time.monotonic() < end:
        if not await page.evaluate(_MISSING, wanted):
            return
        await asyncio.sleep(0.1)


def _lag(poster: Poster, first: int) -> dict[str, float]:
    """How late posts were sent: that was us."""
    posts, late = poster.posts, Delays()
    for seq, sent in posts.sent.items():
        if seq >= first:
            late.add(sent - posts.due[seq])
    known = late.figures("client_lag")
    return {name: known[name] for name in ("client_lag_p99_ms", "client_lag_max_ms") if known}


def _judge(run: Run, on: Stage, used: Usage, seconds: float) -> None:
    places, known = on.places, run.figures
    known["server_share"] = used.roles["server"] / seconds / len(places.server)
    known["client_share"] = used.roles["client"] / seconds / len(places.client)
    others = {
        role: max(0.0, used.on(cpus) - used.roles[role]) / seconds / len(cpus)
        for role, cpus in (("server", places.server), ("client", places.client))
    }
    known["others_share"] = others["server"]
    if known["client_share"] > BUSY:
        run.verdict = Verdict.REFUSED
        run.notes.append(f"the browser was the limit: it was busy {known['client_share']:.0%}")
    if (most := max(others.values())) > OTHERS:
        run.verdict = Verdict.REFUSED
        run.notes.append(f"others took {most:.0%} of a processor")
    lost = [f"{known[name]:g} {name}" for name in ("lost", "doubled", "disordered") if known[name]]
    lost += [f"{known['refused_posts']:g} posts refused"] if known["refused_posts"] else []
    if lost:
        run.verdict = Verdict.FAILED
        run.notes += lost


def _descendants(without: Sequence[int]) -> list[int]:
    """Of this process: the browser and its driver, and not the server."""
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        children = children_of(waiting.pop()) - set(without)
        found += children
        waiting += children
    return found
