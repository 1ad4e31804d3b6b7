"""Two nodes, and people whose every request goes to the other one."""

from __future__ import annotations

import asyncio
import random
import shutil
from itertools import cycle
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient

from tests.conftest import StartServer
from tests.handlers.visitor import Answer, Visitor
from tests.handlers.wanderer import Wanderer, assert_whole
from tests.redis_server import in_loop
from tests.running import RunningServer

SAID = 40


def two_nodes(start_server: StartServer, folder: Path) -> list[RunningServer]:
    """Each with a data folder of its own, on one Redis and one database."""
    options = ("--post-rate", "0")
    one = start_server(*options, data=folder / "one")
    other = folder / "other"
    other.mkdir(mode=0o700)
    if (one.data / "secret").exists():
        shutil.copy(one.data / "secret", other)
    redis = f"unix://{one.data / 'redis' / 'redis.sock'}"
    database = f"sqlite:///{one.data / 'tornchat.db'}"
    more = ("--redis", redis, "--database", database)
    return [one, start_server(*options, *more, data=other)]


class Roamer(Visitor):
    """Sends each request to the next node."""

    def __init__(self, nodes: list[RunningServer], http: AsyncHTTPClient) -> None:
        super().__init__(nodes[0].url, http)
        self._urls = cycle(node.url for node in nodes)

    def elsewhere(self) -> Visitor:
        self.url = next(self._urls)
        return self

    async def ask(self, method: str, path: str, *args: Any, **more: Any) -> Answer:
        self.elsewhere()
        return await super().ask(method, path, *args, **more)


def test_every_request_may_go_to_another_node(start_server: StartServer, tmp_path: Path) -> None:
    nodes = two_nodes(start_server, tmp_path)

    @in_loop
    async def live() -> None:
        http = AsyncHTTPClient(force_instance=True)
        ana, budi = [await Roamer(nodes, http).sign_up(name) for name in ("ana", "budi")]
        assert isinstance(budi, Roamer)
        room = await ana.make_room("Roof", private=True)
        await ana.bring(budi, room)
        path, message = f"/api/rooms/{room}/messages", {"body": "twice", "nonce": "n1"}
        start = (await budi.poll(None))["cursor"]
        first, again = [await ana.post(path, message) for _ in range(2)]
        assert (first.status, again.status) == (201, 200)
        assert first.json["id"] == again.json["id"]

        wanderer = Wanderer(budi.elsewhere, start, random.Random(3))
        said = [first.json["id"]]

        async def talk() -> None:
            while len(said) < SAID or not all(wanderer.turns.values()):
                said.append(await ana.say(str(len(said)), room))
                await asyncio.sleep(0.02)

        talking = asyncio.ensure_future(talk())
        while not talking.done() or wanderer.cursor < max(said):
            await wanderer.turn()
        await talking
        assert_whole(wanderer.events, [room], said)
        assert (await budi.page(room, "limit=200"))[0] == said[-200:]

    live()
