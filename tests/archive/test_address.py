"""The URL of the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tornchat.archive.address import PostgresDatabase, SqliteFile, address_of
from tornchat.domain.errors import DatabaseUnusable


def test_a_path_of_sqlite_is_taken_literally() -> None:
    assert address_of("sqlite:////srv/a%20b?.db") == SqliteFile(Path("/srv/a%20b?.db"))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://ana:secret@db/tornchat", "tornchat at db"),
        ("postgres://ana:secret@db:5433/tornchat", "tornchat at db:5433"),
        ("postgresql+asyncpg://ana@[::1]:5433/tornchat", "tornchat at [::1]:5433"),
        ("postgresql:///tornchat", "tornchat at localhost"),
        ("postgresql://ana@/tornchat?host=/run/postgresql", "tornchat at /run/postgresql"),
        ("postgresql:///tornchat?host=/run/postgresql&port=1", "tornchat at /run/postgresql:1"),
        ("postgresql://one:5432,two:5432/tornchat", "tornchat at one:5432,two:5432"),
        ("postgresql://ana:secret@db/?dbname=tornchat", "tornchat at db"),
    ],
)
def test_a_postgresql_is_shown_without_its_password(given: str, shown: str) -> None:
    address = address_of(given)
    assert isinstance(address, PostgresDatabase)
    assert address.shown == shown
    assert address.url.startswith("postgresql://")
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql+psycopg2://ana:secret@db/tornchat",
        "postgresql://ana:secret@db",
        "postgresql://ana:secret@db/",
        "postgresql://ana:sec#ret@db/tornchat",
        "postgresql://ana:sec/ret@db/tornchat",
        "mysql://ana:secret@db/tornchat",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://ana:secret@host/file.db",
        "ana:secret@db",
        "",
    ],
)
def test_what_cannot_be_a_database_is_refused_without_showing_a_password(given: str) -> None:
    with pytest.raises(DatabaseUnusable) as refusal:
        address_of(given)
    assert "sec" not in refusal.value.detail
    assert "\n" not in refusal.value.detail
