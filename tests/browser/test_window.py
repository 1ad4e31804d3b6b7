"""However far somebody scrolls, a part of the history is on the page and in memory, and no more."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser

from tests.browser.people import Faults
from tests.running import RunningServer

STORY = """
async () => {
  const {initialState, reduce} = await import("/js/state.js");
  const {shownPage} = await import("/js/selectors.js");
  const {answered, asked, joinOlder, LONGEST} = await import("/js/history.js");
  const {joinLater, onDetour} = await import("/panels/detours.js");
  const R = "r", OTHER = "o", ALL = 5000;
  const message = (id) => ({id, at: id, room: R, author: "you", body: `m${id}`, html: `m${id}`});
  const between = (from, to) => Array.from({length: to - from}, (_, i) => message(from + i));
  const about = {kind: "open", description: "", members: 2, head: ALL, last_read: ALL, unread: 0,
    mentions: 0, mentioned: []};
  let state = [
    {type: "snapshot", snapshot: {cursor: ALL, rooms: [{id: R, name: "Room", ...about},
      {id: OTHER, name: "Other", ...about}], blocked: [],
      user: {id: "me", username: "me", display_name: "Me", role: "member"}, server: {}}},
    {type: "room.opened", room: OTHER},
    {type: "page.asked", room: OTHER},
    {type: "page.came", room: OTHER, messages: [], more: false},
    {type: "room.opened", room: R},
    {type: "page.asked", room: R},
    {type: "page.came", room: R, messages: between(ALL - 50, ALL), more: true},
  ].reduce(reduce, initialState);
  const page = () => shownPage(state, R);
  const act = (...actions) => (state = actions.reduce(reduce, state));
  const change = (how) => act({type: "detour.changed",
    change: (s) => onDetour(s, s.detour.around, how)});
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  let [most, holes, turns, live, first] = [0, 0, 0, ALL, 5000];
  const say = (room) => act({type: "event.came", event: {...message(live), room, kind: "message",
    topic: `room:${room}`, prev: live++ - 1}});
  const look = () => {
    const {messages} = page();
    const kept = Object.values(state.pages).reduce((sum, {messages}) => sum + messages.length, 0);
    most = Math.max(most, kept + (state.detour ? messages.length : 0));
    holes += messages.filter(({id}, i) => i > 0 && messages[i - 1].id !== id - 1).length;
    first = Math.min(first, messages[0].id);
    turns += 1;
  };
  // Reads up to the beginning, now and then some pages back, and then down again.
  const read = (side) => {
    const {messages} = page();
    const near = messages.at(side === "older" ? 0 : -1).id;
    const older = {messages: between(Math.max(1, near - 50), near), more: near > 51};
    const newer = {messages: between(near + 1, Math.min(live, near + 51)), more: near + 51 < live};
    if (!state.detour) {
      if (side === "later" || !page().more) return;
      act({type: "page.asked", room: R, older: true},
        // What comes meanwhile makes no hole.
        {type: "page.narrowed", room: R, near},
        {type: "page.came", room: R, older: true, ...older});
    } else {
      const [join, answer] = side === "older" ? [joinOlder, older] : [joinLater, newer];
      change((page) => asked(page, {[side]: "loading"}));
      act({type: "page.narrowed", room: R, near});
      change((page) => answered(join(page, answer.messages, answer.more)));
    }
    look();
    act({type: "page.narrowed", room: R, near});
  };
  while (first > 1) {
    for (let n = 0; n < 12 && page().messages[0].id > 1; n += 1) read("older");
    for (let n = random() * 8; n > 0; n -= 1) read("later");
  }
  for (let n = 0; n < 700; n += 1) say(OTHER);
  const top = page().messages[0].id;
  const [wasAway, background] = [state.detour !== null, state.pages[OTHER].messages.length];
  live = ALL;
  say(R);
  while (state.detour) read("later");
  return {top, first, most, holes, turns, wasAway, background, longest: LONGEST,
    bottom: page().messages.at(-1).id, more: page().more};
}
"""


def outcome(chromium: Browser, server: RunningServer, faults: Faults, story: str) -> Any:
    """What comes of a story that a page without anybody tells its own modules."""
    page = chromium.new_page()
    faults.watch(page)
    page.goto(server.url)
    seen = page.evaluate(story)
    page.close()
    return seen


def test_a_long_way_up_and_down_again_keeps_what_is_near_and_leaves_no_hole(
    chromium: Browser, server: RunningServer, faults: Faults
) -> None:
    seen = outcome(chromium, server, faults, STORY)
    assert seen["turns"] > 150
    assert (seen["first"], seen["bottom"], seen["holes"]) == (1, 5000, 0)
    assert seen["wasAway"]
    assert seen["more"], "what is far above has been let go"
    # A page, another of the newest, and what has just come; the other room keeps its newest.
    assert seen["background"] <= seen["longest"]
    assert seen["most"] <= 2 * seen["longest"] + 100 + 50


AGAIN = """
async () => {
  const {initialState, reduce} = await import("/js/state.js");
  const {createStore} = await import("/js/store.js");
  const {Places} = await import("/panels/places.js");
  const R = "r", ALL = 5000;
  const message = (id) => ({id, at: id, room: R, author: "you", body: `m${id}`, html: `m${id}`});
  const between = (from, to) => Array.from({length: to - from}, (_, i) => message(from + i));
  const answer = async (from, to) => ({messages: between(from, to), more: from > 1});
  const api = {
    around: (_, id, limit) => answer(id - limit / 2, id + limit / 2),
    before: (_, id, limit) => answer(id - limit, id),
    after: (_, id, limit) => answer(id + 1, id + 1 + limit),
  };
  const page = {messages: between(ALL - 50, ALL), more: true, status: "ready", older: "idle",
    floor: ALL, losses: [], waiting: 0, changes: [], unsure: 0};
  const detour = {...page, messages: between(1000, 1300), room: R, around: 1000, later: "idle"};
  const room = {id: R, head: ALL, last_read: ALL, unread: 0, mentioned: []};
  const store = createStore(reduce, {...initialState, phase: "in", user: {id: "me"}, open: R,
    rooms: {[R]: room}, pages: {[R]: page}, detour});
  const places = new Places(store, api, {missing() {}, failed() {}});
  places.entered();
  // What happens meanwhile is in it.
  store.dispatch({type: "event.came", event: {kind: "message.deleted", id: ALL, prev: ALL - 1,
    topic: `room:${R}`, room: R, message: 1010, author: "you", by: "you", at: 1}});
  while (store.state.arriving) await new Promise((done) => setTimeout(done, 5));
  const {messages} = store.state.detour;
  return [messages[0].id, messages.length, messages.at(-1).id, messages[10].deleted];
}
"""


def test_a_long_part_of_the_history_is_as_long_when_it_was_asked_for_again(
    chromium: Browser, server: RunningServer, faults: Faults
) -> None:
    """Else whoever reads near one of its ends would lose their place by a reset."""
    seen = outcome(chromium, server, faults, AGAIN)
    assert seen == [1000, 300, 1299, True]
