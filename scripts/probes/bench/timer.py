"""A timer that wakes an epoll to the microsecond: the time-out of ``epoll_wait`` counts whole
milliseconds, as long as a whole delivery takes."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_MONOTONIC, _NONBLOCK, _CLOEXEC, _ABSOLUTE = 1, 0o4000, 0o2000000, 1
_SECOND = 1_000_000_000


class _Times(ctypes.Structure):
    """``struct itimerspec``: interval and value, each in seconds and nanoseconds."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("is_", "in_", "vs", "vn"))


class Timer:
    """``fd`` becomes readable at the moment that was set (Linux). To be closed."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self._libc.timerfd_create(_MONOTONIC, _NONBLOCK | _CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def set(self, at: int) -> None:
        """Fire once, at this moment of `time.monotonic_ns`; at once where it is over."""
        self._times = _Times(0, 0, at // _SECOND, max(1, at % _SECOND))
        self._libc.timerfd_settime(self.fd, _ABSOLUTE, ctypes.byref(self._times), None)

    def clear(self) -> None:
        """Take note that it has fired."""
        with suppress(BlockingIOError):
            os.read(self.fd, 8)

    def close(self) -> None:
        os.close(self.fd)
