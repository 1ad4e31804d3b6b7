"""The folder of files: random names, written aside, synced and moved into place.

It lies outside of what is served as the page, and nodes may share it. What a file is called, whose
it is and who may read it is in the database; here it has an id and nothing else. The small picture
of a file is beside it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tornchat.domain.errors import Unusable

THUMB = ".thumb"
_INCOMING = "incoming"
_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """128 random bits: who does not know it cannot find the file."""
    return secrets.token_hex(16)


class Folder:
    """All methods do I/O and may take a while on a shared folder: not for the loop."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Make the folder, or see that it can be written. Raises `Unusable`."""
        try:
            (self.root / _INCOMING).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as wrong:
            raise Unusable(f"cannot make the folder {self.root}: {wrong.strerror}") from None
        if not os.access(self.root / _INCOMING, os.R_OK | os.W_OK | os.X_OK):
            raise Unusable(f"cannot write in the folder {self.root}: choose another with --files")

    def incoming(self, id: str) -> Path:
        """Where a file is until it is whole."""
        return self.root / _INCOMING / id

    def open_incoming(self, id: str) -> BinaryIO:
        return open(self.incoming(id), "xb", buffering=0, opener=_privately)

    def path(self, id: str, *, thumb: bool = False) -> Path:
        """Where a file is, or its small picture."""
        if not _ID.fullmatch(id):
            raise ValueError(id)
        return self.root / id[:2] / (id + THUMB if thumb else id)

    def keep(self, source: Path, id: str, *, thumb: bool = False) -> None:
        """Move a whole file into its place, so that after a crash it is there whole or not."""
        target = self.path(id, thumb=thumb)
        _sync(source)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        source.replace(target)
        _sync(target.parent)

    def remove(self, id: str) -> None:
        """Remove a file and its small picture; harmless where there is none."""
        for thumb in (True, False):
            self.path(id, thumb=thumb).unlink(missing_ok=True)

    def sweep(self, older_than_s: float) -> int:
        """Remove what was never finished; how many there were."""
        before, removed = time.time() - older_than_s, 0
        for path in (self.root / _INCOMING).iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed

    @contextlib.contextmanager
    def aside(self, content: bytes = b"") -> Iterator[Path]:
        """A path for what is on its way, and is gone afterwards unless it was kept."""
        path = self.incoming(new_id())
        try:
            if content:
                with open(path, "xb", opener=_privately) as file:
                    file.write(content)
            yield path
        finally:
            path.unlink(missing_ok=True)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
