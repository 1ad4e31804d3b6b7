"""Do ledger, log, streams and history say the same?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.load import Ledger
from tests.faults.own_redis import OwnRedis
from tests.faults.witness import Witness
from tests.people import Person
from tests.running import until
from tornchat.domain.ids import MAX_ID
from tornchat.log.keys import Keys

KEYS = Keys()

_LIST = """
local found = {}
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  local event = cmsgpack.unpack(entry[2][2])
  found[i] = {string.match(entry[1], '^%d+'), event.kind, event.room or ''}
end
return found
"""


@dataclass(frozen=True, slots=True)
class Logged:
    """An event as the log has it."""

    id: int
    kind: str
    room: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A membership: events of ``room`` strictly between the ids are the member's."""

    room: str
    joined: int
    left: int

    def holds(self, id: int) -> bool:
        return self.joined < id < self.left


class Evidence:
    """Compares what there is in ``rooms`` once everything is quiet."""

    def __init__(self, ledger: Ledger, rooms: Sequence[str], redis: OwnRedis) -> None:
        self._ledger = ledger
        self._rooms = rooms
        self._redis = redis

    def everybody_saw_the_last(self, witnesses: Sequence[Witness]) -> bool:
        """Whether all have come as far as the newest message or event that was for them."""
        return all(
            int(witness.last_id or 0) >= self._newest_for(witness.user) for witness in witnesses
        )

    def problems(self, witnesses: Sequence[Witness]) -> list[str]:
        """What is wrong with the log and with what the witnesses saw; nothing where all is well."""
        found = self._problems_of_log()
        for number, witness in enumerate(witnesses):
            stays = self.stays(witness.user)
            for problem in witness.faults() + self._missed_or_overheard(witness, stays):
                found.append(f"witness {number} ({witness.user}, {witness.worker}): {problem}")
            if witness.gaps:
                found.append(f"witness {number} was told to reload: {witness.gaps}")
        return found

    def problems_of_history(self, person: Person) -> list[str]:
        """Whether the history that ``person`` reads is the ledger, before and after archiving."""
        found = []
        until(lambda: self._redis.ask("XLEN", KEYS.queue) == 0, 60, "the archive to catch up")
        for room in self._rooms:
            history = [message["id"] for message in person.whole_history(room)]
            if history != self._ledger.ids(room):
                found.append(_difference(f"history of {room}", history, self._ledger.ids(room)))
        return found

    def stays(self, user: str) -> list[Stay]:
        """The memberships of somebody, as the log has them."""
        since: dict[str, int] = {}
        stays = []
        for event in self._log(f"user:{user}"):
            match event.kind:
                case "member.joined":
                    since[event.room] = event.id
                case "member.left":
                    stays.append(Stay(event.room, since.pop(event.room), event.id))
        return stays + [Stay(room, joined, MAX_ID) for room, joined in since.items()]

    def _missed_or_overheard(self, witness: Witness, stays: list[Stay]) -> list[str]:
        found = []
        for room in self._rooms:
            seen = witness.ids(room)
            due: list[int] = []
            for stay in stays:
                if stay.room == room:
                    due += self._due(witness, stay, seen)
            if seen != due:
                found.append(_difference(f"room {room}", seen, due))
        return found

    def _due(self, witness: Witness, stay: Stay, seen: list[int]) -> list[int]:
        """What must have come of a stay.

        A reader that joins the log again has the memberships of that moment. So of a stay that was
        over by then the end may be missing, but nothing before what was seen.
        """
        due = [
            id for id in self._ledger.ids(stay.room) if stay.holds(id) and not witness.covers(id)
        ]
        if stay.left == MAX_ID:
            return due
        came = [id for id in seen if stay.holds(id)]
        return [id for id in due if came and id <= came[-1]]

    def _problems_of_log(self) -> list[str]:
        found = []
        for room in self._rooms:
            logged = [e.id for e in self._log(f"room:{room}") if e.kind == "message"]
            if logged != self._ledger.ids(room):
                found.append(_difference(f"log of {room}", logged, self._ledger.ids(room)))
        return found

    def _newest_for(self, user: str) -> int:
        newest = 0
        for stay in self.stays(user):
            ids = [id for id in self._ledger.ids(stay.room) if stay.holds(id)]
            newest = max([newest, *ids])
        return newest

    def _log(self, topic: str) -> list[Logged]:
        listed = self._redis.ask("EVAL", _LIST, "1", KEYS.log(topic))
        return [Logged(int(id), kind, room) for id, kind, room in listed]


def _difference(what: str, seen: list[int], due: list[int]) -> str:
    missing = sorted(set(due) - set(seen))
    more = sorted(set(seen) - set(due))
    return (
        f"{what}: {len(due)} due, {len(seen)} seen, missing {missing[:5]} ({len(missing)}), "
        f"not due {more[:5]} ({len(more)})"
    )
