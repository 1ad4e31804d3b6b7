"""A real Redis, a real SQLite file, and workers in this process, put together as the server is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets

from tests.furnished import furnish
from tests.handlers.visitor import Visitor
from tests.redis_server import eventually as eventually
from tornchat.app import Worker
from tornchat.data_folder import FolderLock
from tornchat.log.embedded import EmbeddedRedis
from tornchat.settings import Settings


class Served:
    """A worker and the address that it listens on."""

    def __init__(self, worker: Worker, port: int, http: AsyncHTTPClient) -> None:
        self.worker = worker
        self.url = f"http://127.0.0.1:{port}"
        self._http = http

    def visitor(self) -> Visitor:
        return Visitor(self.url, self._http)


class Place:
    """A data folder with a Redis and a database; any number of workers may run on it."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder, post_rate=0, password_memory=19)
        self.database = folder / "tornchat.db"
        # As the supervisor holds it: commands of the shell see that a server runs.
        furnish(folder)
        self.lock = FolderLock(folder / "lock")
        self.redis = EmbeddedRedis(folder)
        self.redis.start()
        self.redis.wait_until_ready()

    async def open(self, redis_url: str | None = None, **settings: Any) -> Served:
        """Start a worker with these settings, given as they would be on the command line, on the
        place's Redis or on a line to it."""
        chosen = Settings.from_plain({**self.settings.as_plain(), **settings})
        worker = Worker(chosen, redis_url or self.redis.url, chosen.database_url())
        [listener] = bind_sockets(0, "127.0.0.1")
        await worker.start(listener)
        http = AsyncHTTPClient(force_instance=True, max_clients=100)
        return Served(worker, listener.getsockname()[1], http)

    @asynccontextmanager
    async def serving(self, redis_url: str | None = None, **settings: Any) -> AsyncIterator[Served]:
        """One more worker, for as long as the block lasts."""
        served = await self.open(redis_url, **settings)
        try:
            yield served
        finally:
            await served.worker.stop()


@pytest.fixture(scope="module")
def io_loop() -> Iterator[IOLoop]:
    """One loop for all tests of a module, so that they can share a worker."""
    loop = IOLoop(make_current=True)
    yield loop
    loop.close(all_fds=True)
    asyncio.set_event_loop(None)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Redis and database, with nobody there yet."""
    place = Place(tmp_path_factory.mktemp("place") / "var")
    yield place
    place.redis.stop()
    place.lock.release()


@pytest.fixture(scope="module")
def served(io_loop: IOLoop, place: Place) -> Iterator[Served]:
    """A worker with the usual settings."""
    logging.getLogger("tornado.access").setLevel(logging.ERROR)
    served = io_loop.run_sync(place.open, timeout=120)
    yield served
    io_loop.run_sync(served.worker.stop, timeout=120)


@pytest.fixture
def stranger(served: Served) -> Visitor:
    """Somebody without an account."""
    return served.visitor()


def _person(name: str) -> Any:
    def fixture(io_loop: IOLoop, served: Served) -> Visitor:
        async def come() -> Visitor:
            return await served.visitor().sign_up(name)

        visitor: Visitor = io_loop.run_sync(come, timeout=120)
        return visitor

    fixture.__doc__ = f"{name}, signed in with a browser's cookie."
    return pytest.fixture(scope="module", name=name)(fixture)


ana = _person("ana")
budi = _person("budi")
citra = _person("citra")
