"""What processes take of the machine (Linux): processor time, memory, and the kernel's for
sockets."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from probes.rig.children import CannotRun

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cores() -> int:
    return os.cpu_count() or 1


def need_linux() -> None:
    """Raises `CannotRun` elsewhere: what is measured here is read from ``/proc``."""
    if not Path("/proc/self/stat").exists():
        raise CannotRun("this probe reads /proc, so it needs Linux")


def need_descriptors(number: int) -> None:
    """Let this process, and those that it starts, have so many. Raises `CannotRun`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < number:
        raise CannotRun(
            f"a process needs {number} descriptors and may have {most}: raise the hard limit "
            "(ulimit -Hn), take fewer --streams, or more --workers and --generators"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def cpu_seconds(pids: Iterable[int]) -> float:
    """What these have used since they began; those that are gone count as nothing."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICK


def machine_seconds() -> float:
    """What everything on this machine has used since it started, over all cores."""
    fields = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = fields[3], fields[4]
    return (sum(fields) - idle - waiting) / _TICK


def resident_bytes(pid: int) -> int:
    """Memory that a process really has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def tcp_bytes() -> int:
    """Kernel memory of all TCP sockets of the machine, with both ends of each connection here."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        words = line.split()
        if words[0] == "TCP:":
            return int(words[words.index("mem") + 1]) * _PAGE
    return 0


def slab_bytes() -> int:
    """Kernel memory of the machine in small objects, such as sockets and what epoll keeps of them:
    some KiB for each end of a connection, also where nothing waits in it."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Slab:"):
            return int(line.split()[1]) * 1024
    return 0


def port_bytes(port: int) -> int | None:
    """Kernel memory of the server's ends of the connections to a port; None without ``ss``."""
    ss = shutil.which("ss")
    if ss is None:
        return None
    command = [ss, "-tmnH", "state", "established", f"sport = :{port}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    found = 0
    for word in done.stdout.split():
        if word.startswith("skmem:("):
            parts = word[len("skmem:(") :].rstrip(")").split(",")
            # Received, on its way, set aside, and waiting to be sent.
            found += sum(int(part[1:]) for part in parts if part[0] in "rtfw" and part[1] != "b")
    return found


def is_redis(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip() in ("redis-server", "valkey-server")
    return False


class Meter:
    """Processor time of groups of processes, and of everything else, since it was made.

    A process that comes is counted from its start, and one that goes up to the last `look`.
    """

    def __init__(self, groups: dict[str, Callable[[], Iterable[int]]]) -> None:
        self._groups = groups
        self._last: dict[str, dict[int, float]] = {name: {} for name in groups}
        self.look()
        self._begun = {name: sum(used.values()) for name, used in self._last.items()}
        self._machine = machine_seconds()

    def look(self) -> None:
        """Note what each has used by now. To be called while processes come and go."""
        for name, pids in self._groups.items():
            last = self._last[name]
            for pid in list(pids()):
                last[pid] = max(cpu_seconds([pid]), last.get(pid, 0.0))

    def read(self) -> dict[str, float]:
        """Seconds by the name of the group, and of the machine's others."""
        self.look()
        used = {name: sum(last.values()) - self._begun[name] for name, last in self._last.items()}
        others = machine_seconds() - self._machine - sum(used.values())
        return {**used, "everything else on the machine": max(0.0, others)}
