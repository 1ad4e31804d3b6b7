"""The probes, held to a server whose delays are known, and which errs where it is told to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from probes.bench import client
from probes.bench.latency import decoded
from probes.bench.own import SCANS
from probes.bench.result import Result, Run, Verdict
from probes.bench.scenarios import Scenario
from probes.latency.measuring import measure
from probes.loads.numbers import percentile

from tests.probes.synthetic import (
    TRIP_MS,
    Expected,
    Fault,
    Stall,
    Synthetic,
    Wrong,
    lognormal,
    steady,
)

RATE = 80.0
MEDIAN_MS = 400.0
STALL_SECONDS = 1.5
LOAD = Scenario(
    *("latency", ""),
    subscribers=4,
    rate=RATE,
    members=1,
    seconds=2.5,
    warm_up=0,
    connections=4,
    trips=3,
)


def of(transport: str, load: Scenario = LOAD) -> Scenario:
    return load.with_options({"transport": transport, "interval": 0.3, "seed": 1})


@dataclass(frozen=True)
class Seen:
    """What a probe found, and what there was."""

    run: Run
    expected: Expected


def seen(server: Synthetic, scenario: Scenario) -> Seen:
    with server:
        [run] = measure(Result({}, "", ""), ("synthetic", server.target), [scenario], 1, 1)
        assert "messages" in run.figures, run.notes
        messages = int(run.figures["messages"])
        return Seen(run, server.expected(RATE, messages, scenario.subscribers))


def at_once(jobs: Iterable[tuple[Synthetic, Scenario]]) -> Sequence[Seen]:
    """They sleep most of the time; where one does not, the others need not wait long for it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        with ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda job: seen(*job), jobs))
    finally:
        sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def known() -> Mapping[str, Seen]:
    """By each transport; and one that stalls, whose members post over one connection. Again where
    they are not found rightly: a machine that others use can be late by more than 5 %."""
    found: dict[str, Seen] = {}
    for _ in range(3):
        jobs = {
            name: (Synthetic(lognormal(MEDIAN_MS / 1000, 0.4)), of(name))
            for name in SCANS
            if name not in found or not rightly(found[name])
        }
        if "stall" not in found or not rightly(found["stall"]):
            stalling = Synthetic(steady(0), stall=Stall(STALL_SECONDS, seq=40))
            jobs["stall"] = (stalling, replace(of("sse"), connections=1))
        found |= zip(jobs, at_once(jobs.values()), strict=True)
    return found


def rightly(seen: Seen) -> bool:
    """Whether what was measured is what there was, to 5 %."""
    figures, expected = seen.run.figures, seen.expected
    return figures["delivery_p50_ms"] == pytest.approx(expected.p50, rel=0.05) and figures[
        "delivery_p99_ms"
    ] == pytest.approx(expected.p99, rel=0.05)


def complete(seen: Seen) -> bool:
    """Whether nothing was lost, for the server and in the histogram."""
    figures = seen.run.figures
    count = decoded(seen.run.histograms["delivery"]).total_count
    return (
        seen.run.verdict is not Verdict.FAILED
        and figures["lost"] == figures["doubled"] == figures["disordered"] == 0
        and count == len(seen.expected.delays) == 4 * figures["messages"]
    )


@pytest.mark.parametrize("transport", SCANS)
def test_known_delays_are_measured_as_they_were(transport: str, known: Mapping[str, Seen]) -> None:
    found = known[transport]
    figures = found.run.figures
    assert complete(found), found.run.notes
    assert rightly(found), (figures, found.expected.p50, found.expected.p99)
    # And that is the distribution, with what a poller waits and what a busy machine added.
    more = found.expected.added_ms + (300 if transport == "short-poll" else 0)
    for name, share in (("delivery_p50_ms", 0.5), ("delivery_p99_ms", 0.99)):
        set_ms = percentile(found.expected.nominal, share)
        assert set_ms * 0.95 <= figures[name] <= (set_ms + more) * 1.05


def test_a_stall_is_measured_for_all_that_waited_and_a_closed_loop_hides_it(
    known: Mapping[str, Seen],
) -> None:
    found = known["stall"]
    figures = found.run.figures
    assert complete(found), found.run.notes
    assert rightly(found), (figures, found.expected.p50, found.expected.p99)
    # Of 200 messages 120 waited, each 12.5 ms less than the one before: 20 of them less than p50.
    assert figures["delivery_p50_ms"] > 0.95 * 19 * 12.5
    assert figures["delivery_p99_ms"] > 0.95 * (STALL_SECONDS * 1000 - 2 * 12.5)
    # Over one connection nothing is sent meanwhile: one message alone seems to have waited.
    assert figures["delivery_closed_p50_ms"] < 0.5 * figures["delivery_p50_ms"]
    assert figures["delivery_closed_p99_ms"] < 0.5 * figures["delivery_p99_ms"]
    assert figures["delivery_closed_max_ms"] > 0.95 * STALL_SECONDS * 1000
    assert figures["offered_per_s"] == pytest.approx(RATE, rel=0.05)


@pytest.mark.parametrize("transport", SCANS)
def test_the_parts_of_a_trip_are_those_that_were_stamped(
    transport: str, known: Mapping[str, Seen]
) -> None:
    figures = known[transport].run.figures
    assert figures["split_log_ms"] >= TRIP_MS["log"] * 0.95
    assert figures["split_worker_ms"] == TRIP_MS["worker"]
    assert figures["split_socket_ms"] >= TRIP_MS["socket"] * 0.95
    # One clock, which the probe does not know: it has measured how far the two are apart.
    assert figures["split_post_ms"] >= -figures["clock_error_ms"]
    assert figures["split_client_ms"] >= -figures["clock_error_ms"]


@pytest.fixture(scope="module")
def erring() -> Mapping[tuple[str, Wrong], Run]:
    """One message becomes wrong for one of three readers, by each transport."""
    load = replace(LOAD, subscribers=3, seconds=0.5, trips=None)
    faults = [(transport, wrong) for transport in SCANS for wrong in Wrong]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_SILENCE_SECONDS", 4)  # what is lost is waited for
        found = at_once(
            (Synthetic(steady(0.05), fault=Fault(wrong)), of(transport, load))
            for transport, wrong in faults
        )
    return dict(zip(faults, (one.run for one in found), strict=True))


FINDS: Mapping[Wrong, Callable[[Mapping[str, float]], bool]] = {
    Wrong.LOST: lambda figures: figures["lost"] == 1,
    Wrong.DOUBLED: lambda figures: figures["doubled"] == 1,
    Wrong.REORDERED: lambda figures: figures["disordered"] == 1,
}


@pytest.mark.parametrize("wrong", Wrong)
@pytest.mark.parametrize("transport", SCANS)
def test_a_server_that_loses_doubles_or_reorders_is_caught(
    transport: str, wrong: Wrong, erring: Mapping[tuple[str, Wrong], Run]
) -> None:
    run = erring[transport, wrong]
    assert run.verdict is Verdict.FAILED
    assert FINDS[wrong](run.figures), (run.figures, run.notes)
