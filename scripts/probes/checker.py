"""Was every promise kept? Values in, violations out; nothing here knows how they came about.

The promises are those of ``docs/protocol.md``: every accepted message exactly once, in the order of
ids, to every member and to nobody else, each event naming the one before it, and whatever could not
be kept said with a reset.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from probes.evidence import Evidence
from probes.facts import Facts
from probes.reading import Reading
from probes.violations import Violation, Wrong

COUNTED = 900
"""Unread messages are counted exactly up to about 1,000."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """No violations where all promises were kept. ``shown_by_prev`` counts the events that were
    swallowed while a reader was there that left before a server could notice: see `Reading`."""

    violations: list[Violation]
    shown_by_prev: int


def check(evidence: Evidence) -> Verdict:
    """Everything that is wrong."""
    facts = Facts.of(evidence)
    found: list[Violation] = []
    shown_by_prev = 0
    for witness in evidence.witnesses:
        reading = Reading(witness, facts)
        found += reading.all()
        shown_by_prev += len(reading.excused - reading.left_to_history)
    found += _ledger(evidence)
    found += _memberships(facts)
    found += _histories(facts)
    found += _snapshots(facts)
    return Verdict(found, shown_by_prev)


def _ledger(evidence: Evidence) -> Iterator[Violation]:
    for refused in evidence.ledger.refused:
        yield Violation(Wrong.REFUSED, "ledger", detail=refused)
    ids: set[int] = set()
    for message in evidence.ledger.accepted:
        if message.id in ids:
            yield Violation(Wrong.DOUBLED, "ledger", message.room, (message.id,), "one id for two")
        ids.add(message.id)


def _memberships(facts: Facts) -> Iterator[Violation]:
    """Each change that was answered for must have been said to the room, once and in order."""
    answered: dict[tuple[str, str], list[str]] = {}
    for move in facts.evidence.ledger.moves:
        kind = "member.joined" if move.joined else "member.left"
        answered.setdefault((move.room, move.user), []).append(kind)
    for (room, user), kinds in answered.items():
        said = [
            event.kind
            for _, event in sorted(facts.events.get(room, {}).items())
            if event.user == user and event.kind.startswith("member.")
        ]
        if said != kinds:
            detail = f"{user}: {len(kinds)} changes were answered, {len(said)} were said"
            yield Violation(Wrong.MEMBERSHIP, "ledger", room, detail=detail)


def _histories(facts: Facts) -> Iterator[Violation]:
    for room, stored in facts.evidence.histories.items():
        ids = [message.id for message in stored]
        due = facts.by_room.get(room, [])
        if missing := tuple(sorted(set(due) - set(ids))):
            yield Violation(Wrong.LOST, "history", room, missing)
        if more := tuple(sorted(set(ids) - set(due))):
            yield Violation(Wrong.FORGED, "history", room, more)
        if ids != sorted(set(ids)):
            yield Violation(Wrong.HISTORY, "history", room, detail="doubled or out of order")
        for message in stored:
            known = facts.ledger.get(message.id)
            if known is not None and (known.author, known.nonce, known.digest) != (
                message.author,
                message.nonce,
                message.digest,
            ):
                yield Violation(Wrong.HISTORY, "history", room, (message.id,), "another message")


def _snapshots(facts: Facts) -> Iterator[Violation]:
    for snapshot in facts.evidence.snapshots:
        who = f"snapshot of {snapshot.user}"
        mine = facts.rooms_of(snapshot.user)
        rooms = {room for room, stays in mine.items() if stays and stays[-1].open}
        for room in rooms ^ snapshot.rooms.keys():
            yield Violation(Wrong.SNAPSHOT, who, room, detail="a room too many or too few")
        for room in rooms & snapshot.rooms.keys():
            shown = snapshot.rooms[room]
            head = max(facts.topics.get(f"room:{room}", [0]))
            # A room in which nothing was said since the run began has an older head.
            if head and (shown.head != head or snapshot.cursor < head):
                yield Violation(Wrong.SNAPSHOT, who, room, (shown.head, head), "the head")
            unread = sum(
                id > shown.last_read and facts.ledger[id].author != snapshot.user
                for id in facts.by_room.get(room, [])
            )
            if min(shown.unread, COUNTED) != min(unread, COUNTED):
                detail = f"{shown.unread} unread, and {unread} are"
                yield Violation(Wrong.SNAPSHOT, who, room, detail=detail)
            members = sum(
                bool(stays) and stays[-1].open
                for (where, _), stays in facts.stays.items()
                if where == room
            )
            if shown.members != members:
                detail = f"{shown.members} members, and {members} are"
                yield Violation(Wrong.SNAPSHOT, who, room, detail=detail)
