"""Watermarks: ``archived`` (the log is in SQL up to here), ``fence`` (ids below were given) and
``pushed`` (who is to get a push of messages up to here was decided)."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.schema import marks

Mark = Literal["archived", "fence", "pushed"]


async def read(conn: AsyncConnection, name: Mark) -> int:
    query = select(marks.c.value).where(marks.c.name == name)
    return int((await conn.execute(query)).scalar_one())


async def holds(conn: AsyncConnection, name: Mark, value: int) -> bool:
    """Whether the mark is ``value``, and stays so until this transaction is over."""
    query = select(marks.c.value).where(marks.c.name == name).with_for_update()
    return int((await conn.execute(query)).scalar_one()) == value


async def raise_to(conn: AsyncConnection, name: Mark, value: int) -> int:
    """Raises the mark where it is lower; what it is afterwards."""
    await conn.execute(
        update(marks).where(marks.c.name == name, marks.c.value < value).values(value=value)
    )
    return await read(conn, name)
