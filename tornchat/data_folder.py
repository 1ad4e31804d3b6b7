"""The data folder: its lock (one server to a folder, told apart from a crashed one), its secret."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import stat
from pathlib import Path

from tornchat.domain.errors import Unusable

_SECRET = re.compile(r"[0-9a-fA-F]{64}")


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


def secret_in(given: Path | None, data: Path) -> tuple[bytes, str | None]:
    """The 32 bytes of the secret file, which is made in the data folder where none is ``given``;
    with them a warning, if any.

    Raises :class:`Unusable` where the file is missing, unreadable or something else.
    """
    path = given or data / "secret"
    try:
        if given is None and not path.exists():
            _write_secret(path)
        text = path.read_text("ascii").strip()
        mode = path.stat().st_mode
    except (OSError, ValueError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "it is not text"
        raise Unusable(f"the secret {path} cannot be read: {why}") from None
    if not _SECRET.fullmatch(text):
        raise Unusable(
            f"{path} holds no secret: 64 hexadecimal digits are one (openssl rand -hex 32)"
        )
    everybody = (
        f"everybody can read the secret {path}: chmod 600 it" if mode & stat.S_IROTH else None
    )
    return bytes.fromhex(text), everybody


def _write_secret(path: Path) -> None:
    """In one piece: what a crash leaves behind is no secret."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, f"{secrets.token_hex(32)}\n".encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)
    new.replace(path)


def _open(path: Path) -> int:
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as wrong:
        raise Unusable(f"cannot open {path}: {wrong.strerror}") from None
    if not stat.S_ISREG(os.fstat(lock).st_mode):
        os.close(lock)
        raise Unusable(f"{path} is not a file; remove it, or choose another --data")
    return lock
