"""What can be wrong with a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Wrong(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    LEAKED = "leaked"
    CHAIN = "broken chain"
    RESET = "unexplained reset"
    FORGED = "forged"
    MEMBERSHIP = "membership"
    HISTORY = "history"
    SNAPSHOT = "snapshot"
    PROTOCOL = "protocol"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Violation:
    """``who`` is a reader, or what else tells it; ``ids`` are those of events."""

    what: Wrong
    who: str
    room: str = ""
    ids: tuple[int, ...] = ()
    detail: str = ""

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.ids[:5]))
        more = f" and {len(self.ids) - 5} more" if len(self.ids) > 5 else ""
        where = f" in room {self.room}" if self.room else ""
        ids = f": {shown}{more}" if self.ids else ""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.what}: {self.who}{where}{ids}{detail}"
