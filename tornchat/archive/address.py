"""Where the database is: its URL, read without importing a driver (start-up time matters)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tornchat.domain.errors import DatabaseUnusable

_SQLITE_SCHEMES = ("sqlite", "sqlite+aiosqlite")
_PLACES = re.compile(r"[A-Za-z0-9._%:,\[\]-]*")
_POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A file; ``shown`` is how lines for people name it."""

    path: Path

    @property
    def shown(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """One database of a PostgreSQL. ``url`` may hold a password; ``shown`` does not."""

    url: str = field(repr=False)
    shown: str


Address = SqliteFile | PostgresDatabase


def address_of(url: str) -> Address:
    """What ``sqlite:///PATH`` (taken literally) or ``postgresql://USER@HOST/NAME`` stands for.

    Raises `DatabaseUnusable` for anything else. The URL itself is never quoted in the error,
    because it may hold a password.
    """
    scheme, found, rest = url.partition("://")
    if found and scheme in _SQLITE_SCHEMES:
        return _sqlite(rest)
    if found and scheme in _POSTGRES_SCHEMES:
        return _postgres(f"postgresql://{rest}")
    shown = scheme if found and scheme.replace("+", "").isalnum() else "something else"
    raise DatabaseUnusable(
        "The database must be given as sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME;"
        f" this is {shown}."
    )


def _sqlite(rest: str) -> SqliteFile:
    if not rest.startswith("/") or len(rest) == 1 or rest.startswith("/:memory:"):
        raise DatabaseUnusable("The database must be a file: sqlite:///PATH (three slashes).")
    if "\x00" in rest:
        raise DatabaseUnusable("The path of the database holds a NUL character.")
    return SqliteFile(Path(rest[1:]))


def _postgres(url: str) -> PostgresDatabase:
    parts = urlsplit(url)
    # As asyncpg understands it: one host or several, or the folder of a unix socket.
    places = parts.netloc.rpartition("@")[2]
    options = parse_qs(parts.query)
    if parts.fragment or "@" in parts.path or not _PLACES.fullmatch(places):
        raise DatabaseUnusable(
            "The URL of the database is not understood: write special characters of the password"
            " as %XX."
        )
    name = parts.path[1:] or options.get("dbname", options.get("database", [""]))[-1]
    if not name:
        raise DatabaseUnusable(
            "The URL names no database: write postgresql://USER:PASSWORD@HOST/NAME."
        )
    if not places:
        places = ":".join([*options.get("host", ["localhost"])[-1:], *options.get("port", [])[-1:]])
    return PostgresDatabase(url, f"{name} at {places}")
