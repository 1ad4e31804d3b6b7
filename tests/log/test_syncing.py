"""The once-a-second sync of the embedded Redis' log."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.conftest import StartServer
from tests.running import until
from tornchat.log.syncing import is_due, sync


def test_one_sync_a_second_is_enough_for_all_workers(tmp_path: Path) -> None:
    mark = tmp_path / "synced"
    assert is_due(mark, 100.0)
    mark.touch()
    os.utime(mark, (100.0, 100.0))
    assert not is_due(mark, 100.5)
    assert is_due(mark, 101.0)


def test_a_clock_that_was_set_back_does_not_stop_the_syncs(tmp_path: Path) -> None:
    mark = tmp_path / "synced"
    mark.touch()
    os.utime(mark, (5000.0, 5000.0))
    assert is_due(mark, 100.0)


def test_a_folder_without_a_log_yet_is_no_error(tmp_path: Path) -> None:
    sync(tmp_path)


def test_a_server_goes_on_syncing_when_a_worker_dies(start_server: StartServer) -> None:
    server = start_server("--workers", "2")
    mark = server.data / "redis" / "synced"
    until(mark.exists, 60, "a first sync")
    os.kill(server.workers()[0], 9)
    killed = time.time()
    until(lambda: mark.stat().st_mtime > killed, 60, "a sync after the death")
