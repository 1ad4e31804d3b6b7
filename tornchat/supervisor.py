"""The supervisor: a plain process that starts what is embedded and N workers on one socket.

It has no event loop and no threads, imports little, and serves nothing itself: there is little in
it that can fail. What it starts it starts again when that dies.
"""

from __future__ import annotations

import math
import os
import selectors
import signal
import socket
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import replace

from tornchat import __version__, metrics, signals
from tornchat.crew import GRACE_SECONDS, LOOK_SECONDS, Crew, Over
from tornchat.data_folder import FolderLock, make_folder
from tornchat.domain.errors import Unusable
from tornchat.log import preflight
from tornchat.log.embedded import EmbeddedRedis
from tornchat.metrics_process import MetricsProcess, serving_metrics
from tornchat.settings import Settings, without_password
from tornchat.sockets import listen, shown_address
from tornchat.workers import Backoff, ended, in_words

#: How a server ends, each in more of a hurry than the one before.
_DRAIN, _STOP, _KILL = 1, 2, 3

#: Seconds that the workers of a crashed server may take to leave the port.
_AFTER_CRASH = 5.0
_FIRST_ACCOUNT = """
Open the address and sign up: the first account is the administrator.
Or: server.py user add NAME --admin"""


def serve(settings: Settings) -> int:
    """Run the server until it is told to stop; returns the exit status.

    Raises :class:`Unusable` for whatever keeps it from being ready.
    """
    settings = replace(settings, data=settings.data.absolute())
    with ExitStack() as held, signals.heard() as heard:
        make_folder(settings.data)
        lock = FolderLock(settings.data / "lock")
        held.callback(lock.release)
        patience = _AFTER_CRASH if lock.after_crash else 0.0
        listener = held.enter_context(listen(settings.address, settings.port, patience))
        settings = replace(settings, port=listener.getsockname()[1])
        figures = held.enter_context(serving_metrics(settings, patience, _say))
        if figures is not None:
            settings = replace(settings, metrics=figures.address)
        return _Supervisor(settings, listener, heard, figures).run()


class _Supervisor:
    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        heard: signals.Signals,
        figures: MetricsProcess | None,
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._signals = heard
        self._figures = figures
        self._selector = selectors.DefaultSelector()
        self._selector.register(heard.socket, selectors.EVENT_READ, None)
        self._crew = Crew(settings.workers, listener.fileno(), settings.drain, self._selector, _say)
        self._redis: EmbeddedRedis | None = None
        self._redis_backoff = Backoff()
        self._redis_started = 0.0
        self._redis_start_at: float | None = None
        #: What to say when the first worker is ready; then none.
        self._banner: str | None = ""
        #: How we have been told to end; 0 until then.
        self._hurry = 0

    def run(self) -> int:
        try:
            self._make_ready()
            while True:
                due = [self._crew.tend(), self._tend_redis()]
                if self._figures is not None:
                    due.append(self._figures.tend())
                self._pause(min(due))
        except Over as over:
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
        self._crew.spawn()
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
        work = {
            "settings": settings.as_plain(),
            "redis_url": url,
            "database_url": settings.database_url(),
            "to_sync": str(self._redis.to_sync or "") if self._redis else "",
        }
        self._crew.hand(work)

    def _start_redis(self, redis: EmbeddedRedis) -> None:
        redis.start()
        self._redis_started = time.monotonic()
        self._redis_start_at = None

    # -- the loop

    def _pause(self, seconds: float | None) -> None:
        """Wait until something happens, at most so long. Raises :class:`Over` on a stop signal."""
        self._hear(seconds)
        if self._hurry:
            raise Over(0)

    def _hear(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                for number in self._signals.read():
                    self._obey(number)
            else:
                self._crew.hear(key.data)
        if self._crew.begun and self._banner is not None:
            # A closed terminal is no reason to stop serving.
            with suppress(OSError):
                print(self._banner, flush=True)
            self._banner = None

    def _obey(self, number: int) -> None:
        if number == signal.SIGTERM:
            self._hurry += 1
        elif number == signal.SIGINT:
            self._hurry = max(_STOP, self._hurry + 1)
        elif number == signal.SIGHUP and not self._signals.lost_terminal():
            self._crew.reload()
        elif number == signal.SIGHUP and self._signals.outlives_terminal:
            _say("The terminal was closed; going on without it.")
        elif number == signal.SIGHUP:
            _say("The terminal was closed.")
            self._hurry = max(_DRAIN, self._hurry)

    def _tend_redis(self) -> float:
        """Start the embedded Redis again if it has died; returns the seconds until that is due."""
        redis, now = self._redis, time.monotonic()
        if redis is None:
            return math.inf
        status = redis.exit_status()
        if status is not None and self._redis_start_at is None:
            pause = self._redis_backoff.after(now - self._redis_started)
            self._redis_start_at = now + pause
            why = redis.why_it_ended() if status > 0 else f"The embedded Redis {ended(status)}"
            _say(f"{why}; starting it again {in_words(pause)}.")
            metrics.REDIS_RESTARTS.inc()
        if self._redis_start_at is not None and self._redis_start_at <= now:
            try:
                self._start_redis(redis)
            except Unusable as wrong:
                _say(wrong.detail)
                self._redis_start_at = now + self._redis_backoff.after(0.0)
        return math.inf if self._redis_start_at is None else self._redis_start_at - now

    # -- the end

    def _end(self) -> None:
        """End the workers, then Redis, which must have everything that they wrote."""
        # Refused at once, a connection is tried elsewhere; in a queue that nobody accepts from it
        # would wait. Not every kernel has it: then the last worker's end does it.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._banner = None
        self._hurry = self._hurry or _STOP
        done, until = 0, 0.0
        while not self._crew.gone():
            if self._hurry > done:
                done = min(self._hurry, _KILL)
                until = time.monotonic() + self._end_workers(done)
            # While streams move and people post, Redis is as needed as ever.
            redis_due = self._tend_redis() if done == _DRAIN else math.inf
            left = until - time.monotonic()
            self._hear(max(0.0, min(left, redis_due, LOOK_SECONDS)))
            if left <= 0:
                self._hurry = _KILL
            self._crew.look()
        self._crew.close()
        self._selector.close()
        if self._redis is not None:
            self._redis.stop()

    def _end_workers(self, hurry: int) -> float:
        """Tell all workers to end; returns the seconds that they have for it."""
        if hurry == _DRAIN:
            _say(f"Draining: all streams move within {self._settings.drain:g} s.")
            self._crew.drain()
            return self._settings.drain + GRACE_SECONDS
        if hurry == _STOP:
            self._crew.stop()
            return GRACE_SECONDS
        self._crew.kill()
        return math.inf


def _banner(
    settings: Settings,
    facts: preflight.RedisFacts,
    embedded: EmbeddedRedis | None,
    accounts: bool,
) -> str:
    shown = settings.origin or shown_address(settings.address, settings.port)
    where = f"embedded ({embedded.binary.path})" if embedded else ""
    where = where or without_password(settings.redis or "")
    figures = f"  metrics     http://{settings.metrics}/metrics\n" if settings.metrics else ""
    return f"""\
Tornchat {__version__} is ready: {shown}
  listens on  {settings.address} port {settings.port}, workers: {settings.workers}
  Redis       {facts.flavour} {facts.version}, {where}
  database    {without_password(settings.database_url())}
{figures}  data        {settings.data}{"" if accounts else _FIRST_ACCOUNT}"""


def _say(line: str) -> None:
    """With the time and the process, as the workers log."""
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    with suppress(OSError):
        print(f"{now} {os.getpid()} {line}", file=sys.stderr, flush=True)
