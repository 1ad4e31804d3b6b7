"""Events as msgpack: what goes to Redis comes back, with the time that the script put in."""

from __future__ import annotations

import struct
from typing import Any

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from tornchat.domain.events import Event
from tornchat.domain.ids import MAX_ID
from tornchat.wire import packed

values = st.one_of(
    st.text(), st.booleans(), st.none(), st.integers(-(2**63), 2**63 - 1), st.lists(st.text())
)
fields = st.dictionaries(st.text().filter(lambda name: name != "at"), values)
ids = st.integers(0, MAX_ID)


@given(fields, ids)
def test_an_open_event_is_closed_by_the_eight_bytes_of_its_time(
    fields: dict[str, Any], at: int
) -> None:
    whole = packed.open_event(fields) + struct.pack(">Q", at)
    assert packed.event_of(whole) == {**fields, "at": at}


@given(fields, ids, ids, ids)
def test_a_frame_as_the_script_builds_it_is_the_event(
    fields: dict[str, Any], id: int, prev: int, at: int
) -> None:
    """``lua/stamp.lua`` writes three elements, ids always as 64 bits."""
    event = packed.open_event(fields) + struct.pack(">Q", at)
    frame = b"\x93" + b"".join(b"\xcf" + struct.pack(">Q", number) for number in (id, prev)) + event
    assert packed.event_of_frame("room:kitchen", frame) == Event(
        id, prev, "room:kitchen", {**fields, "at": at}
    )


@given(fields)
def test_what_is_not_logged_has_neither_id_nor_prev(fields: dict[str, Any]) -> None:
    frame = packed.frame({**fields, "kind": "typing", "at": 5})
    event = packed.event_of_frame("room:kitchen", frame)
    assert (event.id, event.prev, event.fields["at"]) == (0, 0, 5)


def test_the_pulse_is_an_id_and_a_table_of_heads() -> None:
    assert packed.unpack(msgpack.packb([MAX_ID, {"space": 3}])) == [MAX_ID, {"space": 3}]
