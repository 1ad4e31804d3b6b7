"""One connection to Redis: replies in order, and an end that everybody hears of."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import hiredis
import pytest

from tests.redis_server import RedisServer, come_in, in_loop, open_log, say, until
from tornchat.domain.errors import LogAway
from tornchat.log import connection as connections
from tornchat.log.address import socket_url
from tornchat.log.client import Client
from tornchat.log.connection import Connection, connect
from tornchat.log.keys import Keys


@in_loop
async def test_replies_come_to_their_callers_in_order(redis: RedisServer) -> None:
    connection = await connect(redis.url)
    replies = await asyncio.gather(*(connection.call("ECHO", str(n)) for n in range(2000)))
    assert replies == [str(n).encode() for n in range(2000)]
    connection.close()


@in_loop
async def test_a_caller_that_is_cancelled_takes_nobodys_reply_and_leaves_none(
    redis: RedisServer,
) -> None:
    connection = await connect(redis.url)
    calls = [asyncio.ensure_future(connection.call("ECHO", str(n))) for n in range(100)]
    for call in calls[::3]:
        call.cancel()
    await asyncio.sleep(0)
    later = connection.call("ECHO", "later")
    for number, call in enumerate(calls):
        if number % 3:
            assert await call == str(number).encode()
        else:
            assert call.cancelled()
    assert await later == b"later"
    connection.close()


@in_loop
async def test_an_error_goes_to_the_one_who_caused_it(redis: RedisServer) -> None:
    connection = await connect(redis.url)
    replies = await asyncio.gather(
        connection.call("ECHO", "before"),
        connection.call("NONSENSE"),
        connection.call("ECHO", "after"),
        return_exceptions=True,
    )
    assert replies[0] == b"before"
    assert isinstance(replies[1], hiredis.ReplyError)
    assert replies[2] == b"after"
    connection.close()


@in_loop
async def test_it_knows_the_process_that_it_is_on(redis: RedisServer) -> None:
    connection = await connect(redis.url)
    info: bytes = await connection.call("INFO", "server")
    assert f"run_id:{connection.run_id}\r\n" in info.decode()
    connection.close()


@in_loop
async def test_a_lost_connection_fails_its_callers_and_stays_lost(redis: RedisServer) -> None:
    lost: list[Connection] = []
    connection = await connect(redis.url, on_lost=lost.append)
    number = await connection.call("CLIENT", "ID")
    waiting = [connection.call("BLPOP", "nothing", 0), connection.call("ECHO", "x")]
    await asyncio.sleep(0)
    redis.ask("CLIENT", "KILL", "ID", str(number))
    for call in waiting:
        with pytest.raises(LogAway):
            await call
    assert connection.closed
    with pytest.raises(LogAway):
        await connection.call("PING")
    connection.say("SUBSCRIBE", "x")
    connection.close()
    assert lost == [connection]


@in_loop
async def test_a_line_that_swallows_bytes_is_given_up(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REPLY_SECONDS", 0.2)
    lost: list[Connection] = []
    connection = await connect(own_redis.url, on_lost=lost.append)
    own_redis.pause()
    with pytest.raises(LogAway):
        await connection.call("PING")
    assert lost == [connection]
    own_redis.go_on()


@in_loop
async def test_nothing_listens_there(tmp_path: Path) -> None:
    for url in (socket_url(tmp_path / "nobody.sock"), "redis://127.0.0.1:1", "redis://[::1]:1"):
        with pytest.raises(LogAway):
            await connect(url)


@in_loop
async def test_who_never_answers_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.2)
    path = tmp_path / "mute.sock"
    server = await asyncio.start_unix_server(lambda reader, writer: None, path)
    lost: list[Connection] = []
    with pytest.raises(LogAway):
        await connect(socket_url(path), on_lost=lost.append)
    assert lost == []
    server.close()


@in_loop
async def test_what_is_not_redis_is_away(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    path = tmp_path / "web.sock"
    server = await asyncio.start_unix_server(serve, path)
    with pytest.raises(LogAway):
        await connect(socket_url(path))
    server.close()


@in_loop
async def test_a_password_is_given_and_a_wrong_one_is_away(own_redis: RedisServer) -> None:
    own_redis.ask("CONFIG", "SET", "requirepass", "secret")
    plain = own_redis.url.removeprefix("unix://")
    connection = await connect(f"unix://:secret@{plain}")
    assert await connection.call("PING") == b"PONG"
    connection.close()
    for url in (own_redis.url, f"unix://:wrong@{plain}"):
        with pytest.raises(LogAway):
            await connect(url)


@in_loop
async def test_what_a_subscription_hears_is_pushed(redis: RedisServer) -> None:
    heard: list[Any] = []
    connection = await connect(redis.url, heard.extend)
    connection.say("SUBSCRIBE", "pushes")
    await until(lambda: heard, "the confirmation")
    redis.ask("PUBLISH", "pushes", "hello")
    await until(lambda: len(heard) == 2, "the message")
    assert heard == [[b"subscribe", b"pushes", 1], [b"message", b"pushes", b"hello"]]
    connection.close()


@in_loop
async def test_scripts_are_sent_again_to_a_redis_that_has_forgotten_them(
    own_redis: RedisServer,
) -> None:
    async with open_log(own_redis) as client:
        await come_in(client, "ana", "kitchen")
        await client.call("SCRIPT", "FLUSH")
        said = await asyncio.gather(*(say(client, "ana", "kitchen", str(n)) for n in range(10)))
        assert len({each.id for each in said}) == 10


@in_loop
async def test_a_client_connects_again_by_itself(redis: RedisServer) -> None:
    async with open_log(redis) as client:
        number = await client.call("CLIENT", "ID")
        waiting = asyncio.ensure_future(client.call("BLPOP", "nothing", 0))
        await asyncio.sleep(0.05)
        redis.ask("CLIENT", "KILL", "ID", str(number))
        with pytest.raises(LogAway):
            await waiting
        replies = await asyncio.gather(*(client.call("CLIENT", "ID") for _ in range(10)))
        assert len(set(replies)) == 1
        assert replies[0] != number


@in_loop
async def test_who_gives_up_waiting_does_not_take_the_connection_from_the_others(
    redis: RedisServer,
) -> None:
    client = Client(redis.url, Keys("unused"))
    impatient, patient = (asyncio.ensure_future(client.call("PING")) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == b"PONG"
    await client.close()


@in_loop
async def test_a_redis_that_refuses_to_write_is_away(own_redis: RedisServer) -> None:
    async with open_log(own_redis) as client:
        await come_in(client, "ana", "kitchen")
        own_redis.ask("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(LogAway, match="Redis refuses"):
            await say(client, "ana", "kitchen")
        own_redis.ask("CONFIG", "SET", "maxmemory", "0")
        await say(client, "ana", "kitchen")
