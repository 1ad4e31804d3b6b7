"""Where the embedded Redis has its socket, and how the kernel ties it to its parent."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tornchat.domain.errors import RedisUnusable

#: The kernel's limit is 108 bytes on Linux and 104 on macOS, with the closing NUL.
LONGEST_SOCKET_PATH = 100

_PR_SET_PDEATHSIG = 1


def socket_path(folder: Path) -> Path:
    """``redis.sock`` in ``folder``, or, for a path too long for a socket, in the temp folder.

    Raises :class:`RedisUnusable` where the folder there is not ours: it could be a trap.
    """
    inside = folder / "redis.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    elsewhere = Path(tempfile.gettempdir()) / f"tornchat-{os.getuid()}-{name}"
    try:
        elsewhere.mkdir(mode=0o700, exist_ok=True)
        state = elsewhere.lstat()
    except OSError as wrong:
        raise RedisUnusable(f"cannot make {elsewhere}: {wrong.strerror}") from None
    ours = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid()
    if not ours or stat.S_IMODE(state.st_mode) & 0o077:
        raise RedisUnusable(f"{elsewhere} is not a folder of ours alone; remove it")
    if len(os.fsencode(elsewhere / "redis.sock")) > LONGEST_SOCKET_PATH:
        raise RedisUnusable(f"the path {folder} is too long for a socket; choose another --data")
    return elsewhere / "redis.sock"


def tie_to_parent(signal_number: int) -> Callable[[], None] | None:
    """What a child runs before exec so that it gets the signal when its parent dies.

    Linux only; elsewhere none, and the next start ends what is left. Nothing is imported or
    looked up after the fork.
    """
    if sys.platform != "linux":
        return None
    import ctypes  # Linux only, and 7 ms

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            # The parent died before the kernel knew of the tie.
            os._exit(1)

    return in_child
