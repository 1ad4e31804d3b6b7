"""The database under load, in several processes, with cancelled requests, and away."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tornchat.archive import marks
from tornchat.archive.address import SqliteFile
from tornchat.archive.engine import Database
from tornchat.archive.migrate import upgrade
from tornchat.archive.sqlite import state as sqlite_state
from tornchat.domain.errors import DatabaseAway

pytestmark = pytest.mark.anyio

ADD_ONE = text("UPDATE marks SET value = value + 1 WHERE name = 'archived'")
# Long enough to be met in the middle, a few milliseconds.
COUNT = text(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000)"
    " SELECT count(*) FROM n"
)


async def archived(database: Database) -> int:
    async with database.read() as conn:
        return await marks.read(conn, "archived")


async def add_one(database: Database) -> None:
    """Reads first and writes then, which is what meets locks elsewhere."""
    async with database.write() as conn:
        await marks.read(conn, "archived")
        await conn.execute(ADD_ONE)


def delete(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def list_of_files(path: Path) -> list[str]:
    return [file.name for file in path.parent.glob(path.name + "*")]


async def test_what_a_block_wrote_is_there_after_it_and_not_before(database: Database) -> None:
    async with database.write() as conn:
        await conn.execute(ADD_ONE)
        assert await archived(database) == 0
    assert await archived(database) == 1


async def test_what_anybody_writes_changes_the_state_and_nothing_else_does(
    database: Database, path: Path
) -> None:
    await add_one(database)
    assert database.state() is None  # just now: there may be more in the same moment

    def later() -> object | None:
        return sqlite_state(SqliteFile(path), time.time() + 60)

    seen = []
    for _ in range(3):
        seen.append(later())
        assert await archived(database) == len(seen)
        assert later() == seen[-1]
        await asyncio.sleep(0.02)  # longer than what a file system takes for one moment
        await add_one(database)
    assert None not in seen
    assert len(set(seen)) == 3


async def test_a_block_that_raises_leaves_nothing_behind(database: Database) -> None:
    async def change_my_mind() -> None:
        async with database.write() as conn:
            await conn.execute(ADD_ONE)
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await change_my_mind()
    assert await archived(database) == 0


async def test_a_connection_for_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseAway):
        async with database.read() as conn:
            await conn.execute(ADD_ONE)
    assert await archived(database) == 0


async def test_many_writers_in_one_process_all_get_their_turn(database: Database) -> None:
    await asyncio.gather(*(add_one(database) for _ in range(60)))
    assert await archived(database) == 60


async def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    async with database.write() as conn:
        await conn.execute(ADD_ONE)
        async with asyncio.timeout(4):
            await database.ping()


WRITER = """
import asyncio, sys
from sqlalchemy import text
from tornchat.archive import marks
from tornchat.archive.address import SqliteFile
from tornchat.archive.engine import Database

async def main():
    database = Database(sys.argv[1])
    for _ in range(50):
        async with database.write() as conn:
            await marks.read(conn, "archived")
            await conn.execute(text("UPDATE marks SET value = value + 1 WHERE name = 'archived'"))
    await database.close()

asyncio.run(main())
"""


async def test_processes_that_write_at_once_lose_nothing_and_never_meet_a_lock(
    database: Database, url: str
) -> None:
    others = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url) for _ in range(2)
    ]
    for _ in range(50):
        await add_one(database)
    async with asyncio.timeout(120):
        assert [await other.wait() for other in others] == [0, 0]
    assert await archived(database) == 150


async def test_cancelled_tasks_neither_keep_the_write_lock_nor_a_connection(
    database: Database, url: str
) -> None:
    async def read() -> None:
        async with database.read() as conn:
            await conn.execute(COUNT)

    chance = random.Random(1)
    cancelled = 0
    async with asyncio.timeout(60):
        for _ in range(60):
            tasks = [
                asyncio.create_task(add_one(database) if chance.random() < 0.5 else read())
                for _ in range(6)
            ]
            await asyncio.sleep(chance.random() * 0.01)
            for task in tasks:
                if chance.random() < 0.7:
                    task.cancel()
                    if chance.random() < 0.3:
                        await asyncio.sleep(0)
                        task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            cancelled += sum(isinstance(o, asyncio.CancelledError) for o in outcomes)
            assert not [o for o in outcomes if isinstance(o, Exception)]
        assert cancelled > 50
        await asyncio.gather(*(read() for _ in range(6)), add_one(database))
    other = Database(url)
    async with asyncio.timeout(4):  # less than a lock is waited for
        await add_one(other)
    await other.close()


async def test_a_cancelled_write_is_undone(database: Database) -> None:
    written = asyncio.Event()

    async def write() -> None:
        async with database.write() as conn:
            await conn.execute(ADD_ONE)
            written.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await archived(database) == 0
    await add_one(database)


async def test_a_conflict_is_left_for_the_caller_to_name(database: Database) -> None:
    again = text("INSERT INTO marks (name, value) VALUES ('fence', 1)")
    with pytest.raises(IntegrityError):
        async with database.write() as conn:
            await conn.execute(again)


async def test_a_missing_file_is_a_database_away_and_is_not_made_anew(
    database: Database, path: Path
) -> None:
    delete(path)
    with pytest.raises(DatabaseAway):
        await database.ping()
    with pytest.raises(DatabaseAway):
        await add_one(database)
    assert list_of_files(path) == []


async def test_a_database_deleted_while_the_server_runs_is_noticed_at_once(
    database: Database, path: Path
) -> None:
    await database.ping()
    delete(path)
    with pytest.raises(DatabaseAway):
        await database.ping()


async def test_a_backup_put_in_its_place_is_used_from_then_on(
    database: Database, path: Path, tmp_path: Path
) -> None:
    await add_one(database)
    other = tmp_path / "backup.db"
    upgrade(f"sqlite:///{other}")
    with sqlite3.connect(other) as backup:
        backup.execute("UPDATE marks SET value = 7 WHERE name = 'archived'")
    backup.close()
    other.replace(path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert await archived(database) == 7


async def test_a_file_that_is_no_database_is_a_database_away(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.db"
    rubbish.write_bytes(b"x" * 8192)
    database = Database(f"sqlite:///{rubbish}")
    with pytest.raises(DatabaseAway):
        await database.ping()
    await database.close()


async def test_a_lock_held_for_long_is_a_database_away_and_then_it_is_back(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornchat.archive.driver.BUSY_MS", 50)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseAway):
        await add_one(database)
    other.execute("ROLLBACK")
    other.close()
    await add_one(database)
    assert await archived(database) == 1


async def test_a_full_disk_is_a_database_away(database: Database, path: Path) -> None:
    async def fill_it() -> None:
        async with database.write() as conn:
            (pages,) = (await conn.execute(text("PRAGMA page_count"))).one()
            await conn.execute(text(f"PRAGMA max_page_count = {pages}"))
            await conn.execute(
                text("UPDATE alembic_version SET version_num = :long"), {"long": "x" * 1_000_000}
            )

    with pytest.raises(DatabaseAway):
        await fill_it()


async def test_a_write_is_durable_and_checked(database: Database, path: Path) -> None:
    async with database.write() as conn:
        found = {
            name: (await conn.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_a_path_is_taken_as_it_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "50% off? #1 ünï"
    folder.mkdir()
    url = f"sqlite:///{folder}/tornchat.db"
    upgrade(url)
    database = Database(url)
    await database.ping()
    await database.close()
    assert (folder / "tornchat.db").is_file()
