"""Keeping up: what is unread and concerns me, on a desk and a phone; notifications, and pushes."""

from __future__ import annotations

import base64
import json
import os
import re
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import Faults, NewPerson, Person, new_person, page_until

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}

LOOKS_AWAY = """
Object.defineProperty(document, "hidden", {get: () => globalThis.away ?? false});
Object.defineProperty(document, "visibilityState",
  {get: () => document.hidden ? "hidden" : "visible"});
document.hasFocus = () => !document.hidden;
globalThis.lookAway = (away) => {
  globalThis.away = away;
  dispatchEvent(new Event(away ? "blur" : "focus"));
  document.dispatchEvent(new Event("visibilitychange"));
};
"""
"""A page that is not looked at, while a test goes on with it."""

NOTES = """
globalThis.told = [];
globalThis.Notification = class extends EventTarget {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) {
    super();
    told.push({title, ...options});
  }
  close() { told.push("closed"); }
};
"""
"""What the page asks the browser to show."""


def same_person(browser: Browser, who: Person, faults: Faults, **options: object) -> Person:
    """The same person at another device."""
    other = new_person(browser, who.url, who.name, faults, **options)
    other.username = who.username
    return other.sign_in()


def ask(who: Person, method: str, path: str, data: Any = None) -> Any:
    answer = who.context.request.fetch(f"{who.url}/api/{path}", method=method, data=data or {})
    assert answer.ok, answer.text()
    return answer.json() if answer.body() else None


def room_with(ana: Person, ben: Person, name: str) -> str:
    """A private room of the two, so that all that is said there concerns them."""
    room: str = ask(ana, "POST", "rooms", {"name": name, "private": True})["id"]
    me = ask(ben, "GET", "session")["user"]["id"]
    ask(ana, "PUT", f"rooms/{room}/members/{me}")
    return room


def say(who: Person, room: str, body: str) -> int:
    id: int = ask(who, "POST", f"rooms/{room}/messages", {"body": body})["id"]
    return id


def test_what_is_unread_is_the_same_on_a_desk_and_a_phone(
    chromium: Browser, person: NewPerson, faults: Faults, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    room = room_with(ana, ben, room_name)
    for text in ("one", "two", "three"):
        say(ana, room, text)
    phone = same_person(chromium, ben, faults, **PHONE)
    page = phone.page
    page.goto(f"{ben.url}/#/")
    for screen in (page, ben.page):
        expect(ben.room_link(room_name, screen).locator(".badge")).to_have_text("3")
        expect(screen).to_have_title(re.compile(r"^\(3\) "))
        expect(screen.locator('link[rel="icon"]')).to_have_attribute("href", re.compile("^data:"))

    # Read on the desk, and put back there: the phone follows, and looking does not undo it.
    ben.open_room(room_name)
    expect(ben.room_link(room_name, page).locator(".badge")).to_have_count(0)
    expect(page).to_have_title(re.compile(r"^Tornchat"))
    ben.page.get_by_text("two", exact=True).hover()
    ben.page.get_by_role("button", name="Mark unread from here").click()
    expect(ben.room_link(room_name, page).locator(".badge")).to_have_text("2")
    expect(ben.room_link(room_name).locator(".badge")).to_have_text("2")
    expect(ben.page.locator(".new-line + .message .prose")).to_have_text("two")
    say(ana, room, "four")
    expect(ben.room_link(room_name).locator(".badge")).to_have_text("3")
    expect(ben.room_link(room_name, page).locator(".badge")).to_have_text("3")
    ben.page.keyboard.press("Escape")
    expect(ben.room_link(room_name, page).locator(".badge")).to_have_count(0)
    expect(ben.page.locator(".new-line")).to_have_count(0)

    # All at once, and back.
    ben.open_room("General")
    say(ana, room, "five")
    expect(ben.room_link(room_name, page).locator(".badge")).to_have_text("1")
    ben.page.keyboard.press("Shift+Escape")
    expect(ben.room_link(room_name, page).locator(".badge")).to_have_count(0)
    ben.page.get_by_role("button", name="Undo").click()
    expect(ben.room_link(room_name, page).locator(".badge")).to_have_text("1")

    # A room that is to be quiet.
    ben.room_link(room_name, page).click()
    page.locator("room-head").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name=re.compile("Notifications: Everything")).click()
    page.get_by_label("Nothing").check()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("link", name="All rooms").click()
    expect(ben.room_link(room_name)).to_have_class(re.compile("quiet"))
    say(ana, room, "six")
    expect(ben.room_link(room_name)).to_contain_text("1 unread message")
    expect(ben.room_link(room_name).locator(".badge")).to_have_count(0)
    expect(ben.page).to_have_title(re.compile(r"^General"))
    phone.context.close()


def test_the_first_unread_message_is_a_click_away_however_far_it_is(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    room = room_with(ana, ben, room_name)
    cookies = {one["name"]: one["value"] for one in ana.context.cookies()}
    with httpx.Client(base_url=ana.url, cookies=cookies, timeout=60) as voice:
        for number in range(205):
            said = voice.post(f"/api/rooms/{room}/messages", json={"body": f"message {number}"})
            assert said.status_code == 201
    expect(ben.room_link(room_name)).to_contain_text("205 unread messages")
    ben.open_room(room_name)
    expect(ben.messages.last).to_have_text("message 204")
    ben.page.get_by_role("button", name="Jump to first unread").click()
    first = ben.page.locator(".new-line + .message")
    expect(first.locator(".prose")).to_have_text("message 0")
    expect(first).to_be_in_viewport()
    expect(ben.page.get_by_role("button", name="Jump to first unread")).to_have_count(0)


def told(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate("told")
    return found


def test_one_tab_tells_of_what_nobody_looks_at(person: NewPerson, room_name: str) -> None:
    ana, ben = person("Ana"), person("Ben", signed_in=False)
    for script in (LOOKS_AWAY, NOTES):
        ben.context.add_init_script(script)
    ben.come_in()
    room = room_with(ana, ben, room_name)
    ben.page.get_by_role("button", name="You and your settings").click()
    ben.page.get_by_role("button", name="Notifications", exact=True).click()
    ben.page.get_by_label("While this page is open").check()
    ben.page.get_by_label("Sound").uncheck()
    ben.page.keyboard.press("Escape")
    other = ben.new_tab()
    other.goto(f"{ben.url}/#/")
    other.locator("room-list a.room").first.wait_for()
    tabs = (ben.page, other)

    def all_told() -> list[Any]:
        return [each for tab in tabs for each in told(tab)]

    say(ana, room, "somebody looks at one of the tabs")
    expect(ben.room_link(room_name).locator(".badge")).to_have_text("1")
    ben.page.wait_for_timeout(1500)  # nothing comes: there is no more to wait for
    assert all_told() == []
    for tab in tabs:
        tab.evaluate("lookAway(true)")
    message = say(ana, room, "nobody looks: ||secret||")
    page_until(ben.page, lambda: len(all_told()) == 1, "a notification")
    [note] = all_told()
    assert (note["title"], note["body"]) == (f"Ana · {room_name}", "nobody looks: ▒▒▒")
    assert (note["tag"], note["data"]) == (room, {"room": room, "message": message})
    # Read on another device: it goes.
    ask(ben, "PUT", f"rooms/{room}/read", {"id": message})
    page_until(ben.page, lambda: "closed" in all_told(), "its end")
    for tab in tabs:
        tab.evaluate("""localStorage.setItem("tornchat.alerts.quiet", String(Date.now() + 1e6))""")
    say(ana, room, "not to be disturbed")
    expect(ben.room_link(room_name).locator(".badge")).to_have_text("1")
    ben.page.wait_for_timeout(1500)
    assert len(all_told()) == 2


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def subscription() -> str:
    """As a browser's push service would give it to the page."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    values = {
        "endpoint": "https://push.example.invalid/of-ben",
        "keys": {"p256dh": encoded(point), "auth": encoded(os.urandom(16))},
    }
    return f"""PushManager.prototype.subscribe = async (options) => {{
      globalThis.subscribedWith = options.applicationServerKey;
      return {{toJSON: () => ({json.dumps(values)})}};
    }};"""


def test_a_push_is_wanted_in_the_settings_and_shown_by_the_service_worker(
    whole_chromium: Browser, person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ben = person(
        "Ben",
        browser=whole_chromium,
        signed_in=False,
        permissions=["notifications"],
        service_workers="allow",
        **PHONE,
    )
    ben.context.add_init_script(subscription())
    ben.come_in()
    room = room_with(ana, ben, room_name)
    page = ben.page
    page.get_by_role("button", name="You and your settings").click()
    page.get_by_role("button", name="Notifications", exact=True).click()
    with page.expect_response("**/api/push/subscriptions") as answered:
        page.get_by_label("While it is closed").check()
    assert answered.value.status == 201
    assert page.evaluate("subscribedWith") == ask(ben, "GET", "push")["public_key"]
    page.keyboard.press("Escape")

    session = ben.context.new_cdp_session(page)
    known: list[str] = []

    def registered(event: dict[str, Any]) -> None:
        known.extend(each["registrationId"] for each in event["registrations"])

    session.on("ServiceWorker.workerRegistrationUpdated", registered)
    session.send("ServiceWorker.enable")
    page_until(page, lambda: known, "a service worker")
    shown = """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
      ({title, body, tag, data}) => ({title, body, tag, message: data.message}))"""
    push = {"room": room, "at": 1, "title": f"Ana · {room_name}", "text": "Come!"}
    for message, count, newest in ((5, 1, 5), (7, 2, 7), (6, 1, 7)):  # the last comes late
        data = json.dumps({**push, "message": message, "count": count})
        values = {"origin": ben.url, "registrationId": known[0], "data": data}
        session.send("ServiceWorker.deliverPushMessage", values)

        def is_shown(newest: int = newest) -> bool:
            return [one["message"] for one in page.evaluate(shown)] == [newest]

        page_until(page, is_shown, "a notification")
    assert page.evaluate(shown) == [
        {"title": f"Ana · {room_name} (2)", "body": "Come!", "tag": room, "message": 7}
    ]
