"""What the queries return. Times are unix milliseconds, ``*_id`` of events are 53-bit integers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from tornchat.domain.attention import Level

Role = Literal["admin", "member", "bot"]
SeatRole = Literal["owner", "moderator", "member"]
Who = Literal["all", "staff"]
"""Everybody in a room, or its owners and moderators."""
RoomKind = Literal["open", "private", "direct"]
SessionKind = Literal["cookie", "token"]


@dataclass(frozen=True, slots=True)
class User:
    id: str
    username: str
    display_name: str
    role: Role
    created_at: int
    disabled_at: int | None
    password_hash: str | None = field(repr=False)
    status: str | None = None
    """As JSON (`domain.status`)."""
    avatar: str | None = None
    """Id of the picture (`chat.avatars`)."""
    leaving_at: int | None = None
    leaving_by: str | None = None
    """From when on the account is erased, and the id of who has asked for that."""
    deleted_at: int | None = None
    """Nothing but the place of the account is left since then."""

    @property
    def bot(self) -> bool:
        """Whether it is a program."""
        return self.role == "bot"

    @property
    def disabled(self) -> bool:
        """Whether the account is closed."""
        return self.disabled_at is not None

    @property
    def deleted(self) -> bool:
        """Whether nothing but its place is left."""
        return self.deleted_at is not None


@dataclass(frozen=True, slots=True)
class Session:
    """``hash`` is the SHA-256 (hex) of a token that only its owner has."""

    hash: str
    user_id: str
    kind: SessionKind
    label: str
    created_at: int
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class LiveSession:
    """What the mirror keeps of a session."""

    hash: str
    user_id: str
    kind: SessionKind
    expires_at: int | None
    role: Role


@dataclass(frozen=True, slots=True)
class Room:
    """``created_by`` is None where the room was made from the shell.

    ``readable`` is the id above which everybody in it may read, None where that follows from
    its kind (`domain.conduct.READABLE`).
    """

    id: str
    name: str | None
    kind: RoomKind
    description: str
    created_by: str | None
    created_at: int
    archived_at: int | None
    posting: Who = "all"
    adding: Who = "all"
    readable: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """``joined_id`` is None until the log has announced the membership, ``level`` until it was
    chosen; ``read_turn`` is how many times ``last_read`` was put back."""

    room_id: str
    user_id: str
    role: SeatRole
    joined_at: int
    joined_id: int | None
    last_read: int | None
    read_turn: int
    level: Level | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A room as one of its members has it; ``members`` is how many there are. ``muted``: until when
    that one is, None where never."""

    room: Room
    member: Member
    members: int
    muted: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A room as somebody outside may find it; ``members`` is how many there are, ``last`` the id
    of its last message that the archive has, None where there is none."""

    room: Room
    members: int
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A member as the others see it; ``role`` is the one in the room, ``muted`` until when they
    are, None where never."""

    id: str
    username: str
    display_name: str
    role: SeatRole
    disabled: bool
    bot: bool
    status: str | None = None
    avatar: str | None = None
    deleted: bool = False
    muted: int | None = None


@dataclass(frozen=True, slots=True)
class Invite:
    """``hash`` is that of the secret in the link; ``uses`` how often it may be used, ``used`` how
    often it was. ``room_id`` is None for an invitation to the server alone."""

    id: str
    room_id: str | None
    created_by: str
    created_at: int
    expires_at: int
    uses: int
    used: int
    revoked_at: int | None

    def good(self, now: int) -> bool:
        """Whether it lets somebody in at ``now`` (unix ms)."""
        return self.revoked_at is None and self.expires_at > now and self.used < self.uses


@dataclass(frozen=True, slots=True)
class File:
    """What was uploaded by ``owner_id``, or fetched for a message of theirs. Sizes are in bytes and
    pixels; ``message_id`` and ``room_id`` are None until SQL knows of a message that has it."""

    id: str
    owner_id: str
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    has_thumb: bool
    created_at: int
    message_id: int | None = None
    room_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An announcement; the log appends it once per ``key``."""

    id: int
    key: str
    payload: dict[str, Any]
    created_at: int
    announced_id: int | None = None
    announced_at: int | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """An address by which whoever knows it may write in a room, as the bot ``bot_id``."""

    id: str
    room_id: str
    bot_id: str
    name: str
    created_by: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told what is said in a room. ``cursor`` is the last event that was taken
    there; ``next_at`` when it is tried again; ``ended_at`` when it was given up, and why."""

    id: str
    room_id: str
    url: str
    secret: str = field(repr=False)
    created_by: str
    created_at: int
    cursor: int
    tries: int = 0
    next_at: int = 0
    failing_since: int | None = None
    ended_at: int | None = None
    reason: str | None = None
