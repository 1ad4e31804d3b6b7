"""A chat server with sse-starlette: a generator and a queue for each reader."""

from __future__ import annotations

import argparse
import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from redis.asyncio import Redis
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Queue = asyncio.Queue[str]


class Chat:
    """Rooms, whose messages go through Redis to the queues of their readers."""

    def __init__(self, redis: Redis, heartbeat: int) -> None:
        self._redis = redis
        self._heartbeat = heartbeat
        self._readers: defaultdict[str, set[Queue]] = defaultdict(set)

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Follow Redis while the server runs."""
        following = asyncio.create_task(self._follow())
        yield
        following.cancel()
        await self._redis.aclose()

    async def subscribe(self, request: Request) -> EventSourceResponse:
        """``GET /subscribe?rooms=0,1``"""
        rooms = request.query_params["rooms"].split(",")
        queue = Queue()
        # Here and not in the generator, which begins after the head is sent.
        for room in rooms:
            self._readers[room].add(queue)

        async def events() -> AsyncIterator[dict[str, str]]:
            try:
                while True:
                    yield {"data": await queue.get()}
            finally:
                for room in rooms:
                    self._readers[room].discard(queue)

        return EventSourceResponse(events(), ping=self._heartbeat)

    async def publish(self, request: Request) -> Response:
        """``POST /publish?room=0``"""
        await self._redis.publish(f"room:{request.query_params['room']}", await request.body())
        return Response(status_code=204)

    async def _follow(self) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.psubscribe("room:*")
            async for said in pubsub.listen():
                if said["type"] == "pmessage":
                    text = said["data"].decode()
                    for queue in self._readers[said["channel"].decode().removeprefix("room:")]:
                        queue.put_nowait(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--heartbeat", type=int, required=True, metavar="S")
    given = parser.parse_args()
    chat = Chat(Redis.from_url(given.redis), given.heartbeat)
    routes = [
        Route("/subscribe", chat.subscribe),
        Route("/publish", chat.publish, methods=["POST"]),
    ]
    app = Starlette(routes=routes, lifespan=chat.lifespan)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=given.port,
        loop="uvloop",
        http="httptools",
        backlog=4096,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
