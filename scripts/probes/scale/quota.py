"""A limit of processor time for all processes of a node (Linux control groups).

On one machine nodes share its processors, so that another node adds nothing once they are all at
work. A quota makes of each node a small machine: so much of one processor and no more. What they
share (Redis, the database, the proxy) has no quota.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from probes.rig.children import CannotRun

_ROOT = Path("/sys/fs/cgroup")
LEAST = 0.01
_LEAST_US = 1_000
"""The kernel takes no smaller quota."""
_PERIOD_US = 10_000


class Quota:
    """A control group of its own, with no limit before `limit`. Raises `CannotRun` where this
    process may make none."""

    def __init__(self, name: str) -> None:
        first = (_ROOT / "cpu" / "cpu.cfs_period_us").exists()
        self._group = (_ROOT / "cpu" if first else _ROOT) / f"tornchat-lab-{os.getpid()}-{name}"
        self._first = first
        try:
            if not first:
                (_ROOT / "cgroup.subtree_control").write_text("+cpu")
            self._group.mkdir()
        except OSError as wrong:
            raise CannotRun(
                f"no control group can be made ({wrong}); as root, or --quota 0"
            ) from None
        self.limit(0.0)

    def add(self, pids: Iterable[int]) -> None:
        """These processes, and those that they start from now on, are in it."""
        for pid in pids:
            with suppress(ProcessLookupError):
                (self._group / "cgroup.procs").write_text(str(pid))

    def limit(self, share: float) -> None:
        """``share`` of one processor for all of them together; 0 for no limit.

        The period is as short as the kernel allows, so that a node that has used its share stands
        still for milliseconds and not for a tenth of a second.
        """
        period = max(_PERIOD_US, math.ceil(_LEAST_US / share)) if share else _PERIOD_US
        quota = int(period * share) if share else -1
        if self._first:
            # Never more than the period before, whichever is written first.
            (self._group / "cpu.cfs_quota_us").write_text("-1")
            (self._group / "cpu.cfs_period_us").write_text(str(period))
            (self._group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (self._group / "cpu.max").write_text(f"{quota if share else 'max'} {period}")

    def remove(self) -> None:
        """Once its processes are gone."""
        with suppress(OSError):
            self._group.rmdir()


def possible() -> bool:
    """Whether there may be quotas here."""
    try:
        Quota("try").remove()
    except CannotRun:
        return False
    return True
