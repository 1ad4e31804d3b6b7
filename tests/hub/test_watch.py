"""Watching sockets: the two ways do the same."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from tornchat.hub.watch import EpollWatch, SelectorWatch


@pytest.mark.parametrize("kind", [EpollWatch, SelectorWatch])
def test_what_comes_in_what_has_room_and_what_has_ended_shows(kind: Any) -> None:
    if kind is EpollWatch and sys.platform != "linux":
        pytest.skip("epoll is Linux'")
    watch = kind()
    (mine, theirs), (other, far) = socket.socketpair(), socket.socketpair()
    watch.add(mine.fileno(), "mine")
    watch.add(other.fileno(), "other")
    assert (len(watch), list(watch.ready())) == (2, [])
    theirs.send(b"x")
    assert list(watch.ready()) == [("mine", True, False)]
    watch.want_room(mine.fileno(), True)
    watch.want_room(other.fileno(), True)
    assert set(watch.ready()) == {("mine", True, True), ("other", False, True)}
    watch.want_room(mine.fileno(), False)
    watch.want_room(other.fileno(), False)
    far.close()
    assert {(whose, readable) for whose, readable, _ in watch.ready()} == {
        ("mine", True),
        ("other", True),
    }
    # The first one's news may close the second.
    for whose, _, _ in watch.ready():
        for name, sock in (("mine", mine), ("other", other)):
            if name != whose:
                watch.remove(sock.fileno())
                sock.close()
    assert len(watch) == 1
    watch.close()
    for sock in (mine, other, theirs):
        sock.close()
