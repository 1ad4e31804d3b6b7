"""What is worked out once about a run, for all of its readers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probes.evidence import Evidence, Seen, Stay, all_events, room_events
from probes.evidence import stays as all_stays
from probes.ledger import Accepted, by_id


@dataclass(slots=True)
class Facts:
    """What is worked out once for all readers. ``topics``: topic -> ids of its events, in order."""

    evidence: Evidence
    ledger: Mapping[int, Accepted]
    posted: Mapping[tuple[str, str, str], int]
    by_room: Mapping[str, list[int]]
    stays: Mapping[tuple[str, str], list[Stay]]
    events: Mapping[str, Mapping[int, Seen]]
    topics: Mapping[str, list[int]]

    @classmethod
    def of(cls, evidence: Evidence) -> Facts:
        events = room_events(all_events(evidence))
        accepted = evidence.ledger.accepted
        topics: dict[str, set[int]] = {}
        rooms: dict[str, list[int]] = {}
        for message in accepted:
            rooms.setdefault(message.room, []).append(message.id)
            topics.setdefault(f"room:{message.room}", set()).add(message.id)
        for event in all_events(evidence):
            topics.setdefault(event.topic, set()).add(event.id)
        return cls(
            evidence,
            by_id(accepted),
            {(m.room, m.author, m.nonce): m.id for m in accepted},
            {room: sorted(ids) for room, ids in rooms.items()},
            all_stays(evidence.members, events),
            events,
            {topic: sorted(ids) for topic, ids in topics.items()},
        )

    def newest_at(self, at: float) -> int:
        """The newest message that had been answered by then."""
        return max((m.id for m in self.ledger.values() if m.answered <= at), default=0)

    def rooms_of(self, user: str) -> dict[str, list[Stay]]:
        """room -> stays of one person."""
        return {room: stays for (room, who), stays in self.stays.items() if who == user}
