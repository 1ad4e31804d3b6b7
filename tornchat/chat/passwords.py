"""Passwords: argon2id, off the loop.

One hash takes 64 MiB and the time of walking through them three times (0.2 s of a slow machine), so
it must neither stop the loop nor be done for everybody at once: two threads do it, a bounded number
of requests waits, and the rest is refused.
"""

from __future__ import annotations

import base64
import logging
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from tornchat.chat.offloop import OffLoop

logger = logging.getLogger(__name__)

THREADS = 2
MOST_WAITING = 64


class Passwords:
    """Hashes and verifies; `TooMany` is raised where `MOST_WAITING` others wait already.

    ``memory`` in MiB is what one hash takes. OWASP's least is 19, and that with fewer passes.
    """

    def __init__(self, memory: int = 64) -> None:
        self._hasher = PasswordHasher(memory_cost=memory * 1024)
        self._nobodys = _hash_of_nothing(self._hasher)
        self._off_loop = OffLoop("passwords", threads=THREADS, most_waiting=MOST_WAITING)

    async def hash(self, password: str) -> str:
        """The hash to store: it carries its salt and its parameters."""
        return await self._off_loop.run(lambda: self._hasher.hash(_bytes(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` is the one that ``stored`` was made of.

        None, for an account that does not exist or has no password, is False after the same time:
        who is here cannot be found out with a clock.
        """
        against = self._nobodys if stored is None else stored
        return await self._off_loop.run(lambda: self._matches(against, password))

    def outdated(self, stored: str) -> bool:
        """Whether a password just verified should be hashed anew, with today's parameters."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Drops what waits, without waiting for what runs."""
        self._off_loop.close()

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _bytes(password))
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            logger.error("a stored password hash is damaged")
            return False


def _bytes(password: str) -> bytes:
    """NFC, because keyboards spell one character in two ways (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash with the parameters of all others that no password has."""

    def noise(length: int) -> str:
        return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")

    return (
        f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        f"${noise(hasher.salt_len)}${noise(hasher.hash_len)}"
    )
