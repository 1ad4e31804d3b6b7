"""The fence and the keeper's work, with Redis dying at the worst moments in between."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.own_redis import OwnRedis
from tests.redis_server import until
from tornchat.archive import marks, members, outbox, rooms, users
from tornchat.archive.announcer import Announcer
from tornchat.archive.engine import Database
from tornchat.archive.fencer import Fencer
from tornchat.archive.keeper import Keeper
from tornchat.archive.migrate import upgrade
from tornchat.archive.rows import OutboxRow
from tornchat.archive.sweeper import Sweeper
from tornchat.domain import announcements, events
from tornchat.domain.errors import LogAway
from tornchat.domain.events import Event
from tornchat.domain.ids import id_at
from tornchat.log import append, connection, mirror, read, upkeep
from tornchat.log.client import Client
from tornchat.log.keys import Keys
from tornchat.media.folder import Folder

pytestmark = pytest.mark.anyio

NOW = 1_700_000_000_000
LOG_HOURS = 48


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    redis = OwnRedis(tmp_path / "own-redis")
    yield redis
    redis.thaw()
    redis.kill()


class Node:
    """What a worker has for its log and its database, without a worker around it."""

    def __init__(self, redis: OwnRedis, database_url: str) -> None:
        self.client = Client(redis.url, Keys())
        self.database = Database(database_url)
        self.announcer = Announcer(self.client, self.database)
        self.keeper = Keeper(
            self.client,
            self.database,
            self.announcer,
            Sweeper(self.client, self.database, Folder(redis.folder / "files")),
            LOG_HOURS,
        )
        self.client.fence = Fencer(self.client, self.database, lambda: 0).fence

    async def close(self) -> None:
        await self.client.close()
        await self.database.close()

    async def meet_again(self) -> None:
        """Fence a Redis that was started again, once the lost connection has been noticed."""
        await asyncio.sleep(0.1)
        await self.client.ensure_fenced()

    async def join(self, room: str, user: str) -> OutboxRow:
        """Make somebody a member in SQL; the announcement waits."""
        joined = announcements.joined(room, user, user, user, "member", user)
        async with self.database.write() as conn:
            await members.add(conn, room_id=room, user_id=user, role="member", now=NOW)
            return await outbox.add(conn, joined.payload(), NOW)

    async def waiting(self) -> list[OutboxRow]:
        async with self.database.read() as conn:
            return await outbox.waiting(conn, 100)

    async def mark(self, name: marks.Mark) -> int:
        async with self.database.read() as conn:
            return await marks.read(conn, name)

    async def raise_fence(self, by: int = 1) -> None:
        """As another worker does that has begun to fence."""
        async with self.database.write() as conn:
            await marks.raise_to(conn, "fence", await marks.read(conn, "fence") + by)

    async def joined_events(self, user: str) -> int:
        """How often the log says to somebody that they have joined a room."""
        where = await read.position(self.client, [])
        found, _ = await read.page(self.client, {f"user:{user}": 0}, where.clock)
        return len(found)


@pytest.fixture
async def node(
    own_redis: OwnRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Node]:
    """A fenced log, with Ana in the lobby and Budi in none."""
    # A frozen Redis is to be waited for, however long the other worker takes.
    monkeypatch.setattr(connection, "REPLY_SECONDS", 60.0)
    url = f"sqlite:///{tmp_path / 'tornchat.db'}"
    upgrade(url)
    node = Node(own_redis, url)
    async with node.database.write() as conn:
        for name in ("ana", "budi"):
            await users.add(
                conn,
                user_id=name,
                username=name,
                display_name=name,
                password_hash="",
                role="member",
                now=NOW,
            )
        await rooms.add(
            conn,
            room_id="lobby",
            name="Lobby",
            kind="open",
            description="",
            created_by="ana",
            now=NOW,
        )
    await node.client.ensure_fenced()
    await node.join("lobby", "ana")
    await node.announcer.make_waiting()
    yield node
    await node.close()


def restart(redis: OwnRedis) -> None:
    redis.kill()
    redis.start()


async def say(node: Node, body: str, nonce: str | None = None) -> append.Appended:
    fields = events.message("lobby", "ana", body, body, nonce, None)
    return await append.append_message(node.client, fields, body, 0)


async def until_asked(redis: OwnRedis) -> None:
    """Let a task come as far as its question to the frozen Redis."""
    await until(redis.is_asked, "the question")


async def test_who_was_announced_but_not_noted_before_redis_died_is_a_member_afterwards(
    node: Node, own_redis: OwnRedis
) -> None:
    row = await node.join("lobby", "budi")
    announcement = announcements.Announcement.of(row.payload)
    joined = await append.announce(node.client, row.key, announcement)
    restart(own_redis)
    await node.meet_again()
    assert await mirror.joined_id(node.client, "budi", "lobby") == joined
    assert await node.waiting() == []
    assert await node.joined_events("budi") == 1


async def test_an_announcement_made_while_another_worker_fences_is_not_taken_for_made(
    node: Node, own_redis: OwnRedis
) -> None:
    row = await node.join("lobby", "budi")
    own_redis.freeze()
    making = asyncio.ensure_future(node.announcer.make_waiting())
    await until_asked(own_redis)
    await node.raise_fence()
    own_redis.thaw()
    await making
    assert [waits.key for waits in await node.waiting()] == [row.key]
    await node.announcer.make_waiting()
    assert await node.waiting() == []
    assert await node.joined_events("budi") == 1, "the log remembers that it was made"


async def test_the_archive_takes_nothing_that_it_had_read_before_another_worker_fenced(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = await say(node, "hello")
    archived = await node.mark("archived")
    queued = upkeep.queued

    async def fenced_meanwhile(client: Client, count: int) -> list[Event]:
        await node.raise_fence()
        return await queued(client, count)

    with monkeypatch.context() as patch:
        patch.setattr(upkeep, "queued", fenced_meanwhile)
        assert await node.keeper.archive(), "there is more to do"
    assert await node.mark("archived") == archived
    await node.keeper.archive()
    assert await node.mark("archived") == said.id


async def test_lost_announcements_are_found_where_ids_are_far_ahead_of_the_time(
    node: Node, own_redis: OwnRedis, tmp_path: Path
) -> None:
    _, now = await upkeep.clock_and_time(node.client)
    await node.raise_fence(id_at(now) + id_at(3_600_000))
    restart(own_redis)
    await node.meet_again()
    kept = own_redis.folder / "appendonlydir"
    shutil.copytree(kept, tmp_path / "copy")
    row = await node.join("lobby", "budi")
    await node.announcer.make_waiting()
    assert await node.waiting() == []
    own_redis.kill()
    shutil.rmtree(kept)
    shutil.copytree(tmp_path / "copy", kept)
    own_redis.start()
    await node.meet_again()
    assert [waits.key for waits in await node.waiting()] == [row.key]
    await node.announcer.make_waiting()
    assert await node.joined_events("budi") == 1
    async with node.database.read() as conn:
        member = await members.get(conn, "lobby", "budi")
    assert member is not None
    assert member.joined_id == await mirror.joined_id(node.client, "budi", "lobby")


async def test_a_fence_of_a_redis_that_died_meanwhile_is_begun_again(
    node: Node, own_redis: OwnRedis
) -> None:
    restart(own_redis)
    await asyncio.sleep(0.1)
    await node.client.call("PING")
    former = node.client.run_id
    restart(own_redis)
    await asyncio.sleep(0.1)
    with pytest.raises(LogAway):
        await upkeep.fence(node.client, former, 0, 0, node.client.keys.mirror("staged"), 1)
    assert not await upkeep.is_fenced(node.client)
    await node.meet_again()
    assert await upkeep.is_fenced(node.client)
    assert (await say(node, "hello")).id > 0


async def test_a_nonce_that_redis_lost_is_known_again_from_the_archive(
    node: Node, own_redis: OwnRedis
) -> None:
    first = await say(node, "hello", nonce="n1")
    while await node.keeper.archive():
        pass
    own_redis.kill()
    shutil.rmtree(own_redis.folder / "appendonlydir")
    own_redis.start()
    await node.meet_again()
    key = node.client.keys.once("ana", "lobby", "n1")
    kept = str(own_redis.ask("GET", key))
    assert kept.startswith(f"{first.id}:0:{first.at}:")
    assert 0 < own_redis.ask("TTL", key) <= append.NONCE_SECONDS
