"""What was said lately, kept so that whoever comes back soon need not be answered from the log.

Each logged event names the one before it in its topic (``prev``), so what is kept of a topic is a
piece of the log's own chain: an event is put behind the one that it names, and where it names
another the piece begins anew. That a piece is whole therefore rests on nothing but the events
themselves, not on how they came here or on what this worker followed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from tornchat.domain.events import Event

MOST_EVENTS = 256
"""Of one topic."""
MOST_TOPIC_BYTES = 512 * 1024
MOST_BYTES = 8 * 1024 * 1024
"""Of all topics together, as `_size` has it; then the topic goes that was quiet for the longest."""
_OVERHEAD = 1200
"""An event with its fields and what it was encoded to, without texts."""


class _Piece:
    """All events of one topic in (``after``, ``newest``], in the order of their ids."""

    __slots__ = ("after", "bytes", "events", "newest")

    def __init__(self, after: int, newest: int, events: list[Event]) -> None:
        self.after = after
        self.newest = newest
        self.events = events
        self.bytes = sum(map(_size, events))


class Recent:
    """The newest piece of each topic, within bounds."""

    def __init__(self) -> None:
        self._pieces: dict[str, _Piece] = {}
        """The one that was quiet for the longest first."""
        self.bytes = 0

    def add(self, event: Event) -> None:
        """A logged event that was handed on."""
        piece = self._pieces.pop(event.topic, None)
        if piece is None:
            piece = _Piece(event.prev, event.id, [event])
            self.bytes += piece.bytes
        elif event.id <= piece.newest:
            pass  # handed on once more by a repair: the chain has it, or begins above it
        elif event.prev == piece.newest:
            size = _size(event)
            piece.events.append(event)
            piece.newest = event.id
            piece.bytes += size
            self.bytes += size
        else:
            self.bytes -= piece.bytes
            piece = _Piece(event.prev, event.id, [event])
            self.bytes += piece.bytes
        self._pieces[event.topic] = piece
        self._bound(piece)

    def learn(self, topic: str, after: int, head: int, events: Sequence[Event]) -> None:
        """The log was read: ``events`` is all that it has of a topic in (after, head], and it has
        nothing newer."""
        piece = self._pieces.get(topic)
        if piece is None or piece.newest < head:
            self.forget(topic)
            piece = self._pieces[topic] = _Piece(after, head, list(events))
            self.bytes += piece.bytes
        elif after < piece.after <= head:
            older = [event for event in events if event.id <= piece.after]
            size = sum(map(_size, older))
            piece.events[:0] = older
            piece.after = after
            piece.bytes += size
            self.bytes += size
        self._bound(piece)

    def between(self, topic: str, after: int, head: int) -> list[Event] | None:
        """What the log has of a topic in (after, head], where ``head`` is the topic's; None where
        that is not all here."""
        if not self.reaches(topic, after, head):
            return None
        piece, found = self._pieces[topic], []
        for event in reversed(piece.events):
            if event.id <= after:
                break
            if event.id <= head:
                found.append(event)
        found.reverse()
        return found

    def reaches(self, topic: str, after: int, head: int) -> bool:
        """Whether everything of a topic in (after, head] is here."""
        piece = self._pieces.get(topic)
        return piece is not None and piece.after <= after and head <= piece.newest

    def forget(self, topic: str) -> None:
        """Keep nothing of a topic."""
        piece = self._pieces.pop(topic, None)
        if piece is not None:
            self.bytes -= piece.bytes

    def clear(self) -> None:
        """Keep nothing: the log may have lost some of it."""
        self._pieces.clear()
        self.bytes = 0

    def _bound(self, piece: _Piece) -> None:
        if len(piece.events) > MOST_EVENTS or piece.bytes > MOST_TOPIC_BYTES:
            self._shorten(piece)
        while self.bytes > MOST_BYTES:
            self.forget(next(iter(self._pieces)))

    def _shorten(self, piece: _Piece) -> None:
        """Drop the oldest, and some more, so that this is not to be done for every event."""
        gone = size = 0
        for event in piece.events:
            left = len(piece.events) - gone
            if left <= MOST_EVENTS * 3 // 4 and piece.bytes - size <= MOST_TOPIC_BYTES * 3 // 4:
                break
            gone += 1
            size += _size(event)
            piece.after = event.id
        del piece.events[:gone]
        piece.bytes -= size
        self.bytes -= size


def _size(event: Event) -> int:
    """About how many bytes of memory an event takes, also once it is encoded."""
    texts = sum(len(value) for value in event.fields.values() if isinstance(value, str))
    return _OVERHEAD + 4 * texts
