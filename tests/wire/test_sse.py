"""SSE: what we send is read by anybody, and nothing that a person writes can forge an event."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from hypothesis import given
from hypothesis import strategies as st

from tornchat.domain.events import KINDS, STREAM_KINDS, Event
from tornchat.wire import sse
from tornchat.wire.browser import event_object

FORGERIES = [
    "\n\nevent: bye\ndata: {}\n\n",
    "\r\revent: bye\rdata: {}\r\r",
    "\r\n\r\nid: 9007199254740991\r\n\r\n",
    "\u2028\u2029\x85\x0b\x0c",
    "\0",
    "\ufeffdata: 1",
]
bodies = st.one_of(st.text(), st.sampled_from(FORGERIES), st.text("\r\n\0\u2028:deatnvi "))
stream_text = st.text(
    st.sampled_from(["\r", "\n", ":", " ", "\0", "a", "é", "\U0001f600", "\u2028"])
    | st.characters()
)
lines = st.one_of(
    st.sampled_from(
        ["", ":", "data", "data:", "data: x", "event: y", "id: 7", "id: \0", "retry: 3"]
    ),
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])),
)
ends = st.sampled_from(["\n", "\r", "\r\n"])


def cut_up(data: bytes, places: list[int]) -> list[bytes]:
    """``data`` in chunks that end at these places."""
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


def decoded(chunks: list[bytes]) -> list[sse.Received]:
    decoder = sse.Decoder()
    return [received for chunk in chunks for received in decoder.feed(chunk)]


@given(st.lists(bodies, max_size=5), st.lists(st.integers(0, 10_000)))
def test_any_text_comes_back_however_the_bytes_are_cut(texts: list[str], places: list[int]) -> None:
    events = [
        Event(number, number - 1, "room:kitchen", {"kind": "message", "at": 0, "body": text})
        for number, text in enumerate(texts, 1)
    ]
    data = b"".join(sse.encode_event(event) for event in events)
    received = decoded(cut_up(data, places))
    assert [(each.kind, each.id) for each in received] == [
        ("message", str(event.id)) for event in events
    ]
    assert [json.loads(each.data) for each in received] == [event_object(e) for e in events]


@given(bodies)
def test_no_text_can_end_a_line_and_forge_an_event(text: str) -> None:
    data = sse.encode("message", {"body": text}, 7)
    head, rest = data.split(b"\ndata: ", 1)
    assert head == b"id: 7\nevent: message"
    assert rest.endswith(b"\n\n")
    assert not {b"\n", b"\r", b"\0"} & {bytes([byte]) for byte in rest[:-2]}


@given(st.lists(st.tuples(lines, ends)), st.lists(st.integers(0, 1000)))
def test_our_decoder_agrees_with_another_one(
    parts: list[tuple[str, str]], places: list[int]
) -> None:
    text = "".join(line + end for line, end in parts)
    text = text.removeprefix("\ufeff")  # which httpx-sse leaves in
    ours = decoded(cut_up(text.encode(), places))
    splitter, decoder = SSELineDecoder(), SSEDecoder()
    theirs = [decoder.decode(line) for line in [*splitter.decode(text), *splitter.flush()]]
    # httpx-sse cannot tell empty data from none, which a browser does not dispatch.
    assert [(each.kind, each.data, each.id) for each in ours if each.data] == [
        (each.event or "message", each.data, each.id) for each in theirs if each and each.data
    ]


@given(stream_text.filter(lambda text: "\ufeff" not in text))
def test_cutting_a_stream_anywhere_changes_nothing(text: str) -> None:
    data = text.encode("utf-8", "replace")
    whole = decoded([data])
    assert decoded([bytes([byte]) for byte in data]) == whole


def test_a_carriage_return_and_a_line_feed_in_two_chunks_are_one_line_end() -> None:
    received = decoded([b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n"])
    assert [each.data for each in received] == ["a\nb"]


def test_a_byte_order_mark_is_only_skipped_at_the_start() -> None:
    received = decoded([b"\xef\xbb", b"\xbfdata: a\n\n", b"\xef\xbb\xbfdata: b\n\n"])
    assert [each.data for each in received] == ["a"]


def test_empty_data_is_an_event_and_no_data_is_none() -> None:
    """The example of the standard, section 9.2.6."""
    received = decoded([b"data\n\ndata\ndata\n\ndata:"])
    assert [each.data for each in received] == ["", "\n"]


def test_an_event_without_data_is_not_dispatched_but_its_id_counts() -> None:
    decoder = sse.Decoder()
    assert list(decoder.feed(b"event: beat\nid: 7\n\n")) == []
    assert decoder.last_id == "7"
    [received] = decoder.feed(b"data: x\n\n")
    assert received == sse.Received("message", "x", "7")


def test_an_id_counts_only_once_its_event_is_complete() -> None:
    decoder = sse.Decoder("3")
    assert list(decoder.feed(b"id: 7\ndata: x\n")) == []
    assert decoder.last_id == "3"
    [received] = decoder.feed(b"\n")
    assert received.id == decoder.last_id == "7"


def test_retry_takes_nothing_but_digits() -> None:
    decoder = sse.Decoder()
    list(decoder.feed("retry: 10\nretry: x\nretry: -1\nretry: ٣\nretry: 1.5\n".encode()))
    assert decoder.retry == 10


@pytest.mark.parametrize("kind", [*KINDS, *STREAM_KINDS])
def test_every_kind_is_the_name_of_an_event(kind: str) -> None:
    assert sse.encode(kind, {}).startswith(b"event: " + kind.encode() + b"\ndata: {}\n\n")


@pytest.mark.parametrize(
    "kind", ["", "message\n", "message\ndata: x", "a b", "Message", "a.", ".a", "a..b", "é", "a\r"]
)
def test_what_is_not_the_name_of_an_event_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="is not the name of an event"):
        sse.encode(kind, {})


def test_an_event_is_encoded_once_for_all_readers() -> None:
    event = Event(7, 3, "room:kitchen", {"kind": "message", "at": 1})
    assert sse.encode_event(event) is sse.encode_event(event)


def test_an_event_that_is_not_logged_has_no_id() -> None:
    encoded = sse.encode_event(Event(0, 0, "room:kitchen", {"kind": "typing", "at": 1}))
    assert encoded == b'event: typing\ndata: {"topic":"room:kitchen","kind":"typing","at":1}\n\n'


def test_a_position_of_zero_is_said() -> None:
    assert sse.encode("hello", {}, 0).startswith(b"id: 0\n")
