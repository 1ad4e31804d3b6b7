"""The line between browser and server breaks, freezes and comes back."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.people import NewPerson, Person
from tests.line import Line

BROKEN = r"ERR_(CONNECTION|EMPTY_RESPONSE|SOCKET|INCOMPLETE|NETWORK)"
BACK_WITHIN = 60_000
"""Milliseconds: the browser waits some seconds before it connects again."""


def banner(page: Page) -> str | None:
    return page.locator("connection-banner").get_attribute("data-line")


def two_in_a_room(person: NewPerson, line: Line, room: str) -> tuple[Person, Person]:
    """The first on a good line, the second on one that can be cut."""
    ana, ben = person("Ana"), person("Ben", url=line.url)
    ana.create_room(room)
    ben.join_room(room)
    ana.write("before")
    ben.sees("before")
    ben.faults.provoke(BROKEN)
    return ana, ben


def test_whoever_loses_the_line_comes_back_and_has_missed_nothing_and_nothing_twice(
    person: NewPerson, line: Line, room_name: str
) -> None:
    ana, ben = two_in_a_room(person, line, room_name)
    texts = ["before"]
    for round_ in range(2):
        line.close()
        away = [f"while away {round_}.{number}" for number in range(5)]
        for text in away:
            ana.write(text)
        ana.sees(*texts, *away)
        expect(ben.line).to_have_text("Reconnecting. Messages will catch up.")
        ben.sees(*texts)
        line.mend()
        texts += away
        expect(ben.messages).to_have_count(len(texts), timeout=BACK_WITHIN)
        ben.sees(*texts)
        expect(ben.line).to_have_text("")
    ana.write("after")
    ben.sees(*texts, "after")
    ben.page.reload()
    ben.sees(*texts, "after")


def test_a_short_blip_is_not_worth_a_banner(person: NewPerson, line: Line, room_name: str) -> None:
    ana, ben = two_in_a_room(person, line, room_name)
    ben.page.evaluate(
        """() => {
          globalThis.shown = 0;
          const banner = document.querySelector("connection-banner");
          new MutationObserver(() => (globalThis.shown += banner.dataset.line ? 1 : 0))
            .observe(banner, {attributes: true});
        }"""
    )
    texts, shown = ["before"], []
    # Two seconds are short: a busy machine may need more now and then, not each time.
    for blip in range(4):
        ben.page.evaluate("globalThis.shown = 0")
        line.close()
        line.mend()
        texts.append(f"after blip {blip}")
        ana.write(texts[-1])
        expect(ben.messages).to_have_text(texts, timeout=BACK_WITHIN)
        expect(ben.line).to_have_text("")
        shown.append(ben.page.evaluate("shown"))
        if shown[-1] == 0:
            break
    assert shown[-1] == 0, shown


def test_a_line_that_went_dead_without_closing_is_noticed_and_replaced(
    person: NewPerson, line: Line, room_name: str
) -> None:
    ana, ben = two_in_a_room(person, line, room_name)
    line.freeze()
    ana.write("into the void")
    expect(ben.page.locator("connection-banner")).to_have_attribute(
        "data-line", "lost", timeout=BACK_WITHIN
    )
    line.thaw()
    line.close()
    line.mend()
    expect(ben.messages).to_have_text(["before", "into the void"], timeout=BACK_WITHIN)


def test_a_message_written_without_a_line_is_sent_once_when_it_is_back(
    person: NewPerson, line: Line, room_name: str
) -> None:
    ana, ben = two_in_a_room(person, line, room_name)
    line.close()
    ben.write("written in the tunnel")
    expect(ben.page.locator(".message.pending .prose")).to_have_text("written in the tunnel")
    expect(ben.page.locator(".message.pending .state")).to_have_text("Waiting for the server…")
    line.mend()
    ana.sees("before", "written in the tunnel")
    expect(ben.messages).to_have_count(2, timeout=BACK_WITHIN)
    ben.sees("before", "written in the tunnel")


def test_a_message_that_fails_is_kept_and_try_again_sends_it(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    ana.faults.provoke(r"403.*/messages$")
    refuse = re.compile(r"/api/rooms/\w+/messages$")
    problem = '{"status": 403, "code": "forbidden", "title": "", "detail": ""}'
    ana.page.route(
        refuse,
        lambda route: route.fulfill(
            status=403, content_type="application/problem+json", body=problem
        ),
    )
    ana.write("first try")
    failed = ana.page.locator(".message.failed")
    expect(failed.locator(".state")).to_contain_text("Not sent. You may not do this here.")
    ana.page.unroute(refuse)
    ana.write("another goes past it")
    ben.sees("another goes past it")
    failed.get_by_role("button", name="Try again").click()
    ana.sees("another goes past it", "first try")
    ben.sees("another goes past it", "first try")


def test_a_failed_message_can_be_discarded(person: NewPerson, room_name: str) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.faults.provoke(r"413.*/messages$")
    ana.page.route("**/messages", lambda route: route.fulfill(status=413, body=""))
    ana.write("away with it")
    ana.page.get_by_role("button", name="Discard").click()
    ana.sees()
    expect(ana.page.locator(".message")).to_have_count(0)


def test_an_answer_that_is_lost_does_not_double_the_message(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    ana.faults.provoke(r"ERR_FAILED")
    lost: list[int] = []

    def lose_the_answer(route: object) -> None:
        lost.append(1)
        if len(lost) == 1:
            route.fetch()  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    ana.page.route(re.compile(r"/api/rooms/\w+/messages$"), lose_the_answer)
    ana.write("exactly once")
    ana.sees("exactly once")
    ben.sees("exactly once")
    ana.page.reload()
    ana.sees("exactly once")


def test_the_page_opened_without_a_server_waits_for_it(
    person: NewPerson, line: Line, room_name: str
) -> None:
    ana = person("Ana", url=line.url)
    ana.create_room(room_name)
    ana.faults.provoke("503|ERR_CONNECTION_REFUSED")
    ana.page.route(
        "**/api/session",
        lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}, body=""),
        times=2,
    )
    ana.page.reload()
    expect(ana.composer).to_be_visible(timeout=BACK_WITHIN)


def test_a_stream_that_is_open_but_late_is_called_delayed(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana", signed_in=False)
    ana.context.add_init_script(
        """const listen = EventSource.prototype.addEventListener;
        EventSource.prototype.addEventListener = function (kind, hear) {
          return listen.call(this, kind, (event) => {
            if (globalThis.held && kind === "message") globalThis.held.push(() => hear(event));
            // A beat that came in order would not be above what is still to come.
            else if (globalThis.held) hear({data: event.data, lastEventId: ""});
            else hear(event);
          });
        };"""
    )
    ana.sign_up()
    ana.create_room(room_name)
    ana.page.evaluate("globalThis.held = []")
    ana.write("slow")
    ana.sees("slow")
    words = ana.line
    expect(words).to_have_text("Delivery is delayed", timeout=BACK_WITHIN)
    ana.page.evaluate("globalThis.held.splice(0).forEach((hear) => hear()); delete globalThis.held")
    expect(words).to_have_text("")
    ana.sees("slow")
