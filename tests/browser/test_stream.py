"""The life of one stream in the browser, against a server whose streams say what the test tells."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.scripted import PollAnswer, ScriptedServer
from tests.running import until

NOT_SERVED: PollAnswer = (400, {}, {"status": 400, "code": "bad_request"})
SIGNED_OUT: PollAnswer = (401, {}, {"status": 401, "code": "unauthenticated"})


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with ScriptedServer() as script:
        yield script


class Stage:
    """A page with nothing but a ``Stream`` that was started at cursor 100."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def heard(self) -> dict[str, Any]:
        """``ids`` of events as a tab takes them, ``lines``, ``ends`` (reset, bye)."""
        found: dict[str, Any] = self._page.evaluate("heard")
        return found

    def hears(self, what: str, expected: object) -> None:
        until(lambda: self.heard()[what] == expected, 60, f"{what}: {expected}, {self.heard()}")

    def shows(self, line: str) -> None:
        def last() -> str | None:
            lines: list[str] = self.heard()["lines"]
            return lines[-1] if lines else None

        until(lambda: last() == line, 60, f"{line}, {self.heard()}")

    def do(self, what: str) -> None:
        self._page.evaluate(f"() => stream.{what}()")


@pytest.fixture
def stage(chromium: Browser, script: ScriptedServer) -> Iterator[Stage]:
    page = chromium.new_page()
    page.goto(script.url)
    page.evaluate(
        """async () => {
          const {Stream} = await import("/later/stream.js");
          const {Recent} = await import("/later/claims.js");
          const {api} = await import("/js/api.js");
          const recent = new Recent();
          recent.restart(100);
          globalThis.heard = {ids: [], lines: [], retryAts: [], gaps: 0, ends: []};
          const heard = globalThis.heard;
          globalThis.stream = new Stream({
            poll: api.events,
            heartbeat() {},
            line({line, retryAt}) {
              heard.lines.push(line);
              if (retryAt) heard.retryAts.push(retryAt - Date.now());
            },
            claim(claim) {
              if (!recent.add(claim)) heard.gaps += 1;
              heard.ids = recent.since(100).events.map(({id}) => id);
            },
            reset: () => heard.ends.push("reset"),
            bye: (code) => heard.ends.push(code),
          });
          globalThis.stream.start(100);
        }"""
    )
    yield Stage(page)
    page.close()


def test_it_comes_back_after_the_last_it_has_when_the_line_breaks(
    stage: Stage, script: ScriptedServer
) -> None:
    first = script.stream()
    first.hello()
    first.say("message", 101)
    first.say("beat", 105)
    stage.hears("ids", [101])
    first.end()
    again = script.stream()
    assert again.after == 105
    again.hello()
    again.say("message", 106)
    stage.hears("ids", [101, 106])
    assert stage.heard()["lines"] == ["live", "lost", "lost", "live"]
    assert script.asked == ["stream", "stream"], "a line that breaks is no refusal: nobody asks why"


def test_a_move_opens_the_new_stream_before_it_closes_the_old_one(
    stage: Stage, script: ScriptedServer
) -> None:
    old = script.stream()
    old.hello()
    old.say("message", 101)
    old.say("move", after_ms=50)
    new = script.stream()
    assert new.after == 101
    old.say("message", 102)
    stage.hears("ids", [101, 102])
    assert not old.closed.is_set()
    new.hello()
    for id in (102, 103):
        new.say("message", id)
    assert old.closed.wait(60)
    stage.hears("ids", [101, 102, 103])
    heard = stage.heard()
    assert (heard["gaps"], heard["lines"]) == (0, ["live"])


def test_a_move_whose_new_stream_is_refused_leaves_the_old_one_alone(
    stage: Stage, script: ScriptedServer
) -> None:
    old = script.stream()
    old.hello()
    stage.shows("live")
    script.refusal = (503, {})
    script.polls = [(503, {}, {})] * 50
    old.say("move", after_ms=0)
    until(lambda: script.asked.count("poll") > 0, 60, "why it was refused")
    old.say("message", 101)
    stage.hears("ids", [101])
    assert stage.heard()["lines"] == ["live"]
    assert not old.closed.is_set()


def test_a_bye_that_invites_back_is_followed_at_once_and_others_end_the_stream(
    stage: Stage, script: ScriptedServer
) -> None:
    first = script.stream()
    first.hello()
    first.say("bye", code="too_slow", retry=True)
    second = script.stream()
    second.hello()
    second.say("bye", code="replaced", retry=False)
    stage.shows("ended")
    stage.do("wake")
    time.sleep(0.5)
    assert script.quiet, "to come back by itself would replace whoever replaced us"
    stage.do("retry")
    third = script.stream()
    third.hello()
    third.say("bye", code="signed_out", retry=False)
    stage.hears("ends", ["signed_out"])


def test_a_stream_that_beats_no_more_is_replaced(stage: Stage, script: ScriptedServer) -> None:
    first = script.stream()
    first.hello(heartbeat=0.2)
    first.say("message", 101)
    second = script.stream()
    assert second.after == 101
    assert first.closed.wait(60)


def test_a_reset_ends_the_stream(stage: Stage, script: ScriptedServer) -> None:
    first = script.stream()
    first.say("hello", cursor=None, reset=True, heartbeat=30)
    stage.hears("ends", ["reset"])
    assert first.closed.wait(60)


def test_whoever_is_refused_asks_why_and_waits_as_long_as_it_is_told(
    stage: Stage, script: ScriptedServer
) -> None:
    first = script.stream()
    script.refusal = (503, {})
    script.polls = [(503, {"Retry-After": "30"}, {}), NOT_SERVED]
    first.end()
    stage.shows("unavailable")
    assert 29_000 < stage.heard()["retryAts"][-1] <= 51_000
    asked = len(script.asked)
    time.sleep(1)
    assert len(script.asked) == asked
    script.refusal = None
    stage.do("retry")
    script.stream().hello()
    stage.shows("live")


def test_what_a_poll_brings_while_the_stream_is_refused_is_taken(
    stage: Stage, script: ScriptedServer
) -> None:
    first = script.stream()
    script.refusal = (429, {})
    message = {"id": 103, "prev": 0, "topic": "room:r", "kind": "message", "at": 103}
    script.polls = [(200, {}, {"cursor": 104, "reset": False, "events": [message]}), SIGNED_OUT]
    first.end()
    stage.hears("ids", [103])
    stage.hears("ends", ["signed_out"])


def test_nobody_who_was_signed_out_meanwhile_tries_for_ever(
    stage: Stage, script: ScriptedServer
) -> None:
    first = script.stream()
    script.refusal = (401, {})
    script.polls = [SIGNED_OUT]
    first.end()
    stage.hears("ends", ["signed_out"])
    asked = len(script.asked)
    time.sleep(1)
    assert len(script.asked) == asked
