"""Who was there: a run that proves something must have put everything to the test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from probes.cast import Kind, Member
from probes.client import Transport


@dataclass(slots=True)
class Attendance:
    """Of one strike: which readers were live while it lasted, and by which transport."""

    fault: str
    present: dict[tuple[str, Transport], tuple[Member, int]] = field(default_factory=dict)
    """(reader, transport) -> the reader and the events that it had had when the strike ended."""
    broken: Counter[Transport] = field(default_factory=Counter)
    """Visits that began while it lasted, beyond those that readers begin by themselves."""
    _visits: dict[str, int] = field(default_factory=dict)

    def begin(self, members: Iterable[Member]) -> None:
        self._visits = {member.witness.name: member.reader.visits for member in members}

    def look(self, members: Iterable[Member]) -> None:
        """Note who is live now."""
        for member in members:
            if member.reader.live:
                self.present[member.witness.name, member.reader.transport] = (member, 0)

    def end(self, members: Iterable[Member]) -> None:
        """The strike is over."""
        for member in members:
            transport = member.reader.transport
            streams = transport in (Transport.SSE, Transport.WEBSOCKET)
            if streams and member.kind in (Kind.STEADY, Kind.SLOW, Kind.FROZEN, Kind.WALKER):
                before = self._visits.get(member.witness.name, 0)
                self.broken[transport] += member.reader.visits - before
        for place, (member, _) in list(self.present.items()):
            self.present[place] = (member, member.witness.events)

    def served(self) -> Counter[Transport]:
        """By transport: readers that were live and got something after the end."""
        return Counter(
            transport
            for (_, transport), (member, events) in self.present.items()
            if member.witness.events > events
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """``matrix``: fault -> transport -> readers that were live during it and went on after."""

    strikes: dict[str, int]
    matrix: dict[str, dict[str, int]]
    broken: dict[str, dict[str, int]]
    by_transport: dict[str, int]
    by_kind: dict[str, int]

    @classmethod
    def of(
        cls,
        faults: Iterable[str],
        transports: Sequence[Transport],
        attendances: Sequence[Attendance],
        members: Sequence[Member],
    ) -> Coverage:
        """``by_transport`` and ``by_kind`` are events that readers got."""
        served: dict[str, Counter[Transport]] = {fault: Counter() for fault in faults}
        broken: dict[str, Counter[Transport]] = {fault: Counter() for fault in served}
        strikes = Counter(attendance.fault for attendance in attendances)
        for attendance in attendances:
            served[attendance.fault] += attendance.served()
            broken[attendance.fault] += attendance.broken
        kinds = dict.fromkeys((member.kind for member in members), 0)
        ways = dict.fromkeys(transports, 0)
        for member in members:
            kinds[member.kind] += member.witness.events
            for transport, events in member.witness.by_transport.items():
                ways[Transport(transport)] += events
        return cls(
            {fault: strikes[fault] for fault in served},
            {f: {t.value: seen[t] for t in transports} for f, seen in served.items()},
            {f: {t.value: cut[t] for t in transports if cut[t]} for f, cut in broken.items()},
            {transport.value: events for transport, events in ways.items()},
            {kind.value: events for kind, events in kinds.items()},
        )

    def missing(self) -> list[str]:
        """What did not take part, and so is not proven."""
        found = [f"the fault {fault} never struck" for fault, n in self.strikes.items() if not n]
        for fault, row in self.matrix.items():
            if self.strikes[fault]:
                found += [
                    f"no {transport} reader was live during {fault} and went on after it"
                    for transport, readers in row.items()
                    if not readers
                ]
        found += [f"nothing came by {way}" for way, n in self.by_transport.items() if not n]
        found += [f"nothing came to {kind} readers" for kind, n in self.by_kind.items() if not n]
        return found
