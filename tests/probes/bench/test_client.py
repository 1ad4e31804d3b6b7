"""The client against a server that errs on purpose."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from probes.bench import sample
from probes.bench.client import Client, Plan
from probes.bench.following import Judgement
from probes.bench.latency import Delays
from probes.bench.paces import OpenLoop, Saturation
from probes.bench.subscribers import Broken

from tests.probes.bench.parrot import Parrot, Spoil


@contextmanager
def loading(parrot: Parrot, subscribers: int = 3) -> Iterator[Client]:
    parrot.start(set())
    client = Client(parrot, Plan(rooms=1, authors=1, size=50, connections=4))
    try:
        client.connect(subscribers)
        client.call()
        yield client
    finally:
        client.close()
        parrot.stop()


def judged(spoil: Spoil) -> Judgement:
    with loading(Parrot(spoil)) as client:
        client.run(OpenLoop(200, time.monotonic_ns()), 0.2)
        for _ in range(40):  # what a lost message leaves on its way never comes
            client._turn(_Nothing())
        return client.judge()


class _Nothing:
    def go(self, client: Client, now: int) -> None:
        pass


def without(number: int, messages: list[bytes]) -> list[bytes]:
    return [m for m in messages if number != 1 or b"seq=000000005" not in m]


def twice(number: int, messages: list[bytes]) -> list[bytes]:
    return [m for m in messages for _ in range(1 + (number == 1 and b"seq=000000005" in m))]


def test_everything_comes_and_a_decoder_finds_the_same_in_it() -> None:
    with loading(Parrot()) as client:
        client.run(Saturation(8), 0.3)
        client.settle()
        assert not client.judge()
        assert len(client.due) == client.subscribers.floor > 8
        for raw, scanned in client.subscribers.samples():
            assert sample.differs(raw, scanned) == ""
            assert "1 messages" in sample.differs(raw[: raw.index(b"seq=000000001")], scanned)


def test_no_more_are_on_their_way_than_may_be() -> None:
    with loading(Parrot()) as client:
        most = 0

        class Watched(Saturation):
            def go(self, client: Client, now: int) -> None:
                nonlocal most
                super().go(client, now)
                most = max(most, client.in_flight)

        client.run(Watched(5), 0.2)
        client.settle()
        assert most == 5
        assert client.in_flight == 0


def test_a_message_that_one_subscriber_lost_is_found() -> None:
    assert judged(without) == Judgement(lost=1)


def test_a_message_that_one_subscriber_got_twice_is_found() -> None:
    assert judged(twice) == Judgement(doubled=1, disordered=1)


def stall(parrot: Parrot) -> None:
    """For a second, soon."""
    time.sleep(0.2)
    parrot.stalled.set()
    time.sleep(1)
    parrot.stalled.clear()


def test_a_server_that_stalls_shows_in_the_delays_of_all_that_was_due_meanwhile() -> None:
    with loading(parrot := Parrot()) as client:
        client.subscribers.noting = True
        threading.Thread(target=stall, args=(parrot,), daemon=True).start()
        client.run(OpenLoop(100, time.monotonic_ns()), 1.4)
        client.settle()
        delays = Delays()
        delays.add_all(client.subscribers.came_at, client.subscribers.came, client.due)
        # Of 140 messages some 100 were due in that second, and waited half of it in the mean. One
        # that only measures what it sends, and sends nothing meanwhile, would see a single delay.
        assert delays.figures("delivery")["delivery_p50_ms"] > 200
        assert delays.figures("delivery")["delivery_max_ms"] >= 900


def test_a_stream_that_ends_ends_the_run() -> None:
    def end(number: int, messages: list[bytes]) -> list[bytes]:
        if number == 1:
            parrot._subscribers[1].shutdown(1)
        return messages if number != 1 else []

    parrot = Parrot()
    with loading(parrot) as client:
        parrot._spoil = end
        with pytest.raises(Broken, match="ended a stream"):
            client.run(OpenLoop(100, time.monotonic_ns()), 20)
