"""Settings of rooms, mutes, invitations, and who else has deleted a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("posting", sa.Text, nullable=False, server_default="all"))
    op.add_column("rooms", sa.Column("adding", sa.Text, nullable=False, server_default="all"))
    op.add_column("rooms", sa.Column("readable", sa.BigInteger))
    op.add_column("messages", sa.Column("deleted_by", sa.Text))
    op.create_table(
        "mutes",
        sa.Column("room_id", sa.Text, sa.ForeignKey("rooms.id"), nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "user_id", name="pk_mutes"),
    )
    op.create_table(
        "invites",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("room_id", sa.Text, sa.ForeignKey("rooms.id")),
        sa.Column("created_by", sa.Text, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_invites"),
        sa.UniqueConstraint("hash", name="uq_invites_hash"),
    )
    op.create_index("ix_invites_room_id", "invites", ["room_id"])
    op.create_index("ix_invites_created_by", "invites", ["created_by"])
