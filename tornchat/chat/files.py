"""Files of messages: which ones a message may have, and who may read one."""

from __future__ import annotations

from typing import Any

from tornchat.archive import files as archive
from tornchat.archive.rows import File
from tornchat.chat.context import Chat, Identity
from tornchat.domain.errors import Forbidden, InvalidValue, NotFound
from tornchat.domain.files import MOST_FILES
from tornchat.domain.rules import is_text
from tornchat.log import files as in_log


def public_file(file: File) -> dict[str, Any]:
    """As a message shows it. ``thumb``: there is a small picture of it."""
    shown: dict[str, Any] = {
        "id": file.id,
        "name": file.name,
        "type": file.type,
        "size": file.size,
    }
    if file.width is not None and file.height is not None:
        shown |= {"width": file.width, "height": file.height}
    if file.has_thumb:
        shown["thumb"] = True
    return shown


def check_ids(value: object) -> list[str]:
    """Ids of files as clients send them, perhaps none. Raises `InvalidValue`."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(is_text(id) for id in value):
        raise InvalidValue("files is a list of the ids of files.")
    if len(value) > MOST_FILES:
        raise InvalidValue(
            f"A message may have {MOST_FILES} files at most.", reason="files_most", most=MOST_FILES
        )
    return list(dict.fromkeys(value))


async def to_send(chat: Chat, who: Identity, ids: list[str]) -> tuple[list[dict[str, Any]], bool]:
    """What a message shows of these files, and whether all are there, ``who``'s, and not sent yet.

    The files of the same message that was sent before are shown as they were then, so that it is
    recognised. Raises `DatabaseAway`.
    """
    async with chat.database.read() as conn:
        found = await archive.many(conn, ids)
    mine = {id: file for id, file in found.items() if file.owner_id == who.user}
    free = all(id in mine and mine[id].message_id is None for id in ids)
    return [public_file(mine[id]) if id in mine else {"id": id} for id in ids], free


async def readable(chat: Chat, who: Identity, id: str) -> File:
    """A file that ``who`` may read: of a message that they may read, or their own on its way.

    Raises `NotFound`, `LogAway`, `DatabaseAway`.
    """
    from tornchat.chat.messages import reads_from  # they name each other

    async with chat.database.read() as conn:
        file = await archive.by_id(conn, id)
    if file is None:
        raise _nothing()
    message, room = file.message_id, file.room_id
    if message is None or room is None:
        # The archive may be a little behind the log.
        message, room = await in_log.message_with(chat.client, id) or (None, None)
    if message is None or room is None:
        if file.owner_id == who.user:
            return file
        raise _nothing()
    try:
        since = await reads_from(chat, who, room)
    except Forbidden:
        raise _nothing() from None
    if message <= since or await in_log.is_deleted(chat.client, message):
        raise _nothing()
    return file


def _nothing() -> NotFound:
    return NotFound("There is no such file, or you may not see it.")
