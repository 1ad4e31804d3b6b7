"""The kernel's memory for a connection that is open and silent: its slabs, before and after."""

from __future__ import annotations

import select
import socket
from contextlib import ExitStack
from pathlib import Path

from probes.bench.result import Run
from probes.loads.machine import need_descriptors
from probes.plan.measure.runs import run
from probes.rig.line import HOST

CONNECTIONS = 8000


def measure(number: int) -> Run:
    """Both ends are here, and both are as a worker's: in an epoll."""
    need_descriptors(2 * CONNECTIONS + 500)
    with ExitStack() as held:
        epoll = held.enter_context(select.epoll())
        door = held.enter_context(socket.create_server((HOST, 0), backlog=1024))
        before = _slab()
        for _ in range(CONNECTIONS):
            for line in (socket.create_connection(door.getsockname()), door.accept()[0]):
                held.enter_context(line)
                epoll.register(line, select.EPOLLIN)
        each = (_slab() - before) / (2 * CONNECTIONS)
    return run("cost-socket", number, {"socket_bytes": each}, connections=CONNECTIONS)


def _slab() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Slab:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/meminfo says nothing of slabs")
