"""What every use case works with, put together once per worker."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tornchat.archive.announcer import Announcer
from tornchat.archive.engine import Database
from tornchat.archive.rows import Room
from tornchat.chat.fleet import Fleet
from tornchat.chat.names import KnownNames
from tornchat.chat.offloop import OffLoop
from tornchat.chat.passwords import Passwords
from tornchat.chat.policy import SignupPolicy
from tornchat.chat.rendering import Renderer
from tornchat.domain.audit import NOWHERE, Source
from tornchat.log.client import Client
from tornchat.log.sessions import Sessions
from tornchat.media.fetcher import Fetcher
from tornchat.media.folder import Folder

MOST_SEARCHES = 2

if TYPE_CHECKING:
    from tornchat.chat.pushing import PushKeys


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sends a request: a user by one of their sessions. ``digest`` names the session;
    ``source`` is told where something is changed."""

    user: str
    role: str
    kind: str
    digest: str
    source: Source = NOWHERE


@dataclass(slots=True)
class Chat:
    """``post_rate`` is messages per second and user, ``probe_rate`` the same for probes of the lab,
    0 for no limit; ``heartbeat`` is in seconds."""

    client: Client
    sessions: Sessions
    database: Database
    announcer: Announcer
    passwords: Passwords
    renderer: Renderer
    folder: Folder
    fetcher: Fetcher
    drawing: OffLoop
    """Makes pictures small, few at a time (`media.pictures`)."""
    disk: OffLoop
    """What waits for a disk, which may be one of another machine."""
    signup: SignupPolicy
    """Whether strangers may make an account."""
    post_rate: float = 10
    lab: bool = True
    probe_rate: float = 20
    max_file: int = 25_000_000
    """Bytes; 0: nobody sends files."""
    file_quota: int = 0
    """Bytes of one user's files; 0 for no limit."""
    previews: bool = True
    """Whether what messages link to is looked up."""
    own_hosts: frozenset[str] = frozenset()
    """Names of this server: what it has itself it does not look up."""
    looking_up: set[asyncio.Task[None]] = field(default_factory=set)
    """Messages whose links are being looked up."""
    heartbeat: float = 25
    names: KnownNames = field(init=False)
    fleet: Fleet = field(init=False)
    push: PushKeys | None = None
    """What pushes are signed with; None where they are switched off."""
    peopled: bool = False
    """Whether there was an account when it was looked at."""
    uploading: Counter[str] = field(default_factory=Counter)
    """How many files each user is sending to this worker."""
    exporting: set[str] = field(default_factory=set)
    """To whom this worker is sending all that there is of them."""
    known: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """Kind and ``readable`` of each room that was looked at, which spares a query per page: they
    only count where the mirror does not know that the room has changed."""

    searches: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_SEARCHES))
    """Those that run: each has one of the few connections that read."""

    def __post_init__(self) -> None:
        self.names = KnownNames(self.database)
        self.fleet = Fleet(self.client, self.database)

    def now(self) -> int:
        """Unix milliseconds."""
        return int(time.time() * 1000)

    def remember(self, room: Room) -> tuple[str, int | None]:
        """What is `known` of it from now on."""
        # The kind alone will not do: SQL knows of a change before the mirror does.
        self.known[room.id] = room.kind, room.readable
        return self.known[room.id]
