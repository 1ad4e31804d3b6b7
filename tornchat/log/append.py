"""Writing to the log: messages, announcements, and what is only said live."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tornchat import metrics
from tornchat.domain.announcements import Announcement, memberships
from tornchat.domain.conduct import conduct
from tornchat.domain.errors import (
    Archived,
    CannotWrite,
    FileGone,
    Forbidden,
    Muted,
    NonceReused,
    NotAMember,
    TooMany,
    TornchatError,
    Unavailable,
)
from tornchat.domain.messages import Message, digest_of
from tornchat.domain.topics import room_topic, user_topic
from tornchat.log.client import Client
from tornchat.log.connection import Argument
from tornchat.wire import packed

NONCE_SECONDS = 24 * 3600
BURST_SECONDS = 3
FILE_SECONDS = 48 * 3600
"""Long after the archive has taken the message: from then on SQL tells whose a file is."""
NUDGE = "nudge"
"""Said on the control channel: there is something in the outbox."""
ANNOUNCED = "announced "
"""Said there, with the key behind it: this announcement has been made. Behind that the digests of
the sessions that it ended or changed."""


@dataclass(frozen=True, slots=True)
class Appended:
    """``again``: the nonce was known, and this is what its first use was given."""

    id: int
    at: int
    again: bool


async def append_message(
    client: Client,
    fields: dict[str, Any],
    digest: str,
    rate: float,
    *,
    taken: bool = False,
) -> Appended:
    """Append a ``message`` event (`domain.events.message`) to its room, in one atomic step.

    ``digest`` tells whether the same nonce comes with the same content; ``rate`` is messages per
    second and author, 0 for no limit. The files in it belong to this message from now on;
    ``taken``: not all of them are there to be had. Raises `NotAMember`, `Forbidden` where the
    author may not post, `CannotWrite`, `Archived`, `Muted`, `NonceReused`, `FileGone`, `TooMany`,
    `LogAway`.
    """
    files = fields.get("files", ())
    keys, room, author, nonce = client.keys, fields["room"], fields["author"], fields.get("nonce")
    topic = room_topic(room)
    began = time.perf_counter()
    try:
        reply = await client.script(
            "append",
            [
                keys.run,
                keys.clock,
                keys.heads,
                keys.queue,
                keys.mirror(memberships(author)),
                keys.once(author, room, nonce or ""),
                keys.rate(f"post:{author}"),
                keys.log(topic),
                keys.mirror(conduct(room)),
                *(keys.file(file["id"]) for file in files),
            ],
            [
                topic,
                keys.channel(topic),
                packed.open_event(fields),
                room,
                NONCE_SECONDS if nonce else 0,
                digest,
                1000 / rate if rate else 0,
                max(5, BURST_SECONDS * rate),
                FILE_SECONDS,
                0 if taken else 1,
                author,
            ],
        )
    except Unavailable:
        metrics.MESSAGES.labels("away").inc()
        raise
    metrics.APPEND_SECONDS.observe(time.perf_counter() - began)
    match reply:
        case [b"ok" | b"again" as outcome, id, _, at]:
            again = outcome == b"again"
            metrics.MESSAGES.labels("again" if again else "accepted").inc()
            return Appended(id, at, again)
        case [b"stranger"]:
            metrics.MESSAGES.labels("not_member").inc()
            raise NotAMember()
        case [b"slow", wait]:
            metrics.MESSAGES.labels("too_fast").inc()
            raise TooMany("You send messages too fast.", retry_after=wait / 1000)
        case [b"taken"]:
            metrics.MESSAGES.labels("no_file").inc()
            raise FileGone()
        case [b"conflict"]:
            metrics.MESSAGES.labels("conflict").inc()
            raise NonceReused()
        case [b"archived" | b"muted" | b"quiet" | b"blocked" as why, *wait]:
            metrics.MESSAGES.labels("refused").inc()
            raise refusal(why, wait)
        case _:
            raise AssertionError(f"append answered {reply!r}")


def refusal(why: bytes, wait: list[int]) -> TornchatError:
    """What a room demands of who writes in it (``lua/conduct.lua``); ``wait`` is in ms."""
    if why == b"archived":
        return Archived()
    if why == b"muted":
        return Muted(retry_after=wait[0] / 1000)
    if why == b"blocked":
        return CannotWrite()
    return Forbidden("Only owners and moderators post in this room.")


async def append_probe(
    client: Client, user: str, fields: dict[str, Any], rate: float
) -> tuple[int, int]:
    """Append a ``probe`` event (`domain.events.probe`) to the topic of its user; id and ``at``.

    ``rate`` is probes per second and user, 0 for no limit. Raises `TooMany`, `LogAway`.
    """
    keys, topic = client.keys, user_topic(user)
    reply = await client.script(
        "probe",
        [keys.run, keys.clock, keys.heads, keys.queue, keys.rate(f"probe:{user}"), keys.log(topic)],
        [
            topic,
            keys.channel(topic),
            packed.open_event(fields),
            1000 / rate if rate else 0,
            max(5, BURST_SECONDS * rate),
        ],
    )
    match reply:
        case [b"ok", id, at]:
            return id, at
        case [b"slow", wait]:
            raise TooMany("You send probes too fast.", retry_after=wait / 1000)
        case _:
            raise AssertionError(f"probe answered {reply!r}")


async def remember_nonces(client: Client, messages: Iterable[Message], now: int) -> None:
    """Put back what the log has to know of accepted messages, so that none is accepted twice.

    ``now`` is Redis' time in unix ms. Nonces that are known, or too old, are passed over.
    """
    commands: list[tuple[Argument, ...]] = []
    for message in messages:
        seconds = NONCE_SECONDS - (now - message.at) // 1000
        if message.nonce is not None and seconds > 0:
            key = client.keys.once(message.author, message.room, message.nonce)
            # What an edited message said at first is not known any more: any text is the same.
            is_first = message.version == message.id
            digest = digest_of(message.body, message.reply_to, message.files) if is_first else ""
            first = f"{message.id}:0:{message.at}:{digest}"
            commands.append(("SET", key, first, "EX", seconds, "NX"))
    if commands:
        await client.calls(commands)


async def announce(client: Client, key: str, announcement: Announcement) -> int:
    """Make an announcement of the outbox, once for its key.

    Gives the id of its first event (0 where it has none), the same again for the same key.
    """
    keys = client.keys
    touched: list[str] = []
    args: list[Argument] = []
    for topic, fields in announcement.events:
        touched.append(keys.log(topic))
        args += [topic, keys.channel(topic), packed.open_event(fields)]
    for name, field, value in announcement.set:
        touched.append(keys.mirror(name))
        args += [field, value]
    for name, field in announcement.drop:
        touched.append(keys.mirror(name))
        args.append(field)
    for topic, fields in announcement.tell:
        args += [keys.channel(topic), packed.frame({**fields, "at": 0})]
    counts = [
        len(announcement.events),
        len(announcement.set),
        len(announcement.drop),
        len(announcement.tell),
    ]
    _, first = await client.script(
        "announce",
        [keys.run, keys.clock, keys.heads, keys.queue, keys.announced(key), *touched],
        [
            NONCE_SECONDS,
            keys.control,
            ANNOUNCED + " ".join([key, *announcement.outdated]),
            *counts,
            *args,
        ],
    )
    return int(first)


def announced(said: str) -> tuple[str, list[str]] | None:
    """The key of the announcement that was made, and the sessions that it ended or changed; None
    where something else was said."""
    if not said.startswith(ANNOUNCED):
        return None
    key, *outdated = said.removeprefix(ANNOUNCED).split(" ")
    return key, outdated


async def was_announced(client: Client, key: str) -> bool:
    """Whether the announcement with this key has been made."""
    return bool(await client.call("EXISTS", client.keys.announced(key)))


async def announced_ids(client: Client, keys: list[str]) -> dict[str, int]:
    """Key -> id of the first event, of those announcements that the log remembers."""
    if not keys:
        return {}
    ids = await client.call("MGET", *(client.keys.announced(key) for key in keys))
    return {key: int(id) for key, id in zip(keys, ids, strict=True) if id is not None}


async def nudge(client: Client) -> None:
    """Wake whoever holds the lease: there is something in the outbox."""
    await client.call("PUBLISH", client.keys.control, NUDGE)


async def wait_of_limit(client: Client, what: str, per_minute: float, burst: int) -> float:
    """Count one call against the limit named ``what``; seconds to wait, 0 where it is let in."""
    every = 60_000 / per_minute
    reply = await client.script("limit", [client.keys.rate(what)], [every, burst])
    return int(reply) / 1000
