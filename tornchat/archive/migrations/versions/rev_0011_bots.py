"""Addresses by which programs write in a room."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "hooks",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("room_id", sa.Text, nullable=False),
        sa.Column("bot_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hooks"),
        sa.UniqueConstraint("hash", name="uq_hooks_hash"),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name="fk_hooks_room_id"),
        sa.ForeignKeyConstraint(["bot_id"], ["users.id"], name="fk_hooks_bot_id"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_hooks_created_by"),
    )
    op.create_index("ix_hooks_room_id", "hooks", ["room_id"])
