"""The kernel's memory for a connection that is open and silent: its slabs, before and after."""

from __future__ import annotations

import select
import socket
from contextlib import ExitStack

from probes.bench.result import Run
from probes.loads.machine import need_descriptors, slab_bytes
from probes.plan.measure.runs import run
from probes.rig.line import HOST

CONNECTIONS = 8000


def measure(number: int) -> Run:
    """Both ends are here, and both are as a worker's: in an epoll."""
    need_descriptors(2 * CONNECTIONS + 500)
    with ExitStack() as held:
        epoll = held.enter_context(select.epoll())
        door = held.enter_context(socket.create_server((HOST, 0), backlog=1024))
        before = slab_bytes()
        for _ in range(CONNECTIONS):
            for line in (socket.create_connection(door.getsockname()), door.accept()[0]):
                held.enter_context(line)
                epoll.register(line, select.EPOLLIN)
        each = (slab_bytes() - before) / (2 * CONNECTIONS)
    return run("cost-socket", number, {"socket_bytes": each}, connections=CONNECTIONS)
