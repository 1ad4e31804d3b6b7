"""Direct rooms: one for exactly these people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("direct_key", sa.Text))
    op.create_index("ix_rooms_direct_key", "rooms", ["direct_key"], unique=True)
