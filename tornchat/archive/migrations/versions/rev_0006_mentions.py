"""Whom messages call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("messages", sa.Column("mentions", sa.Text))
    op.add_column(
        "messages", sa.Column("here", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "mentions",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("room_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "room_id", "message_id", name="pk_mentions"),
    )
    op.create_index("ix_mentions_message_id", "mentions", ["message_id"])
