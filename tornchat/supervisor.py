"""The supervisor: a plain process that starts what is embedded and N workers on one socket.

It has no event loop and no threads, imports little, and serves nothing itself: there is little in
it that can fail. What it starts it starts again when that dies.
"""

from __future__ import annotations

import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from tornchat import __version__
from tornchat.data_folder import FolderLock, make_folder
from tornchat.domain.errors import Unusable
from tornchat.log import preflight
from tornchat.log.embedded import EmbeddedRedis
from tornchat.settings import Settings, without_password
from tornchat.sockets import listen, shown_address
from tornchat.workers import GAVE_UP, Backoff, WorkerProcess

#: Seconds that workers may take to end before they are killed.
PATIENCE = 10.0

#: Seconds that the workers of a crashed server may take to leave the port.
_AFTER_CRASH = 5.0
_FIRST_ACCOUNT = """
Open the address and sign up: the first account is the administrator.
Or: server.py user add NAME --admin"""

#: SIGHUP as well: the terminal was closed.
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def serve(settings: Settings) -> int:
    """Run the server until it is told to stop; returns the exit status.

    Raises :class:`Unusable` for whatever keeps it from being ready.
    """
    settings = replace(settings, data=settings.data.absolute())
    with ExitStack() as held, _signals() as wakeup:
        make_folder(settings.data)
        lock = FolderLock(settings.data / "lock")
        held.callback(lock.release)
        patience = _AFTER_CRASH if lock.after_crash else 0.0
        listener = held.enter_context(listen(settings.address, settings.port, patience))
        settings = replace(settings, port=listener.getsockname()[1])
        return _Supervisor(settings, listener, wakeup).run()


@dataclass(slots=True)
class _Seat:
    """A place for one worker; who sits there changes."""

    number: int
    backoff: Backoff
    worker: WorkerProcess | None = None
    #: When to start the next worker here, on the monotonic clock.
    start_at: float = 0.0


class _Over(Exception):
    """The server ends with this exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Supervisor:
    def __init__(self, settings: Settings, listener: socket.socket, wakeup: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._wakeup = wakeup
        self._selector = selectors.DefaultSelector()
        self._selector.register(wakeup, selectors.EVENT_READ, None)
        self._seats = [_Seat(number, Backoff()) for number in range(settings.workers)]
        self._redis: EmbeddedRedis | None = None
        self._redis_backoff = Backoff()
        self._redis_started = 0.0
        self._redis_start_at: float | None = None
        self._work: dict[str, Any] = {}
        #: What to say when the first worker is ready; then none.
        self._banner: str | None = ""
        self._stop_requests = 0

    def run(self) -> int:
        try:
            self._make_ready()
            while True:
                self._replace_the_dead()
                self._pause(self._next_start())
        except _Over as over:
            return over.status
        finally:
            self._end()

    # -- start

    def _make_ready(self) -> None:
        """Everything up to the workers' work."""
        settings = self._settings
        if settings.redis is None:
            self._redis = EmbeddedRedis(
                settings.data, binary=settings.redis_server, fsync=settings.fsync, say=_say
            )
            self._start_redis(self._redis)
        # Early: they import for half a second, while Redis and the database are made ready.
        for seat in self._seats:
            self._spawn(seat)
        from tornchat import nodes
        from tornchat.archive import migrate

        migrate.upgrade(settings.database_url())
        if self._redis is not None:
            self._redis.wait_until_ready(self._pause)
        url = self._redis.url if self._redis else settings.redis or ""
        facts = preflight.check(url, _say, self._pause)
        for warning in facts.warnings:
            _say(f"warning: {warning}")
        accounts = migrate.has_accounts(settings.database_url())
        nodes.join(settings, url, _say)
        self._banner = _banner(settings, facts, self._redis, accounts)
        self._work = {
            "settings": settings.as_plain(),
            "redis_url": url,
            "database_url": settings.database_url(),
            "to_sync": str(self._redis.to_sync or "") if self._redis else "",
        }
        for seat in self._seats:
            if seat.worker is not None:
                seat.worker.hand(self._work)

    def _start_redis(self, redis: EmbeddedRedis) -> None:
        redis.start()
        self._redis_started = time.monotonic()
        self._redis_start_at = None

    def _spawn(self, seat: _Seat) -> None:
        seat.worker = WorkerProcess(seat.number, self._listener.fileno())
        self._selector.register(seat.worker.report, selectors.EVENT_READ, seat)
        if self._work:
            seat.worker.hand(self._work)

    # -- the loop

    def _pause(self, seconds: float | None) -> None:
        """Wait until something happens, at most so long. Raises :class:`_Over` on a stop signal."""
        self._hear(seconds)
        if self._stop_requests:
            raise _Over(0)

    def _hear(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            seat: _Seat | None = key.data
            if seat is None:
                self._read_signals()
            elif seat.worker is not None:
                if seat.worker.hear() and self._banner is not None:
                    # A closed terminal is no reason to stop serving.
                    with suppress(OSError):
                        print(self._banner, flush=True)
                    self._banner = None
                if seat.worker.silent:
                    self._selector.unregister(seat.worker.report)

    def _read_signals(self) -> None:
        with suppress(BlockingIOError):
            while received := self._wakeup.recv(64):
                self._stop_requests += sum(number in _STOP_SIGNALS for number in received)

    def _next_start(self) -> float | None:
        """Seconds to the next start that waits for its time; none where none does."""
        times = [seat.start_at for seat in self._seats if seat.worker is None]
        if self._redis_start_at is not None:
            times.append(self._redis_start_at)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _replace_the_dead(self) -> None:
        now = time.monotonic()
        for seat in self._seats:
            if seat.worker is not None:
                self._bury(seat, seat.worker, now)
            if seat.worker is None and seat.start_at <= now:
                self._spawn(seat)
        if self._redis is not None:
            self._restart_redis(self._redis, now)

    def _restart_redis(self, redis: EmbeddedRedis, now: float) -> None:
        status = redis.exit_status()
        if status is not None and self._redis_start_at is None:
            pause = self._redis_backoff.after(now - self._redis_started)
            self._redis_start_at = now + pause
            why = redis.why_it_ended() if status > 0 else f"The embedded Redis {_ended(status)}"
            _say(f"{why}; starting it again in {pause:g} s.")
        if self._redis_start_at is not None and self._redis_start_at <= now:
            try:
                self._start_redis(redis)
            except Unusable as wrong:
                _say(wrong.detail)
                self._redis_start_at = now + self._redis_backoff.after(0.0)

    def _bury(self, seat: _Seat, worker: WorkerProcess, now: float) -> None:
        """Empty the seat of a worker that has died."""
        status = worker.process.poll()
        if status is None:
            return
        if not worker.silent:
            self._selector.unregister(worker.report)
        worker.close()
        seat.worker = None
        if self._banner is not None and status > 0:
            # It was not killed: it gave up by itself, and so would the next one.
            if status == GAVE_UP:
                raise _Over(status)  # it has said why
            raise Unusable(f"a worker ended with status {status} before it was ready; see above")
        pause = seat.backoff.after(now - worker.started)
        seat.start_at = now + pause
        _say(
            f"Worker {worker.number} (process {worker.process.pid}) {_ended(status)}; "
            f"replacing it in {pause:g} s."
        )

    # -- the end

    def _end(self) -> None:
        """End the workers, then Redis, which must have everything that they wrote."""
        self._banner = None
        workers = [seat.worker for seat in self._seats if seat.worker is not None]
        for worker in workers:
            worker.ask_to_end()
        until = time.monotonic() + PATIENCE
        hurry = max(2, self._stop_requests + 1)
        while any(worker.process.poll() is None for worker in workers):
            left = until - time.monotonic()
            if left <= 0 or self._stop_requests >= hurry:
                break
            self._hear(left)
        for worker in workers:
            worker.kill()
            worker.process.wait()
            worker.close()
        self._selector.close()
        if self._redis is not None:
            self._redis.stop()


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Turn SIGCHLD and the stop signals into bytes on a socket, for as long as this lasts."""
    receiving, sending = socket.socketpair()
    receiving.setblocking(False)
    sending.setblocking(False)
    before = {
        number: signal.signal(number, lambda _number, _frame: None)
        for number in (signal.SIGCHLD, *_STOP_SIGNALS)
    }
    woke = signal.set_wakeup_fd(sending.fileno(), warn_on_full_buffer=False)
    try:
        yield receiving
    finally:
        signal.set_wakeup_fd(woke)
        for number, handler in before.items():
            signal.signal(number, handler)
        receiving.close()
        sending.close()


def _banner(
    settings: Settings,
    facts: preflight.RedisFacts,
    embedded: EmbeddedRedis | None,
    accounts: bool,
) -> str:
    shown = settings.origin or shown_address(settings.address, settings.port)
    where = f"embedded ({embedded.binary.path})" if embedded else ""
    where = where or without_password(settings.redis or "")
    return f"""\
Tornchat {__version__} is ready: {shown}
  listens on  {settings.address} port {settings.port}, workers: {settings.workers}
  Redis       {facts.flavour} {facts.version}, {where}
  database    {without_password(settings.database_url())}
  data        {settings.data}{"" if accounts else _FIRST_ACCOUNT}"""


def _ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    return f"was ended by {signal.Signals(-status).name}"


def _say(line: str) -> None:
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)
