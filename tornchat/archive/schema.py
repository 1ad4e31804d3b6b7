"""The tables, in one MetaData. Times are unix milliseconds, ids of events are 53-bit integers.

A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    # JSON: domain.status, NULL where there is none.
    Column("status", Text),
    # Id of the picture in the folder of files.
    Column("avatar", Text),
    # JSON: what was chosen of domain.preferences.
    Column("settings", Text),
    # From when on the account is erased (chat.eraser): who has asked for that, and whether what
    # they wrote goes, too.
    Column("leaving_at", BigInteger),
    Column("leaving_by", Text),
    Column("leaving_whole", Boolean, nullable=False, server_default=false()),
    # Nothing but the place of an account is left since then.
    Column("deleted_at", BigInteger),
    Index(None, "avatar", unique=True),
)
Index(
    "ix_users_leaving",
    users.c.leaving_at,
    sqlite_where=users.c.leaving_at.is_not(None),
    postgresql_where=users.c.leaving_at.is_not(None),
)

# Usernames of accounts that were deleted, as digests: nobody comes in by the name of somebody who
# is remembered.
retired_names = Table(
    "retired_names",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("retired_at", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    # NULL for direct rooms and for archived ones, whose names are free again.
    Column("name_key", Text, unique=True),
    Column("description", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # NULL where the room was made from the shell, before there was anybody.
    Column("created_by", Text, ForeignKey("users.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("archived_at", BigInteger),
    # "all" or "staff": who may post, and who may add people.
    Column("posting", Text, nullable=False, server_default="all"),
    Column("adding", Text, nullable=False, server_default="all"),
    # The id above which everybody in it may read; NULL: as a room of its kind was made.
    Column("readable", BigInteger),
    # Ids of the people of a direct room, in their order: there is one for exactly these.
    Column("direct_key", Text),
    Index(None, "direct_key", unique=True),
)

members = Table(
    "members",
    metadata,
    Column("room_id", Text, ForeignKey("rooms.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True, index=True),
    Column("role", Text, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("joined_id", BigInteger),
    Column("last_read", BigInteger),
    # How many times the marker was put back, so that an older mark does not undo it.
    Column("read_turn", Integer, nullable=False, server_default="0"),
    # NULL for whoever has not chosen.
    Column("level", Text),
)

# Apart from the membership: whoever leaves and comes back is still muted.
mutes = Table(
    "mutes",
    metadata,
    Column("room_id", Text, ForeignKey("rooms.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("until", BigInteger, nullable=False),
)

invites = Table(
    "invites",
    metadata,
    Column("id", Text, primary_key=True),
    # Of the secret in the link, which is kept nowhere.
    Column("hash", Text, nullable=False, unique=True),
    # NULL: an invitation to the server, and no certain room.
    Column("room_id", Text, ForeignKey("rooms.id"), index=True),
    Column("created_by", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("used", Integer, nullable=False, server_default="0"),
    Column("revoked_at", BigInteger),
)

blocks = Table(
    "blocks",
    metadata,
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("blocked_id", Text, ForeignKey("users.id"), primary_key=True, index=True),
    Column("created_at", BigInteger, nullable=False),
)

# No foreign keys here: the log is the truth. A message of a room that this database has never
# heard of (an older backup was put back) must not block the archive for all that come after it.
messages = Table(
    "messages",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("room_id", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("nonce", Text),
    Column("reply_to", BigInteger),
    Column("reply_author", Text),
    Column("edited", BigInteger),
    Column("deleted", Boolean, nullable=False, server_default=false()),
    # Where that was not the author.
    Column("deleted_by", Text),
    Column("version", BigInteger, nullable=False),
    # JSON: emoji -> ids of users, NULL where there are none.
    Column("reactions", Text),
    Column("pinned_by", Text),
    Column("pinned_at", BigInteger),
    # JSON: ids of users, NULL where there are none.
    Column("mentions", Text),
    Column("here", Boolean, nullable=False, server_default=false()),
    # JSON: lists of what is shown of each; previews are [] where somebody took them away.
    Column("files", Text),
    Column("previews", Text),
    UniqueConstraint("author_id", "room_id", "nonce"),
    Index(None, "room_id", "id"),
)
# Nonces are forgotten after a day, see messages.forget_nonces.
Index(
    "ix_messages_nonce_at",
    messages.c.at,
    sqlite_where=messages.c.nonce.is_not(None),
    postgresql_where=messages.c.nonce.is_not(None),
)

Index(
    "ix_messages_pinned",
    messages.c.room_id,
    messages.c.pinned_at,
    sqlite_where=messages.c.pinned_at.is_not(None),
    postgresql_where=messages.c.pinned_at.is_not(None),
)

# Whom a message is for (`domain.mentions.concerned`), to count what is unread of that.
mentions = Table(
    "mentions",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("room_id", Text, primary_key=True),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("author_id", Text, nullable=False),
    Index(None, "message_id"),
)

# What has been uploaded, or fetched for a preview. No foreign keys: see messages.
files = Table(
    "files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("has_thumb", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # NULL until a message has it.
    Column("message_id", BigInteger, index=True),
    Column("room_id", Text),
    # From then on it is on its way out, and not served.
    Column("dropped_at", BigInteger),
)
Index(
    "ix_files_unsent",
    files.c.created_at,
    sqlite_where=files.c.message_id.is_(None),
    postgresql_where=files.c.message_id.is_(None),
)
Index(
    "ix_files_dropped",
    files.c.dropped_at,
    sqlite_where=files.c.dropped_at.is_not(None),
    postgresql_where=files.c.dropped_at.is_not(None),
)

# A row per message that is not deleted (`search.index`). SQLite has its trigrams in the virtual
# table `search_grams`, which triggers keep; PostgreSQL in `grams`.
search = Table(
    "search",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("room_id", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("traits", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("grams", Text().with_variant(ARRAY(Text), "postgresql")),
    Index(None, "room_id", "id"),
    Index(None, "author_id", "id"),
)
Index("ix_search_grams", search.c.grams, postgresql_using="gin").ddl_if(dialect="postgresql")

outbox = Table(
    "outbox",
    metadata,
    Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("key", Text, nullable=False, unique=True),
    Column("payload", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("announced_id", BigInteger),
    Column("announced_at", BigInteger),
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_waiting",
    outbox.c.id,
    sqlite_where=outbox.c.announced_at.is_(None),
    postgresql_where=outbox.c.announced_at.is_(None),
)

hooks = Table(
    "hooks",
    metadata,
    Column("id", Text, primary_key=True),
    # SHA-256 (hex) of what stands in its address.
    Column("hash", Text, nullable=False, unique=True),
    Column("room_id", Text, ForeignKey("rooms.id"), nullable=False, index=True),
    Column("bot_id", Text, ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_by", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("room_id", Text, ForeignKey("rooms.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    # As it is: what is sent is signed with it.
    Column("secret", Text, nullable=False),
    Column("created_by", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # The last event that was taken there.
    Column("cursor", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("failing_since", BigInteger),
    Column("ended_at", BigInteger),
    Column("reason", Text),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# Where a browser takes pushes. They go with the session that made them.
push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    Column("id", Text, primary_key=True),
    Column(
        "session_hash",
        Text,
        ForeignKey("sessions.hash", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    Column("endpoint", Text, nullable=False),
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("text", Boolean, nullable=False),
    Column("quiet_until", BigInteger),
    Column("since", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# What is to be pushed: one row for all that waits of a room for a browser.
push_deliveries = Table(
    "push_deliveries",
    metadata,
    Column(
        "subscription_id",
        Text,
        ForeignKey("push_subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("room_id", Text, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
)

installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# What administrators and people did (`domain.audit`). Rows are only ever added, and swept when they
# are old. No foreign keys: what was done stays done, whoever is gone.
audit = Table(
    "audit",
    metadata,
    Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("at", BigInteger, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    # NULL where it was a stranger, or a command of the shell.
    Column("actor_id", Text),
    Column("user_id", Text),
    Column("room_id", Text),
    Column("address", Text, nullable=False),
    Column("device", Text, nullable=False),
    # JSON: what else there is to say, never a secret nor what people say.
    Column("detail", Text),
    Index(None, "kind", "id"),
    Index(None, "actor_id", "id"),
    Index(None, "user_id", "id"),
    sqlite_autoincrement=True,
)

# What administrators have chosen of the settings that can be changed while the server runs.
choices = Table(
    "choices",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
