"""What the processes of a target take of the machine, and what others take of its processors."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from probes.loads.machine import cpu_seconds

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of processor time since whenever: of each role, and of all on each processor."""

    roles: Mapping[str, float]
    processors: Mapping[int, float]

    @classmethod
    def now(cls, processes: Mapping[str, Sequence[int]]) -> Usage:
        return cls({role: cpu_seconds(pids) for role, pids in processes.items()}, _processors())

    def since(self, before: Usage) -> Usage:
        return Usage(
            {role: used - before.roles.get(role, 0.0) for role, used in self.roles.items()},
            {cpu: used - before.processors[cpu] for cpu, used in self.processors.items()},
        )

    @property
    def server(self) -> float:
        """Of all roles."""
        return sum(self.roles.values())

    def on(self, cpus: Collection[int]) -> float:
        """Of everything on these processors."""
        return sum(self.processors.get(cpu, 0.0) for cpu in cpus)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: the proportional share of what is shared, and what is a process's own."""

    pss: int = 0
    private: int = 0

    @classmethod
    def of(cls, pids: Sequence[int]) -> Memory:
        """Of all of these; those that are gone, or not ours to look at, count as nothing."""
        kib = {"Pss": 0, "Private_Clean": 0, "Private_Dirty": 0}
        for pid in pids:
            with suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    name, _, value = line.partition(":")
                    if name in kib:
                        kib[name] += int(value.split()[0])
        return cls(kib["Pss"] * 1024, (kib["Private_Clean"] + kib["Private_Dirty"]) * 1024)


def _processors() -> dict[int, float]:
    """User, nice, system and stolen time of each. That of interrupts is left out: the kernel does
    not count it to the processes for which they work either."""
    found = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name[:3] == "cpu" and name[3:].isdigit():
            user, nice, system, *_, steal = map(int, fields[:8])
            found[int(name[3:])] = (user + nice + system + steal) / _TICK
    return found
