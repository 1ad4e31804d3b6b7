"""Where the database is: its URL, read without importing SQLAlchemy (start-up time matters)."""

from __future__ import annotations

from pathlib import Path

from tornchat.domain.errors import DatabaseUnusable

_SQLITE_SCHEMES = ("sqlite", "sqlite+aiosqlite")


def sqlite_path(url: str) -> Path:
    """The file of ``sqlite:///relative`` or ``sqlite:////absolute``, taken literally.

    Raises `DatabaseUnusable` for anything else. The URL itself is never quoted in the error,
    because it may hold a password.
    """
    scheme, found, rest = url.partition("://")
    if not found or scheme not in _SQLITE_SCHEMES:
        shown = scheme if found and scheme.replace("+", "").isalnum() else "something else"
        raise DatabaseUnusable(
            f"The database must be given as sqlite:///PATH (SQLite); this is {shown}."
        )
    if not rest.startswith("/") or len(rest) == 1 or rest.startswith("/:memory:"):
        raise DatabaseUnusable("The database must be a file: sqlite:///PATH (three slashes).")
    if "\x00" in rest:
        raise DatabaseUnusable("The path of the database holds a NUL character.")
    return Path(rest[1:])
