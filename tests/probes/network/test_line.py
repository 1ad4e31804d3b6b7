"""A line of its own process carries what it is given, late and in order."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from probes.exchange import Base
from probes.network.conditions import Conditions
from probes.network.line import Line, line

HOST = "127.0.0.1"
MOST = 300_000


class Echo:
    """Sends back whatever it is sent, with an end where there was one; notes what broke."""

    def __init__(self) -> None:
        self.listener = socket.create_server((HOST, 0), backlog=512)
        self.base = Base(*self.listener.getsockname())
        self.broken = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._repeat, args=(connection,), daemon=True).start()

    def _repeat(self, connection: socket.socket) -> None:
        with connection:
            try:
                while data := connection.recv(65_536):
                    connection.sendall(data)
            except OSError:
                self.broken.set()


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.listener.close()


@pytest.fixture(scope="module")
def far(echo: Echo) -> Iterator[Line]:
    with line(echo.base, Conditions(delay=20, jitter=10, loss=2)) as opened:
        yield opened


def connected(to: Line) -> socket.socket:
    return socket.create_connection((to.base.host, to.base.port), 60)


def read(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (data := connection.recv(65_536)):
        found += data
    return found


def test_an_answer_takes_two_ways_and_the_first_one_two_more(far: Line) -> None:
    with connected(far) as connection:
        times = []
        for _ in range(4):
            begun = time.monotonic()
            connection.sendall(b"ping")
            assert read(connection, 4) == b"ping"
            times.append(time.monotonic() - begun)
    assert times[0] >= 0.08
    assert min(times) >= 0.04


def test_much_arrives_whole_and_in_order_and_ends_in_order(far: Line) -> None:
    sent = b"".join(b"%07d;" % number for number in range(MOST // 8))
    with connected(far) as connection:

        def send() -> None:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)

        threading.Thread(target=send, daemon=True).start()
        assert read(connection, len(sent) + 1) == sent
    counts = far.counts()
    assert counts.segments > 0
    assert counts.lost > 0


def test_a_broken_connection_is_broken_on_the_other_side(far: Line, echo: Echo) -> None:
    connection = connected(far)
    connection.sendall(b"ping")
    assert read(connection, 4) == b"ping"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    assert echo.broken.wait(60)


def test_a_hundred_connections_are_carried_at_once(far: Line) -> None:
    connections = [connected(far) for _ in range(100)]
    for number, connection in enumerate(connections):
        connection.sendall(b"%04d" % number)
    for number, connection in enumerate(connections):
        assert read(connection, 4) == b"%04d" % number
        connection.close()
    assert far.counts().connections >= 100


def test_a_server_that_is_not_there_shows_as_a_broken_connection() -> None:
    with socket.create_server((HOST, 0)) as taken:
        nobody = Base(*taken.getsockname())
    with (
        line(nobody, Conditions(delay=1)) as opened,
        connected(opened) as connection,
        pytest.raises(ConnectionResetError),
    ):
        connection.recv(1)
