"""Whatever happened while a page looked on: it shows what a page shows that was opened afterwards.

One story has an event of every kind. A new kind has to be put into it, or the test fails.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import USUAL, Faults, NewPerson, Person, page_until
from tests.media.samples import picture
from tests.media.website import Website
from tornchat.domain.events import KINDS, PROBE

SETTLED = 20.0
"""Seconds within which a page that looked on must have heard of everything."""

KEEP_STATE = """
const define = customElements.define.bind(customElements);
customElements.define = (name, element, options) => {
  const { show } = element.prototype;
  if (name === "tc-app") {
    element.prototype.show = function (state, how) {
      window.shownState = state;
      return show.call(this, state, how);
    };
  }
  return define(name, element, options);
};
"""
"""Keeps what the page was told to show; the page itself knows nothing of it."""

SEEN = """
() => {
  const { rooms, pages, members, discoverable, open, people } = window.shownState;
  const { blocked, settings } = window.shownState;
  const byId = (a, b) => (a.id < b.id ? -1 : 1);
  const messages = pages[open]?.messages ?? [];
  const plain = {
    rooms,
    blocked,
    settings,
    messages,
    members: members[open]?.toSorted(byId),
    discoverable: discoverable?.toSorted(byId),
    authors: messages.map(({ author }) => {
      // Whoever was known from a room has the role that they have there.
      const { role, ...looks } = people[author] ?? {};
      return looks;
    }),
  };
  return JSON.parse(JSON.stringify(plain));
}
"""


def seen(page: Page) -> dict[str, Any]:
    """The state as far as the server decides it."""
    state: dict[str, Any] = page.evaluate(SEEN)
    return state


def look(page: Page, room: str, url: str) -> None:
    """Open a room, and load what is loaded on demand."""
    page.goto(f"{url}/#/rooms/{room}")
    expect(page.locator("message-list .scroller")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Browse rooms").click()
    page.locator("room-browser").wait_for()
    page.keyboard.press("Escape")


def ask(who: Person, method: str, path: str, data: Any = None) -> Any:
    answer = who.context.request.fetch(
        f"{who.url}/api/{path}",
        method=method,
        data={} if data is None else data,
    )
    assert answer.ok, answer.text()
    return answer.json() if answer.body() else None


def say(who: Person, room: str, body: str, **more: Any) -> int:
    id: int = ask(who, "POST", f"rooms/{room}/messages", {"body": body, **more})["id"]
    return id


def by_id(who: Person, room: str, id: int) -> dict[str, Any]:
    """A message as it is now."""
    [message] = ask(who, "GET", f"rooms/{room}/messages?ids={id}")["messages"]
    found: dict[str, Any] = message
    return found


def with_file(who: Person, room: str) -> None:
    """Send a message that is a picture."""
    sent = who.context.request.post(
        f"{who.url}/api/files?name=leaf.png",
        headers={"Content-Type": "application/octet-stream"},
        data=picture(),
    )
    assert sent.ok, sent.text()
    ask(who, "POST", f"rooms/{room}/messages", {"files": [sent.json()["id"]]})


def wear(who: Person) -> None:
    """Put a picture of oneself on."""
    sent = who.context.request.put(
        f"{who.url}/api/users/me/avatar",
        headers={"Content-Type": "application/octet-stream"},
        data=picture(),
    )
    assert sent.ok, sent.text()


def story(ana: Person, budi: Person, cara: Person, room: str, other: str, site: str) -> None:
    """Everything that can happen, in ``room``, which Ana looks at, and in ``other``."""
    me = ask(ana, "GET", "session")["user"]
    for place in (room, other):
        for text in (f"@{me['username']} one", f"@{me['username']} two", "three", "@here four"):
            last = say(budi, place, text)
            if "one" in text:
                ask(budi, "PATCH", f"messages/{last}", {"body": "one, edited"})
            elif "three" in text:
                ask(budi, "PATCH", f"messages/{last}", {"body": f"three, @{me['username']}"})
        ask(budi, "DELETE", f"messages/{last}")
        first, second = say(budi, place, "first"), say(budi, place, "second", nonce="n")
        third = say(budi, place, "third", reply_to=first)
        ask(budi, "PATCH", f"messages/{second}", {"body": "second, *edited*"})
        ask(budi, "DELETE", f"messages/{third}")
        for who in (budi, ana):
            ask(who, "PUT", f"messages/{first}/reactions/👍")
        ask(ana, "PUT", f"messages/{second}/reactions/❤️")
        for emoji in ("👍", "❤️"):
            ask(ana, "DELETE", f"messages/{first if emoji == '👍' else second}/reactions/{emoji}")
        linked = say(budi, place, f"look: {site}/tea")
        page_until(ana.page, lambda: "previews" in by_id(budi, place, linked), "a preview")  # noqa: B023
        with_file(budi, place)
        for pinned in (first, second):
            ask(ana, "PUT", f"messages/{pinned}/pin")
        ask(budi, "DELETE", f"messages/{first}/pin")
        ask(cara, "PUT", f"rooms/{place}/members/me")
        say(cara, place, "hello")
        if place == other:
            ask(ana, "PUT", f"rooms/{place}/read", {"id": second})
            ask(ana, "PUT", f"rooms/{place}/read", {"id": second, "unread": True})
        ask(ana, "PUT", f"rooms/{place}/level", {"level": "all" if place == other else "none"})
        ask(cara, "DELETE", f"rooms/{place}/members/me")
    status = {"mode": "away", "emoji": "🌴", "text": "On the beach"}
    ask(budi, "PATCH", "users/me", {"display_name": "Budi S.", "status": status})
    for number in range(2):
        wear(budi)
        wear(cara)
        ask(cara, "DELETE", "users/me/avatar")
        ask(ana, "PATCH", "users/me/settings", {"clock": "12" if number else "24"})
    ask(budi, "POST", "rooms", {"name": f"News of {room}"})
    for number in range(2):
        direct = ask(budi if number else cara, "POST", "direct", {"users": [me["id"]]})["id"]
        say(budi if number else cara, direct, "only for you")
    them = ask(cara, "GET", "session")["user"]["id"]
    for blocked in (ask(budi, "GET", "session")["user"]["id"], them):
        ask(ana, "PUT", f"blocks/{blocked}")
    ask(ana, "DELETE", f"blocks/{them}")
    say(budi, other, f"@{me['username']}, can you hear me?")
    order(ana, budi, cara, room, other)


def order(ana: Person, budi: Person, cara: Person, room: str, other: str) -> None:
    """Roles, mutes and settings in both; one is archived, and a third one comes and goes."""
    users = ask(budi, "GET", f"users?prefix={ana.username}")["users"]
    for place in (room, other):
        mine = f"rooms/{place}/members/{users[0]['id']}"
        for values in ({"role": "moderator"}, {"muted_until": int(time.time() + 3600) * 1000}):
            ask(budi, "PATCH", mine, values)
        if place == room:
            ask(budi, "PATCH", mine, {"muted_until": 0})
        settings = {"description": "To talk", "posting": "staff", "history": "joined"}
        ask(budi, "PATCH", f"rooms/{place}", settings)
        rude = say(budi, place, "rude")
        ask(ana, "DELETE", f"messages/{rude}")
        ask(budi, "DELETE", f"rooms/{place}")
    ask(budi, "PATCH", f"rooms/{room}", {"archived": False})
    found, hidden, gone = (
        ask(cara, "POST", "rooms", {"name": f"{name} of {room}", "private": name == "Found"})["id"]
        for name in ("Found", "Hidden", "Gone")
    )
    ask(cara, "PATCH", f"rooms/{found}", {"private": False, "name": f"Seen of {room}"})
    ask(cara, "PATCH", f"rooms/{hidden}", {"private": True})
    ask(cara, "DELETE", f"rooms/{gone}")


def test_a_page_that_looked_on_shows_what_a_new_one_does(
    chromium: Browser, person: NewPerson, faults: Faults, room_name: str, website: Website
) -> None:
    ana, budi, cara = person("Ana", signed_in=False), person("Budi"), person("Cara")
    faults.provoke("api/avatars")  # taken off before they were shown
    ana.context.add_init_script(KEEP_STATE)
    ana.come_in()
    room, other = (
        ask(budi, "POST", "rooms", {"name": name})["id"]
        for name in (room_name, f"{room_name} elsewhere")
    )
    for place in (room, other):
        ask(ana, "PUT", f"rooms/{place}/members/me")
    look(ana.page, room, ana.url)
    cursor = ask(ana, "GET", "session")["cursor"]
    story(ana, budi, cara, room, other, website.url)
    told = ana.context.request.get(
        f"{ana.url}/api/events?wait=0&after={cursor}", headers={"Accept": "application/json"}
    ).json()["events"]
    assert {event["kind"] for event in told} == set(KINDS) - {PROBE}

    fresh = chromium.new_context(
        storage_state=ana.context.storage_state(),
        **USUAL,  # type: ignore[arg-type]
    )
    fresh.add_init_script(KEEP_STATE)
    page = fresh.new_page()
    faults.watch(page)
    look(page, room, ana.url)
    for part in seen(page):
        # What differs is shown by the assertion; until then the page that looked on may be late.
        def is_same(part: str = part) -> bool:
            return bool(seen(ana.page)[part] == seen(page)[part])

        with suppress(AssertionError):
            page_until(page, is_same, part, SETTLED)
        assert seen(ana.page)[part] == seen(page)[part]
    fresh.close()
