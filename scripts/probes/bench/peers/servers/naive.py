"""A chat server in Tornado the obvious way: a coroutine and a queue for each reader."""

from __future__ import annotations

import argparse
import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler

BEAT = b": beat\n\n"
Queue = asyncio.Queue[bytes]


class Hub:
    """Which queues want the messages of a room."""

    def __init__(self) -> None:
        self.readers: defaultdict[str, set[Queue]] = defaultdict(set)

    def hand_on(self, room: str, text: bytes) -> None:
        frame = b"data: " + text + b"\n\n"
        for queue in self.readers[room]:
            queue.put_nowait(frame)

    def beat(self) -> None:
        for queue in set().union(*self.readers.values()):
            queue.put_nowait(BEAT)

    async def follow(self, redis: Redis) -> None:
        """Hand on what Redis publishes, for good."""
        async with redis.pubsub() as pubsub:
            await pubsub.psubscribe("room:*")
            async for said in pubsub.listen():
                if said["type"] == "pmessage":
                    self.hand_on(said["channel"].decode().removeprefix("room:"), said["data"])


class Subscribe(RequestHandler):
    """``GET /subscribe?rooms=0,1``"""

    def initialize(self, hub: Hub) -> None:
        self.hub = hub

    async def get(self) -> None:
        rooms = self.get_query_argument("rooms").split(",")
        queue = Queue()
        for room in rooms:
            self.hub.readers[room].add(queue)
        try:
            self.set_header("Content-Type", "text/event-stream")
            self.set_header("Cache-Control", "no-cache")
            # Otherwise Nagle's algorithm holds small events back while a response is open.
            connection = self.request.connection
            assert isinstance(connection, HTTP1Connection)
            connection.stream.set_nodelay(True)
            await self.flush()
            while True:
                self.write(await queue.get())
                await self.flush()
        except StreamClosedError:
            pass
        finally:
            for room in rooms:
                self.hub.readers[room].discard(queue)


class Publish(RequestHandler):
    """``POST /publish?room=0``"""

    def initialize(self, redis: Redis) -> None:
        self.redis = redis

    async def post(self) -> None:
        await self.redis.publish(f"room:{self.get_query_argument('room')}", self.request.body)
        self.set_status(204)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--heartbeat", type=float, required=True, metavar="S")
    given = parser.parse_args()
    redis = Redis.from_url(given.redis)
    hub = Hub()
    following = asyncio.ensure_future(hub.follow(redis))
    PeriodicCallback(hub.beat, given.heartbeat * 1000).start()
    routes: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
        ("/subscribe", Subscribe, {"hub": hub}),
        ("/publish", Publish, {"redis": redis}),
    ]
    server = HTTPServer(Application(routes))
    server.listen(given.port, "127.0.0.1", backlog=4096)
    await following


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
