"""Bring the embedded Redis' append-only file to the disk once a second.

Redis itself writes to the kernel before it answers (``appendfsync no``) and leaves the disk to us.
With its own ``everysec`` it holds data back from the kernel while an fsync runs, and answers all
the same: what it accepted in those milliseconds went with the process when that was killed.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

logger = logging.getLogger(__name__)

SYNC_SECONDS = 1.0
LOOK_SECONDS = 0.2
#: Not everywhere: macOS has only the slower one.
_to_disk = getattr(os, "fdatasync", os.fsync)


def sync(folder: Path) -> None:
    """Wait until everything that Redis wrote in ``folder`` is on the disk. Raises ``OSError``."""
    for path in (folder / "appendonly.aof", *folder.glob("appendonlydir/*.aof")):
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:  # before Redis 7 a file, since then a folder; or just rewritten
            continue
        try:
            _to_disk(file)
        finally:
            os.close(file)


def is_due(mark: Path, now: float) -> bool:
    """Whether the last sync, at which ``mark`` was touched, is over a second ago (or ahead)."""
    try:
        return not 0 <= now - mark.stat().st_mtime < SYNC_SECONDS
    except FileNotFoundError:
        return True


def keep_synced(folder: Path) -> None:
    """Sync ``folder`` once a second for as long as this process lives.

    Every worker does this, and whichever comes first touches the mark that keeps the others from
    doing the same: nobody has to be elected, and one that hangs or dies is not waited for.
    """
    threading.Thread(target=_keep, args=(folder,), name="sync", daemon=True).start()


def _keep(folder: Path) -> None:
    mark = folder / "synced"
    well = True
    while True:
        try:
            if is_due(mark, time.time()):
                mark.touch()
                sync(folder)
                well = True
        except OSError as wrong:
            if well:
                logger.error("the log of Redis cannot be brought to the disk: %s", wrong)
            well = False
        time.sleep(LOOK_SECONDS)
