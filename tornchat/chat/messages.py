"""Messages: post, and read the history."""

from __future__ import annotations

from typing import Any

from tornchat.archive import messages, rooms
from tornchat.chat import mentions, previews
from tornchat.chat.context import Chat, Identity
from tornchat.chat.files import check_ids, to_send
from tornchat.chat.limits import rate_limit
from tornchat.chat.rendering import takes_long
from tornchat.domain import events, permissions, rules
from tornchat.domain.changes import CHANGES, fold
from tornchat.domain.errors import (
    DatabaseAway,
    InvalidValue,
    NoOriginal,
    NotAMember,
    NotFound,
    Unavailable,
)
from tornchat.domain.events import Event
from tornchat.domain.ids import MAX_ID
from tornchat.domain.messages import Message, digest_of, message_of
from tornchat.domain.topics import room_topic
from tornchat.log import append, mirror, read, upkeep

TAIL_PAGE = 500


async def post(
    chat: Chat,
    who: Identity,
    room: str,
    body: object,
    nonce: object,
    reply_to: object,
    files: object = None,
) -> tuple[Message, bool]:
    """Append a message to its room; the message, and whether its nonce had been used for it before.

    Raises `InvalidValue`, `Forbidden`, `NonceReused`, `TooMany`, `LogAway`; of a reply also
    `NoOriginal`, `NotFound`, `DatabaseAway`; of one with files `FileGone`, `DatabaseAway`.
    """
    ids = check_ids(files)
    text = rules.check_body(body, may_be_empty=bool(ids))
    key = None if nonce is None else rules.check_nonce(nonce)
    answer = _id_or_none(reply_to)
    answered = None if answer is None else await _author_of(chat, who, room, answer)
    if takes_long(text):
        await may_render(chat, who, room)
    html, said = await mentions.render(chat, who, room, text)
    fields = events.message(room, who.user, text, html, key, answer, answered) | said.fields()
    free = True
    if ids:
        fields["files"], free = await to_send(chat, who, ids)
    digest = digest_of(text, answer, fields.get("files"))
    try:
        appended = await append.append_message(
            chat.client, fields, digest, chat.post_rate, taken=not free
        )
    except NotAMember:
        await explain_stranger(chat, who, room)
        raise
    message = message_of(appended.id, {**fields, "at": appended.at})
    if not appended.again:
        previews.consider(chat, message)
    return message, appended.again


async def history(
    chat: Chat,
    who: Identity,
    room: str,
    *,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int,
) -> tuple[list[Message], bool]:
    """A page of messages, oldest first, and whether there are more on the side it was read towards.

    Without a bound: the newest. Raises `NotFound`, `Forbidden`, `LogAway`, and `DatabaseAway` where
    the log alone does not reach back far enough.
    """
    since = await reads_from(chat, who, room)
    if around is not None:
        older, more = await _older(chat, room, since, around + 1, limit // 2 + 1)
        newer, _ = await _newer(chat, room, max(since, around), limit - len(older))
        return older + newer, more
    if after is not None:
        return await _newer(chat, room, max(since, after), limit)
    return await _older(chat, room, since, MAX_ID if before is None else before, limit)


async def some(chat: Chat, who: Identity, room: str, ids: set[int]) -> list[Message]:
    """Those of ``ids`` that are messages of the room and may be read, in the order of ids.

    Raises `NotFound`, `Forbidden`, `LogAway`, `DatabaseAway`.
    """
    since = await reads_from(chat, who, room)
    wanted = sorted(id for id in ids if id > since)
    if not wanted:
        return []
    archived = await upkeep.archived(chat.client)
    tail = await read.at(chat.client, room_topic(room), wanted)
    async with chat.database.read() as conn:
        rows = await messages.by_ids(conn, room, wanted)
    # What the archive has as well says less than its row: the changes up to there are in the row.
    newer = [event for event in tail if event.id > archived]
    return await as_it_is_now(chat, room, archived, fold(rows, newer))


async def _author_of(chat: Chat, who: Identity, room: str, id: int) -> str:
    """Who wrote the message of ``room`` that is to be answered. One that was deleted has its place
    still, and may have been there when the answer was written."""
    if id > await reads_from(chat, who, room):
        # The log first: what is trimmed from it is in the archive by then.
        for event in await read.at(chat.client, room_topic(room), [id]):
            if event.kind == "message":
                author: str = event.fields["author"]
                return author
        async with chat.database.read() as conn:
            found = await messages.by_ids(conn, room, [id])
        if found:
            return found[0].author
    raise NoOriginal()


async def _older(
    chat: Chat, room: str, since: int, before: int, limit: int
) -> tuple[list[Message], bool]:
    # The watermark first, then the log after it, then SQL: what the archive takes meanwhile is in
    # both, and never in neither.
    archived = max(since, await upkeep.archived(chat.client))
    tail = await _tail_before(chat, room, archived, before, limit + 1)
    try:
        async with chat.database.read() as conn:
            rows = await messages.page(conn, room, before=before, limit=limit + 1, above=since)
    except DatabaseAway:
        archived, rows = since, []
        tail = await _tail_before(chat, room, since, before, limit + 1)
        if len(tail) <= limit and since < await read.floor(chat.client):
            raise
    page = fold(rows, tail)
    more = len(page) > limit
    return await as_it_is_now(chat, room, archived, page[-limit:] if limit else []), more


async def _newer(chat: Chat, room: str, after: int, limit: int) -> tuple[list[Message], bool]:
    archived = await upkeep.archived(chat.client)
    tail = await _tail_after(chat, room, max(after, archived), limit + 1)
    try:
        async with chat.database.read() as conn:
            rows = await messages.page(conn, room, after=after, limit=limit + 1)
    except DatabaseAway:
        archived, rows = after, []
        tail = await _tail_after(chat, room, after, limit + 1)
        if after < await read.floor(chat.client):
            raise
    page = fold(rows, tail)
    return await as_it_is_now(chat, room, archived, page[:limit]), len(page) > limit


async def as_it_is_now(chat: Chat, room: str, archived: int, page: list[Message]) -> list[Message]:
    """A page with what became of its messages since the archive took the log."""
    if not page:
        return page
    changes: list[Event] = []
    complete = max(archived, page[0].id)
    while complete < MAX_ID:
        events, complete = await read.page(
            chat.client, {room_topic(room): complete}, MAX_ID, TAIL_PAGE
        )
        changes += [event for event in events if event.kind in CHANGES]
    return fold(page, changes)


async def _tail_before(chat: Chat, room: str, above: int, before: int, count: int) -> list[Event]:
    """The newest ``count`` messages of the log in (above, before)."""
    found: list[Event] = []
    while before > above + 1:
        events = await read.latest(chat.client, room_topic(room), above, before, TAIL_PAGE)
        found = [event for event in events if event.kind == "message"] + found
        if len(events) < TAIL_PAGE or len(found) >= count:
            break
        before = events[0].id
    return found[-count:]


async def _tail_after(chat: Chat, room: str, after: int, count: int) -> list[Event]:
    """The oldest ``count`` messages of the log after an id."""
    found: list[Event] = []
    complete = after
    while complete < MAX_ID and len(found) < count:
        events, complete = await read.page(
            chat.client, {room_topic(room): complete}, MAX_ID, TAIL_PAGE
        )
        found += [event for event in events if event.kind == "message"]
    return found[:count]


async def reads_from(chat: Chat, who: Identity, room: str) -> int:
    """The id above which ``who`` may read the room."""
    joined, readable = await mirror.readable(chat.client, who.user, room)
    if joined is not None and readable is not None:
        return permissions.reads_from("", joined, readable)
    # A room of which the mirror says nothing still is as it was made, or is about to change.
    known = chat.known.get(room) if readable is None else None
    if known is None:
        async with chat.database.read() as conn:
            found = await rooms.by_id(conn, room)
        if found is None:
            raise NotFound("There is no such room, or you are not in it.")
        known = chat.remember(found)
    kind, above = known
    permissions.may_read(kind, joined is not None)
    return permissions.reads_from(kind, joined or 0, above)


async def may_render(chat: Chat, who: Identity, room: str) -> None:
    """Rendering a long text costs more than everything else about it, so what the log would refuse
    afterwards is refused before."""
    await reads_from(chat, who, room)
    if chat.post_rate:
        burst = max(1, round(chat.post_rate))
        await rate_limit(
            chat,
            f"long:{who.user}",
            chat.post_rate * 60,
            burst,
            "You send long messages too fast.",
        )


async def explain_stranger(chat: Chat, who: Identity, room: str) -> None:
    """Why the log refused: a room that is not there for them, or a membership not announced yet."""
    await reads_from(chat, who, room)
    raise Unavailable("You have just joined this room. Try again in a moment.", retry_after=1)


def _id_or_none(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_ID:
        raise InvalidValue("reply_to is the id of a message.")
    return value


def page_json(page: tuple[list[Message], bool]) -> dict[str, Any]:
    """As the API answers it."""
    found, more = page
    return {"messages": [message.public() for message in found], "more": more}
