"""What tabs of one browser make of one stream, where it does not reach back to all of them. Two in
one page, which is the same to channel and lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.scripted import PollAnswer, ScriptedServer
from tests.running import until


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with ScriptedServer() as script:
        yield script


@pytest.fixture
def page(chromium: Browser, script: ScriptedServer) -> Iterator[Page]:
    """``tab(name, cursor)`` opens one, ``heard[name]`` is what it has handed on."""
    page = chromium.new_page()
    page.goto(script.url)
    page.evaluate(
        """async () => {
          const {SharedStream} = await import("/later/shared-stream.js");
          const {api} = await import("/js/api.js");
          globalThis.heard = {};
          globalThis.tabs = {};
          globalThis.tab = (name, cursor) => {
            const heard = (globalThis.heard[name] = []);
            const hooks = {
              event: ({id}) => heard.push(id),
              line() {},
              reset: () => heard.push("reset"),
              bye: (code) => heard.push(code),
            };
            globalThis.tabs[name] = new SharedStream(hooks, {poll: api.events});
            globalThis.tabs[name].start("ana", cursor);
          };
        }"""
    )
    yield page
    page.close()


def hears(page: Page, name: str, *expected: object) -> None:
    def heard() -> Any:
        return page.evaluate("(name) => heard[name]", name)

    until(lambda: heard() == list(expected), 60, f"{name}: {expected}; {heard()}")


def polled(cursor: int, *ids: int) -> PollAnswer:
    events = [{"id": id, "prev": 0, "topic": "room:r", "kind": "message"} for id in ids]
    return (200, {}, {"cursor": cursor, "reset": False, "events": events})


def test_what_the_stream_no_longer_has_a_tab_polls_for(page: Page, script: ScriptedServer) -> None:
    page.evaluate("tab('late', 200)")
    stream = script.stream()
    stream.hello()
    stream.say("message", 201)
    hears(page, "late", 201)
    script.polls = [polled(150, 120, 150), polled(200, 180)]
    page.evaluate("tab('early', 100)")
    hears(page, "early", 120, 150, 180, 201)
    stream.say("message", 202)
    hears(page, "early", 120, 150, 180, 201, 202)
    hears(page, "late", 201, 202)
    assert script.asked == ["stream", "poll", "poll"]


def test_a_poll_that_fails_is_made_up_for_at_the_next_beat(
    page: Page, script: ScriptedServer
) -> None:
    page.evaluate("tab('late', 200)")
    stream = script.stream()
    stream.hello()
    script.polls = [(503, {}, {}), polled(205, 120)]
    page.evaluate("tab('early', 100)")
    until(lambda: script.asked.count("poll") == 1, 60, "a poll")
    for id in range(201, 206):
        page.wait_for_timeout(400)
        stream.say("beat", id)
    hears(page, "early", 120)


def test_what_nobody_has_any_more_is_a_matter_of_the_snapshot(
    page: Page, script: ScriptedServer
) -> None:
    page.evaluate("tab('late', 200)")
    script.stream().hello()
    script.polls = [(200, {}, {"cursor": None, "reset": True, "events": []})]
    page.evaluate("tab('early', 100)")
    hears(page, "early", "reset")
    hears(page, "late")


def test_a_reset_and_a_bye_concern_all_tabs(page: Page, script: ScriptedServer) -> None:
    page.evaluate("() => { tab('one', 200); tab('two', 200); }")
    script.stream().say("hello", cursor=None, reset=True, heartbeat=30)
    for name in ("one", "two"):
        hears(page, name, "reset")
    page.evaluate("() => { tabs.two.start('ana', 300); tabs.one.start('ana', 300); }")
    again = script.stream()
    assert again.after == 300
    again.hello()
    again.say("bye", code="signed_out", retry=False)
    for name in ("one", "two"):
        hears(page, name, "reset", "signed_out")


def test_whoever_takes_over_goes_on_where_it_stands_and_serves_the_others(
    page: Page, script: ScriptedServer
) -> None:
    page.evaluate("() => { tab('one', 100); tab('two', 100); tab('three', 100); }")
    first = script.stream()
    first.hello()
    for id in (101, 102):
        first.say("message", id)
    for name in ("one", "two", "three"):
        hears(page, name, 101, 102)
    page.evaluate("tabs.one.stop()")
    second = script.stream()
    assert second.after == 102
    second.hello()
    page.evaluate("tab('late', 100)")
    hears(page, "late", 101, 102)
    second.say("message", 103)
    for name in ("two", "three", "late"):
        hears(page, name, 101, 102, 103)
    assert "poll" not in script.asked
