"""One stream for all tabs of a browser, and what happens when the tab that holds it goes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import Error, Page, expect

from tests.browser.chromium import PLAIN
from tests.browser.conftest import HEARTBEAT
from tests.browser.gate import Gate
from tests.browser.people import PASSWORD, NewPerson, Person
from tests.browser.voice import Voice
from tests.running import RunningServer, until

PATIENCE = 60_000
"""Milliseconds; the machine may be busy."""


def tabs_of(person: Person, count: int) -> list[Page]:
    """``count`` tabs at the room that the person is in; the first one leads."""
    tabs = [person.page]
    for _ in range(count - 1):
        tab = person.new_tab()
        tab.goto(person.page.url)
        tabs.append(tab)
    for tab in tabs:
        expect(tab.locator("room-list .side-foot")).to_have_attribute(
            "data-line", "live", timeout=PATIENCE
        )
        expect(tab.locator("message-list [role=log]")).to_have_attribute("aria-busy", "false")
    return tabs


def all_show(tabs: list[Page], texts: list[str]) -> None:
    for tab in tabs:
        expect(tab.locator("message-list .prose")).to_have_text(texts, timeout=PATIENCE)


def holds_one_stream(gate: Gate) -> None:
    until(lambda: gate.streams == 1, 60, f"one stream; there are {gate.streams}")


def crash(page: Page) -> None:
    with suppress(Error):
        page.goto("chrome://crash", timeout=5000)


def test_ten_tabs_hold_one_stream_and_it_moves_at_once_when_its_tab_closes_or_crashes(
    gate: Gate, person: NewPerson, server: RunningServer, room_name: str
) -> None:
    ana = person("Ana", url=gate.url)
    ana.create_room(room_name)
    tabs = tabs_of(ana, 10)
    holds_one_stream(gate)
    assert len(gate.opened) == 1
    away: list[float] = []
    ends: tuple[Callable[[Page], None], ...] = (Page.close, crash, Page.close)
    with Voice(server.url, room_name) as voice:
        for moves, end in enumerate(ends, start=1):
            until(lambda: len(voice.said) >= 15 * moves, 60, "some talk")  # noqa: B023
            end(tabs.pop(0))
            until(lambda: len(gate.opened) > moves, 60, "a stream of another tab")  # noqa: B023
            until(lambda: len(gate.closed) >= moves, 60, "the end of the one before")  # noqa: B023
            away.append(gate.opened[-1] - gate.closed[-1])
            holds_one_stream(gate)
        until(lambda: len(voice.said) >= 60, 60, "some talk")
    all_show(tabs, voice.said)
    assert (len(gate.opened), gate.streams) == (4, 1)
    # Sooner than beats would have been missed. The quickest: ten pages compete for the machine.
    assert min(away) < 2.5 * HEARTBEAT, away


def test_a_leader_that_hangs_is_replaced_and_follows_when_it_is_back(
    gate: Gate, person: NewPerson, server: RunningServer, room_name: str
) -> None:
    ana = person("Ana", url=gate.url)
    ana.create_room(room_name)
    tabs = tabs_of(ana, 3)
    voice = Voice(server.url, room_name)
    inspector = ana.context.new_cdp_session(tabs[0])
    tabs[0].evaluate("() => setTimeout(() => { for (;;); })")
    voice.say("said to nobody")
    all_show(tabs[1:], voice.said)
    inspector.send("Runtime.terminateExecution")
    voice.say("said to those who can hear")
    all_show(tabs, voice.said)
    holds_one_stream(gate)


def test_without_web_locks_a_shared_worker_holds_the_stream(
    gate: Gate, person: NewPerson, server: RunningServer, room_name: str
) -> None:
    ana = person("Ana", url=f"http://{PLAIN}:{gate.port}", signed_in=False).sign_up()
    ana.create_room(room_name)
    assert ana.page.evaluate("[isSecureContext, navigator.locks ?? null]") == [False, None]
    tabs = tabs_of(ana, 3)
    with Voice(server.url, room_name) as voice:
        until(lambda: len(voice.said) > 10, 60, "some talk")
        tabs.pop(0).close()
        until(lambda: len(voice.said) > 30, 60, "some talk")
    all_show(tabs, voice.said)
    assert (len(gate.opened), gate.streams) == (1, 1), "it is nobody's tab that holds it"
    gate.cut()
    ana.faults.provoke("ERR_")
    voice.say("after the line broke")
    all_show(tabs, voice.said)
    holds_one_stream(gate)


def test_hidden_tabs_lead_and_follow_like_others(
    gate: Gate, person: NewPerson, server: RunningServer, room_name: str
) -> None:
    ana = person("Ana", url=gate.url)
    ana.context.add_init_script(
        """Object.defineProperty(document, "hidden", {get: () => globalThis.away ?? false});
        Object.defineProperty(document, "visibilityState",
          {get: () => document.hidden ? "hidden" : "visible"});"""
    )
    ana.create_room(room_name)
    tabs = tabs_of(ana, 3)
    for tab in tabs[:2]:
        tab.evaluate(
            """() => {
              globalThis.away = true;
              document.dispatchEvent(new Event("visibilitychange"));
            }"""
        )
    voice = Voice(server.url, room_name)
    voice.say("in front of one of three")
    all_show(tabs, voice.said)
    tabs.pop(0).close()
    voice.say("in front of one of two")
    all_show(tabs, voice.said)
    holds_one_stream(gate)


def test_tabs_sign_in_and_out_together_and_never_mix_two_accounts(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    other, third = ana.new_tab(), ana.new_tab()
    for tab in (other, third):
        tab.goto(ana.page.url)
        expect(tab.locator("room-list")).to_be_visible()
    # What is open in one of them is closed by it.
    other.locator("button.account").click()
    other.locator("dialog .account-actions").get_by_role("button", name="Your picture").click()
    expect(other.locator("own-picture")).to_be_visible()
    ana.faults.provoke("401")
    ana.page.locator("button.account").click()
    ana.page.get_by_role("button", name="Sign out").click()
    for tab in (ana.page, other, third):
        expect(tab.get_by_label("Username")).to_be_visible(timeout=PATIENCE)
    other.get_by_label("Username").fill(ben.username)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    for tab in (ana.page, other, third):
        expect(tab.locator("room-list .side-foot")).to_contain_text("Ben", timeout=PATIENCE)
        expect(ana.room_link(room_name, tab)).to_have_count(0)


def test_all_tabs_show_the_same_line_and_come_back_together_with_a_message_written_meanwhile(
    gate: Gate, person: NewPerson, room_name: str
) -> None:
    ana = person("Ana", url=gate.url)
    ana.faults.provoke("ERR_")
    ana.create_room(room_name)
    tabs = tabs_of(ana, 2)
    gate.close()
    ana.context.set_offline(True)
    for tab in tabs:
        expect(tab.locator("connection-banner [role=status]")).to_have_text(
            "You are offline. Messages you write are kept and sent when you are back."
        )
        expect(tab.get_by_role("button", name="Try now")).to_be_hidden()
    ana.write("written offline")
    gate.mend()
    ana.context.set_offline(False)
    for tab in tabs:
        expect(tab.locator("connection-banner [role=status]")).to_have_text("")
    all_show(tabs, ["written offline"])
    holds_one_stream(gate)
