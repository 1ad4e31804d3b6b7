"""The faults: small classes, each with a name, what it takes for itself, and how long it lasts."""

from __future__ import annotations

from probes.faults.base import DidNotStrike, Fault, Scene, Unavailable
from probes.faults.clients import FreezeReader, ResetProxy, SlowReader
from probes.faults.database import KillDatabase
from probes.faults.log import CutRedis, DeafRedis, DropPublish, KillRedis, PauseRedis
from probes.faults.membership import Churn
from probes.faults.servers import Drain, KillNode, KillWorker, StopWorker

__all__ = ["FAULTS", "DidNotStrike", "Fault", "Scene", "Unavailable", "UnknownFault", "named"]

FAULTS: dict[str, type[Fault]] = {
    fault.name: fault
    for fault in (
        KillWorker,
        StopWorker,
        Drain,
        KillNode,
        KillRedis,
        PauseRedis,
        CutRedis,
        DeafRedis,
        DropPublish,
        KillDatabase,
        ResetProxy,
        SlowReader,
        FreezeReader,
        Churn,
    )
}


class UnknownFault(ValueError):
    """Not one of ours; the text lists those that are."""


def named(text: str) -> tuple[type[Fault], ...]:
    """The faults in ``all``, ``none``, or a list of names with commas."""
    if text == "all":
        return tuple(FAULTS.values())
    names = [name.strip() for name in text.split(",") if name.strip() and name.strip() != "none"]
    for name in names:
        if name not in FAULTS:
            raise UnknownFault(
                f"{name!r} is not a fault; there are: all, none, {', '.join(FAULTS)}"
            )
    return tuple(FAULTS[name] for name in dict.fromkeys(names))
