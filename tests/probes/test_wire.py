"""What is counted on the wire is what went over it, in rooms where time goes faster."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from probes.bench.own import SCANS
from probes.bench.result import Result, Run, Verdict
from probes.rig.children import CannotRun
from probes.wire.cells import Cell
from probes.wire.measuring import measure

from tests.probes.synthetic import Synthetic, steady
from tornchat.wire.browser import event_json

EVERY, MEMBERS, SECONDS = 10.0, 3, 2.0
_FRAME_HEAD = 4
"""Bytes before a WebSocket message of 126 to 65,535."""


def cell(transport: str) -> Cell:
    return Cell(transport, EVERY, 1.0 if transport == "short-poll" else None, MEMBERS, 200)


@pytest.fixture(scope="module")
def counted() -> Mapping[str, tuple[Run, int]]:
    """By each transport: the run, and the bytes of an event."""

    def one(transport: str) -> tuple[Run, int]:
        with Synthetic(steady(0)) as server:
            found = Result({}, "", "")
            target = ("synthetic", server.target)
            [run] = measure(found, target, [cell(transport)], seconds=SECONDS, runs=1, seed=1)
            return run, len(event_json(server.log[-1]))

    with ThreadPoolExecutor(len(SCANS)) as pool:
        return dict(zip(SCANS, pool.map(one, SCANS), strict=True))


@pytest.mark.parametrize("transport", SCANS)
def test_whole_messages_are_counted_and_the_load_is_that_of_real_life(
    transport: str, counted: Mapping[str, tuple[Run, int]]
) -> None:
    run, _ = counted[transport]
    assert run.verdict is not Verdict.FAILED, run.notes
    assert run.figures["messages"] == pytest.approx(8, abs=3)  # a busy machine counts for longer
    assert run.parameters["rate"] == pytest.approx(1 / EVERY)
    assert run.parameters["speed"] == pytest.approx(EVERY * 8 / SECONDS)
    assert run.parameters.get("interval") == (1.0 if transport == "short-poll" else None)
    assert not run.histograms


def test_streams_carry_events_and_nothing_else(counted: Mapping[str, tuple[Run, int]]) -> None:
    for transport in ("sse", "websocket"):
        figures = counted[transport][0].figures
        assert figures["requests_per_delivery"] == figures["up_bytes_per_delivery"] == 0
    run, event = counted["websocket"]
    assert run.figures["down_bytes_per_delivery"] == pytest.approx(event + _FRAME_HEAD, abs=2)


def test_a_long_poll_is_asked_for_each_message(counted: Mapping[str, tuple[Run, int]]) -> None:
    run, event = counted["long-poll"]
    assert run.figures["requests_per_delivery"] == pytest.approx(1, abs=0.2)
    assert run.figures["wasted_polls_per_delivery"] == 0
    assert event < run.figures["down_bytes_per_delivery"] < event + 500
    assert run.figures["up_bytes_per_delivery"] > 100


def test_short_polls_are_asked_at_their_interval_and_most_in_vain(
    counted: Mapping[str, tuple[Run, int]],
) -> None:
    """Ten in the time of a message; fewer only where the machine was too slow, and then it is
    said."""
    run, _ = counted["short-poll"]
    figures = run.figures
    missed = figures.get("missed_polls", 0) / figures["deliveries"]
    assert figures["requests_per_delivery"] + missed == pytest.approx(EVERY, rel=0.2)
    assert figures["wasted_polls_per_delivery"] == pytest.approx(
        figures["requests_per_delivery"] - 1, abs=0.3
    )
    assert (run.verdict is Verdict.REFUSED) == (missed > 0.01 * EVERY)


def test_a_room_that_is_too_quiet_for_the_time_is_refused() -> None:
    with pytest.raises(CannotRun, match="needs more than 1 --seconds"):
        Cell("sse", 3600, None, 1, 200).scenario(1, 1)
