"""What the mirror keeps of a session, so that a request is let in without SQL."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """``expires_at`` is unix milliseconds, or None for one that does not expire."""

    user: str
    role: str
    kind: str
    expires_at: int | None

    def packed(self) -> str:
        return json.dumps([self.user, self.role, self.kind, self.expires_at])

    @classmethod
    def of(cls, packed: str | bytes) -> SessionRecord:
        user, role, kind, expires_at = json.loads(packed)
        return cls(user, role, kind, expires_at)

    def live(self, now: int) -> bool:
        """Whether it still lets its bearer in at ``now`` (unix ms)."""
        return self.expires_at is None or now < self.expires_at


def digest_of(token: str) -> str:
    """The name under which a token is kept. Tokens are 256 random bits: a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
