"""Run by Alembic; `archive.migrate` hands over the connection, with its transaction begun."""

from __future__ import annotations

from alembic import context

from tornchat.archive.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
