"""How a message got here: what the inspector says of live, replayed and older messages, to two
people at two workers, one of them on a phone."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, Locator, expect

from tests.browser.people import NewPerson, Person
from tests.browser.test_changes import PHONE, act, row
from tests.browser.test_line import BACK_WITHIN, BROKEN
from tests.browser.test_replies import ask, say
from tests.line import Line
from tests.running import RunningServer

CLOCKS = """async () => {
  const {ServerClock} = await import("/later/server-clock.js");
  const {gapsOf} = await import("/panels/way.js");
  const wrong = [];
  for (let seed = 1; seed <= 50; seed += 1) {
    let n = seed;
    const random = () => (n = (n * 48271) % 2147483647) / 2147483647;
    let here = 0, ahead = (random() - 0.5) * 1e6;
    const clock = new ServerClock(() => here);
    const logged = () => Math.floor(here + ahead);
    const holds = (what) => {
      const [least, most] = clock.ahead;
      if (!(least <= ahead && ahead <= most)) wrong.push([seed, what, least, ahead, most]);
    };
    for (let step = 0; step < 60; step += 1) {
      here += random() * 30_000;
      const at = logged();
      const sent = here - random() * 50;
      here += random() * 80;
      if (random() < 0.5) clock.asked(sent, at, here);
      else clock.heard(at, here);
      holds("steady");
      // Somewhat wide, but right: what lay between two stations is within its bounds.
      const stations = [
        {name: "sent", at: sent, clock: "browser"},
        {name: "logged", at, clock: "server"},
        {name: "arrived", at: here, clock: "browser"},
      ];
      const between = [at + 0.5 - ahead - sent, here - at - 0.5 + ahead];
      gapsOf(stations, clock.ahead).forEach(({least, most}, i) => {
        if (least > between[i] + 0.51 || most < between[i] - 0.51) wrong.push([seed, "gap", i]);
      });
    }
    // A clock is set: after ten minutes at most, nothing of before counts.
    ahead += seed % 2 ? 5000 : -5000;
    here += 700_000;
    clock.asked(here - 5, logged(), here + 5);
    holds("set");
  }
  return wrong;
}"""
STATIONS = ["sent", "taken", "logged", "delivered", "arrived", "painted"]


def inspect(person: Person, text: str) -> Locator:
    """Open the inspector of a message."""
    act(person, text, "More")
    person.page.get_by_role("menuitem", name="How did it get here?").click()
    way = person.page.locator("message-way")
    expect(way.locator("tbody tr")).not_to_have_count(0)
    return way


def report(way: Locator) -> Any:
    """What "Copy as JSON" copies."""
    return json.loads(way.locator(".way-report").text_content() or "")


def times(report: Any, clock: str) -> list[float]:
    """The stamps of one clock, in the order of the way."""
    stamps = [station["at"] for station in report["stations"] if station["clock"] == clock]
    return [at for at in stamps if at is not None]


def test_a_message_tells_its_way_live_replayed_and_from_the_history(
    person: NewPerson, line: Line, room_name: str
) -> None:
    ana = person("Ana", permissions=["clipboard-read", "clipboard-write"])
    ben = person("Ben", url=line.url, **PHONE)
    ana.create_room(room_name)
    ben.join_room(room_name)
    ana.write("a secret word")
    ana.sees("a secret word")
    ben.sees("a secret word")
    id = row(ana, "a secret word").get_attribute("data-id")
    ask(ben, "PUT", f"messages/{id}/reactions/👍")
    expect(ana.page.locator(".reaction")).to_have_count(1)

    # Its author knows both workers, and all times of the own clock.
    way = inspect(ana, "a secret word")
    expect(way).to_have_attribute("data-came", "live")
    seen = report(way)
    assert [station["name"] for station in seen["stations"]] == STATIONS
    workers = {station.get("worker") for station in seen["stations"]} - {None}
    assert workers == {seen["post"]["worker"], seen["stream"]["worker"]}
    host = seen["post"]["worker"].partition(":")[0]
    assert all(worker.startswith(f"{host}:") for worker in workers)
    browser = times(seen, "browser")
    assert len(browser) == 3, seen
    assert browser == sorted(browser)
    assert all(0 <= gap["least_ms"] <= gap["most_ms"] for gap in seen["gaps"])
    assert [gap["to"] for gap in seen["gaps"]] == ["logged", "arrived", "painted"]
    least, most = (seen["clock"][f"server_ahead_{end}_ms"] for end in ("least", "most"))
    assert least <= most
    assert [event["kind"] for event in seen["later"]] == ["reaction.added"]
    expect(way.locator(".way-later")).to_contain_text("Reaction added")
    way.get_by_role("button", name="Copy as JSON").click()
    expect(ana.page.locator("notice-board")).to_contain_text("was copied")
    copied = ana.page.evaluate("navigator.clipboard.readText()")
    # More may have been learned of the clock meanwhile.
    same = ("message", "came", "stream", "post", "stations", "later")
    assert {key: json.loads(copied)[key] for key in same} == {key: seen[key] for key in same}
    assert "secret" not in copied
    ana.page.keyboard.press("Escape")
    expect(way).to_have_count(0)

    # Whoever reads knows the worker of the own stream, and that the other one is not told.
    way = inspect(ben, "a secret word")
    expect(way).to_have_attribute("data-came", "live")
    seen = report(way)
    assert seen["post"] is None
    assert seen["stream"]["worker"].startswith(f"{host}:")
    expect(way.locator("[data-station=taken]")).to_contain_text("only the answer to the author")
    assert len(times(seen, "browser")) == 2
    # The lab is on, so that the clock is known by asking.
    expect(way.locator(".way-note").first).to_contain_text("±")
    ben.page.keyboard.press("Escape")

    # After a cut the log brings what was missed.
    ben.faults.provoke(BROKEN)
    line.close()
    missed = say(ana, "while away")
    line.mend()
    expect(row(ben, "while away")).to_have_count(1, timeout=BACK_WITHIN)
    way = inspect(ben, "while away")
    expect(way).to_have_attribute("data-came", "replayed")
    ben.page.keyboard.press("Escape")

    # No event brings what is there when a page is loaded; the message itself says what it has.
    ask(ana, "PATCH", f"messages/{missed}", {"body": "while away, edited"})
    expect(row(ben, "while away, edited")).to_have_count(1)
    ben.page.reload()
    way = inspect(ben, "while away, edited")
    expect(way).to_have_attribute("data-came", "history")
    seen = report(way)
    assert seen["gaps"] == []
    assert times(seen, "browser") == []
    assert len(times(seen, "server")) == 1
    expect(way.locator(".way-later")).to_contain_text("Edited")
    expect(way).to_contain_text(f"Its last change is event {seen['message']['version']}")


def test_what_is_known_of_the_servers_clock_is_never_wrong(
    chromium: Browser, server: RunningServer
) -> None:
    page = chromium.new_page()
    page.goto(server.url)
    wrong = page.evaluate(CLOCKS)
    page.close()
    assert wrong == []
