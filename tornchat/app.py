"""A worker: puts its parts together and serves, until the supervisor says or is gone."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import signal
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer

from tornchat.archive.announcer import Announcer
from tornchat.archive.engine import Database
from tornchat.archive.fencer import Fencer
from tornchat.archive.keeper import Keeper
from tornchat.chat.context import Chat
from tornchat.chat.passwords import Passwords
from tornchat.chat.rendering import Renderer
from tornchat.domain.errors import TornchatError
from tornchat.handlers.base import Site
from tornchat.handlers.routes import application
from tornchat.hub.hub import Hub
from tornchat.log.client import Client
from tornchat.log.keys import Keys
from tornchat.log.syncing import keep_synced
from tornchat.settings import Settings, web_root
from tornchat.workers import GAVE_UP

logger = logging.getLogger("tornchat")

MOST_BODY_BYTES = 2 * 1024 * 1024
BODY_SECONDS = 20.0
IDLE_SECONDS = 75.0
STOP_SECONDS = 2.0
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Worker:
    """Everything that one process runs. ``redis_url`` and ``database_url`` come from the
    supervisor."""

    def __init__(self, settings: Settings, redis_url: str, database_url: str) -> None:
        self.client = Client(redis_url, Keys(settings.space))
        self.database = Database(database_url)
        self.hub = Hub(self.client, redis_url, settings.heartbeat)
        self.announcer = Announcer(self.client, self.database)
        self.keeper = Keeper(self.client, self.database, self.announcer, settings.log_hours)
        self.passwords = Passwords()
        self.renderer = Renderer()
        sequence = self.hub.bus.sequence
        self.client.fence = Fencer(self.client, self.database, lambda: sequence.last).fence
        self.hub.on_control = self.announcer.control
        self.chat = Chat(
            client=self.client,
            database=self.database,
            announcer=self.announcer,
            passwords=self.passwords,
            renderer=self.renderer,
            signup=settings.signup,
            post_rate=settings.post_rate,
            heartbeat=settings.heartbeat,
        )
        self.server = HTTPServer(
            application(self.chat, self.hub, site_of(settings), web_root()),
            max_body_size=MOST_BODY_BYTES,
            idle_connection_timeout=IDLE_SECONDS,
            body_timeout=BODY_SECONDS,
        )

    async def start(self, listener: socket.socket) -> None:
        """Join the log, then accept. Raises `LogAway`, `DatabaseAway`."""
        await self.client.ensure_fenced()
        await self.hub.start()
        self.keeper.start()
        self.server.add_socket(listener)

    async def stop(self) -> None:
        """Accept no more, say goodbye to the streams, give the lease back."""
        self.server.stop()
        await self.hub.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.server.close_all_connections()
        except TimeoutError:
            pass
        await self.keeper.close()
        await self.client.close()
        self.passwords.close()
        self.renderer.close()
        await self.database.close()


def site_of(settings: Settings) -> Site:
    """The names that the server answers to."""
    hosts = set(LOCAL) | {name.strip("[]") for name in settings.hosts}
    if settings.origin:
        hosts.add((urlsplit(settings.origin).hostname or "").lower())
    any_address = settings.address in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    if not any_address:
        hosts.add(settings.address.lower())
    return Site(settings.origin, frozenset(hosts), any_address)


async def serve(work: dict[str, Any]) -> None:
    """Serve until SIGTERM, or until the pipe of the supervisor is closed."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_reader(sys.stdin.fileno(), over.set)
    async with AsyncExitStack() as stack:
        settings = Settings.from_plain(work["settings"])
        worker = Worker(settings, work["redis_url"], work["database_url"])
        stack.push_async_callback(worker.stop)
        await worker.start(socket.socket(fileno=work["listen_fd"]))
        if work["to_sync"]:
            keep_synced(Path(work["to_sync"]))
        os.write(work["report_fd"], b"ready\n")
        await over.wait()


def main() -> int:
    """Entry of ``python -m tornchat.app``, which only the supervisor calls."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
    )
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    line = sys.stdin.buffer.readline()
    if not line:
        return 0  # the supervisor gave up before there was work
    try:
        asyncio.run(serve(json.loads(line)))
    except TornchatError as error:
        print(f"tornchat: {error.title}. {error.detail}", file=sys.stderr)
        return GAVE_UP
    return 0


if __name__ == "__main__":
    sys.exit(main())
