"""A message after its events: the same whichever of them are folded in twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.domain.changes import (
    EDITED,
    PINNED,
    REACTED,
    UNPINNED,
    UNREACTED,
    changed,
    fold,
    message_deleted,
    message_edited,
    message_previewed,
    pin,
    reaction,
)
from tornchat.domain.events import Event, message
from tornchat.domain.mentions import Said
from tornchat.domain.messages import message_of

ROOM, ANA = "room", "ana"
PREVIEW = {"url": "https://example.org/?a=1&b=2", "title": "Example", "site": "example.org"}
LINK = '<p><a href="https://example.org/?a=1&amp;b=2" rel="noopener">here</a></p>'
POSTED = Event(
    10, 0, "room:room", {**message(ROOM, ANA, "zero", "<p>zero</p>", None, None), "at": 1}
)

FIRST = message_of(POSTED.id, POSTED.fields)


def history(steps: list[str]) -> list[Event]:
    """The events of a message: edited ("e"), deleted ("d"), answered ("+", "-"), pinned ("p", "u"),
    previewed ("v", "w") in this order."""
    events = [POSTED]
    for number, step in enumerate(steps):
        id = 20 + number
        fields = {
            "e": message_edited(
                FIRST, f"text {id}", LINK if id % 2 else "", Said([f"user {id}"], id % 2 > 0)
            ),
            "d": message_deleted(ROOM, 10, ANA, ANA),
            "+": reaction(REACTED, ROOM, 10, f"user {id % 2}", "👍"),
            "-": reaction(UNREACTED, ROOM, 10, f"user {id % 2}", "👍"),
            "p": pin(PINNED, ROOM, 10, f"user {id % 2}"),
            "v": message_previewed(ROOM, 10, ANA, [PREVIEW]),
            "w": message_previewed(ROOM, 10, ANA, []),
            "u": pin(UNPINNED, ROOM, 10, f"user {id % 2}"),
        }[step]
        events.append(Event(id, events[-1].id, "room:room", {**fields, "at": id}))
    return events


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.sampled_from("ee+++--ppuvvwd"), max_size=6), data=st.data())
def test_an_archive_anywhere_behind_and_the_log_give_the_same_message(
    steps: list[str], data: st.DataObject
) -> None:
    events = history(steps)
    [whole] = fold([], events)
    archived = data.draw(st.integers(1, len(events)))
    known = data.draw(st.integers(0, archived))
    assert fold(fold([], events[:archived]), events[known:]) == [whole]
    assert [changed(whole, event) for event in events[1:]] == [whole] * (len(events) - 1)
    assert whole.deleted == ("d" in steps)
    if whole.deleted:
        assert (whole.body, whole.reactions, whole.pinned) == ("", None, None)
        assert (whole.files, whole.previews) == (None, None)
    else:
        edits = [event.id for event in events if event.kind == EDITED]
        assert bool(whole.pinned) == ([step for step in steps if step in "pu"][-1:] == ["p"])
        assert (whole.edited, whole.version) == (max(edits, default=None), events[-1].id)
    assert all((whole.reactions or {"": ["nobody"]}).values())


def test_what_happened_to_a_message_that_is_not_on_the_page_adds_nothing() -> None:
    assert fold([], history(["e", "d"])[1:]) == []


def test_an_edit_leaves_the_previews_of_what_is_still_linked_to() -> None:
    [with_preview] = fold([], history(["v"]))
    assert with_preview.public()["previews"] == [PREVIEW]
    [unlinked] = fold([], history(["v", "e", "e"]))  # the second edit has no link
    assert unlinked.previews is None
    [linked] = fold([], history(["v", "e"]))
    assert linked.previews == [PREVIEW]
    [hidden] = fold([], history(["w", "e"]))
    assert hidden.previews == []
    assert "previews" not in hidden.public()
