"""Whether a load holds, and who stood in the way."""

from __future__ import annotations

import pytest
from probes.bench.result import Result, Run, Verdict
from probes.scale.generator import Found
from probes.scale.known import Known, conclude
from probes.scale.stops import Limits, judge

LIMITS = Limits(milliseconds=250, quota=0.1, processors=1)


def found(p99: float = 50.0, **more: object) -> Found:
    shares = {"node1 worker 1": 0.05, "node1 supervisor": 0.0, "redis": 0.02, "proxy": 0.06}
    made = Found({"delivery_p99_ms": p99}, shares=shares, busy=0.15, client_share=0.1)
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_a_load_within_all_limits_holds_and_it_is_said_who_took_what() -> None:
    judged = judge(found(), 20, 20, LIMITS)
    assert judged.held
    assert not judged.refused
    assert judged.who == (
        "the server's processor busy 15% (proxy 6%, workers 5%, Redis 2% of one), "
        "generator 10% of its own"
    )


@pytest.mark.parametrize(
    ("seen", "achieved", "said"),
    [
        (found(p99=251), 20, "p99 251 ms is above 250 ms"),
        (found(), 18.9, "only 94% of what was offered came through"),
        (found(broken="5 posts refused"), 20, "5 posts refused"),
        (found(shares={"node1 worker 1": 0.09, "node1 figures": 0.01}), 20, "node1 used 100% of"),
        (found(shares={"redis": 0.97}, busy=0.97), 20, "redis used 97% of a processor"),
        (
            found(shares={"node1 worker 1": 0.05, "proxy": 0.5, "redis": 0.4}, busy=0.96),
            20,
            "the server's processors were busy 96%",
        ),
    ],
)
def test_what_stops_is_named(seen: Found, achieved: float, said: str) -> None:
    judged = judge(seen, 20, achieved, LIMITS)
    assert not judged.held
    assert any(said in reason for reason in judged.reasons), judged.reasons


def test_a_generator_that_is_the_limit_gives_no_verdict() -> None:
    judged = judge(found(client_share=0.95), 20, 10, LIMITS)
    assert judged.generator
    assert judged.refused == "the generator was busy 95% of its processor"


def test_others_on_the_processors_are_no_fault_of_the_server() -> None:
    judged = judge(found(busy=0.99), 20, 20, LIMITS)
    assert judged.held
    assert judged.refused == "others took 86% of the server's processors"


def test_what_came_wrongly_is_a_failure_whatever_the_load() -> None:
    assert judge(found(wrong="1 deliveries lost"), 20, 20, LIMITS).failed


def test_speed_up_is_that_of_the_same_round() -> None:
    known = Known()
    for nodes, capacity, cost in ((1, 100.0, 50.0), (2, 180.0, 55.0)):
        run = Run("tornchat", "scale", 1, {"transport": "sse", "nodes": nodes}, {})
        run.figures |= {"capacity_members": capacity, "capacity_per_s": 20 * capacity}
        run.figures |= {"cpu_us_per_delivery_nodes": cost, "reference_members": 60}
        known.note(run, "members")
        assert run.verdict is Verdict.GOOD
    assert run.figures["speed_up"] == pytest.approx(1.8)
    assert run.figures["efficiency"] == pytest.approx(0.9)
    assert run.figures["speed_up_by_cost"] == pytest.approx(2 * 50 / 55)
    assert known.reference("sse") == 60
    assert known.first("sse", 2) == 135
    assert known.first("sse", 3) == 202
    assert known.first("websocket", 1) == 0


def test_one_node_of_another_round_is_no_measure() -> None:
    known = Known()
    for nodes, figures in ((1, {"capacity_per_s": 100.0}), (1, {}), (2, {"capacity_per_s": 200.0})):
        cell = {"transport": "sse", "nodes": nodes}
        run = Run("tornchat", "scale", 1, cell, {**figures, "capacity_members": 5.0})
        known.note(run, "members")
    assert "speed_up" not in run.figures


def test_what_runs_without_a_verdict_say_is_marked() -> None:
    found = Result({}, "", "", {"precision": 0.1})
    for nodes in (1, 2):
        cell = {"part": "capacity", "transport": "sse", "nodes": nodes}
        figures = {"capacity_per_s": 100.0 * nodes}
        found.runs.append(Run("tornchat", "scale", 1, cell, figures, Verdict.REFUSED))
    conclude(found, 1)
    assert found.settings["answer"]["sse"].endswith("2 nodes, without a verdict")


@pytest.mark.parametrize(
    ("capacities", "said"),
    [
        ((100.0, 200.0), "capacity rose from 100 to 200 deliveries/s from 1 to 2 nodes"),
        (
            (100.0, 105.0),
            "capacity did not rise measurably (from 100 to 105 deliveries/s from 1 to 2 nodes); ",
        ),
    ],
)
def test_it_is_said_whether_capacity_rose_and_else_what_stopped_it(
    capacities: tuple[float, ...], said: str
) -> None:
    found = Result({}, "", "", {"precision": 0.1})
    for nodes, capacity in enumerate(capacities, 1):
        cell = {"part": "capacity", "transport": "sse", "nodes": nodes}
        run = Run("tornchat", "scale", 1, cell, {"capacity_per_s": capacity})
        run.notes.append(f"stopped at {nodes} nodes")
        found.runs.append(run)
    conclude(found, 1)
    assert found.settings["answer"]["sse"].startswith(said)
    assert "2 sizes" in found.settings["usl"]["sse"]["capacity_per_s"]["note"]
