"""WebSocket frames: what is sent is read again however it is cut, and nonsense is named."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.test_sse import cut_up
from tornchat.wire import frames
from tornchat.wire.frames import Code, Decoder, FrameError, Message, Opcode

LIMIT = 200_000
MASK = b"\x01\x80\xff\x7f"
places = st.lists(st.integers(0, 300_000), max_size=8)
masks = st.binary(min_size=4, max_size=4)
payloads = st.binary(max_size=300) | st.sampled_from([125, 126, 65_535, 65_536]).map(bytes)
texts = st.text().map(str.encode)
controls = st.builds(
    Message,
    st.sampled_from([Opcode.PING, Opcode.PONG, Opcode.CLOSE]),
    st.binary(max_size=frames.CONTROL_BYTES),
)
messages = (
    st.builds(Message, st.just(Opcode.BINARY), payloads)
    | st.builds(Message, st.just(Opcode.TEXT), texts)
    | controls
)


def decoded(chunks: Iterable[bytes], *, masked: bool = True, limit: int = LIMIT) -> list[Message]:
    decoder = Decoder(masked=masked, limit=limit)
    return [message for chunk in chunks for message in decoder.feed(chunk)]


def refused(data: bytes, *, masked: bool = True, limit: int = LIMIT) -> Code:
    """The code that these bytes are refused with."""
    with pytest.raises(FrameError) as caught:
        decoded([data], masked=masked, limit=limit)
    return caught.value.code


def client_frame(first: int, payload: bytes = b"") -> bytes:
    """A masked frame with any first byte."""
    return bytes([first]) + frames.encode(Opcode.TEXT, payload, MASK)[1:]


@given(st.lists(messages, max_size=5), masks, places)
def test_a_clients_messages_come_back_however_the_bytes_are_cut(
    sent: list[Message], mask: bytes, places: list[int]
) -> None:
    data = b"".join(frames.encode(each.opcode, each.payload, mask) for each in sent)
    assert decoded(cut_up(data, places)) == sent


@given(st.lists(messages, max_size=5), places)
def test_a_servers_messages_come_back_however_the_bytes_are_cut(
    sent: list[Message], places: list[int]
) -> None:
    data = b"".join(frames.encode(each.opcode, each.payload) for each in sent)
    assert decoded(cut_up(data, places), masked=False) == sent


@given(st.text(), st.lists(st.integers(0, 50), max_size=5), st.lists(controls, max_size=3), places)
def test_a_message_in_fragments_is_one_and_control_frames_may_stand_between(
    text: str, cuts: list[int], between: list[Message], places: list[int]
) -> None:
    parts = cut_up(text.encode(), cuts) or [b""]
    data = b""
    for number, part in enumerate(parts):
        opcode = Opcode.TEXT if number == 0 else Opcode.CONTINUATION
        final = 0x80 if number == len(parts) - 1 else 0
        data += client_frame(final | opcode, part)
        if not final:
            data += b"".join(frames.encode(c.opcode, c.payload, MASK) for c in between)
    received = decoded(cut_up(data, places))
    assert received == between * (len(parts) - 1) + [Message(Opcode.TEXT, text.encode())]


@given(st.binary(max_size=200), places)
@example(b"\x81\xff" + b"\xff" * 8, [])
@example(b"\x88\x80\0\0\0\0", [1])
def test_whatever_comes_is_read_or_refused(data: bytes, places: list[int]) -> None:
    with suppress(FrameError):
        decoded(cut_up(data, places), limit=100)


def test_the_length_of_a_frame_takes_as_little_room_as_it_can() -> None:
    for size, head in ((0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)):
        assert len(frames.encode(Opcode.BINARY, bytes(size))) == head + size
        assert len(frames.encode(Opcode.BINARY, bytes(size), MASK)) == head + 4 + size


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frames.encode(Opcode.TEXT, b"x"), Code.PROTOCOL_ERROR),  # not masked
        (client_frame(0x83), Code.PROTOCOL_ERROR),  # an opcode that nobody has given a meaning
        (client_frame(0x8B), Code.PROTOCOL_ERROR),
        (client_frame(0xC1), Code.PROTOCOL_ERROR),  # compressed, which nobody agreed on
        (client_frame(0x09), Code.PROTOCOL_ERROR),  # a ping in fragments
        (client_frame(0x89, bytes(126)), Code.PROTOCOL_ERROR),  # a ping that is too long
        (client_frame(0x80), Code.PROTOCOL_ERROR),  # a continuation of nothing
        (client_frame(0x01) + client_frame(0x81), Code.PROTOCOL_ERROR),  # a message in a message
        (client_frame(0x81, b"\xff"), Code.NOT_UTF8),
        (client_frame(0x01, b"\xc3") + client_frame(0x80, b"("), Code.NOT_UTF8),
        (client_frame(0x82, bytes(LIMIT + 1)), Code.TOO_BIG),
        (client_frame(0x02, bytes(LIMIT)) + client_frame(0x80, b"x"), Code.TOO_BIG),
    ],
)
def test_what_breaks_the_rules_is_refused_with_the_right_code(data: bytes, code: Code) -> None:
    assert refused(data) == code


def test_a_server_may_not_mask() -> None:
    assert refused(frames.encode(Opcode.TEXT, b"x", MASK), masked=False) == Code.PROTOCOL_ERROR


def test_a_frame_that_would_be_too_big_is_refused_before_it_comes() -> None:
    announced = b"\x82\xff" + (2**63).to_bytes(8, "big")
    assert refused(announced) == Code.TOO_BIG


def test_messages_before_the_error_are_heard() -> None:
    decoder = Decoder(masked=True, limit=LIMIT)
    heard = decoder.feed(client_frame(0x81, b"good") + client_frame(0x83))
    assert next(heard) == Message(Opcode.TEXT, b"good")
    with pytest.raises(FrameError):
        next(heard)


@given(st.sampled_from([1000, 1001, 1003, 1007, 1011, 1014, 3000, 4000, 4999]), st.text("abc"))
def test_a_close_says_its_code(code: int, reason: str) -> None:
    [message] = decoded([frames.encode_close(code, reason)], masked=False)
    assert message.opcode is Opcode.CLOSE
    assert frames.close_code(message.payload) == code


def test_a_close_may_say_nothing_but_not_half_a_code() -> None:
    assert frames.close_code(b"") is None
    for payload in (b"\x03", *(code.to_bytes(2, "big") for code in (0, 999, 1004, 1005, 1006))):
        with pytest.raises(FrameError):
            frames.close_code(payload)
    for code in (1015, 2999, 5000, 65_535):
        with pytest.raises(FrameError):
            frames.close_code(code.to_bytes(2, "big"))
    with pytest.raises(FrameError) as caught:
        frames.close_code(b"\x03\xe8\xff")
    assert caught.value.code == Code.NOT_UTF8


def test_a_reason_that_is_too_long_is_cut() -> None:
    [message] = decoded([frames.encode_close(1000, "x" * 1000)], masked=False)
    assert len(message.payload) == frames.CONTROL_BYTES
