"""What a database is a part of: one log in one Redis, of one space, and nodes with one secret.

A node compares that with its own before it serves (`tornchat.nodes`), so this is asked without an
event loop.
"""

from __future__ import annotations

from typing import Literal

from tornchat.archive.blocking import Conversation

Fact = Literal["id", "space", "secret"]
FACTS: tuple[Fact, ...] = ("id", "space", "secret")


def read(database: Conversation) -> dict[str, str]:
    """The facts that are known: none in a new database, empty ones after `forget`.

    ``id`` stands in Redis too, ``secret`` is what the secret can be recognised by.
    """
    return dict(database.ask("SELECT name, value FROM installation"))


def write(database: Conversation, fact: Fact, value: str) -> None:
    """Notes a fact, whatever it was before."""
    database.ask(
        "INSERT INTO installation (name, value) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        fact,
        value,
    )


def forget(database: Conversation) -> None:
    """Leaves it to the next node that starts."""
    for fact in FACTS:
        write(database, fact, "")
