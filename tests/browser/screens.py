"""Every screen of the page and the way to it: for what is asked of all of them.

``python -m tests.browser.screens FOLDER`` takes a picture of each, light and dark, wide and on a
phone, to be looked at.
"""

from __future__ import annotations

import argparse
import itertools
import re
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from tests.browser.chromium import launch
from tests.browser.people import Faults, Person, new_person
from tests.media.samples import photo
from tests.running import RunningServer
from tornchat.cli import main as command

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}
SAID = [
    "```python\n@cache\ndef f(x: int) -> str:\n    return f'{x}'  # 1\n```\n```diff\n-a\n+b\n```",
    "- [ ] to do\n- [x] done",
    "| a | b |\n|---|--:|\n| 1 | 2 |",
    "||hidden|| and `code` and [a link](https://example.org/)\n\n> a quote\n\n# A heading",
    ":tada:",
]
SENDING = "**/api/rooms/*/messages"

Way = Callable[[Page], None]


def promote(server: RunningServer, who: Person) -> None:
    """By a command on the server's machine; whoever was the first at this server is it already.

    In a thread, since Playwright's loop runs in this one.
    """
    with ThreadPoolExecutor(1) as thread:
        words = ("user", "role", who.username, "admin", "--data", str(server.data))
        thread.submit(command, words).result(60)


def furnish(ana: Person, ben: Person, name: str) -> None:
    """A room with something of each kind, in front of Ana, who has made it."""
    ana.create_room(name, private=True)
    room = ana.page.url.rsplit("/", 1)[-1]
    him = ben.context.request.get(f"{ben.url}/api/session").json()["user"]["id"]
    ana.context.request.put(f"{ana.url}/api/rooms/{room}/members/{him}", data={})
    ben.open_room(name)
    for body in SAID:
        ana.write(body)
    expect(ana.messages).to_have_count(len(SAID))
    ana.page.locator("message-composer input[type=file]").set_input_files(
        [FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=photo())]
    )
    expect(ana.page.locator(".tray-done")).to_have_count(1)
    ana.write("And what do you say?")
    expect(ben.messages).to_have_count(len(SAID) + 1)
    ben.write(f"Nothing, @{ana.username}")
    expect(ana.messages).to_have_count(len(SAID) + 2)
    expect(ana.page.locator(".message.pending")).to_have_count(0)


def button(words: str) -> Way:
    return lambda page: page.get_by_role("button", name=words).first.click()


def side(words: str) -> Way:
    """By a button beside the list of rooms, which on a phone is a page of its own."""

    def go(page: Page) -> None:
        back = page.locator("room-head a.back")
        if back.is_visible():
            back.click()
        button(words)(page)

    return go


def mine(words: str) -> Way:
    """By an entry of what concerns me."""

    def go(page: Page) -> None:
        side("You and your settings")(page)
        page.locator("dialog").get_by_role("button", name=words, exact=True).last.click()

    return go


def keys(keys: str) -> Way:
    return lambda page: page.keyboard.press(keys)


def details(*words: str) -> Way:
    """By the details of the room, and what is to be pressed there one after another."""

    def go(page: Page) -> None:
        button("Room details")(page)
        for each in words:
            page.get_by_role("button", name=each).click()

    return go


def head(words: str) -> Way:
    """By a button above the messages, which on a phone is in a menu."""

    def go(page: Page) -> None:
        if not page.get_by_role("button", name=words).is_visible():
            page.locator("room-head").get_by_role("button", name="More").click()
            page.get_by_role("menuitem", name=words).click()
        else:
            button(words)(page)

    return go


def message(words: str) -> Way:
    """By a button of the newest message."""

    def go(page: Page) -> None:
        page.locator("message-list .prose").last.hover(position={"x": 1, "y": 1})
        page.get_by_role("toolbar").get_by_role("button", name=words).click()

    return go


def menu(words: str) -> Way:
    """By an entry of the newest message's menu."""

    def go(page: Page) -> None:
        message("More")(page)
        page.get_by_role("menuitem", name=words).click()

    return go


def way_of_a_message(page: Page) -> None:
    menu("How did it get here?")(page)
    page.locator("message-way summary").click()


def link(page: Page) -> None:
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    menu("Copy link")(page)


def invited(page: Page) -> None:
    page.evaluate("location.hash = '#/invite/none'")


def unsent(page: Page) -> None:
    page.route(SENDING, lambda route: route.abort())
    page.locator("message-composer textarea").fill("Not yet on its way")
    page.keyboard.press("Enter")
    expect(page.locator(".message.pending, .message.failed")).to_have_count(1)
    mine("Sign out")(page)
    page.unroute(SENDING)


def searched(page: Page) -> None:
    button("Search messages")(page)
    page.locator("dialog input").press_sequentially("say")
    expect(page.locator("dialog mark").first).to_be_visible()


def suggested(page: Page) -> None:
    page.locator("message-composer textarea").fill("")
    page.locator("message-composer textarea").press_sequentially("@b")
    expect(page.get_by_role("option").first).to_be_visible()


def administration(name: str) -> Way:
    def go(page: Page) -> None:
        page.evaluate("location.hash = '#/admin'")
        page.locator("admin-page nav").get_by_role("link", name=name).click()
        expect(page.get_by_role("region", name=name)).to_be_visible()

    return go


@dataclass(frozen=True)
class Screen:
    """``panel`` is its file in ``web/panels/``; ``shows`` is what is there once it is open."""

    panel: str
    open: Way
    shows: str = "dialog[open]"


SCREENS = {
    "account": Screen("account", side("You and your settings")),
    "administration, audit log": Screen("admin", administration("Audit log")),
    "administration, bots": Screen("admin", administration("Bots")),
    "administration, health": Screen("admin", administration("Health")),
    "administration, invitations": Screen("admin", administration("Invitations")),
    "administration, people": Screen("admin", administration("People")),
    "administration, rooms": Screen("admin", administration("Rooms")),
    "administration, storage": Screen("admin", administration("Storage")),
    "blocked people": Screen("blocked", mine("Blocked people")),
    "details of the room": Screen("member-list", details(), "member-list"),
    "emoji": Screen("emoji-picker", message("Add a reaction")),
    "formatting": Screen("formatting", mine("How to format")),
    "inspector": Screen("inspector", way_of_a_message),
    "invitation, opened": Screen("invited", invited),
    "invitations to the room": Screen("invites", details("Invite by a link")),
    "invitations to the server": Screen("invites", mine("Invite people to this server")),
    "keys": Screen("keys", mine("Keys")),
    "link of a message": Screen("link", link),
    "member": Screen("member", details("Manage Ben")),
    "menu of a message": Screen("message-menu", message("More"), ".menu:popover-open"),
    "name": Screen("sessions", mine("Change your name")),
    "new message": Screen("new-message", side("New message")),
    "new people in the room": Screen("new-message", details("Add people")),
    "new room": Screen("rooms", side("Create a room")),
    "notifications": Screen("notifications", mine("Notifications")),
    "notifications from the room": Screen("room-level", head("Notifications: ")),
    "password": Screen("account", mine("Change password")),
    "person": Screen("person", details("@ben")),
    "picture of a message": Screen(
        "lightbox", lambda page: page.locator("a.file-picture").first.click()
    ),
    "picture of mine": Screen("avatar", mine("Your picture")),
    "pinned messages": Screen("pins", head("Pinned messages")),
    "programs": Screen("programs", details("Room settings", "Hooks")),
    "rooms": Screen("room-browser", side("Browse rooms")),
    "search": Screen("search", searched),
    "sessions": Screen("sessions", mine("Where you are signed in")),
    "settings": Screen("settings", mine("Settings")),
    "settings of the room": Screen("room-settings", details("Room settings")),
    "status": Screen("status", mine("Your status")),
    "suggestions": Screen("suggestions", suggested, ".suggestions"),
    "switcher": Screen("switcher", keys("Control+k")),
    "unsent": Screen("account", unsent),
    "your data": Screen("own-data", mine("Your data")),
}
"""By its name; each begins in a room, as `furnish` makes it."""


def turn(page: Page, theme: str) -> None:
    page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)


def enter(page: Page, room: str) -> None:
    """Opens the room at this address anew, whatever was open before."""
    page.goto("about:blank")
    page.goto(room)
    expect(page.locator("message-list .message").first).to_be_visible()


def visit(page: Page, room: str, name: str) -> None:
    """Opens it, from the room at this address."""
    enter(page, room)
    screen = SCREENS[name]
    screen.open(page)
    expect(page.locator(screen.shows).first).to_be_visible()


def take_all(browser: Browser, server: RunningServer, folder: Path) -> None:
    faults = Faults()
    faults.provoke("403|ERR_FAILED")  # an invitation that is none, and what cannot be sent
    ana = new_person(browser, server.url, "Ana", faults).come_in()
    ben = new_person(browser, server.url, "Ben", faults).come_in()
    promote(server, ana)
    furnish(ana, ben, "Garden")
    room = ana.page.url
    for size, theme in itertools.product((WIDE, NARROW), ("light", "dark")):
        ana.page.set_viewport_size(size)  # type: ignore[arg-type]
        ana.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for name in SCREENS:
            visit(ana.page, room, name)
            ana.page.wait_for_timeout(300)
            words = re.sub(r"\W+", "-", name)
            ana.page.screenshot(path=folder / f"{words}-{size['width']}-{theme}.png")
    assert faults.seen == []


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screens", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        server = RunningServer(Path(data) / "var", "--workers", "2").until_ready()
        try:
            with sync_playwright() as playwright:
                browser = launch(playwright)
                take_all(browser, server, folder)
                browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
