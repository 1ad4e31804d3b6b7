"""Delays as an HdrHistogram, from the moments at which messages were meant to be sent.

A message that waits because the ones before it took long has waited: measuring from the moment of
the actual send would hide that (Gil Tene's "coordinated omission").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from hdrh.histogram import HdrHistogram

from probes.bench.figures import PERCENTILES

_LONGEST_US = 600_000_000
_DIGITS = 3
_BITS = 11
"""Values are kept to so many: what `_DIGITS` need."""
_CURVE = (0, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 100)


class Delays:
    """Of deliveries, or of answers; in milliseconds outside."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, nanoseconds: int) -> None:
        self._counts[_rounded(nanoseconds)] += 1

    def add_all(
        self, at: Sequence[int], seqs: Iterable[Sequence[int]], due: Mapping[int, int]
    ) -> None:
        """``at[i]`` (ns) is when the messages ``seqs[i]`` came to somebody, ``due`` when each was
        meant to be sent. Messages without such a moment are passed over."""
        counts = self._counts
        for moment, numbers in zip(at, seqs, strict=True):
            for number in numbers:
                meant = due.get(number)
                if meant is not None:
                    counts[_rounded(moment - meant)] += 1

    def figures(self, what: str) -> dict[str, float]:
        """``<what>_p50_ms`` and so on; nothing where there are none."""
        histogram = self._histogram()
        if not histogram.total_count:
            return {}
        return {
            f"{what}_{name}_ms": histogram.get_value_at_percentile(share) / 1000
            for share, name in PERCENTILES.items()
        }

    def curve(self) -> list[tuple[float, float]]:
        """Percentile and milliseconds, from the least to the most."""
        histogram = self._histogram()
        if not histogram.total_count:
            return []
        return [(share, histogram.get_value_at_percentile(share) / 1000) for share in _CURVE]

    def encoded(self) -> str:
        """The whole histogram, of microseconds, as HdrHistogram writes it (V2, base64); nothing
        where there are none. `decoded` is the way back."""
        histogram = self._histogram()
        return histogram.encode().decode() if histogram.total_count else ""

    def _histogram(self) -> HdrHistogram:
        histogram = HdrHistogram(1, _LONGEST_US, _DIGITS)
        for microseconds, count in self._counts.items():
            histogram.record_value(min(max(1, microseconds), _LONGEST_US), count)
        return histogram


def decoded(histogram: str) -> HdrHistogram:
    """What `Delays.encoded` has written, with values in microseconds."""
    return HdrHistogram.decode(histogram.encode())


def _rounded(nanoseconds: int) -> int:
    """Microseconds, with few different values: recording each in the histogram is slow."""
    microseconds = nanoseconds // 1000
    spare = microseconds.bit_length() - _BITS
    return microseconds >> spare << spare if spare > 0 else microseconds
