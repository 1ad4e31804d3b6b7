"""Events over WebSocket, and what clients are answered there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.test_frames import client_frame, decoded
from tests.wire.test_sse import bodies, cut_up
from tornchat.domain.events import Event
from tornchat.wire import frames, websocket
from tornchat.wire.browser import event_object
from tornchat.wire.frames import Code, Message, Opcode


def sent(data: bytes) -> list[Message]:
    """What a client reads in the server's bytes."""
    return decoded([data], masked=False)


def objects(data: bytes) -> list[Any]:
    return [json.loads(each.payload) for each in sent(data) if each.opcode is Opcode.TEXT]


def closed_with(data: bytes) -> tuple[int | None, str]:
    """Code and reason of the close frame at the end."""
    last = sent(data)[-1]
    assert last.opcode is Opcode.CLOSE
    return frames.close_code(last.payload), last.payload[2:].decode()


def test_the_handshake_is_answered_as_the_standard_shows_it() -> None:
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    assert websocket.is_key(key)
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in websocket.head(key)
    for other in ("", "x", "dGhlIHNhbXBsZQ==", key + "\n", key[:-1] + "é", key * 2):
        assert not websocket.is_key(other)


@given(st.lists(bodies, max_size=5), st.lists(st.integers(0, 10_000)))
def test_any_text_comes_back_in_a_frame_of_its_own(texts: list[str], places: list[int]) -> None:
    events = [
        Event(number, number - 1, "room:kitchen", {"kind": "message", "at": 0, "body": text})
        for number, text in enumerate(texts, 1)
    ]
    data = b"".join(websocket.encode_event(event) for event in events)
    received = decoded(cut_up(data, places), masked=False)
    assert [json.loads(each.payload) for each in received] == [event_object(e) for e in events]


def test_an_event_is_encoded_once_for_all_readers() -> None:
    event = Event(7, 3, "room:kitchen", {"kind": "message", "at": 1})
    assert websocket.encode_event(event) is websocket.encode_event(event)


def test_events_of_the_stream_itself_say_their_kind_and_place() -> None:
    assert objects(websocket.encode("beat", {"cursor": 7}, 7)) == [
        {"kind": "beat", "id": 7, "cursor": 7}
    ]
    assert objects(websocket.encode("move", {"after_ms": 5})) == [{"kind": "move", "after_ms": 5}]


def test_the_last_event_is_followed_by_a_close_that_says_the_same() -> None:
    for retry, code in ((True, Code.GOING_AWAY), (False, Code.FINAL)):
        data = websocket.last("bye", {"code": "signed_out", "retry": retry})
        assert objects(data) == [{"kind": "bye", "code": "signed_out", "retry": retry}]
        assert closed_with(data) == (code, "signed_out")
    data = websocket.last("hello", {"cursor": None, "reset": True})
    assert objects(data) == [{"kind": "hello", "cursor": None, "reset": True}]
    assert closed_with(data) == (Code.NORMAL, "reset")


def test_a_ping_is_answered_with_what_it_brought() -> None:
    dialogue = websocket.Dialogue()
    data = client_frame(0x89, b"are you there") + client_frame(0x8A, b"nobody asked")
    assert sent(dialogue.hear(data, 0)) == [Message(Opcode.PONG, b"are you there")]
    assert not dialogue.over


@pytest.mark.parametrize(("said", "code"), [(b"\x03\xe9away", 1001), (b"", None)])
def test_a_close_is_answered_with_its_code_and_is_the_end(said: bytes, code: int | None) -> None:
    dialogue = websocket.Dialogue()
    data = client_frame(0x89, b"1") + client_frame(0x88, said) + client_frame(0x89, b"2")
    answer = dialogue.hear(data, 0)
    assert sent(answer)[0] == Message(Opcode.PONG, b"1")
    assert closed_with(answer) == (code, said[2:].decode())
    assert dialogue.over
    assert dialogue.hear(client_frame(0x89), 0) == b""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", Code.PROTOCOL_ERROR),
        (client_frame(0x81, b"\xff"), Code.NOT_UTF8),
        (client_frame(0x88, b"\x03"), Code.PROTOCOL_ERROR),
        (client_frame(0x82, bytes(websocket.TALK_BYTES)), Code.TOO_BIG),
    ],
)
def test_nonsense_is_the_end(data: bytes, code: Code) -> None:
    dialogue = websocket.Dialogue()
    assert closed_with(dialogue.hear(data, 0))[0] == code
    assert dialogue.over


def test_a_client_that_talks_a_little_is_borne_and_one_that_never_stops_is_not() -> None:
    dialogue = websocket.Dialogue()
    text = client_frame(0x81, bytes(20_000))
    for turn in range(10):
        for _ in range(3):
            assert dialogue.hear(text, turn * websocket.TALK_SECONDS) == b""
    late = 10 * websocket.TALK_SECONDS
    answers = [dialogue.hear(text, late) for _ in range(4)]
    assert answers[:3] == [b"", b"", b""]
    assert closed_with(answers[3])[0] == Code.TOO_MUCH
    assert dialogue.over


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_whatever_a_client_says_is_answered_in_whole_frames(said: list[bytes]) -> None:
    dialogue = websocket.Dialogue()
    answers = sent(b"".join(dialogue.hear(data, 0) for data in said))
    assert dialogue.over == any(each.opcode is Opcode.CLOSE for each in answers)
