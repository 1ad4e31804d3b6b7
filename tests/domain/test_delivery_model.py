"""What the protocol promises, held against the real `Join` and `Sequence` in a simulated world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from tests.domain.delivery_model import Model
from tests.domain.sabotage import WithoutHeads, WithoutPrev
from tornchat.domain.events import Event
from tornchat.domain.join import Join
from tornchat.domain.sequence import Sequence

LOST_LINES = ("cut", "bus", "deaf")
LOST_LOG = (*LOST_LINES, "trim", "restart")
LOST_REDIS = ("cut", "bus", "restart", "wipe")
# Lost frames go without lost lines: a client that leaves before its worker can have noticed the
# hole takes a cursor along that has passed it.
LOSSY_BUS = ("bus",)


@pytest.mark.parametrize(
    ("faults", "loss", "runs"),
    [
        ((), 0.0, 20),
        (LOST_LINES, 0.0, 60),
        (LOST_LOG, 0.0, 60),
        (LOST_REDIS, 0.0, 40),
        (LOSSY_BUS, 0.03, 60),
    ],
    ids=["no faults", "lost lines", "lost end of the log", "lost Redis", "lost frames"],
)
def test_nothing_is_missing_or_twice_or_misplaced_or_leaked(
    faults: tuple[str, ...], loss: float, runs: int
) -> None:
    happened: Counter[str] = Counter()
    received = 0
    for seed in range(runs):
        model = Model(seed, faults, loss=loss).run()
        assert not model.wrong, f"seed {seed}: {model.wrong[:5]}"
        happened += model.happened
        received += sum(len(client.got) for client in model.clients)
    assert set(happened) == set(faults)
    assert received > 50 * runs


def test_without_faults_nobody_is_told_to_reload() -> None:
    for seed in range(20):
        assert not any(client.resets for client in Model(seed).run().clients)


class SendsWhileItJoins(Join):
    """Takes what comes live before the log has been read up to the bound."""

    def offer(self, event: Event) -> bool:
        joining, self.joining = self.joining, False
        sent = super().offer(event)
        self.joining = self.joining or joining
        return sent


class SendsAllThatWaited(Join):
    """Does not leave out of what it held what the log had up to the bound."""

    def complete(self, bound: int) -> list[Event]:
        held = [event for event in self.held if event.topic in self.topics]
        return sorted({*held, *super().complete(bound)}, key=lambda event: event.id)


class ForgetsWhatWaited(Join):
    """Starts to listen at the bound instead of before it."""

    def complete(self, bound: int) -> list[Event]:
        self.held = ()
        return super().complete(bound)


class TakesTheRoomAlone(Join):
    """Opens a room in mid-stream without joining again."""

    def offer(self, event: Event) -> bool:
        sent = super().offer(event)
        if sent and self.joining:
            self.joining = False
            self.topics = {**self.topics, f"room:{event.fields['room']}": event.id}
        return sent


class NeverLeaves(Join):
    """Goes on with a room that its user was removed from."""

    def _drop(self, topic: str) -> None:
        pass


class ForgetsWhereItWas(Join):
    """Sends what comes, whatever its cursor says."""

    def offer(self, event: Event) -> bool:
        cursor = self.cursor
        if not self.joining:
            self.cursor = 0
        sent = super().offer(event)
        self.cursor = max(self.cursor, cursor)
        return sent


class NeverLooksBack(Join):
    """Does not notice that what comes late was passed over."""

    def passed_over(self, late: list[int]) -> bool:
        return False


class GoesOn(Sequence):
    """Takes the clock for granted after a lost connection."""

    def lows(self, heads: Mapping[str, int]) -> dict[str, int]:
        return {} if self.missing is None else super().lows(heads)


@pytest.mark.parametrize(
    ("join", "sequence", "loss", "shown"),
    [
        (SendsWhileItJoins, Sequence, 0.0, "missing"),
        (SendsAllThatWaited, Sequence, 0.0, "twice"),
        (ForgetsWhatWaited, Sequence, 0.0, "missing"),
        (TakesTheRoomAlone, Sequence, 0.0, "missing"),
        (NeverLeaves, Sequence, 0.0, "leak"),
        (ForgetsWhereItWas, Sequence, 0.0, "twice"),
        (NeverLooksBack, Sequence, 0.03, "missing"),
        (Join, WithoutPrev, 0.03, "missing"),
        (Join, WithoutHeads, 0.03, "missing"),
        (Join, GoesOn, 0.0, "missing"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_the_model_notices_where_one_rule_is_left_out(
    join: type[Join], sequence: type[Sequence], loss: float, shown: str
) -> None:
    faults = LOSSY_BUS if loss else LOST_LINES
    wrong = []
    for seed in range(60):
        wrong += Model(seed, faults, loss=loss, join=join, sequence=sequence).run().wrong
        if any(line.startswith(shown) for line in wrong):
            return
    raise AssertionError(f"60 runs showed nothing {shown}: {wrong[:5]}")
