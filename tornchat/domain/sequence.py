"""What one worker has been told by pub/sub, and whether something is missing.

Pub/sub is at most once: a lost connection or a full output buffer loses events without a word. Each
logged event therefore names the one before it in its topic (``prev``), and the pulse names the
heads. This is the part of the bus that decides, without I/O, what may be handed on, what must wait,
and what has to be read from the log again. The rules were found by simulation; see
``docs/architecture.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tornchat.domain.events import Event


class Sequence:
    """``last``: of the followed topics, everything up to this id has been handed on.

    While ``holding``, nothing is handed on; ``missing`` names the topics with a hole and the id
    after which each must be read again, or is None where all topics must be read after ``last``.

    A topic is *known* up to an id once nothing is missing up to there. What comes before its
    baseline is handed on, and ``_first`` keeps what the first such event names as its ``prev``.
    """

    def __init__(self) -> None:
        self.last = 0
        self.holding = True
        self.missing: dict[str, int] | None = None
        self._known: dict[str, int] = {}
        self._first: dict[str, int] = {}
        self._held: list[Event] = []

    def start(self, clock: int) -> None:
        """Nobody reads yet: begin at ``clock``, with nothing to repair."""
        self.last = clock
        self.holding = False

    def baseline(self, topic: str, head: int) -> None:
        """The head of a topic, read after its subscription was confirmed.

        What was heard meanwhile must follow it without a gap; else the next event or pulse shows
        the hole, since the topic is then known only up to ``head``.
        """
        first = self._first.pop(topic, head)
        if first > head:
            self._known[topic] = head
        else:
            self._known.setdefault(topic, head)

    def known(self, topic: str) -> int:
        """The id up to which nothing of the topic is missing; 0 where that is not known."""
        return self._known.get(topic, 0)

    def forget(self, topic: str) -> None:
        """The topic is not followed any more; what is said there until it is again is not known."""
        self._known.pop(topic, None)
        self._first.pop(topic, None)
        if self.missing is not None:
            self.missing.pop(topic, None)
        if self._held:  # seldom, and everybody who leaves comes by here
            self._held = [event for event in self._held if event.topic != topic]

    def offer(self, event: Event) -> bool:
        """Whether the event is to be handed on now. One that is held comes out of `resume`.

        What is not logged has no place in the order, and so nothing to wait for.
        """
        if not event.id:
            return True
        if self.holding:
            self._held.append(event)
            return False
        known = self._known.get(event.topic)
        if known is not None and event.prev > known:
            self.holding = True
            self.missing = {event.topic: known}
            self._held.append(event)
            return False
        self._note(event)
        return True

    def pulse(self, clock: int, heads: Mapping[str, int]) -> bool:
        """The log stood at ``clock`` when everything before was said. False: there is a hole."""
        if self.holding:
            return True
        missing = {
            topic: known
            for topic, head in heads.items()
            if (known := self._known.get(topic)) is not None and head > known
        }
        if missing:
            self.holding = True
            self.missing = missing
            return False
        self.last = max(self.last, clock)
        return True

    def hold(self) -> None:
        """The subscription is lost: whatever is said from now on has to be read from the log."""
        self.holding = True
        self.missing = None

    def lows(self, heads: Mapping[str, int]) -> dict[str, int]:
        """What a repair reads: topic -> the id after which, for the topics that have anything."""
        if self.missing is None:
            # An event that was lost before the connection was, and that nobody had noticed yet, is
            # not above `last`.
            lows = {topic: min(self.last, self._known.get(topic, self.last)) for topic in heads}
        else:
            lows = self.missing
        return {topic: low for topic, low in lows.items() if heads.get(topic, 0) > low}

    def resume(self, bound: int, heads: Mapping[str, int], history: Iterable[Event]) -> list[Event]:
        """The repair is done: ``history`` is what the log has in (low, bound] of the topics of
        `lows`.

        Gives all events that are to be handed on now, in the order of their ids. Where what was
        held shows another hole, `holding` is set again and the rest stays held.
        """
        repaired = heads if self.missing is None else self.missing
        full = self.missing is None
        held, self._held = self._held, []
        self.holding = False
        self.missing = None
        read = repaired if full else {}
        by_id = {event.id: event for event in held if event.id > bound or event.topic not in read}
        past = {event.id: event for event in history}
        ready: list[Event] = []
        for event in sorted({**by_id, **past}.values(), key=lambda event: event.id):
            if event.id in past and not self.holding:
                self._note(event)
                ready.append(event)
            elif self.offer(event):
                ready.append(event)
        for topic in repaired:
            if topic in self._known:
                head = min(heads.get(topic, 0), bound)
                self._known[topic] = max(self._known.get(topic, 0), head)
        if full:
            self.last = max(self.last, bound)
        return ready

    def _note(self, event: Event) -> None:
        """The event is handed on, and nothing before it is missing."""
        known = self._known.get(event.topic)
        if known is None:
            self._first[event.topic] = event.prev
        self._known[event.topic] = max(known or 0, event.id)
        self.last = max(self.last, event.id)
