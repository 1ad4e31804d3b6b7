"""Kinds of claims: a limit, what is held to it, and what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from probes.bench.figures import FIGURES
from probes.bench.ratios import Ratio, ratio
from probes.bench.report.evidence import Evidence, Where, all_say
from probes.bench.result import Verdict
from probes.bench.series import Series
from probes.bench.show import shown
from probes.loads.numbers import median

OURS = "tornchat"
YARDSTICK = ("nchan", "nchan-bare")
"""The peer to be beaten, with a body like ours and with the text alone. The harder one judges."""


@dataclass(frozen=True, slots=True)
class Found:
    """``value`` is judged; ``shown`` says more. ``bound``: where it is not sound, whether the
    client alone was the limit of ours, so that it can be no less."""

    value: float
    shown: str
    sound: bool
    runs: int
    bound: bool = False


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
        met = found.value >= self.limit if self.at_least else found.value <= self.limit
        if not found.sound:
            known = met and self.at_least and found.bound
            return "met (the client was the limit)" if known else "no verdict"
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
        return Found(median(values), text, all_say(series, self.figure), len(values))


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
        ours = evidence.find(OURS, self.where)
        theirs: list[Series] = []
        for peer in YARDSTICK:
            pairs = evidence.pairs((peer, self.where), (OURS, self.where), self.figure)
            if known := ratio(pairs):
                ratios[peer] = known
                theirs += evidence.find(peer, self.where)
        if not ratios:
            return None
        harder = (min if self.at_least else max)(ratios, key=lambda peer: ratios[peer].middle)
        text = "; ".join(f"{_times(known)} {peer}'s" for peer, known in ratios.items())
        known = ratios[harder]
        return Found(
            known.middle,
            text,
            all_say([*ours, *theirs], self.figure),
            known.pairs,
            bound=all_say(theirs, self.figure)
            and all(one.sound or one.client_limited for one in ours),
        )


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
        series = [*evidence.find(OURS, self.where), *evidence.find(OURS, self.elsewhere)]
        text = f"{known.middle:.0%} ({known.low:.0%} to {known.high:.0%})"
        return Found(known.middle, text, all_say(series, self.figure), known.pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing(Claim):
    """Figures that are 0 in every run of ours, also in those without a verdict, and no run that
    failed."""

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
        failed = sum(run.verdict is Verdict.FAILED for run in runs)
        text = f"{shown(wrong)} of {shown(deliveries)} deliveries"
        text += f"; {failed} runs failed" if failed else ""
        return Found(max(wrong, failed), text, True, len(runs))


def _times(found: Ratio) -> str:
    return f"{found.middle:.2f} x ({found.low:.2f} to {found.high:.2f})"
