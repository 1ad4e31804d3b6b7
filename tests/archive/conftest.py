"""A migrated database, SQLite and PostgreSQL in turn, and a cast.

Ana, Budi and Citra are in it, and the rooms Lobby and Kitchen.
A test that takes ``path`` is about the file: it runs on SQLite alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from probes.postgres import PostgresServer

from tests.furnished import new_database
from tornchat.archive import members, rooms, users
from tornchat.archive.engine import Database
from tornchat.archive.migrate import upgrade
from tornchat.archive.schema import metadata

NOW = 1_700_000_000_000
FRESH = "INSERT INTO marks (name, value) VALUES ('archived', 0), ('fence', 0)"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of a database is one of both."""
    if "url" in metafunc.fixturenames:
        kinds = ["sqlite"] if "path" in metafunc.fixturenames else ["sqlite", "postgresql"]
        metafunc.parametrize("url", kinds, indirect=True)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tornchat.db"


@pytest.fixture(scope="session")
def used_archive(postgres: PostgresServer) -> str:
    """A database at the newest revision that all tests share."""
    postgres.sql("CREATE DATABASE archive", "postgres")
    upgrade(postgres.url_of("archive"))
    return "archive"


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that is at the newest revision, and empty."""
    if request.param == "postgresql":
        used: str = request.getfixturevalue("used_archive")
        server: PostgresServer = request.getfixturevalue("postgres")
        emptied = [f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables)]  # noqa: S608
        server.sql(";".join([*emptied, FRESH]), used)
        return server.url_of(used)
    new_database(tmp_path / "tornchat.db")
    return f"sqlite:///{tmp_path / 'tornchat.db'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
async def cast(database: Database) -> Database:
    """Ana, Budi and Citra have accounts; Ana is in the open Lobby and the private Kitchen."""
    async with database.write() as conn:
        for number, name in enumerate(("Ana", "Budi", "Citra")):
            await users.add(
                conn,
                user_id=name.lower(),
                username=name,
                display_name=name,
                password_hash=None,
                role="admin" if number == 0 else "member",
                now=NOW + number,
            )
        for room_id, name, kind in (("lobby", "Lobby", "open"), ("kitchen", "Kitchen", "private")):
            await rooms.add(
                conn,
                room_id=room_id,
                name=name,
                kind=kind,  # type: ignore[arg-type]
                description="",
                created_by="ana",
                now=NOW,
            )
            await members.add(conn, room_id=room_id, user_id="ana", role="owner", now=NOW)
    return database
