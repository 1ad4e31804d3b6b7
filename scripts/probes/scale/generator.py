"""The process that loads: the benchmark's client, one step after another as its parent asks."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from probes.bench.client import Client, Plan
from probes.bench.latency import Delays
from probes.bench.own import SCANS, Asking, Speaker
from probes.bench.paces import OpenLoop
from probes.bench.scans import BadStream
from probes.bench.subscribers import Broken
from probes.bench.window import Window
from probes.exchange import Base
from probes.rig.children import CannotRun

_ANSWER_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Task:
    """``members`` of one room, in which ``rate`` messages of ``size`` bytes are posted a second:
    whom to ask how, and for how many seconds. ``interval``: seconds from poll to poll, of short
    polls."""

    base: Base
    transport: str
    interval: float | None
    members: int
    rate: float
    size: int
    credentials: Sequence[str]
    room: str
    warm_up: float
    seconds: float
    seed: int
    processes: Mapping[str, int] = field(default_factory=dict)
    """Pids by names: whose processor time is wanted."""
    cpus: Collection[int] = ()
    """The processors that they have."""


@dataclass(slots=True)
class Found:
    """``shares`` of a processor by process, ``busy`` of all of `Task.cpus`, by whomever.
    ``broken``: why it did not get to its end, or was refused; "" where it did. ``wrong``: what did
    not come as it should."""

    figures: dict[str, float] = field(default_factory=dict)
    histograms: dict[str, str] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    busy: float = 0.0
    client_share: float = 0.0
    broken: str = ""
    wrong: str = ""


class Room(Speaker):
    """The room of a `Task` as a target of the benchmark; its server is started elsewhere."""

    name = "tornchat"

    def __init__(self, task: Task) -> None:
        self._task = task
        self.scan = SCANS[task.transport]
        self.base = task.base
        series = f"scale-{time.monotonic_ns()}"
        self._asking = Asking(task.base, task.transport, series)
        self._asking.rooms = [task.room]
        self._asking.sessions = self._asking.authors = list(task.credentials)

    def start(self, cpus: set[int]) -> None:
        pass

    def stop(self) -> None:
        pass

    def processes(self) -> Mapping[str, Sequence[int]]:
        return {name: [pid] for name, pid in self._task.processes.items()}

    def versions(self) -> Mapping[str, str]:
        return {}


class Generator:
    """``with Generator(cpus) as generator``: a process of its own, on these processors."""

    def __init__(self, cpus: Collection[int]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=main, args=(theirs, set(cpus)), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def __enter__(self) -> Generator:
        return self

    def __exit__(self, *error: object) -> None:
        self._pipe.close()
        self._process.join(1)
        self._process.kill()
        self._process.join()

    def begin(self, task: Task) -> None:
        """Have it do that; `connected` and `found` come in this order."""
        self._pipe.send(task)

    def connected(self) -> bool:
        """Wait until all members are there and hear each other; False where that failed."""
        return bool(self._answer())

    def go(self) -> None:
        """Have it begin to post, once it is `connected`."""
        self._pipe.send(None)

    def found(self) -> Found:
        """Wait for the end."""
        found = self._answer()
        assert isinstance(found, Found)
        return found

    def _answer(self) -> object:
        try:
            if self._pipe.poll(_ANSWER_SECONDS):
                return self._pipe.recv()
        except (EOFError, OSError):
            pass
        raise CannotRun("the process that loads has died or hangs")


def main(pipe: Connection, cpus: set[int]) -> None:
    """Serve the parent until it closes the pipe."""
    # A Ctrl-C is for the parent, which ends things in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.sched_setaffinity(0, cpus)
    # Hundreds of thousands of notes are kept for a step, and looking through them takes long.
    gc.disable()
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_step(task, pipe))
        gc.collect()


def _step(task: Task, pipe: Connection) -> Found:
    found = Found()
    told = False
    client = None
    try:
        plan = Plan(1, len(task.credentials), task.size, 4, interval=task.interval, seed=task.seed)
        client = Client(room := Room(task), plan)
        client.connect(task.members)
        client.call()
        told = True
        pipe.send(True)
        pipe.recv()
        _load(client, room, task, found)
    except (Broken, BadStream, OSError) as wrong:
        found.broken = str(wrong)
        if not told:
            pipe.send(False)
    finally:
        if client is not None:
            client.close()
    return found


def _load(client: Client, room: Room, task: Task, found: Found) -> None:
    pace = OpenLoop(task.rate, time.monotonic_ns())
    client.run(pace, task.warm_up)
    window = Window(client, room, open_loop=True)
    client.subscribers.noting = True
    client.lag = Delays()
    client.posters.delays = window.answers
    window.begin()
    try:
        client.run(pace, task.seconds)
    finally:
        window.end()
        used = window.used
        found.shares = {name: spent / window.seconds for name, spent in used.roles.items()}
        found.busy = used.on(task.cpus) / window.seconds / max(1, len(task.cpus))
        found.client_share = window.client_share
    client.posters.delays = None
    client.settle()
    client.subscribers.noting = False
    figures = window.figures(task.cpus or (0,))
    found.histograms = window.histograms()
    # By process, and here they are wanted by role.
    found.figures = {k: v for k, v in figures.items() if not k.startswith("cpu_us_per")}
    _judge(client, found)


def _judge(client: Client, found: Found) -> None:
    judged = client.judge()
    posters = client.posters
    found.figures |= {
        "lost": judged.lost,
        "doubled": judged.doubled,
        "disordered": judged.disordered,
        "refused_posts": posters.refused,
    }
    found.wrong = _listed(
        (judged.lost, "deliveries lost"),
        (judged.doubled, "doubled"),
        (judged.disordered, "out of order"),
        (judged.forged, "of messages that nobody sent"),
    )
    found.broken = _listed(
        (posters.unanswered, "posts not answered"), (posters.refused, "posts refused")
    )


def _listed(*counts: tuple[int, str]) -> str:
    return ", ".join(f"{number:,} {what}" for number, what in counts if number)
