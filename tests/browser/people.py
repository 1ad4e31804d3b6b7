"""People in front of browsers: what they do and what they see, in the words of the page."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

PASSWORD = "a long sentence of a password"
USUAL = {
    "locale": "en-GB",
    "timezone_id": "Asia/Jakarta",
    "reduced_motion": "reduce",
    "service_workers": "block",
}
"""Of a context. What moves on a page is drawn anew for as long as it does, which takes the CPU; and
the worker that keeps the page fetches all of it once more."""
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
_UNHURRIED = """
() => {
  const wait = setTimeout;
  globalThis.setTimeout = (act, ms, ...more) => wait(act, ms === 10_000 ? 1e9 : ms, ...more);
}
"""
_numbers = itertools.count(1)


@dataclass
class Faults:
    """What went wrong in a browser without having been provoked."""

    seen: list[str] = field(default_factory=list)
    provoked: list[re.Pattern[str]] = field(
        default_factory=lambda: [
            re.compile(r"ERR_ABORTED"),  # leaving a page does that
            re.compile(r"Service Worker registration blocked"),  # as `USUAL` has it
        ]
    )

    def provoke(self, pattern: str) -> None:
        """From now on, what matches ``pattern`` is part of the test."""
        self.provoked.append(re.compile(pattern))

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._add(f"uncaught: {error}"))
        page.on("console", self._console)
        page.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._add(f"console: {message.text} {message.location.get('url', '')}")

    def _failed(self, request: Request) -> None:
        self._add(f"request: {request.failure} {request.method} {request.url}")

    def _add(self, fault: str) -> None:
        if not any(pattern.search(fault) for pattern in self.provoked):
            self.seen.append(fault)


class Person:
    """Somebody with a browser of their own (a context), at one server."""

    def __init__(self, context: BrowserContext, url: str, name: str, faults: Faults) -> None:
        self.context = context
        self.url = url
        self.name = name
        self.username = f"{name.split()[0].lower()}{next(_numbers)}"
        self.faults = faults
        context.add_init_script(_REPORT_VIOLATIONS)
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        self.faults.watch(page)
        return page

    def sign_up(self) -> Person:
        page = self.page
        page.goto(self.url)
        other = page.get_by_role("button", name="Create account")
        page.get_by_label("Username").wait_for()
        if page.get_by_label("Your name").count() == 0:
            other.click()
        page.get_by_label("Your name").fill(self.name)
        page.get_by_label("Username").fill(self.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        expect(page.locator("room-list")).to_be_visible()
        return self

    def come_in(self) -> Person:
        """Has an account already, and opens the page signed in."""
        account = {
            "username": self.username,
            "password": PASSWORD,
            "display_name": self.name,
        }
        made = self.context.request.post(f"{self.url}/api/users", data=account)
        assert made.status == 201, made.text()
        self.page.goto(self.url)
        expect(self.page.locator("room-list")).to_be_visible()
        return self

    def sign_in(self) -> Person:
        self.page.goto(self.url)
        self.page.get_by_label("Username").fill(self.username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.locator("room-list")).to_be_visible()
        return self

    def create_room(self, name: str, *, private: bool = False) -> str:
        """Make a room and be in it; returns its name."""
        self.page.get_by_role("button", name="Create a room").click()
        self.page.get_by_label("Name", exact=True).fill(name)
        if private:
            self.page.get_by_label("Private").check()
        self.page.get_by_role("button", name="Create room").click()
        expect(self.composer).to_have_attribute("placeholder", f"Write to {name}")
        return name

    def join_room(self, name: str) -> None:
        self.page.get_by_role("button", name="Browse rooms").click()
        self.page.get_by_role("button", name=f"Join {name}", exact=True).click()
        expect(self.composer).to_have_attribute("placeholder", f"Write to {name}")

    def open_room(self, name: str) -> None:
        self.room_link(name).click()
        expect(self.composer).to_have_attribute("placeholder", f"Write to {name}")

    def room_link(self, name: str, page: Page | None = None) -> Locator:
        link = (page or self.page).locator("room-list a.room")
        return link.filter(has=(page or self.page).get_by_text(name, exact=True))

    def write(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    @property
    def composer(self) -> Locator:
        return self.page.locator("message-composer textarea")

    def unhurried(self) -> Person:
        """From now on notices stay until something is done about them, as slow machines need."""
        self.page.evaluate(_UNHURRIED)
        return self

    def notice(self, text: str) -> Locator:
        """At the foot of the page, with what can be done about it."""
        return self.page.locator("notice-board p").filter(has_text=text)

    @property
    def line(self) -> Locator:
        """What the banner says of the line to the server."""
        return line_words(self.page)

    @property
    def messages(self) -> Locator:
        """The texts of the messages in the open room."""
        return self.page.locator("message-list .prose")

    def sees(self, *texts: str) -> None:
        """In the open room stand exactly these messages, in this order, all sent."""
        expect(self.messages).to_have_text(list(texts))
        expect(self.page.locator(".message.pending, .message.failed")).to_have_count(0)


def page_until(page: Page, true: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until ``true()`` while the page's requests are handled; fails with ``what``."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds:g} s in vain for: {what}"
        page.wait_for_timeout(20)


def line_words(page: Page) -> Locator:
    """What the banner says of the line to the server."""
    return page.locator("connection-banner [role=status]")


NewPerson = Callable[..., Person]


def new_person(browser: Browser, url: str, name: str, faults: Faults, **options: object) -> Person:
    context = browser.new_context(
        **{**USUAL, **options}  # type: ignore[arg-type]
    )
    return Person(context, url, name, faults)
