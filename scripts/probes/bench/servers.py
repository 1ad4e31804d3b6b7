"""One server for many runs.

Each repetition of a probe has a server of its own, on which all cells take turns: the accounts
are made once, and what one server has for good or bad luck (where its memory lies, how its hashes
fall) is shared by what is compared, and differs from repetition to repetition.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self

from probes.bench.own import SCANS, Own, StampingSpeaker
from probes.bench.target import Scan, Shape
from probes.bench.usage import Usage
from probes.exchange import Base

_CALM_SHARE = 0.05
_CALM_SECONDS, _LOOK_SECONDS = 5.0, 0.2


class Servers:
    """At most one server at a time; a target factory (`probes.bench.target.TargetFactory`)."""

    def __init__(self) -> None:
        self._own: Own | None = None
        self._made_for: Shape | None = None
        self._visits = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def __call__(self, shape: Shape) -> Visit:
        """The server that is there, where it is one for this shape, or another."""
        wanted = replace(shape, subscribers=0, transport="", size=0, trips=None)
        if wanted != self._made_for:
            self.end()
        self._made_for = wanted
        self._visits += 1
        return Visit(self, shape, f"visit{self._visits}")

    def end(self) -> None:
        """Stop the server, so that the next run gets another."""
        own, self._own, self._made_for = self._own, None, None
        if own is not None:
            own.stop()

    def there(self, shape: Shape, cpus: set[int]) -> Own:
        """The server, started where it is not."""
        if self._own is None:
            self._own = Own(replace(shape, trips=1))  # some run may want to follow trips
            self._own.start(cpus)
        return self._own


class Visit(StampingSpeaker):
    """A run's target (`probes.bench.target.Target`): a server that may have been there before, and
    that stays."""

    name = Own.name

    def __init__(self, servers: Servers, shape: Shape, series: str) -> None:
        self.scan: Scan = SCANS[shape.transport]
        self._servers = servers
        self._shape = shape
        self._series = series

    @property
    def base(self) -> Base:
        return self._own.base

    def start(self, cpus: set[int]) -> None:
        self._own = self._servers.there(self._shape, cpus)
        self._asking = self._own.asking(self._shape.transport, self._series)
        _wait_for_calm(self._own.processes())

    def stop(self) -> None:
        """The server stays, for the next run."""

    def processes(self) -> Mapping[str, Sequence[int]]:
        return self._own.processes()

    def versions(self) -> Mapping[str, str]:
        return self._own.versions()


def _wait_for_calm(processes: Mapping[str, Sequence[int]]) -> None:
    """Until the server has done with the run before (it archives, and lets go of connections), so
    that this is not counted to the next one; but not for ever."""
    end = time.monotonic() + _CALM_SECONDS
    while time.monotonic() < end:
        before = Usage.now(processes)
        time.sleep(_LOOK_SECONDS)
        if Usage.now(processes).since(before).server < _CALM_SHARE * _LOOK_SECONDS * 2:
            return
