"""What the queries return. Times are unix milliseconds, ``*_id`` of events are 53-bit integers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from tornchat.domain.attention import Level

Role = Literal["admin", "member", "bot"]
SeatRole = Literal["owner", "member"]
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

    @property
    def bot(self) -> bool:
        """Whether it is a program."""
        return self.role == "bot"

    @property
    def disabled(self) -> bool:
        """Whether the account is closed."""
        return self.disabled_at is not None


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
    """``created_by`` is None where the room was made from the shell."""

    id: str
    name: str | None
    kind: RoomKind
    description: str
    created_by: str | None
    created_at: int
    archived_at: int | None


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
    """A room as one of its members has it; ``members`` is how many there are."""

    room: Room
    member: Member
    members: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A room as somebody outside may find it; ``members`` is how many there are."""

    room: Room
    members: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A member as the others see it; ``role`` is the one in the room."""

    id: str
    username: str
    display_name: str
    role: SeatRole
    disabled: bool
    bot: bool
    status: str | None = None


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
