"""Brings a database to the version of this code; called once, before the workers start.

A database that already is there is recognised without SQLAlchemy and Alembic, because importing
those costs the better part of a second at every start.
"""

from __future__ import annotations

import os
from pathlib import Path

from tornchat.archive.address import Address, SqliteFile, address_of
from tornchat.archive.blocking import Conversation, converse
from tornchat.domain.errors import DatabaseUnusable

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Creates the database at ``url``, or upgrades it, or finds that nothing is to do.

    Raises `DatabaseUnusable`, in one line, where it cannot be used or was written by a newer
    Tornchat. It may be called by several processes at once: the first does the work. A PostgreSQL
    database must be there, and may be empty.
    """
    address = address_of(url)
    if isinstance(address, SqliteFile):
        _create(address.path)
    with converse(address) as database:
        found = _revision(database, address)
    if found != revisions()[-1]:
        _run_alembic(address)


def has_accounts(url: str) -> bool:
    """Whether anybody has an account in this database, which `upgrade` has seen before."""
    with converse(address_of(url)) as database:
        return bool(database.ask("SELECT 1 FROM users LIMIT 1"))


def revisions() -> list[str]:
    """Every revision that this code knows, oldest first, by the names of the files."""
    files = (_SCRIPTS / "versions").glob("rev_*.py")
    return sorted(file.name.split("_")[1] for file in files)


def _create(path: Path) -> None:
    """An empty file that only its owner may read: it will hold what people say in private."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if not path.is_file():
            raise DatabaseUnusable(f"The database {path} is not a file.") from None
    except OSError as error:
        raise DatabaseUnusable(f"The database {path} cannot be used: {error.strerror}.") from error


def _revision(database: Conversation, address: Address) -> str | None:
    """The revision of a database that can be written; None where it is empty."""
    tables = database.tables()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise DatabaseUnusable(f"The database {address.shown} belongs to another program.")
    rows = database.ask("SELECT version_num FROM alembic_version")
    return _known(address, str(rows[0][0])) if rows else None


def _known(address: Address, revision: str) -> str:
    known = revisions()
    if revision in known:
        return revision
    if revision.isdigit() and revision > known[-1]:
        raise DatabaseUnusable(
            f"The database {address.shown} was written by a newer Tornchat (revision {revision},"
            f" this one knows {known[-1]}): install that version again, or put a backup back."
        )
    raise DatabaseUnusable(
        f"The database {address.shown} has a revision that Tornchat never had ({revision[:40]!r})."
    )


def _run_alembic(address: Address) -> None:
    """One transaction for all revisions, with the write lock: another process waits, then sees."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import Connection, exc

    config = Config()
    # Alembic reads this as a configuration value, in which a % has a meaning.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))

    def to_the_newest(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    try:
        if isinstance(address, SqliteFile):
            from tornchat.archive import sqlite

            sqlite.in_one_transaction(address, to_the_newest)
        else:
            from tornchat.archive import postgres

            postgres.in_one_transaction(address, to_the_newest)
    except exc.DBAPIError as error:
        raise DatabaseUnusable(
            f"The database {address.shown} cannot be upgraded: {error.orig}."
        ) from error
