"""The few things that SQLite and PostgreSQL spell differently or bound differently."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import CursorResult, Executable, Insert, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

_MOST_PARAMETERS = 1_000
"""Per statement; both databases stop at about 32,000."""


def insert_unless_there(
    conn: AsyncConnection, table: Table, on: Sequence[str] | None = None
) -> Insert:
    """An INSERT that skips rows in conflict: with the columns ``on``, or with any constraint.

    Unlike a caught IntegrityError it leaves a PostgreSQL transaction usable.
    """
    if conn.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # a tenth of a second that SQLite need not pay

        return postgresql.insert(table).on_conflict_do_nothing(index_elements=on)
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=on)


async def rows_changed(conn: AsyncConnection, statement: Executable) -> int:
    """Executes an INSERT, UPDATE or DELETE; how many rows it touched."""
    result = await conn.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount


def in_chunks(values: Collection[T]) -> Iterator[list[T]]:
    """Splits the values of an ``IN`` so that no statement has too many parameters."""
    rest = iter(values)
    while chunk := list(islice(rest, _MOST_PARAMETERS)):
        yield chunk
