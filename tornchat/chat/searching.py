"""Searching the messages that somebody may read, of the history and of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tornchat.archive import messages, rooms, search, users
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.chat.messages import reads_from
from tornchat.domain import permissions, rules
from tornchat.domain.changes import CHANGES, fold
from tornchat.domain.errors import BadRequest, InvalidValue, SearchTooLong
from tornchat.domain.events import Event
from tornchat.domain.folding import open_text
from tornchat.domain.ids import MAX_ID
from tornchat.domain.messages import Message
from tornchat.domain.queries import Part
from tornchat.domain.searching import Wanted, parts_of, wanted
from tornchat.domain.topics import room_topic
from tornchat.log import mirror, read, upkeep

PER_MINUTE = 90
AT_ONCE = 30
WAIT_SECONDS = 5.0
LINE = 160
"""Characters of a message that stands beside one that was found."""
ME = "me"

_TAIL_PAGE = 500


@dataclass(frozen=True, slots=True)
class Found:
    """``messages`` newest first; ``beside``: id of a message -> those before and after it in its
    room; ``words``: what was looked for, as it was written; ``complete``: whether all of the
    history was looked through."""

    messages: list[Message]
    more: bool
    beside: dict[int, tuple[Message | None, Message | None]]
    words: list[str]
    complete: bool


async def find(
    chat: Chat,
    who: Identity,
    query: str,
    *,
    room: str | None,
    author: str | None,
    before: int,
    limit: int,
    minutes: int,
) -> Found:
    """A page of what ``who`` may read and looks for. ``minutes``: their clock's difference to
    universal time.

    Raises `InvalidValue`, `BadRequest` (nothing is asked for), `NotFound` and `Forbidden` (the
    room), `TooMany`, `SearchTooLong`, `LogAway`, `DatabaseAway`.
    """
    parts = parts_of(query)
    if not parts and room is None and author is None:
        raise BadRequest("Say what to search for, as q=.")
    if chat.post_rate:
        await rate_limit(
            chat, f"search:{who.user}", PER_MINUTE, AT_ONCE, "You search too fast."
        )  # fmt: skip
    if room is not None:
        await reads_from(chat, who, room)
    names = await _names(chat, who, parts)
    asked = wanted(query, names.room, names.person, minutes)
    if room is not None:
        asked.rooms = {room} if asked.rooms is None else asked.rooms & {room}
    if author is not None:
        only = {who.user if author == ME else author}
        asked.authors = only if asked.authors is None else asked.authors & only
    # A search may take a connection for as long as it is allowed to; others need some, too.
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await chat.searches.acquire()
    except TimeoutError:
        raise SearchTooLong("Too many people search at the moment. Try again.") from None
    try:
        return await _find(chat, who, asked, before, limit)
    finally:
        chat.searches.release()


async def _find(chat: Chat, who: Identity, asked: Wanted, before: int, limit: int) -> Found:
    # The watermark first, then the log after it, then SQL: what the archive takes meanwhile is in
    # both, and never in neither.
    archived = await upkeep.archived(chat.client)
    since, tail = await _since_and_tail(chat, who, archived)
    targets = {event.fields["message"] for event in tail if event.kind in CHANGES}
    async with chat.database.read() as conn:
        # What the log has newer may be found by it alone, or not any more.
        rows = await messages.many(conn, targets)
        fresh = _judged(fold(rows, tail), asked, since, before)
        hits = {message.id: message for message in fresh}
        below = before
        while True:
            ids = await search.find(conn, who.user, asked, before=below, limit=limit + 1)
            more = len(ids) > limit
            page = fold(await messages.many(conn, ids), tail)
            wanted_ids = set(ids)
            judged = _judged(page, asked, since, below)
            hits |= {message.id: message for message in judged if message.id in wanted_ids}
            below = min(ids, default=0)
            if not more or len(hits) > limit:
                break
        newest = sorted(hits.values(), key=lambda message: -message.id)
        # Below what was looked through there may be others between those of the log.
        kept = [message for message in newest if not more or message.id >= below]
        shown = kept[:limit]
        beside = await search.around(conn, [message.id for message in shown])
        others = {id for pair in beside.values() for id in pair if id is not None}
        neighbours = fold(await messages.many(conn, others), tail)
        complete = await search.is_complete(conn)
    return Found(
        shown,
        more or len(kept) > limit,
        _beside(shown, beside, neighbours, since),
        asked.shown,
        complete,
    )


async def _since_and_tail(
    chat: Chat, who: Identity, archived: int
) -> tuple[dict[str, int], list[Event]]:
    """Room -> the id above which ``who`` may read it, and what the log has of these rooms after the
    watermark."""
    mine = (await read.position(chat.client, [], who.user)).memberships
    unknown = [room for room in mine if room not in chat.known]
    if unknown:
        async with chat.database.read() as conn:
            for found in await rooms.many(conn, unknown):
                chat.remember(found)
    told = await mirror.readables(chat.client, mine)
    since: dict[str, int] = {}
    for room, joined in mine.items():
        if room in chat.known:
            kind, above = chat.known[room]
            if told[room] is not None:
                above = told[room]
            since[room] = permissions.reads_from(kind, joined, above)
    topics = [room_topic(room) for room in since]
    heads = (await read.position(chat.client, topics)).heads
    after = {topic: archived for topic in topics if heads[topic] > archived}
    tail: list[Event] = []
    complete = archived
    while after and complete < MAX_ID:
        part, complete = await read.page(
            chat.client, dict.fromkeys(after, complete), MAX_ID, _TAIL_PAGE
        )
        tail += [event for event in part if event.kind == "message" or event.kind in CHANGES]
    return since, tail


def _judged(
    page: Iterable[Message], asked: Wanted, since: dict[str, int], before: int
) -> list[Message]:
    return [
        message
        for message in page
        if message.id < before and _may_read(message, since) and asked.matches(message)
    ]


def _may_read(message: Message, since: dict[str, int]) -> bool:
    return message.room in since and message.id > since[message.room]


def _beside(
    shown: list[Message],
    beside: dict[int, tuple[int | None, int | None]],
    neighbours: list[Message],
    since: dict[str, int],
) -> dict[int, tuple[Message | None, Message | None]]:
    by_id = {
        message.id: message
        for message in neighbours
        if not message.deleted and _may_read(message, since)
    }

    def one(id: int | None) -> Message | None:
        return by_id.get(id) if id is not None else None

    return {
        message.id: (one(beside[message.id][0]), one(beside[message.id][1]))
        for message in shown
        if message.id in beside
    }


class _Names:
    """What the names in a query stand for."""

    def __init__(self, me: str, mine: dict[str, set[str]], people: dict[str, str]) -> None:
        self._me = me
        self._mine = mine
        self._people = people

    def room(self, name: str) -> set[str]:
        found = self._mine.get(rules.room_key(name.removeprefix("#")))
        if not found:
            raise InvalidValue(
                f"You are in no room named {name[:64]}.", reason="search_room", name=name[:64]
            )
        return found

    def person(self, name: str) -> set[str]:
        plain = name.removeprefix("@")
        if plain.lower() == ME:
            return {self._me}
        if plain not in self._people:
            raise InvalidValue(
                f"There is nobody named {plain[:64]}.", reason="search_person", name=plain[:64]
            )
        return {self._people[plain]}


async def _names(chat: Chat, who: Identity, parts: list[Part]) -> _Names:
    mine: dict[str, set[str]] = {}
    people: dict[str, str] = {}
    asked = {part.filter for part in parts}
    if asked & {"in", "from"}:
        async with chat.database.read() as conn:
            if "in" in asked:
                for seat in await rooms.of_user(conn, who.user):
                    if seat.room.name:
                        mine.setdefault(rules.room_key(seat.room.name), set()).add(seat.room.id)
            for name in {part.value.removeprefix("@") for part in parts if part.filter == "from"}:
                found = await users.by_username(conn, name)
                if found is not None:
                    people[name] = found.id
    return _Names(who.user, mine, people)


def as_json(found: Found) -> dict[str, Any]:
    """As the API answers it."""
    out: dict[str, Any] = {
        "messages": [message.public() for message in found.messages],
        "more": found.more,
        "words": found.words,
        "beside": {
            str(id): [_line(one) for one in pair] for id, pair in found.beside.items() if any(pair)
        },
    }
    if not found.complete:
        out["partial"] = True
    return out


def _line(message: Message | None) -> dict[str, Any] | None:
    if message is None:
        return None
    text = " ".join(open_text(message.html).split())
    short = text if len(text) <= LINE else text[:LINE].rstrip() + "…"
    return {"id": message.id, "author": message.author, "text": short}
