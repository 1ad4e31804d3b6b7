"""Whose message a reply answers, and which messages are pinned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("messages", sa.Column("reply_author", sa.Text))
    op.add_column("messages", sa.Column("pinned_by", sa.Text))
    op.add_column("messages", sa.Column("pinned_at", sa.BigInteger))
    pinned = sa.text("pinned_at IS NOT NULL")
    op.create_index(
        "ix_messages_pinned",
        "messages",
        ["room_id", "pinned_at"],
        sqlite_where=pinned,
        postgresql_where=pinned,
    )
