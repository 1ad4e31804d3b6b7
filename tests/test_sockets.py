"""The listening socket, and what the connections get from it."""

from __future__ import annotations

import select
import socket
import sys
from contextlib import suppress

import pytest

from tornchat import sockets
from tornchat.sockets import listen


@pytest.mark.skipif(sys.platform != "linux", reason="others have keepalive instead")
def test_a_connection_whose_other_end_takes_nothing_is_given_up_by_the_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockets, "DEAD", 1)
    with listen("127.0.0.1", 0) as listener, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listener.getsockname())
        select.select([listener], [], [], 60)
        server, _ = listener.accept()
        with server:
            server.setblocking(False)
            with suppress(BlockingIOError):
                while server.send(b"x" * 65536):
                    pass
            poll = select.poll()
            poll.register(server, 0)
            [(_, event)] = poll.poll(60_000)
            assert event & (select.POLLERR | select.POLLHUP)


def test_many_may_wait_to_be_accepted() -> None:
    with listen("127.0.0.1", 0) as listener:
        clients = [socket.create_connection(listener.getsockname(), 60) for _ in range(500)]
        for client in clients:
            client.close()
