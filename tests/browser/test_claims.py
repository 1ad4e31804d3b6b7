"""How tabs put together what they hear of each other: whatever the interleaving, every event once
and in order. Pure modules, run in the browser that they are for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.scripted import ScriptedServer

RANDOM_RUNS = """async ([seeds, steps]) => {
  const {Recent, news} = await import("/later/claims.js");
  const sum = {wrong: [], gaps: 0, seen: 0};
  for (let first = 1; first <= seeds; first += 1) {
    let seed = first;
    // mulberry32: a small generator that can be seeded
    const random = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const upTo = (n) => Math.floor(random() * n);
    const log = [];
    let clock = 0;
    const between = (after, to) => log.filter(({id}) => id > after && id <= to);
    // Two sources with streams of their own, since a tab that lost the lead may not know yet.
    const sources = [0, 1].map(() => ({recent: new Recent(5), at: 0}));
    const tabs = [0, 1, 2].map(() => ({cursor: 0, from: 0, seen: [], box: []}));
    const tell = (claim) => tabs.forEach(({box}) => {
      if (random() < 0.6) box.push(claim); // else lost: the tab was away
      if (random() < 0.1) box.push(claim);
    });
    const read = (tab, claim) => {
      const events = news(tab.cursor, claim);
      if (events === null) return false;
      for (const {id} of events) tab.seen.push(id);
      tab.cursor = Math.max(tab.cursor, claim.to, tab.cursor);
      return true;
    };
    const advance = (source) => {
      const to = Math.min(clock, source.at + upTo(4));
      const claim = {after: source.at, to, events: between(source.at, to)};
      source.at = Math.max(source.at, to);
      if (!source.recent.add(claim)) throw new Error("a source left a gap to itself");
      tell(claim);
    };
    const catchUp = (tab, source) => {
      const claim = source.recent.since(tab.cursor);
      // Not in the ring: a poll of the server.
      read(tab, claim ?? {after: tab.cursor, to: clock, events: between(tab.cursor, clock)});
    };
    let gaps = 0;
    for (let step = 0; step < steps; step += 1) {
      const tab = tabs[upTo(tabs.length)];
      const source = sources[upTo(2)];
      const dice = upTo(10);
      if (dice < 3) { clock += 1 + upTo(3); log.push({id: clock}); }
      else if (dice < 6) advance(source);
      else if (dice < 8 && tab.box.length > 0) {
        // From two senders: their messages may pass each other.
        const [claim] = tab.box.splice(upTo(Math.min(2, tab.box.length)), 1);
        if (!read(tab, claim)) { gaps += 1; catchUp(tab, source); }
      } else if (dice === 8) catchUp(tab, source);
      else if (random() < 0.2) { // A new leader that opens from where its tab stands.
        source.at = tab.cursor;
        source.recent.restart(tab.cursor);
      } else if (random() < 0.1) { // A snapshot.
        tab.cursor = tab.from = clock;
        tab.seen = [];
      }
    }
    for (const tab of tabs) catchUp(tab, {recent: {since: () => null}});
    const wrong = tabs.filter(({from, seen}) =>
      JSON.stringify(seen) !== JSON.stringify(between(from, clock).map(({id}) => id)));
    if (wrong.length > 0) sum.wrong.push(first);
    sum.gaps += gaps;
    sum.seen += tabs.reduce((total, {seen}) => total + seen.length, 0);
  }
  return sum;
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    with ScriptedServer() as script:
        page = chromium.new_page()
        page.goto(script.url)
        yield page
        page.close()


def test_every_event_once_and_in_order_whatever_the_interleaving(page: Page) -> None:
    run: dict[str, Any] = page.evaluate(RANDOM_RUNS, [1000, 400])
    assert run["wrong"] == [], "seeds"
    assert run["gaps"] > 1000
    assert run["seen"] > 10_000


def test_a_claim_that_begins_above_the_cursor_is_not_taken(page: Page) -> None:
    taken = page.evaluate(
        """async () => {
          const {news} = await import("/later/claims.js");
          const claim = {after: 10, to: 20, events: [{id: 12}, {id: 20}]};
          return [9, 10, 12, 19, 20, 30].map((cursor) => news(cursor, claim)?.length ?? null);
        }"""
    )
    assert taken == [None, 2, 1, 1, 0, 0]


def test_the_recent_events_are_bounded_and_know_how_far_back_they_reach(page: Page) -> None:
    seen = page.evaluate(
        """async () => {
          const {Recent} = await import("/later/claims.js");
          const recent = new Recent(3);
          recent.restart(100);
          for (const id of [101, 103, 105, 107]) {
            recent.add({after: id - 2, to: id, events: [{id}]});
          }
          recent.add({after: 107, to: 110, events: []});
          const ids = (claim) => claim && [claim.after, claim.to, ...claim.events.map((e) => e.id)];
          return [recent.floor, recent.top, ids(recent.since(100)), ids(recent.since(101)),
            ids(recent.since(105)), ids(recent.since(200)),
            recent.add({after: 111, to: 112, events: []})];
        }"""
    )
    assert seen == [
        101,
        110,
        None,
        [101, 110, 103, 105, 107],
        [105, 110, 107],
        [200, 200],
        False,
    ]
