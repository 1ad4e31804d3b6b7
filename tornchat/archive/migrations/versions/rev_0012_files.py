"""Files that people send, and what a message shows of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("messages", sa.Column("files", sa.Text))
    op.create_table(
        "files",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("has_thumb", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("room_id", sa.Text),
        sa.Column("dropped_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
    )
    op.create_index("ix_files_owner_id", "files", ["owner_id"])
    op.create_index("ix_files_message_id", "files", ["message_id"])
    unsent, dropped = sa.text("message_id IS NULL"), sa.text("dropped_at IS NOT NULL")
    op.create_index(
        "ix_files_unsent",
        "files",
        ["created_at"],
        sqlite_where=unsent,
        postgresql_where=unsent,
    )
    op.create_index(
        "ix_files_dropped",
        "files",
        ["dropped_at"],
        sqlite_where=dropped,
        postgresql_where=dropped,
    )
