"""The data folder and its lock: one server to a folder, told apart from one that crashed."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from tornchat.domain.errors import Unusable


def make_folder(path: Path) -> Path:
    """Make a folder that only we can enter, or check that we can write in the one there is.

    Raises :class:`Unusable` where that cannot be.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise Unusable(f"{path} is not a folder; choose another with --data") from None
    except OSError as wrong:
        raise Unusable(f"cannot make the folder {path}: {wrong.strerror}") from None
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise Unusable(f"cannot write in the folder {path}: give it to this user, or use --data")
    return path


class FolderLock:
    """A lock on a folder that the kernel ends with this process, however it ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises :class:`Unusable`, naming the process that holds it."""
        self._file = _open(path)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            by = f"process {holder}" if holder else "another process"
            raise Unusable(
                f"{path.parent} is in use by {by}; stop that server or choose another --data"
            ) from None
        left = os.pread(self._file, 20, 0).strip()
        #: The last holder never released: it was killed, and its children may be about to end.
        self.after_crash = bool(left)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Give the folder free, and leave word that everything was ended in order."""
        os.ftruncate(self._file, 0)
        os.close(self._file)


def in_use(path: Path) -> bool:
    """Whether the lock is held, without touching it: a server that starts must not find it
    taken."""
    try:
        os.kill(int(path.read_text("ascii")), 0)
    except (OSError, ValueError):
        return False
    return True


def _open(path: Path) -> int:
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as wrong:
        raise Unusable(f"cannot open {path}: {wrong.strerror}") from None
    if not stat.S_ISREG(os.fstat(lock).st_mode):
        os.close(lock)
        raise Unusable(f"{path} is not a file; remove it, or choose another --data")
    return lock
