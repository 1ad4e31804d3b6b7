"""What search looks in; what is in the history already follows in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0009"
down_revision = "0008"

# detail=none: which messages have a trigram, and not where. The rest is asked of the text itself.
_SQLITE = (
    """CREATE VIRTUAL TABLE search_grams USING fts5(
        text, content='search', content_rowid='id', tokenize='trigram', detail='none'
    )""",
    """CREATE TRIGGER search_added AFTER INSERT ON search BEGIN
        INSERT INTO search_grams (rowid, text) VALUES (new.id, new.text);
    END""",
    """CREATE TRIGGER search_removed AFTER DELETE ON search BEGIN
        INSERT INTO search_grams (search_grams, rowid, text)
        VALUES ('delete', old.id, old.text);
    END""",
)


def upgrade() -> None:
    op.create_table(
        "search",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("room_id", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("traits", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("grams", sa.Text().with_variant(ARRAY(sa.Text), "postgresql")),
        sa.PrimaryKeyConstraint("id", name="pk_search"),
    )
    op.create_index("ix_search_room_id_id", "search", ["room_id", "id"])
    op.create_index("ix_search_author_id_id", "search", ["author_id", "id"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_search_grams", "search", ["grams"], postgresql_using="gin")
    else:
        for statement in _SQLITE:
            op.execute(statement)
    op.execute(
        "INSERT INTO marks (name, value)"
        " SELECT 'unindexed', max(id) FROM messages HAVING max(id) IS NOT NULL"
    )
