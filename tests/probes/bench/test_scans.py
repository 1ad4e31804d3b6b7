"""Messages are found in polls and frames, wherever those are cut."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.bench.own import SCANS
from probes.bench.scans import BadStream
from probes.bench.target import Event, Scan, text_of

from tornchat.wire.frames import Opcode, encode

chances = st.randoms(use_true_random=False)
few = settings(max_examples=25)
sizes = st.lists(st.sampled_from([30, 200, 70_000]), min_size=1, max_size=4)


def event(number: int, size: int) -> bytes:
    text = text_of(number, size)
    head = b'{"id":%d,"prev":1,"topic":"room:r","kind":"message","at":1,' % (100 + number)
    return head + b'"room":"r","author":"a","body":"%b","html":"<p>%b</p>"}' % (text, text)


def found(scan: Scan, data: bytes, chance: random.Random) -> tuple[list[Event], list[bytes], bytes]:
    """Events and cursors in what comes in pieces, and what is left."""
    cuts = sorted({0, len(data), *(chance.randrange(len(data)) for _ in range(6))})
    events: list[Event] = []
    cursors: list[bytes] = []
    rest = b""
    for start, end in pairwise(cuts):
        scanned = scan(rest + data[start:end])
        events += scanned.events
        rest = scanned.rest
        if scanned.cursor is not None:
            cursors.append(scanned.cursor)
    return events, cursors, rest


@few
@given(sizes, chances)
def test_each_frame_is_a_message(sizes: list[int], chance: random.Random) -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
    hello = encode(Opcode.TEXT, b'{"kind":"hello","id":1}')
    payloads = [event(number, size) for number, size in enumerate(sizes)]
    frames = b"".join(encode(Opcode.TEXT, payload) for payload in payloads)
    events, _, rest = found(SCANS["websocket"], head + hello + frames, chance)
    assert events == [(100 + number, number) for number in range(len(sizes))]
    assert rest == b""


@few
@given(sizes, chances)
def test_an_answer_has_its_messages_and_a_cursor(sizes: list[int], chance: random.Random) -> None:
    events = b",".join(event(number, size) for number, size in enumerate(sizes))
    body = b'{"cursor":777,"reset":false,"events":[%b]}' % events
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    got, cursors, rest = found(SCANS["long-poll"], answer, chance)
    assert got == [(100 + number, number) for number in range(len(sizes))]
    assert (cursors, rest) == ([b"777"], b"")


def test_an_answer_without_a_cursor_is_no_answer_to_a_poll() -> None:
    with pytest.raises(BadStream, match="reset"):
        SCANS["long-poll"](b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"reset":true}')


def test_a_text_says_which_message_it_is_and_has_the_size_that_was_asked() -> None:
    assert text_of(12, 60).startswith(b"seq=000000012; ")
    assert [len(text_of(7, size)) for size in (1, 14, 15, 200, 10_000)] == [14, 14, 15, 200, 10_000]
