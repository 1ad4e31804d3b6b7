"""Shares: who accepts a connection, and when."""

from __future__ import annotations

import asyncio
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from tornado.httputil import HTTPServerRequest

from tornchat.accepting import PATIENCE, Acceptor
from tornchat.board import Board
from tornchat.connections import Server


@pytest.fixture
def board() -> Iterator[Board]:
    """Of three workers."""
    board = Board.create(3)
    yield board
    board.close()


class Place:
    """A worker as far as accepting goes, with as many streams as the test says."""

    def __init__(self, board: Board, slot: int, listener: socket.socket) -> None:
        self.streams = 0
        server = Server(self._answer)
        self.acceptor = Acceptor(server.serve, lambda: self.streams, board, slot)
        self.acceptor.open(listener.dup())

    def _answer(self, request: HTTPServerRequest) -> None:
        self.streams += 1
        stream = request.connection.detach()  # type: ignore[union-attr]
        stream.write(b"HTTP/1.1 200 OK\r\n\r\n").add_done_callback(lambda _: stream.close())


@contextmanager
def listening() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=100)) as listener:
        listener.setblocking(False)
        yield listener


async def ask(listener: socket.socket) -> float:
    """Seconds until a new connection was answered."""
    began = time.monotonic()
    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readline()).endswith(b" 200 OK\r\n")
        writer.close()
    return time.monotonic() - began


async def until(true: Callable[[], bool]) -> None:
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never became so")


# -- the board


def test_the_mean_is_that_of_workers_that_accept_and_live(board: Board) -> None:
    assert board.mean_load() == 0
    board.show(0, 10, accepting=True)
    board.show(1, 40, accepting=True)
    board.show(2, 400, accepting=False)
    assert board.mean_load() == 25
    board.clear(0)
    assert board.mean_load() == 40
    assert not board.anybody_below_mean(60)


def test_others_see_what_a_worker_shows_on_the_board(board: Board) -> None:
    other = Board(board.fd, board.slots)
    assert board.last_beat(1) == 0
    other.show(1, 7, accepting=True)
    assert (board.mean_load(), board.accepts(1), board.accepts(0)) == (7, True, False)
    assert board.last_beat(1) > 0


# -- accepting


def test_who_has_less_takes_what_comes(board: Board) -> None:
    async def scenario() -> None:
        with listening() as listener:
            places = [Place(board, slot, listener) for slot in range(3)]
            places[0].streams = 20
            for place in places:
                place.acceptor.report()
            for _ in range(40):
                await ask(listener)
            # Up to one for each time that the others were not awake for all of the patience.
            assert all(18 <= place.streams <= 22 for place in places)
            for place in places:
                place.acceptor.close()

    asyncio.run(scenario())


def test_one_with_more_than_its_share_takes_what_nobody_else_does(board: Board) -> None:
    async def scenario() -> None:
        with listening() as listener:
            place = Place(board, 0, listener)
            place.streams = 50
            board.show(1, 0, accepting=True)  # and then it is stopped
            waits = [await ask(listener) for _ in range(20)]
            assert place.streams == 70
            assert min(waits) < PATIENCE
            place.acceptor.close()

    asyncio.run(scenario())


def test_a_connection_that_does_not_become_a_stream_counts_until_it_is_closed(
    board: Board,
) -> None:
    async def scenario() -> None:
        with listening() as listener:
            place = Place(board, 0, listener)
            _, writer = await asyncio.open_connection(*listener.getsockname())
            await until(lambda: place.acceptor.report() == 1)
            writer.close()
            await until(lambda: place.acceptor.report() == 0)
            place.acceptor.close()
            assert not board.accepts(0)

    asyncio.run(scenario())


def test_without_descriptors_nobody_spins_and_then_all_are_taken(board: Board) -> None:
    async def scenario() -> None:
        with listening() as listener, closing(socket.socket()) as waiting:
            place = Place(board, 0, listener)
            waiting.setblocking(False)
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (waiting.fileno() + 1, hard))
            try:
                await asyncio.get_running_loop().sock_connect(waiting, listener.getsockname())
                used = time.process_time()
                await asyncio.sleep(1)
                assert time.process_time() - used < 0.5
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            await ask(listener)
            place.acceptor.close()

    asyncio.run(scenario())
