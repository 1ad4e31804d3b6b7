"""What each way to bring Redis' log to the disk costs: ``python -m tests.faults.fsync_cost``.

Runs ``redis-benchmark`` (SET of 400 bytes, 20 connections, one command in flight on each) against
an embedded Redis in the current folder's file system, all ways in turn, and prints the medians.
Could be wrong where other work shares the disk: compare the rows of one run, not two runs.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import threading
from pathlib import Path

from tests.redis_server import RedisServer
from tornchat.log.syncing import SYNC_SECONDS, sync

WAYS = {"our own each second": "no", "Redis' everysec": "everysec", "always": "always"}


def measure(folder: Path, policy: str, commands: int) -> tuple[float, float, float]:
    """Commands per second, p99 and maximum in milliseconds."""
    redis = RedisServer(folder)
    over = threading.Event()

    def keep_synced() -> None:
        while not over.wait(SYNC_SECONDS):
            sync(folder / "redis")

    syncing = threading.Thread(target=keep_synced)
    try:
        redis.ask("CONFIG", "SET", "appendfsync", policy)
        if policy == "no":
            syncing.start()
        words = ["redis-benchmark", "-s", str(redis.socket), "-t", "set", "-n", str(commands)]
        done = subprocess.run(
            [*words, "-c", "20", "-d", "400", "--csv"], check=True, capture_output=True, text=True
        )
    finally:
        over.set()
        if policy == "no":
            syncing.join()
        redis.stop()
    cells = [cell.strip('"') for cell in done.stdout.splitlines()[1].split(",")]
    return float(cells[1]), float(cells[6]), float(cells[7])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--commands", type=int, default=100_000)
    given = parser.parse_args()
    found: dict[str, list[tuple[float, float, float]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for number in range(given.rounds):
            for way, policy in WAYS.items():
                home = Path(folder).absolute() / f"{policy}{number}"
                found[way].append(measure(home, policy, given.commands))
                print(f"round {number + 1}, {way}: {found[way][-1]}", flush=True)
    print(f"{'':22}{'commands/s':>12}{'p99 ms':>10}{'max ms':>10}   (medians)")
    for way, runs in found.items():
        rate, p99, most = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{way:22}{rate:>12.0f}{p99:>10.2f}{most:>10.1f}")


if __name__ == "__main__":
    main()
