"""Events as JSON for browsers."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tornchat.domain.events import Event
from tornchat.domain.ids import MAX_ID
from tornchat.wire.browser import event_object, to_json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_ID, MAX_ID) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_json_comes_back_and_stands_on_one_line(value: object) -> None:
    encoded = to_json(value)
    assert json.loads(encoded) == value
    assert not set(encoded) & {0, 10, 13}


def test_text_is_sent_as_it_is_written_and_without_blanks() -> None:
    assert (
        to_json({"body": "héé 漢字 😀", "n": [1, 2]}).decode() == '{"body":"héé 漢字 😀","n":[1,2]}'
    )


def test_a_logged_event_names_its_place_in_the_log() -> None:
    event = Event(MAX_ID, 3, "room:kitchen", {"kind": "message", "at": 4, "body": "hi"})
    assert event_object(event) == {
        "id": MAX_ID,
        "prev": 3,
        "topic": "room:kitchen",
        "kind": "message",
        "at": 4,
        "body": "hi",
    }
    assert json.loads(to_json(event_object(event)))["id"] == MAX_ID


def test_an_event_that_is_not_logged_has_no_place_in_it() -> None:
    assert event_object(Event(0, 0, "user:ana", {"kind": "typing", "at": 4})) == {
        "topic": "user:ana",
        "kind": "typing",
        "at": 4,
    }
