"""A soak: people chat through several workers while workers, Redis and the lines between break.

    python -m tests.faults.soak --seconds 60 --seed 1 --workers 3

Who writes tries again until a message is accepted and notes it in a ledger; witnesses on all
workers note what they see, and some of them walk in and out of a room. In the end the ledger, the
log, the streams and the history must agree. The seed fixes which faults come and when; what they
hit depends on the machine. Exit status 0: nothing was lost, doubled, reordered or shown to a
stranger.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.faults.evidence import Evidence
from tests.faults.load import Ledger, Load
from tests.faults.own_redis import OwnRedis
from tests.faults.witness import Witness
from tests.line import Line
from tests.people import Person
from tests.running import RunningServer, until

TALKERS = 4
WALKERS = 2
TOGETHER = 2
"""Faults that may be going on at once."""
CATCH_UP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``seconds`` of faults; ``pause`` between two messages of one talker, in seconds."""

    seconds: float
    seed: int
    workers: int
    pause: float = 0.03
    only: tuple[str, ...] = ()
    """Names of faults; none: all of them."""


class Soak:
    """One run in ``folder``. ``say`` gets a line of progress now and then."""

    def __init__(self, folder: Path, plan: Plan, say: Callable[[str], None]) -> None:
        self.faults: Counter[str] = Counter()
        self._plan = plan
        self._say = say
        self._random = random.Random(plan.seed)
        self._redis = OwnRedis(folder / "redis")
        self._redis_lock = threading.Lock()
        self._line = Line(self._redis.port)
        self._server = RunningServer(
            folder / "var",
            *("--workers", str(plan.workers), "--heartbeat", "1", "--post-rate", "0"),
            *("--redis", f"redis://127.0.0.1:{self._line.port}"),
        )
        self._over = threading.Event()
        self._witnesses: list[Witness] = []

    def run(self) -> list[str]:
        """Everything that went wrong; nothing where all is well."""
        self._server.until_ready()
        talkers = [Person(self._server, f"talker{n}").sign_up() for n in range(TALKERS)]
        walkers = [Person(self._server, f"walker{n}").sign_up() for n in range(WALKERS)]
        room = talkers[0].make_room("Plans")
        for talker in talkers[1:]:
            assert talker.http.put(f"/api/rooms/{room}/members/me").status_code == 200
        # More streams than workers, so that every worker has some.
        people = (talkers + walkers) * 2
        self._witnesses = [Witness(person) for person in people]
        ledger = Ledger()
        walks = [
            threading.Thread(target=self._walk, args=(walker, room, ledger)) for walker in walkers
        ]
        with Load(talkers, [talkers[0].room, room], pause=self._plan.pause, ledger=ledger):
            for walk in walks:
                walk.start()
            self._break_things(ledger)
        self._over.set()
        for walk in walks:
            walk.join()
        evidence = Evidence(ledger, [talkers[0].room, room], self._redis)
        problems = list(ledger.failures)
        try:
            until(lambda: evidence.everybody_saw_the_last(self._witnesses), CATCH_UP_SECONDS, "")
        except AssertionError:
            problems.append(f"not all had caught up {CATCH_UP_SECONDS:g} s after the end")
        problems += evidence.problems(self._witnesses)
        problems += evidence.problems_of_history(talkers[0])
        if "Traceback" in self._server.errors:
            problems.append("the server has printed a traceback")
        return problems

    def close(self) -> None:
        """End everything that was started."""
        self._over.set()
        for witness in self._witnesses:
            witness.leave()
        self._server.stop()
        self._line.close()
        self._redis.thaw()
        self._redis.kill()

    @property
    def errors(self) -> str:
        """What the server said."""
        return self._server.errors

    # -- faults

    def _break_things(self, ledger: Ledger) -> None:
        faults = {
            "kill a worker": self._kill_worker,
            "freeze a worker": self._freeze_worker,
            "kill Redis": self._kill_redis,
            "freeze Redis": self._freeze_redis,
            "kill the subscriptions": lambda: self._redis.kill_clients("pubsub"),
            "kill the command connections": lambda: self._redis.kill_clients("normal"),
            "cut the line to Redis": self._line.cut,
            "black-hole the line to Redis": self._black_hole,
            "slow the line to Redis": self._slow_line,
            "cut the streams": self._cut_streams,
        }
        if self._plan.only:
            faults = {name: faults[name] for name in self._plan.only}
        end = time.monotonic() + self._plan.seconds
        told = time.monotonic()
        with ThreadPoolExecutor(TOGETHER) as pool:
            while time.monotonic() < end:
                name = self._random.choice(list(faults))
                self.faults[name] += 1
                done = pool.submit(faults[name])
                time.sleep(self._random.uniform(0.2, 1.5))
                if self._random.random() < 0.5:
                    done.result()
                if time.monotonic() - told > 5:
                    told = time.monotonic()
                    left = max(0.0, end - told)
                    seen = sum(len(witness.events) for witness in self._witnesses)
                    self._say(
                        f"{left:4.0f} s left, {sum(self.faults.values())} faults, "
                        f"{len(ledger)} messages accepted, {seen} events seen"
                    )

    def _worker(self) -> int | None:
        workers = self._server.workers()
        return self._random.choice(workers) if workers else None

    def _kill_worker(self) -> None:
        worker = self._worker()
        if worker is not None:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def _freeze_worker(self) -> None:
        worker = self._worker()
        if worker is None:
            return
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGSTOP)
            time.sleep(self._random.choice([0.3, 2, 6]))
            os.kill(worker, signal.SIGCONT)

    def _kill_redis(self) -> None:
        with self._redis_lock:
            self._redis.kill()
            time.sleep(self._random.choice([0, 0.5]))
            self._redis.start()

    def _freeze_redis(self) -> None:
        with self._redis_lock:
            self._redis.freeze()
            time.sleep(self._random.choice([0.2, 1, 4]))
            self._redis.thaw()

    def _black_hole(self) -> None:
        self._line.freeze()
        time.sleep(self._random.choice([0.5, 2, 5]))
        self._line.thaw()

    def _slow_line(self) -> None:
        self._line.delay = self._random.choice([0.005, 0.05, 0.3])
        time.sleep(2)
        self._line.delay = 0.0

    def _cut_streams(self) -> None:
        for witness in self._random.sample(self._witnesses, len(self._witnesses) // 2):
            witness.cut()

    # -- people who come and go

    def _walk(self, walker: Person, room: str, ledger: Ledger) -> None:
        walker.http.timeout = httpx.Timeout(5)
        pauses = random.Random(walker.name)
        address = f"/api/rooms/{room}/members/me"
        while not self._over.wait(pauses.uniform(0, 0.8)):
            method = pauses.choice(["PUT", "DELETE"])
            try:
                status = walker.http.request(method, address).status_code
            except httpx.TransportError:
                continue
            if status >= 400 and status < 500:
                ledger.failures.append(f"{walker.name}: {method} answered {status}")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--only", action="append", default=[], help="a fault by its name")
    parser.add_argument("--keep", type=Path, help="folder for data and output, kept afterwards")
    asked = parser.parse_args()
    with ExitStack() as stack:
        kept = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept.mkdir(parents=True, exist_ok=True)
        plan = Plan(asked.seconds, asked.seed, asked.workers, only=tuple(asked.only))
        soak = Soak(kept, plan, lambda line: print(line, flush=True))
        stack.callback(soak.close)
        problems = soak.run()
        for name, count in sorted(soak.faults.items()):
            print(f"{count:5} x {name}")
        for problem in problems[:40]:
            print(f"WRONG: {problem}")
        print(f"seed {plan.seed}: {'FAILED' if problems else 'nothing lost'}", flush=True)
        return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
