"""What of a room concerns somebody, read markers that were put back, and Web Push."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("members", sa.Column("read_turn", sa.Integer, nullable=False, server_default="0"))
    op.add_column("members", sa.Column("level", sa.Text))
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("session_hash", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("p256dh", sa.Text, nullable=False),
        sa.Column("auth", sa.Text, nullable=False),
        sa.Column("text", sa.Boolean, nullable=False),
        sa.Column("quiet_until", sa.BigInteger),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscriptions"),
        sa.ForeignKeyConstraint(
            ["session_hash"],
            ["sessions.hash"],
            name="fk_push_subscriptions_session_hash",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_push_subscriptions_user_id"),
    )
    op.create_index("ix_push_subscriptions_session_hash", "push_subscriptions", ["session_hash"])
    op.create_index("ix_push_subscriptions_user_id", "push_subscriptions", ["user_id"])
    op.create_table(
        "push_deliveries",
        sa.Column("subscription_id", sa.Text, nullable=False),
        sa.Column("room_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "room_id", name="pk_push_deliveries"),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["push_subscriptions.id"],
            name="fk_push_deliveries_subscription_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_push_deliveries_due_at", "push_deliveries", ["due_at"])
    marks = sa.table("marks", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))
    op.bulk_insert(marks, [{"name": "pushed", "value": 0}])
