"""A worker: puts its parts together and serves, until the supervisor says or is gone."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornchat.accepting import Acceptor
from tornchat.archive.announcer import Announcer
from tornchat.archive.engine import Database
from tornchat.archive.fencer import Fencer
from tornchat.archive.keeper import Keeper
from tornchat.archive.sweeper import Sweeper
from tornchat.board import BEAT_SECONDS, Board
from tornchat.chat import courier, previews, pusher
from tornchat.chat.context import Chat
from tornchat.chat.courier import Courier
from tornchat.chat.eraser import Eraser
from tornchat.chat.offloop import OffLoop
from tornchat.chat.passwords import Passwords
from tornchat.chat.policy import SignupPolicy
from tornchat.chat.pusher import Pusher
from tornchat.chat.pushing import PushKeys
from tornchat.chat.rendering import Renderer
from tornchat.connections import Room, Server
from tornchat.domain.errors import TornchatError
from tornchat.doorway import Doorway
from tornchat.handlers.base import Site
from tornchat.handlers.desk import Desk
from tornchat.handlers.gate import Gate
from tornchat.handlers.routes import application
from tornchat.hub.admission import Limits
from tornchat.hub.figures import Figures
from tornchat.hub.hub import Hub
from tornchat.hub.moving import LATEST_SECONDS
from tornchat.log.client import Client
from tornchat.log.keys import Keys
from tornchat.log.syncing import keep_synced
from tornchat.media.fetcher import Fetcher
from tornchat.media.folder import Folder
from tornchat.settings import Settings, web_root
from tornchat.workers import GAVE_UP

logger = logging.getLogger("tornchat")

STOP_SECONDS = 2.0
COLLECT_AFTER = (20_000, 20, 20)
"""New objects, and rounds through the young and the middle-aged, before garbage is looked for."""
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Worker:
    """Everything that one process runs. ``redis_url``, ``database_url``, the board and the slot on
    it come from the supervisor; without a board the worker is the only one."""

    def __init__(
        self,
        settings: Settings,
        redis_url: str,
        database_url: str,
        board: Board | None = None,
        slot: int = 0,
    ) -> None:
        self.board = board or Board.create(1)
        self.client = Client(redis_url, Keys(settings.space))
        self.database = Database(database_url)
        room = Room.of_process()
        pushes = settings.push == "on"
        limits = Limits(
            settings.max_streams, settings.max_streams_per_address, room.streams, counted=pushes
        )
        self.hub = Hub(self.client, redis_url, settings.heartbeat, limits)
        self.announcer = Announcer(self.client, self.database)
        self.folder = Folder(settings.files_folder())
        self.keeper = Keeper(
            self.client,
            self.database,
            self.announcer,
            Sweeper(self.client, self.database, self.folder),
            settings.log_hours,
            settings.audit_days,
        )
        self.passwords = Passwords(settings.password_memory)
        self.renderer = Renderer()
        self.fetcher = Fetcher(settings.fetch_hosts)
        self.drawing = OffLoop("drawing", threads=1, most_waiting=32)
        self.disk = OffLoop("disk", threads=2, most_waiting=200)
        sequence = self.hub.bus.sequence
        self.client.fence = Fencer(self.client, self.database, lambda: sequence.last).fence
        self.signup = SignupPolicy(self.database, settings.signup)
        self.hub.on_control = self._heard
        self.chat = Chat(
            client=self.client,
            sessions=self.hub.sessions,
            database=self.database,
            announcer=self.announcer,
            passwords=self.passwords,
            renderer=self.renderer,
            folder=self.folder,
            fetcher=self.fetcher,
            drawing=self.drawing,
            disk=self.disk,
            signup=self.signup,
            post_rate=settings.post_rate,
            lab=settings.lab == "on",
            probe_rate=settings.probe_rate,
            heartbeat=settings.heartbeat,
            max_file=round(settings.max_file * 1_000_000),
            file_quota=round(settings.file_quota * 1_000_000),
            previews=settings.previews == "on",
            own_hosts=site_of(settings).hosts - LOCAL,
        )
        self.courier = Courier(self.chat, Fetcher(settings.fetch_hosts, at_once=courier.AT_ONCE))
        self.eraser = Eraser(self.chat)
        self.pusher: Pusher | None = None
        if pushes:
            self.chat.push = PushKeys(contact_of(settings))
            # One of its own: a slow push service must not hold up previews.
            self.pusher = Pusher(
                self.chat,
                self.chat.push,
                Fetcher(settings.fetch_hosts, at_once=pusher.AT_ONCE),
            )
        site, outlets = site_of(settings), self.hub.outlets
        ordinary = application(self.chat, self.hub, site, web_root())
        desk = Desk(self.chat, site, self.hub.worker, ordinary)
        self.gate = Gate(self.chat, self.hub, site, desk)
        self.server = Server(
            desk,
            most=room.connections,
            others=self._other_connections,
        )
        self.doorway = Doorway(self.server, self.gate)
        self.acceptor = Acceptor(self.doorway.welcome, outlets.__len__, self.board, slot)
        self._beating: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Join the log, then accept. Raises `LogAway`, `DatabaseAway`."""
        self._beating = asyncio.ensure_future(self._beat())
        await asyncio.to_thread(self.folder.prepare)
        await self.client.ensure_fenced()
        await self.hub.start()
        self.keeper.start()
        self.courier.start()
        self.eraser.start()
        if self.pusher is not None:
            self.pusher.start()
        self.acceptor.open(listener)

    async def drain(self, seconds: float) -> None:
        """Accept no more, and let everybody go elsewhere; done when all have gone, and at the
        latest `LATEST_SECONDS` after ``seconds``. Then comes `stop`."""
        self.acceptor.close()
        self.doorway.clear()
        try:
            async with asyncio.timeout(seconds + LATEST_SECONDS):
                # Not later, or nobody would announce and archive until this one has ended.
                await self.keeper.step_aside()
                await asyncio.gather(
                    self.hub.drain(seconds), self.server.drain(), self.doorway.drain()
                )
                await self.gate.drain()
                # What a connection that was accepted before has asked for after the rest had gone.
                await self.hub.drain(0)
        except TimeoutError:
            pass

    async def stop(self) -> None:
        """Accept no more, say goodbye to the streams, give the lease back."""
        self.acceptor.close()
        self.doorway.close()
        await self.gate.close()
        await self.hub.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.server.close_all_connections()
        except TimeoutError:
            pass
        await self.courier.close()
        await self.eraser.close()
        if self.pusher is not None:
            await self.pusher.close()
        await self.keeper.close()
        await previews.close(self.chat)
        await self.client.close()
        self.passwords.close()
        self.renderer.close()
        self.drawing.close()
        self.disk.close()
        await self.fetcher.close()
        await self.database.close()
        if self._beating is not None:
            self._beating.cancel()
        self.board.close()

    def _heard(self, message: str) -> None:
        """Something said between workers that the hub does not know."""
        self.announcer.control(message)
        self.signup.control(message)

    def _other_connections(self) -> int:
        """Those that the HTTP server does not hold, or not yet."""
        return len(self.hub.outlets) + len(self.gate) + len(self.doorway)

    async def _beat(self) -> None:
        """Show that the loop turns, to the end of the last goodbye: who does not is killed."""
        while True:
            self.acceptor.report()
            await asyncio.sleep(BEAT_SECONDS)


def contact_of(settings: Settings) -> str:
    """Whom a push service may write to."""
    origin = settings.origin or ""
    return settings.push_contact or (
        origin if origin.startswith("https:") else "mailto:tornchat@localhost"
    )


def site_of(settings: Settings) -> Site:
    """The names that the server answers to."""
    hosts = set(LOCAL) | {name.strip("[]") for name in settings.hosts}
    if settings.origin:
        hosts.add((urlsplit(settings.origin).hostname or "").lower())
    any_address = settings.address in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    if not any_address:
        hosts.add(settings.address.lower())
    return Site(settings.origin, frozenset(hosts), any_address)


def spare_the_collector() -> None:
    """Look for garbage less often, and never through what was there from the start.

    A worker holds tens of thousands of objects for each thousand streams, and hardly any of them
    is ever part of a cycle. When thousands come back at once the collector, left as it is, goes
    through all of them again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def serve(work: dict[str, Any]) -> None:
    """Serve until the supervisor says otherwise.

    SIGTERM: drain, then end; a second one hurries. SIGINT, or the end of the supervisor's pipe: end
    at once.
    """
    leaving, over = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        leaving.set()
        over.set()
        loop.remove_reader(sys.stdin.fileno())

    loop.add_signal_handler(signal.SIGTERM, lambda: (end if leaving.is_set() else leaving.set)())
    loop.add_signal_handler(signal.SIGINT, end)
    loop.add_reader(sys.stdin.fileno(), end)
    async with AsyncExitStack() as stack:
        settings = Settings.from_plain(work["settings"])
        board = Board(work["board_fd"], work["board_slots"])
        worker = Worker(settings, work["redis_url"], work["database_url"], board, work["slot"])
        figures: Figures | None = None
        if settings.metrics is not None:
            figures = Figures(settings.data / "metrics", worker.hub)
            stack.push_async_callback(figures.close)
        stack.push_async_callback(worker.stop)
        await worker.start(socket.socket(fileno=work["listen_fd"]))
        if figures is not None:
            figures.start()
        if work["to_sync"]:
            keep_synced(Path(work["to_sync"]))
        spare_the_collector()
        with suppress(BrokenPipeError):  # the supervisor is gone: the end of its pipe ends us, too
            os.write(work["report_fd"], b"ready\n")
        await leaving.wait()
        if settings.drain and not over.is_set():
            drained = asyncio.ensure_future(worker.drain(settings.drain))
            hurried = asyncio.ensure_future(over.wait())
            await asyncio.wait([drained, hurried], return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
            hurried.cancel()


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
