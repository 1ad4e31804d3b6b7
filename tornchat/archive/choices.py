"""What administrators have chosen of the settings that can be changed while the server runs."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tornchat.archive.schema import choices
from tornchat.archive.sql import insert_unless_there

Choice = Literal["signup"]


async def read(conn: AsyncConnection, name: Choice) -> str | None:
    """None where nobody has chosen."""
    query = select(choices.c.value).where(choices.c.name == name)
    return (await conn.execute(query)).scalar_one_or_none()


async def write(conn: AsyncConnection, name: Choice, value: str) -> None:
    there = insert_unless_there(conn, choices, on=["name"])
    await conn.execute(there.values(name=name, value=value))
    await conn.execute(update(choices).where(choices.c.name == name).values(value=value))
