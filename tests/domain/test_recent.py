"""What is kept of the log lately says what the log says, or nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.domain.events import Event
from tornchat.domain.recent import MOST_BYTES, MOST_EVENTS, MOST_TOPIC_BYTES, Recent

TOPICS = ("room:kitchen", "user:ana")


class Log:
    """What Redis has, in the order of ids."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, topic: str, **fields: str) -> Event:
        id = 10 * (len(self.events) + 1)
        event = Event(id, self.head(topic), topic, {"kind": "message", "at": id, **fields})
        self.events.append(event)
        return event

    def head(self, topic: str, at: int = 2**53) -> int:
        """The id of the topic's last event, as it was when the clock stood at ``at``."""
        return max((e.id for e in self.events if e.topic == topic and e.id <= at), default=0)

    def between(self, topic: str, after: int, upto: int) -> list[Event]:
        return [e for e in self.events if e.topic == topic and after < e.id <= upto]


topics = st.sampled_from(TOPICS)
ids = st.integers(0, 1000)
happenings = st.tuples(
    st.sampled_from(
        [*3 * ["said and heard"], *2 * ["said and lost"], *3 * ["read"], "heard again", "forgotten"]
    ),
    topics,
    ids,
)


@settings(max_examples=150)
@given(st.lists(happenings, max_size=25))
def test_what_is_kept_is_what_the_log_has(story: list[tuple[str, str, int]]) -> None:
    log, recent = Log(), Recent()
    for what, topic, number in story:
        match what:
            case "said and heard":
                recent.add(log.add(topic))
            case "said and lost":
                log.add(topic)
            case "heard again" if log.events:  # by a repair, which may also find it late
                recent.add(log.events[number % len(log.events)])
            case "read":  # at some instant, after one before it
                at = 10 * (number % (len(log.events) + 1))
                after = 10 * (number // 7 % (at // 10 + 1))
                head = log.head(topic, at)
                if head > after:
                    recent.learn(topic, after, head, log.between(topic, after, head))
            case "forgotten":
                recent.forget(topic)
        for head in (log.head(topic), log.head(topic, 10 * (number % 20))):
            for after in range(0, head, 10):
                found = recent.between(topic, after, head)
                assert found is None or found == log.between(topic, after, head)


def test_nothing_is_missing_where_nothing_was_lost() -> None:
    log, recent = Log(), Recent()
    log.add("room:kitchen")
    heard = [log.add(TOPICS[n % 2]) for n in range(30)]
    for event in heard:
        recent.add(event)
    for topic in TOPICS:
        first = next(event for event in heard if event.topic == topic)
        assert recent.between(topic, first.prev, log.head(topic)) is not None
        assert recent.between(topic, first.prev - 1, log.head(topic)) is None


def test_who_has_read_the_log_spares_it_the_next() -> None:
    log, recent = Log(), Recent()
    said = [log.add("room:kitchen") for _ in range(5)]
    assert recent.between("room:kitchen", 0, said[-1].id) is None
    recent.learn("room:kitchen", said[1].id, said[-1].id, said[2:])
    assert recent.between("room:kitchen", said[1].id, said[-1].id) == said[2:]
    recent.add(log.add("room:kitchen"))
    recent.learn("room:kitchen", 0, log.head("room:kitchen"), log.events)
    assert recent.between("room:kitchen", 0, log.head("room:kitchen")) == log.events
    assert recent.between("room:kitchen", 0, said[2].id) == said[:3]


def test_a_hole_is_never_passed_over() -> None:
    log, recent = Log(), Recent()
    recent.add(log.add("room:kitchen"))
    lost = log.add("room:kitchen")
    assert recent.between("room:kitchen", 0, lost.id) is None
    recent.add(log.add("room:kitchen"))
    assert recent.between("room:kitchen", 0, log.head("room:kitchen")) is None
    assert recent.between("room:kitchen", lost.id, log.head("room:kitchen")) == log.events[2:]


def test_what_the_log_has_lost_is_not_shown_and_ends_with_the_next_event() -> None:
    log, recent = Log(), Recent()
    kept, lost = log.add("room:kitchen"), log.add("room:kitchen")
    recent.add(kept)
    recent.add(lost)
    assert recent.between("room:kitchen", 0, kept.id) == [kept]
    recent.add(Event(lost.id + 10, kept.id, "room:kitchen", {"kind": "message", "at": 0}))
    assert recent.between("room:kitchen", 0, lost.id + 10) is None


def test_what_is_kept_is_bounded() -> None:
    log, recent = Log(), Recent()
    for _ in range(MOST_EVENTS + 1):
        recent.add(log.add("room:kitchen"))
    head = log.head("room:kitchen")
    assert recent.between("room:kitchen", 0, head) is None
    newest = log.events[-MOST_EVENTS // 2 :]
    assert recent.between("room:kitchen", newest[0].prev, head) == newest
    long = "x" * 10_000
    for _ in range(2 * MOST_TOPIC_BYTES // len(long)):
        recent.add(log.add("room:garden", body=long))
    last = log.events[-1]
    assert recent.between("room:garden", last.prev, last.id) == [last]
    assert recent.bytes <= 2 * MOST_TOPIC_BYTES
    for number in range(MOST_BYTES // len(long)):
        recent.add(log.add(f"room:{number}", body=long))
    assert recent.bytes <= MOST_BYTES
    assert recent.between("room:garden", last.prev, last.id) is None
    recent.clear()
    assert recent.bytes == 0
