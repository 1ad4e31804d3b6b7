"""The pure modules of the lab page, run in a browser: what the doctor concludes, what the clock
knows, what the percentiles are, what the ledger misses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.people import Faults
from tests.running import RunningServer

Run = Callable[[str], Any]
SETUP = """
const {diagnose, guessLimit} = await import("/lab/doctor.js");
const {ServerClock} = await import("/lab/clock.js");
const {Distribution} = await import("/lab/distribution.js");
const {Ledger} = await import("/lab/ledger.js");
const {EventParser} = await import("/lab/byte-stream.js");
const {dice, gap} = await import("/lab/pace.js");
const {medians, partsOf} = await import("/lab/split.js");
"""
HEALTHY: dict[str, Any] = {
    "origin": "https://chat.example.org",
    "secure": True,
    "heartbeat": 25,
    "round_trip_ms": 40,
    "stream": {
        "status": 200, "head_ms": 50, "first_byte_ms": 55, "delays_ms": [30] * 6, "held": 0,
        "sent": 6, "clump": 0, "pushed_bytes": None, "server": None, "via": None, "encoding": None,
    },
    "socket": {"opened_ms": 60, "delays_ms": [30] * 6, "clump": 0},
    "poll": {"delays_ms": [35] * 6, "clump": 0, "cut": None},
    "protocol": "h2",
    "silence": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(chromium: Browser, server: RunningServer) -> Iterator[Run]:
    """Runs JavaScript with the modules at hand; gives what it returns."""
    faults = Faults()
    page = chromium.new_page()
    faults.watch(page)
    page.goto(f"{server.url}/lab/")
    yield lambda script: page.evaluate(f"async () => {{ {SETUP} {script} }}")
    page.close()
    assert faults.seen == []


def diagnosed(run: Run, **changes: Any) -> list[dict[str, Any]]:
    """The findings where an otherwise healthy line shows these values."""
    seen = dict(HEALTHY)
    for name, value in changes.items():
        seen[name] = {**HEALTHY[name], **value} if isinstance(HEALTHY.get(name), dict) else value
    found: list[dict[str, Any]] = run(f"return diagnose({json.dumps(seen)});")
    return found


def wrong(run: Run, **changes: Any) -> list[str]:
    return [each["code"] for each in diagnosed(run, **changes) if each["level"] == "bad"]


def test_a_healthy_line_has_nothing_wrong_with_it(run: Run) -> None:
    found = diagnosed(run)
    assert [each["level"] for each in found] == ["good"] * 4
    assert all(each["fixes"] == [] for each in found)


def test_what_a_line_shows_is_called_by_its_name(run: Run) -> None:
    silence = {"seconds": 70, "cut_after_ms": None, "longest_ms": 25_200, "beats": 2}
    cases: list[tuple[list[str], dict[str, Any]]] = [
        (["stream.buffered"], {"stream": {"held": 6, "delays_ms": []}}),
        (["stream.buffered.size"], {"stream": {"held": 6, "pushed_bytes": 8000}}),
        (["stream.compressed"], {"stream": {"held": 6, "encoding": "gzip", "delays_ms": []}}),
        (["stream.late"], {"stream": {"delays_ms": [1500, 1250, 1000, 750, 500, 250]}}),
        (["stream.late"], {"stream": {"clump": 5}}),
        ([], {"stream": {"delays_ms": [390] * 6}}),
        (["stream.refused"], {"stream": {"status": 502, "delays_ms": [], "held": 6}}),
        (["socket.blocked"], {"socket": {"opened_ms": None, "delays_ms": []}}),
        (["socket.silent"], {"socket": {"delays_ms": []}}),
        (["poll.late"], {"poll": {"delays_ms": [900] * 6}}),
        (["poll.nothing"], {"poll": {"delays_ms": []}}),
        (["poll.refused"], {"poll": {"cut": {"status": 504, "after": 10_000}}}),
        (["poll.cut"], {"poll": {"cut": {"status": None, "after": 10_000}}}),
        ([], {"silence": silence}),
        (["idle.cut"], {"silence": {**silence, "cut_after_ms": 20_100}}),
        (["idle.held"], {"silence": {**silence, "longest_ms": 69_000, "beats": 0}}),
        ([], {"protocol": "http/1.1"}),
    ]
    for codes, changes in cases:
        assert wrong(run, **changes) == codes, changes


def test_a_browser_that_stalls_is_not_taken_for_a_buffer(run: Run) -> None:
    stalled = {"delays_ms": [1200] * 6, "clump": 5}
    assert "stream.late" not in wrong(run, stream=stalled, socket=stalled, poll=stalled)


def test_a_slow_line_is_not_taken_for_a_buffer(run: Run) -> None:
    slow = {"delays_ms": [700] * 6}
    far = {"round_trip_ms": 600, "stream": slow, "socket": slow, "poll": slow}
    assert wrong(run, **far) == []


def test_the_setting_of_the_proxy_that_names_itself_comes_first(run: Run) -> None:
    for server, first in (("nginx/1.22.1", "nginx"), ("Caddy", "caddy"), ("cloudflare", None)):
        [found] = [
            each
            for each in diagnosed(run, stream={"held": 6, "delays_ms": [], "server": server})
            if each["level"] == "bad"
        ]
        likely = [fix["where"] for fix in found["fixes"] if fix["likely"]]
        assert likely == [first or server]
        assert found["fixes"][0]["likely"]
    blocked = diagnosed(run, socket={"opened_ms": None, "delays_ms": []})[0]
    settings = {fix["where"]: fix["setting"] for fix in blocked["fixes"]}
    silence = {"seconds": 6, "cut_after_ms": 5040, "longest_ms": 5040, "beats": 0}
    cut = diagnosed(run, silence=silence)[0]
    assert (cut["code"], cut["values"]["limit"]) == ("idle.cut", 5)
    assert {"where": "tornchat", "setting": "--heartbeat 2", "likely": True} in cut["fixes"]
    assert settings["tornchat"] == "--origin https://chat.example.org"


def test_a_cut_is_told_by_the_usual_time_out_near_it(run: Run) -> None:
    guessed = run("return [30.1, 60.4, 99, 17.3, 5.2, 600].map(guessLimit)")
    assert guessed == [30, 60, 100, None, 5, None]


def test_the_clock_is_that_of_the_quickest_request(run: Run) -> None:
    ahead, doubt, ours = run(
        """
        const clock = new ServerClock(1_000_000);
        // The server is 500 ms ahead; the first request is held up on its way there.
        const stamp = (ms) => (1_000_000 + ms + 500) * 1000;
        clock.learn({sent: 0, received: stamp(90), appended: stamp(95), answered: 105});
        clock.learn({sent: 200, received: stamp(210), appended: stamp(213), answered: 223});
        clock.learn({sent: 300, received: stamp(380), appended: stamp(381), answered: 382});
        return [clock.ahead, clock.uncertainty, clock.ours(stamp(400))];
        """
    )
    assert (round(ahead, 3), round(doubt, 3), round(ours, 3)) == (500, 10, 400)


def test_percentiles_are_of_what_was_measured(run: Run) -> None:
    none, summary, buckets = run(
        """
        const some = new Distribution();
        const none = some.summary();
        for (let ms = 1000; ms > 0; ms -= 1) some.add(ms);
        return [none, some.summary(), some.buckets.reduce((sum, n) => sum + n, 0)];
        """
    )
    assert none == {"n": 0, "p50": None, "p90": None, "p99": None, "max": None}
    assert summary == {"n": 1000, "p50": 500, "p90": 900, "p99": 990, "max": 1000}
    assert buckets == 1000


def test_the_ledger_sees_what_is_missing_doubled_and_out_of_order(run: Run) -> None:
    assert run(
        """
        const ledger = new Ledger();
        const took = [1, 2, 5, 4, 5].map((id) => ledger.take({id}, id === 2));
        const {doubled, disordered, replayed} = ledger;
        return {took, missing: ledger.missing([1, 2, 3, 4, 5]), doubled, disordered, replayed};
        """
    ) == {
        "took": [True, True, True, True, False],
        "missing": [3],
        "doubled": [5],
        "disordered": [4],
        "replayed": [2],
    }


def test_events_are_found_in_bytes_that_are_cut_anywhere(run: Run) -> None:
    assert run(
        r"""
        const text = 'id: 7\nevent: hello\ndata: {"reset":false}\n\nevent: beat\ndata: {"c":1}\n\n';
        const events = [];
        const parser = new EventParser();
        for (const char of text) events.push(...parser.feed(char));
        return events;
        """
    ) == [
        {"kind": "hello", "id": "7", "data": {"reset": False}},
        {"kind": "beat", "id": "", "data": {"c": 1}},
    ]


def test_the_pace_is_that_of_the_seed_and_keeps_its_rate(run: Run) -> None:
    first, again, mean = run(
        """
        const gaps = (seed) => { const roll = dice(seed); return () => gap(5, roll); };
        const [one, other, many] = [gaps(7), gaps(7), gaps(8)];
        const sum = Array.from({length: 5000}, many).reduce((total, ms) => total + ms, 0);
        return [[one(), one(), one()], [other(), other(), other()], sum / 5000];
        """
    )
    assert first == again
    assert 180 < mean < 220


def test_the_parts_of_a_trip_add_up_to_the_whole(run: Run) -> None:
    parts, replayed = run(
        """
        const clock = new ServerClock(0);
        clock.learn({sent: 10, received: 12_000, appended: 15_000, answered: 17});
        const event = {received: 12_000, heard: 14_000, framed: 14_500};
        const probe = {intended: 9, sent: 10};
        const parts = partsOf(probe, {event, at: 18, painted: 26}, clock);
        const {heard, ...read} = event;
        return [parts, partsOf(probe, {event: read, at: 18, painted: null}, clock)];
        """
    )
    assert parts == {
        "page": 1, "post": 2, "log": 2, "worker": 0.5, "socket": 3.5, "paint": 8,
    }  # fmt: skip
    assert sum(parts.values()) == 26 - 9
    assert replayed is None


def test_a_long_measurement_keeps_no_more_than_it_shows(run: Run) -> None:
    assert run(
        """const {Run} = await import("/lab/run.js");
        const {sleep} = await import("/lab/polls.js");
        const {results: {sse}} = new Run({rate: 1, pad: 0, interval: 1000, seconds: 1, seed: 1});
        for (let k = 0; k < 12000; k += 1) sse.took({k});
        let listeners = 0;
        const signal = {addEventListener: () => (listeners += 1),
          removeEventListener: () => (listeners -= 1)};
        for (let k = 0; k < 5; k += 1) await sleep(1, signal);
        const stop = new AbortController();
        const cut = sleep(60_000, stop.signal).catch((reason) => reason);
        stop.abort("stopped");
        return [sse.trips.length <= 5000, sse.trips.at(-1).k, listeners, await cut];"""
    ) == [True, 11_999, 0, "stopped"]
