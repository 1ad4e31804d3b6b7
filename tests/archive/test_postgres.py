"""What is PostgreSQL's own: refusals at the start, and a server that goes away and comes back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from probes.postgres import PASSWORD, PostgresServer
from sqlalchemy import Connection, text

from tornchat.archive import marks
from tornchat.archive.address import PostgresDatabase, address_of
from tornchat.archive.engine import Database
from tornchat.archive.migrate import has_accounts, revisions, upgrade
from tornchat.archive.postgres import in_one_transaction
from tornchat.archive.postgres_driver import TAKE_WRITE_LOCK
from tornchat.archive.schema import metadata
from tornchat.domain.errors import DatabaseAway, DatabaseUnusable

UPGRADE = "import sys; from tornchat.archive.migrate import upgrade; upgrade(sys.argv[1])"
ADD_ONE = text("UPDATE marks SET value = value + 1 WHERE name = 'archived'")


@pytest.fixture
def empty(postgres: PostgresServer, request: pytest.FixtureRequest) -> str:
    """The URL of a new database without tables."""
    name = request.node.name.removeprefix("test_")[:40]
    postgres.sql(f"CREATE DATABASE {name}", "postgres")
    return postgres.url_of(name)


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL for this module alone, which may be killed."""
    server = PostgresServer(tmp_path_factory.mktemp("mortal"))
    server.start()
    upgrade(server.url)
    yield server
    server.remove()


def refusal(url: str) -> str:
    with pytest.raises(DatabaseUnusable) as refused:
        upgrade(url)
    line = refused.value.detail
    assert "\n" not in line
    assert PASSWORD not in line
    assert "s3cret" not in line
    return line


# -- the start


def test_an_empty_database_is_filled_by_whoever_comes_first_and_used_by_the_others(
    empty: str,
) -> None:
    both = [subprocess.Popen([sys.executable, "-c", UPGRADE, empty]) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert not has_accounts(empty)

    def compare(connection: Connection) -> None:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        assert found == revisions()[-1]

    address = address_of(empty)
    assert isinstance(address, PostgresDatabase)
    in_one_transaction(address, compare)


def test_an_upgrade_where_nothing_is_to_do_imports_no_sqlalchemy(mortal: PostgresServer) -> None:
    program = f"{UPGRADE}; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program, mortal.url], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "False"


def test_a_unix_socket_is_a_way_in(mortal: PostgresServer) -> None:
    upgrade(mortal.socket_url)


def test_a_wrong_password_is_said_and_not_shown(postgres: PostgresServer) -> None:
    url = f"postgresql://tornchat:s3cret@127.0.0.1:{postgres.port}/tornchat"
    assert 'refuses: password authentication failed for user "tornchat"' in refusal(url)


def test_a_missing_database_is_said_with_what_makes_it(postgres: PostgresServer) -> None:
    line = refusal(postgres.url_of("nowhere"))
    assert 'database "nowhere" does not exist; make it with createdb' in line


def test_a_server_that_is_not_there_is_said() -> None:
    line = refusal("postgresql://ana:s3cret@127.0.0.1:1/tornchat")
    assert line == "The database tornchat at 127.0.0.1:1 cannot be reached: Connection refused."


def test_an_option_of_the_url_that_makes_no_sense_is_said_without_the_url() -> None:
    assert "not understood" in refusal("postgresql://ana:s3cret@127.0.0.1:1/x?sslmode=s3cret")


def test_a_database_that_cannot_hold_every_character_is_refused(postgres: PostgresServer) -> None:
    postgres.sql(
        "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0", "postgres"
    )
    assert "its encoding is SQL_ASCII" in refusal(postgres.url_of("bytes"))


def test_the_database_of_another_program_or_of_a_newer_version_is_refused(
    postgres: PostgresServer, empty: str
) -> None:
    name = empty.rpartition("/")[2]
    postgres.sql("CREATE TABLE recipes (name text)", name)
    assert "another program" in refusal(empty)
    postgres.sql("CREATE TABLE alembic_version (version_num text)", name)
    postgres.sql("INSERT INTO alembic_version VALUES ('9999')", name)
    assert "newer Tornchat" in refusal(empty)


def test_an_account_that_may_make_no_tables_is_said(postgres: PostgresServer) -> None:
    postgres.sql("CREATE ROLE guest LOGIN PASSWORD 's3cret'; CREATE DATABASE closed", "postgres")
    postgres.sql("REVOKE CREATE ON SCHEMA public FROM public", "closed")
    line = refusal(f"postgresql://guest:s3cret@127.0.0.1:{postgres.port}/closed")
    assert "cannot be upgraded" in line
    assert "permission denied for schema public" in line


# -- away, and back


@pytest.mark.anyio
async def test_a_killed_server_is_away_and_nobody_meets_its_dead_connections(
    mortal: PostgresServer,
) -> None:
    database = Database(mortal.url)
    await add_one(database)
    before = await archived(database)
    mortal.kill()
    for _ in range(2):
        with pytest.raises(DatabaseAway):
            await archived(database)
        with pytest.raises(DatabaseAway):
            await add_one(database)
    with pytest.raises(DatabaseAway):
        await database.ping()
    await asyncio.to_thread(mortal.start)
    assert await archived(database) == before
    mortal.kill()
    await asyncio.to_thread(mortal.start)
    await asyncio.gather(*(archived(database) for _ in range(8)), add_one(database))
    await database.ping()
    assert await archived(database) == before + 1
    await database.close()


@pytest.mark.anyio
async def test_a_frozen_server_is_away_and_then_it_is_back(
    mortal: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornchat.archive.postgres_driver.ANSWER_S", 2.0)
    database = Database(mortal.url)
    await add_one(database)
    before = await archived(database)
    monkeypatch.setattr("tornchat.archive.postgres_driver.CONNECT_S", 0.5)
    mortal.pause()
    try:
        for _ in range(2):
            with pytest.raises(DatabaseAway):
                await add_one(database)
            with pytest.raises(DatabaseAway):
                await database.ping()
    finally:
        mortal.go_on()
    monkeypatch.undo()
    async with asyncio.timeout(60):
        while True:
            try:
                await add_one(database)
                break
            except DatabaseAway:
                await asyncio.sleep(0.1)
    assert await archived(database) == before + 1
    await database.close()


@pytest.mark.anyio
async def test_a_write_lock_held_for_too_long_is_a_database_away(
    mortal: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornchat.archive.postgres_driver.LOCK_S", 1)
    database, other = Database(mortal.url), Database(mortal.url)
    async with other.read() as conn:
        await conn.execute(text(TAKE_WRITE_LOCK.replace("_xact", "")))
        with pytest.raises(DatabaseAway):
            await add_one(database)
        await conn.execute(text("SELECT pg_advisory_unlock_all()"))
    await add_one(database)
    await database.close()
    await other.close()


@pytest.mark.anyio
async def test_a_worker_frozen_in_a_transaction_lets_the_others_write_again(
    mortal: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornchat.archive.postgres_driver.IDLE_S", 1)
    frozen, other = Database(mortal.url), Database(mortal.url)

    async def freeze() -> None:
        async with frozen.write() as conn:
            await conn.execute(ADD_ONE)
            before.append(await marks.read(conn, "archived") - 1)
            await asyncio.gather(add_one(other))
            await conn.execute(ADD_ONE)

    before: list[int] = []
    with pytest.raises(DatabaseAway):
        await freeze()
    assert await archived(other) == before[0] + 1
    await frozen.close()
    await other.close()


async def archived(database: Database) -> int:
    async with database.read() as conn:
        return await marks.read(conn, "archived")


async def add_one(database: Database) -> None:
    async with database.write() as conn:
        await conn.execute(ADD_ONE)
