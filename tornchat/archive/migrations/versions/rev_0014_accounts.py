"""Pictures and settings of people, and accounts that are deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("users", sa.Column("avatar", sa.Text))
    op.add_column("users", sa.Column("settings", sa.Text))
    op.add_column("users", sa.Column("leaving_at", sa.BigInteger))
    op.add_column("users", sa.Column("leaving_by", sa.Text))
    op.add_column(
        "users", sa.Column("leaving_whole", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("users", sa.Column("deleted_at", sa.BigInteger))
    op.create_index("ix_users_avatar", "users", ["avatar"], unique=True)
    leaving = sa.text("leaving_at IS NOT NULL")
    op.create_index(
        "ix_users_leaving",
        "users",
        ["leaving_at"],
        sqlite_where=leaving,
        postgresql_where=leaving,
    )
    op.create_table(
        "retired_names",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("retired_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_retired_names"),
    )
