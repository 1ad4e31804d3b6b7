"""Brings a database to the version of this code; called once, before the workers start.

A database that already is there is recognised with the standard library alone, because importing
SQLAlchemy and Alembic costs the better part of a second at every start.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from tornchat.archive.address import sqlite_path
from tornchat.domain.errors import DatabaseUnusable

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK_WAIT_S = 5.0


def upgrade(url: str) -> None:
    """Creates the database at ``url``, or upgrades it, or finds that nothing is to do.

    Raises `DatabaseUnusable`, in one line, where it cannot be used or was written by a newer
    Tornchat. It may be called by several processes at once: the first does the work.
    """
    path = sqlite_path(url)
    try:
        _create(path)
        if _revision(path) != revisions()[-1]:
            _run_alembic(path)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DatabaseUnusable(f"The database {path} cannot be used: {reason}.") from error


def has_accounts(url: str) -> bool:
    """Whether anybody has an account in this database, which `upgrade` has seen before."""
    connection = sqlite3.connect(sqlite_path(url), timeout=_LOCK_WAIT_S)
    try:
        return connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None
    finally:
        connection.close()


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


def _revision(path: Path) -> str | None:
    """The revision of a database that can be written; None where it is empty."""
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=rw",
        uri=True,
        timeout=_LOCK_WAIT_S,
        isolation_level=None,
    )
    try:
        connection.execute("BEGIN IMMEDIATE")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise DatabaseUnusable(f"The database {path} belongs to another program.")
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    finally:
        connection.close()
    return _known(path, str(rows[0][0])) if rows else None


def _known(path: Path, revision: str) -> str:
    known = revisions()
    if revision in known:
        return revision
    if revision.isdigit() and revision > known[-1]:
        raise DatabaseUnusable(
            f"The database {path} was written by a newer Tornchat (revision {revision}, this one"
            f" knows {known[-1]}): install that version again, or put a backup back."
        )
    raise DatabaseUnusable(
        f"The database {path} has a revision that Tornchat never had ({revision[:40]!r})."
    )


def _run_alembic(path: Path) -> None:
    """One transaction for all revisions, with the write lock: another process waits, then sees."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, exc
    from sqlalchemy.pool import NullPool

    from tornchat.archive.driver import open_file
    from tornchat.archive.sqlite import take_the_write_lock_first

    config = Config()
    # Alembic reads this as a configuration value, in which a % has a meaning.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    engine = create_engine(
        "sqlite://", creator=lambda: open_file(path, foreign_keys=False), poolclass=NullPool
    )
    take_the_write_lock_first(engine)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except exc.DBAPIError as error:
        raise DatabaseUnusable(f"The database {path} cannot be upgraded: {error.orig}.") from error
