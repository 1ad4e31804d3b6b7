"""Is this Redis fit to hold the log? Asked once, before any worker uses it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tornchat.domain.errors import RedisUnusable
from tornchat.log.address import Address
from tornchat.log.blocking import Conversation, RedisSays

T = TypeVar("T")

#: The oldest version with everything that the scripts use.
OLDEST = (6, 2)

_TIMEOUT = 2.0
_LOOK_AGAIN = 0.2


@dataclass(frozen=True, slots=True)
class RedisFacts:
    """What a Redis that can be used says about itself."""

    flavour: str  #: ``Redis`` or ``Valkey``
    version: str  #: its own version, such as ``7.0.15``
    run_id: str  #: another one after every start
    warnings: tuple[str, ...]  #: what the operator should know, a line each


def check(
    url: str,
    say: Callable[[str], None] = lambda line: None,
    pause: Callable[[float], None] = time.sleep,
) -> RedisFacts:
    """Ask the Redis at ``url``; wait while it loads its data, with a line to ``say``.

    Raises :class:`RedisUnusable` where it cannot be reached in 2 s, is older than 6.2, is a
    replica, or throws data away when its memory is full. No line shows a password.
    """
    address = Address.of(url)
    told = False
    while True:
        info = _info(address)
        if info.get("loading", "0") == "0":
            return _judged(info, _shown(address))
        if not told:
            say(f"Redis at {_shown(address)} is loading its data; waiting for it.")
            told = True
        pause(_LOOK_AGAIN)


def ask(url: str, *command: str) -> Any:
    """The reply to one command. Raises :class:`RedisUnusable` where there is none."""
    return _talk(Address.of(url), lambda redis: redis.ask(*command))


def _info(address: Address) -> dict[str, str]:
    return _talk(address, lambda redis: redis.info())


def _talk(address: Address, what: Callable[[Conversation], T]) -> T:
    where = _shown(address)
    try:
        with Conversation(address, _TIMEOUT) as redis:
            return what(redis)
    except RedisSays as answer:
        raise RedisUnusable(f"Redis at {where} refuses: {_without(address, answer)}") from None
    except TimeoutError:
        raise RedisUnusable(f"Redis at {where} does not answer within {_TIMEOUT:g} s") from None
    except (OSError, UnicodeError) as wrong:
        why = getattr(wrong, "strerror", None) or str(wrong) or "the connection fails"
        raise RedisUnusable(f"Redis at {where} cannot be reached: {why}") from None


def _judged(info: dict[str, str], where: str) -> RedisFacts:
    speaks = info.get("redis_version", "")
    if version_numbers(speaks) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise RedisUnusable(
            f"Redis at {where} is version {speaks or 'unknown'}; {oldest} or newer is needed"
        )
    if info.get("role", "master") != "master":
        raise RedisUnusable(f"Redis at {where} is a replica; give the URL of its master")
    warnings = []
    policy = info.get("maxmemory_policy")
    if policy is None:
        warnings.append(
            f"Redis at {where} does not say whether it evicts; it must have "
            "maxmemory-policy noeviction, or messages get lost"
        )
    elif policy != "noeviction" and info.get("maxmemory", "0") != "0":
        raise RedisUnusable(
            f"Redis at {where} evicts data when full ({policy}); "
            "set its maxmemory-policy to noeviction"
        )
    if info.get("aof_enabled") == "0":
        warnings.append(
            f"Redis at {where} does not keep an append-only file; if it restarts, messages that "
            "are not in the database yet are lost (appendonly yes)"
        )
    valkey = info.get("valkey_version")
    return RedisFacts(
        flavour="Valkey" if valkey else "Redis",
        version=valkey or speaks,
        run_id=info.get("run_id", ""),
        warnings=tuple(warnings),
    )


def version_numbers(version: str) -> tuple[int, ...]:
    """``7.0.15-rc1`` as ``(7, 0, 15)``; nothing where it is no version."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _shown(address: Address) -> str:
    if address.unix_path:
        return address.unix_path
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def _without(address: Address, answer: RedisSays) -> str:
    text = " ".join(str(answer).split())
    return text.replace(address.password, "***") if address.password else text
