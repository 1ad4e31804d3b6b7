"""Bodies and parameters that make no sense are told apart and break nothing."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest

from tests.handlers.place import Served
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.domain.errors import (
    BadCredentials,
    BadCursor,
    BadRequest,
    InvalidValue,
    MethodNotAllowed,
    TooLarge,
    TornchatError,
)

JSON = {"Content-Type": "application/json"}
LARGEST = 256 * 1024


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"body"', b"1", b"{'body': 1}", b"\xff\xfe",
        b'{"body": "\xc3"}', b"body=hello", b"\x00", b'{"body": "x"} {}',
        b"[" * 100_000, b'{"a":' * 40_000,
        b'{"id": 1' + b"0" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
async def test_a_body_that_is_no_object_is_a_bad_request(ana: Visitor, body: bytes) -> None:
    path = f"/api/rooms/{ana.room}/messages"
    assert_refused(await ana.post(path, body=body, headers=JSON), BadRequest)
    answer = await ana.put(f"/api/rooms/{ana.room}/read", body=body, headers=JSON)
    assert_refused(answer, BadRequest)


@pytest.mark.gen_test(timeout=120)
async def test_half_characters_are_refused_everywhere(ana: Visitor) -> None:
    half = "\ud83d"
    messages = f"/api/rooms/{ana.room}/messages"
    for method, path, body in (
        ("POST", messages, {"body": f"a {half}"}),
        ("POST", messages, {"body": "a", "nonce": half}),
        ("POST", "/api/rooms", {"name": half}),
        ("POST", "/api/rooms", {"name": "Halves", "description": half}),
        ("POST", "/api/users", {"username": half, "password": "correct horse"}),
        ("POST", "/api/users", {"username": "edo", "password": half * 9}),
        (
            "POST",
            "/api/users",
            {"username": "edo", "password": "long enough", "display_name": half},
        ),
        ("PUT", "/api/session/password", {"old": "correct horse battery", "new": half * 9}),
    ):
        assert_refused(await ana.ask(method, path, body), InvalidValue)
    for body in (
        {"username": half, "password": "x"},
        {"username": "ana", "password": half},
    ):
        assert_refused(await ana.post("/api/session", body), BadCredentials)
    body = {"old": half, "new": "another password"}
    assert_refused(await ana.put("/api/session/password", body), BadCredentials)


@pytest.mark.gen_test(timeout=120)
async def test_a_nul_is_dropped_from_a_message_and_refused_in_a_name(ana: Visitor) -> None:
    path = f"/api/rooms/{ana.room}/messages"
    answer = await ana.post(path, {"body": "a\0b"})
    assert answer.json["body"] == "ab"
    for body in ({"body": "\0"}, {"body": "a", "nonce": "a\0"}):
        assert_refused(await ana.post(path, body), InvalidValue)
    assert_refused(await ana.post("/api/rooms", {"name": "a\0b"}), InvalidValue)
    answer = await ana.post("/api/session", {"username": "ana\0", "password": "x"})
    assert_refused(answer, BadCredentials)


@pytest.mark.gen_test(timeout=120)
async def test_a_body_may_have_256_kib(ana: Visitor) -> None:
    path = f"/api/rooms/{ana.room}/messages"
    fits = b'{"body": "x", "more": "' + b"y" * (LARGEST - 25) + b'"}'
    assert len(fits) == LARGEST
    assert (await ana.post(path, body=fits, headers=JSON)).status == 201
    assert_refused(await ana.post(path, body=fits + b" ", headers=JSON), TooLarge)
    assert_refused(await ana.post(path, body=b" " * 2_000_000, headers=JSON), TooLarge)
    answer = await ana.stranger().post("/api/session", body=fits + b" ", headers=JSON)
    assert_refused(answer, TooLarge)


@pytest.mark.gen_test(timeout=120)
async def test_a_body_beyond_all_measure_is_not_even_read(served: Served) -> None:
    place = urlsplit(served.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(
        f"POST /api/session HTTP/1.1\r\nHost: {place.netloc}\r\n"
        "Content-Type: application/json\r\nContent-Length: 9000000000\r\n\r\n".encode()
    )
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize(
    "values",
    [
        {"body": None}, {"body": 1}, {"body": ["x"]}, {"body": {}}, {"body": ""}, {"body": " \n "},
        {"body": "x" * 10_001}, {}, {"body": "x", "nonce": 1}, {"body": "x", "nonce": ""},
        {"body": "x", "nonce": "n" * 65}, {"body": "x", "nonce": "é"}, {"body": "x", "nonce": []},
        {"body": "x", "reply_to": "1"}, {"body": "x", "reply_to": 0}, {"body": "x", "reply_to": -1},
        {"body": "x", "reply_to": 2**53}, {"body": "x", "reply_to": True},
        {"body": "x", "reply_to": 1.5}, {"body": "x", "reply_to": {}},
    ],
    ids=lambda values: str(values)[:40],
)  # fmt: skip
async def test_a_message_with_a_wrong_value_is_invalid(
    ana: Visitor, values: dict[str, object]
) -> None:
    assert_refused(await ana.post(f"/api/rooms/{ana.room}/messages", values), InvalidValue)


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9007199254740992", "1" * 99, "٣", "", "1;2"])
async def test_a_cursor_is_a_whole_number_below_2_to_the_53(ana: Visitor, cursor: str) -> None:
    quoted = "".join(f"%{byte:02x}" for byte in cursor.encode())
    for name in ("before", "after", "around"):
        path = f"/api/rooms/{ana.room}/messages?{name}={quoted}"
        assert_refused(await ana.get(path), BadCursor)
    assert_refused(await ana.get(f"/api/events?after={quoted}"), BadCursor)
    if cursor.isascii() and cursor:
        headers = {"Last-Event-ID": cursor}
        assert_refused(await ana.get("/api/events?after=1", headers=headers), BadCursor)


@pytest.mark.gen_test(timeout=120)
async def test_wrong_parameters_of_a_history_page_are_told_apart(ana: Visitor) -> None:
    path = f"/api/rooms/{ana.room}/messages"
    assert_refused(await ana.get(f"{path}?before=5&after=3"), BadRequest)
    for limit in ("0", "-1", "x", "", "1e3", "9" * 30):
        assert_refused(await ana.get(f"{path}?limit={limit}"), InvalidValue)
    assert_refused(await ana.get(f"{path}?before=%ff"), BadRequest)
    assert (await ana.get(f"{path}?limit=100000")).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_methods_that_nobody_knows_are_refused(ana: Visitor) -> None:
    for method in ("BREW", "TRACE", "PROPFIND", "CONNECT"):
        assert_refused(await ana.ask(method, "/api/session"), MethodNotAllowed)


@pytest.mark.gen_test(timeout=120)
async def test_a_fault_of_ours_is_an_error_without_its_insides(served: Served) -> None:
    fajar, client = await served.visitor().sign_up("fajar"), served.worker.client
    damaged = client.keys.mirror(f"memberships:{fajar.id}")
    await client.calls([("DEL", damaged), ("SET", damaged, "not a hash")])
    for method, path, body in (
        ("GET", "/api/session", {}),
        ("GET", "/api/events", {}),
        ("POST", f"/api/rooms/{fajar.room}/messages", {"body": "x"}),
    ):
        answer = await fajar.ask(method, path, body)
        assert_refused(answer, TornchatError)
        assert b"WRONGTYPE" not in answer.body
