"""Many sockets as one descriptor: which of them can be read, which have room again.

Both classes do the same. The standard library's selectors, which do it everywhere, need a hundred
bytes more for each socket, and four times the time.
"""

from __future__ import annotations

import select
import selectors
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class EpollWatch(Generic[T]):
    """Each descriptor is watched for somebody: for what comes in, and for room where it is wanted.

    The loop watches `fileno`.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._whose: dict[int, T] = {}

    def fileno(self) -> int:
        return self._epoll.fileno()

    def __len__(self) -> int:
        return len(self._whose)

    def add(self, fd: int, whose: T) -> None:
        self._epoll.register(fd, select.EPOLLIN)
        self._whose[fd] = whose

    def want_room(self, fd: int, wanted: bool) -> None:
        self._epoll.modify(fd, select.EPOLLIN | (select.EPOLLOUT if wanted else 0))

    def remove(self, fd: int) -> None:
        """To be called before the descriptor is closed."""
        del self._whose[fd]
        self._epoll.unregister(fd)

    def ready(self) -> Iterator[tuple[T, bool, bool]]:
        """Whose can be read and whose written; an error or an end shows as both. What is not taken
        shows again."""
        for fd, events in self._epoll.poll(0):
            if fd in self._whose:  # else it was removed for what another one brought
                yield (
                    self._whose[fd],
                    bool(events & ~select.EPOLLOUT),
                    bool(events & ~select.EPOLLIN),
                )

    def close(self) -> None:
        self._epoll.close()


class SelectorWatch(Generic[T]):
    """See `EpollWatch`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def fileno(self) -> int:
        fd: int = self._selector.fileno()
        return fd

    def __len__(self) -> int:
        return len(self._selector.get_map())

    def add(self, fd: int, whose: T) -> None:
        self._selector.register(fd, selectors.EVENT_READ, whose)

    def want_room(self, fd: int, wanted: bool) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        self._selector.modify(fd, events, self._selector.get_key(fd).data)

    def remove(self, fd: int) -> None:
        self._selector.unregister(fd)

    def ready(self) -> Iterator[tuple[T, bool, bool]]:
        for key, events in self._selector.select(0):
            if key.fd in self._selector.get_map():
                whose: T = key.data
                yield (
                    whose,
                    bool(events & selectors.EVENT_READ),
                    bool(events & selectors.EVENT_WRITE),
                )

    def close(self) -> None:
        self._selector.close()


Watch = EpollWatch[T] | SelectorWatch[T]


def best_watch() -> Watch[Any]:
    """The better one of those that there are on this system."""
    return EpollWatch() if hasattr(select, "epoll") else SelectorWatch()
