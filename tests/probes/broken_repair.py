"""A server whose repair reads nothing: what the proof must find guilty. In place of server.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
AS_WORKER = "--as-worker"


async def reads_nothing(bus: Any, lows: dict[str, int], bound: int) -> list[Any]:
    """In place of ``Bus._history``: as if nothing had been missed."""
    return []


def work() -> int:
    """A worker with the broken repair."""
    from tornchat.app import main
    from tornchat.log.bus import Bus

    Bus._history = reads_nothing  # type: ignore[method-assign, assignment]
    return main()


def serve() -> int:
    """The server, which starts this file for its workers."""
    start = subprocess.Popen

    def start_ours(command: Any, *more: Any, **options: Any) -> Any:
        if list(command)[-2:] == ["-m", "tornchat.app"]:
            command = [sys.executable, __file__, AS_WORKER]
        return start(command, *more, **options)

    subprocess.Popen = start_ours  # type: ignore[assignment, misc]
    from tornchat.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(work() if AS_WORKER in sys.argv else serve())
