"""What the server is to reach: each claim with its limit, and how it is measured."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from probes.bench.figures import FIGURES
from probes.bench.ratios import Ratio, ratio
from probes.bench.report.evidence import Evidence, Where, all_sound
from probes.bench.series import Series
from probes.bench.show import shown
from probes.loads.numbers import median

OURS = "tornchat"
YARDSTICK = ("nchan", "nchan-bare")
"""The peer to be beaten, with a body like ours and with the text alone. The harder one judges."""


@dataclass(frozen=True, slots=True)
class Found:
    """``value`` is judged; ``shown`` says more."""

    value: float
    shown: str
    sound: bool
    runs: int


@dataclass(frozen=True, slots=True)
class Claim(ABC):
    """``value`` is to be at most ``limit``, or at least where ``at_least`` says so."""

    key: str
    what: str
    limit: float
    at_least: bool = False

    @property
    @abstractmethod
    def asked(self) -> str:
        """The limit in words."""

    @abstractmethod
    def found(self, evidence: Evidence) -> Found | None:
        """What was measured; None where it was not."""

    def verdict(self, evidence: Evidence) -> str:
        """In words: "met", "missed", "not measured", or "no verdict" where the runs have none."""
        found = self.found(evidence)
        if found is None:
            return "not measured"
        if not found.sound:
            return "no verdict"
        met = found.value >= self.limit if self.at_least else found.value <= self.limit
        return "met" if met else "missed"

    @property
    def _sense(self) -> str:
        return "at least" if self.at_least else "at most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount(Claim):
    """A figure of ours."""

    where: Where
    figure: str

    @property
    def asked(self) -> str:
        return f"{self._sense} {shown(self.limit)} {FIGURES[self.figure].unit}".rstrip()

    def found(self, evidence: Evidence) -> Found | None:
        values = evidence.values(OURS, self.where, self.figure)
        if not values:
            return None
        text = f"{shown(median(values))} {FIGURES[self.figure].unit}".rstrip()
        text += f" ({shown(min(values))} to {shown(max(values))})"
        series = evidence.find(OURS, self.where)
        return Found(median(values), text, all_sound(series), len(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Against(Claim):
    """A figure of ours to the yardstick's, in runs of one invocation."""

    where: Where
    figure: str

    @property
    def asked(self) -> str:
        return f"{self._sense} {shown(self.limit)} x nchan's"

    def found(self, evidence: Evidence) -> Found | None:
        ratios: dict[str, Ratio] = {}
        series: list[Series] = evidence.find(OURS, self.where)
        for peer in YARDSTICK:
            pairs = evidence.pairs((peer, self.where), (OURS, self.where), self.figure)
            if known := ratio(pairs):
                ratios[peer] = known
                series += evidence.find(peer, self.where)
        if not ratios:
            return None
        harder = (min if self.at_least else max)(ratios, key=lambda peer: ratios[peer].middle)
        text = "; ".join(f"{_times(known)} {peer}'s" for peer, known in ratios.items())
        return Found(ratios[harder].middle, text, all_sound(series), ratios[harder].pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Claim):
    """A figure of ours to the same figure of ours elsewhere."""

    where: Where
    elsewhere: Where
    figure: str

    @property
    def asked(self) -> str:
        return f"{self._sense} {self.limit:.0%}"

    def found(self, evidence: Evidence) -> Found | None:
        known = ratio(evidence.pairs((OURS, self.elsewhere), (OURS, self.where), self.figure))
        if known is None:
            return None
        series = evidence.find(OURS, self.where) + evidence.find(OURS, self.elsewhere)
        text = f"{known.middle:.0%} ({known.low:.0%} to {known.high:.0%})"
        return Found(known.middle, text, all_sound(series), known.pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing(Claim):
    """Figures that are 0 in every run of ours, also in those without a verdict."""

    figures: Sequence[str]

    @property
    def asked(self) -> str:
        return "none"

    def found(self, evidence: Evidence) -> Found | None:
        runs = [run for result in evidence.results for run in result.runs if run.target == OURS]
        if not runs:
            return None
        wrong = sum(run.figures.get(figure, 0) for run in runs for figure in self.figures)
        deliveries = sum(run.figures.get("deliveries", 0) for run in runs)
        text = f"{shown(wrong)} of {shown(deliveries)} deliveries"
        return Found(wrong, text, True, len(runs))


def _times(found: Ratio) -> str:
    return f"{found.middle:.2f} x ({found.low:.2f} to {found.high:.2f})"


_ROOM = {"rooms": 1, "workers": 1, "transport": "sse", "size": 200}


def _crowd(subscribers: int) -> Where:
    return Where("saturation", {**_ROOM, "subscribers": subscribers})


_STEADY = Where("steady", {**_ROOM, "subscribers": 1000, "rate": 20})
_ROOMS = Where("rooms", {"subscribers": 1000, "rooms": 10, "workers": 1})
_SMALL = Where("messenger", {"subscribers": 50, "members": 50, "rate": 50})
_LARGE = Where("messenger-200", {"subscribers": 200, "members": 200, "rate": 10})
_POLLS = Where("long-poll", {"transport": "long-poll"})
_POSTS = Where("post", {"subscribers": 50, "rate": 200})
_ALONE = Where("post-alone", {"subscribers": 0})
_IDLE = Where("idle", {"subscribers": 10_000, "own_sessions": True, "heartbeat": 25})
_RATE, _COST = "deliveries_per_s", "cpu_us_per_delivery"

CLAIMS: tuple[Claim, ...] = (
    Against(
        "saturation-1000",
        "1,000 subscribers of one room: deliveries a second at saturation",
        *(4, True),
        where=_crowd(1000),
        figure=_RATE,
    ),
    Against(
        "saturation-1000-aim",
        "the same, as it is aimed at",
        *(6, True),
        where=_crowd(1000),
        figure=_RATE,
    ),
    Against(
        "cost-1000",
        "1,000 subscribers of one room: CPU per delivery",
        1 / 3,
        where=_crowd(1000),
        figure=_COST,
    ),
    Against(
        "steady-p50",
        "1,000 subscribers, 20 messages a second: median of send to receive",
        1,
        where=_STEADY,
        figure="delivery_p50_ms",
    ),
    Against(
        "steady-p99",
        "the same: 99th percentile",
        1,
        where=_STEADY,
        figure="delivery_p99_ms",
    ),
    Against(
        "saturation-100",
        "100 subscribers: deliveries a second at saturation",
        *(1, True),
        where=_crowd(100),
        figure=_RATE,
    ),
    Against(
        "saturation-5000",
        "5,000 subscribers: deliveries a second at saturation",
        *(4, True),
        where=_crowd(5000),
        figure=_RATE,
    ),
    Kept(
        "rooms",
        "1,000 readers who are all in the same 10 rooms: deliveries a second, to those of one room",
        *(0.6, True),
        where=_ROOMS,
        elsewhere=_crowd(1000),
        figure=_RATE,
    ),
    Amount(
        "messenger-50-p50",
        "50 members, 50 messages a second: median of send to receive",
        2.2,
        where=_SMALL,
        figure="delivery_p50_ms",
    ),
    Amount(
        "messenger-50-p99",
        "the same: 99th percentile",
        5,
        where=_SMALL,
        figure="delivery_p99_ms",
    ),
    Amount(
        "messenger-200-p50",
        "200 members, 10 messages a second: median of send to receive",
        3.3,
        where=_LARGE,
        figure="delivery_p50_ms",
    ),
    Amount(
        "messenger-200-p99",
        "the same: 99th percentile",
        11,
        where=_LARGE,
        figure="delivery_p99_ms",
    ),
    Amount("long-poll", "long polls: CPU per delivery", 50, where=_POLLS, figure=_COST),
    Amount(
        "post-p50",
        "200 posts a second among 50 members: median of POST to answer",
        2,
        where=_POSTS,
        figure="post_p50_ms",
    ),
    Amount("post-p99", "the same: 99th percentile", 10, where=_POSTS, figure="post_p99_ms"),
    Amount(
        "post-cost",
        "a post that nobody hears: CPU",
        500,
        where=_ALONE,
        figure="cpu_us_per_message",
    ),
    Amount(
        "idle-memory",
        "10,000 signed-in streams: memory of the server's processes for each",
        2048,
        where=_IDLE,
        figure="bytes_per_stream",
    ),
    Amount(
        "idle-cpu",
        "the same, with beats every 25 s: CPU while idle",
        2,
        where=_IDLE,
        figure="idle_cpu_percent",
    ),
    Amount(
        "idle-connect",
        "the same: CPU to connect each",
        300,
        where=_IDLE,
        figure="connect_us",
    ),
    Nothing(
        "complete",
        "lost, doubled or out of order, in all runs of ours",
        0,
        figures=("lost", "doubled", "disordered"),
    ),
)
