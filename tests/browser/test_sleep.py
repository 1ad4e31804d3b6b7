"""A server that is gone for a while, a browser that was stopped, and a page that was put away."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium as program
from tests.browser.gate import Gate, Refuser
from tests.browser.people import Faults, NewPerson, line_words, new_person
from tests.browser.test_tabs import PATIENCE, all_show, holds_one_stream, tabs_of
from tests.browser.voice import Voice
from tests.conftest import StartServer
from tests.running import RunningServer, until

STOPPED_SECONDS = float(os.environ.get("TORNCHAT_TEST_STOPPED_SECONDS", "10"))
"""How long the browser is stopped; 60 take only longer."""
AWAY_SECONDS = 12
NEXT_TRY = "parseInt(document.querySelector('.line-next').textContent.match(/\\d+/) ?? '0')"
"""Seconds, as the banner says; 0 where it is so near that it says nothing."""


@pytest.fixture
def own_browser(chromium: Browser) -> Iterator[Browser]:
    """A browser that a test may stop, and that keeps pages for the way back as people's do."""
    browser = chromium.browser_type.launch(
        executable_path=program.path(*program.WHOLE),
        args=program.ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


def processes(browser: Browser) -> list[int]:
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return [int(process["id"]) for process in found]


def shows_what_a_fresh_load_shows(tabs: list[Page]) -> None:
    shown = [tab.locator("message-list .prose").all_inner_texts() for tab in tabs]
    for tab, texts in zip(tabs, shown, strict=True):
        tab.reload()
        expect(tab.locator("message-list .prose")).to_have_text(texts, timeout=PATIENCE)


def test_after_a_time_of_502_all_tabs_are_back_by_themselves_and_have_missed_nothing(
    gate: Gate, person: NewPerson, server: RunningServer, room_name: str
) -> None:
    ana = person("Ana", url=gate.url)
    ana.faults.provoke("ERR_|502")
    ana.create_room(room_name)
    tabs = tabs_of(ana, 3)
    voice = Voice(server.url, room_name)
    with Refuser() as refuser:
        gate.target = refuser.port
        gate.cut()
        gone = time.monotonic()
        for tab in tabs:
            expect(line_words(tab)).to_have_text(
                "The server is not available at the moment. Messages you write are kept.",
                timeout=PATIENCE,
            )
        for number in range(5):
            voice.say(f"while it was away {number}")
        time.sleep(max(0, gone + AWAY_SECONDS - time.monotonic()))
        # Full jitter: 9 tries in 20 s on average; a page in a circle makes hundreds.
        assert len(refuser.asked) < 40
        # None is so far away that they would not be back within 35 s.
        for tab in tabs:
            assert tab.evaluate(NEXT_TRY) <= 20
        gate.target = server.port
        gate.cut()
    for tab in tabs:
        expect(tab.locator("message-list .prose")).to_have_count(5, timeout=PATIENCE)
    all_show(tabs, voice.said)
    holds_one_stream(gate)


def test_who_does_not_want_to_wait_for_the_next_try_has_a_button(
    gate: Gate, person: NewPerson, server: RunningServer, room_name: str
) -> None:
    ana = person("Ana", url=gate.url)
    ana.faults.provoke("ERR_|503")
    ana.create_room(room_name)
    tabs = tabs_of(ana, 2)
    with Refuser(503, {"Retry-After": "55"}) as refuser:
        gate.target = refuser.port
        gate.cut()
        button = tabs[1].get_by_role("button", name="Try now")
        expect(tabs[1].locator(".line-next")).to_contain_text("Next try in ", timeout=PATIENCE)
        assert len(refuser.asked) < 10, "a server that says when to come back is obeyed"
        gate.target = server.port
        gate.cut()
    expect(button).to_be_visible()
    button.click()
    for tab in tabs:
        expect(line_words(tab)).to_have_text("")
        expect(tab.get_by_role("button", name="Try now")).to_be_hidden()


def test_nobody_notices_that_the_workers_were_replaced(
    start_server: StartServer, chromium: Browser, faults: Faults, room_name: str
) -> None:
    server = start_server("--workers", "2", "--heartbeat", "2", "--post-rate", "0", "--drain", "3")
    ana = new_person(chromium, server.url, "Ana", faults).sign_up()
    ana.create_room(room_name)
    tabs = tabs_of(ana, 2)
    for tab in tabs:
        tab.evaluate(
            """() => {
              globalThis.lines = [];
              const foot = document.querySelector("room-list .side-foot");
              new MutationObserver(() => globalThis.lines.push(foot.dataset.line))
                .observe(foot, {attributes: true, attributeFilter: ["data-line"]});
            }"""
        )
    before = server.workers()
    with Voice(server.url, room_name) as voice:
        server.process.send_signal(signal.SIGHUP)
        until(lambda: not set(before) & set(server.workers()), 60, "other workers")
        said = len(voice.said)
        until(lambda: len(voice.said) > said + 10, 60, "some talk with the new ones")
    all_show(tabs, voice.said)
    for tab in tabs:
        assert tab.evaluate("lines.filter((line) => line !== 'live')") == []
    ana.context.close()


def test_a_browser_that_was_stopped_shows_what_a_fresh_load_shows(
    gate: Gate, own_browser: Browser, server: RunningServer, faults: Faults, room_name: str
) -> None:
    faults.provoke("ERR_")
    ana = new_person(own_browser, gate.url, "Ana", faults).sign_up()
    ana.create_room(room_name)
    tabs = tabs_of(ana, 3)
    voice = Voice(server.url, room_name)
    voice.say("before")
    all_show(tabs, voice.said)
    stopped = processes(own_browser)
    try:
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        for number in range(10):
            voice.say(f"while it stood still {number}")
            time.sleep(STOPPED_SECONDS / 10)
    finally:
        for process in reversed(stopped):
            os.kill(process, signal.SIGCONT)
    all_show(tabs, voice.said)
    voice.say("after")
    all_show(tabs, voice.said)
    holds_one_stream(gate)
    shows_what_a_fresh_load_shows(tabs)


def test_a_page_that_comes_back_by_the_back_button_shows_what_a_fresh_load_shows(
    gate: Gate, own_browser: Browser, server: RunningServer, faults: Faults, room_name: str
) -> None:
    faults.provoke("favicon")
    ana = new_person(own_browser, gate.url, "Ana", faults).sign_up()
    ana.create_room(room_name)
    tabs = tabs_of(ana, 2)
    voice = Voice(server.url, room_name)
    for round_, (away, here) in enumerate((tabs, tabs[::-1])):
        away.evaluate("addEventListener('pageshow', (e) => globalThis.persisted = e.persisted)")
        opened = len(gate.opened)
        away.goto(f"{server.url}/icon.svg")
        if round_ == 0:
            until(lambda: len(gate.opened) > opened, 60, "the other tab's lead")  # noqa: B023
        voice.say(f"while it was put away {round_}")
        all_show([here], voice.said)
        away.go_back(wait_until="commit")
        assert away.evaluate("globalThis.persisted") is True, "it was kept, not loaded"
        all_show(tabs, voice.said)
    holds_one_stream(gate)
    shows_what_a_fresh_load_shows(tabs)
