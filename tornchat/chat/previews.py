"""Link previews: after a message was posted, the worker that took it looks up what it links to.

At most once and by one worker; where that ends meanwhile, or too many wait, there is no preview. It
comes as an event about the message, folded like an edit.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from tornchat import metrics
from tornchat.archive import files as archive
from tornchat.archive import members
from tornchat.archive.rows import File
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import rate_limit
from tornchat.domain import changes, pages, permissions
from tornchat.domain.errors import TooMany, TornchatError
from tornchat.domain.messages import Message
from tornchat.log import change
from tornchat.media.fetcher import Unfetchable
from tornchat.media.folder import Folder, new_id
from tornchat.media.pictures import DRAWN, Picture, shrink

logger = logging.getLogger(__name__)

MOST_WAITING = 50
PER_MINUTE, AT_ONCE = 30, 10
"""Messages of one user whose links are looked up."""
PAGE_SECONDS, IMAGE_SECONDS = 8.0, 8.0
MOST_IMAGE_BYTES = 5_000_000
IMAGE_EDGE = 480

_PAGES = ("text/html", "application/xhtml+xml")


def consider(chat: Chat, message: Message) -> None:
    """Look up what a message links to, a moment later, unless there is nothing to do."""
    if not chat.previews or "<a " not in message.html or message.previews == []:
        return
    shown = message.previews or []
    links = pages.worth_looking_up(changes.links_of(message.html), message.body, chat.own_hosts)
    known = {preview["url"] for preview in shown}
    new = [link for link in links if link not in known]
    if not new:
        return
    if len(chat.looking_up) >= MOST_WAITING:
        metrics.PREVIEWS.labels("dropped").inc()
        return
    task = asyncio.ensure_future(_look_up(chat, message, shown, new))
    chat.looking_up.add(task)
    task.add_done_callback(chat.looking_up.discard)


async def close(chat: Chat) -> None:
    """What is still looked up is dropped."""
    for task in chat.looking_up:
        task.cancel()
    await asyncio.gather(*chat.looking_up, return_exceptions=True)


async def take_away(chat: Chat, who: Identity, id: int) -> None:
    """Take the previews of a message away from everybody; they do not come again.

    Raises `NotFound`, `Forbidden`, `TooMany`, `LogAway`, `DatabaseAway`.
    """
    from tornchat.chat.changes import now, seen  # they name each other

    message = await now(chat, await seen(chat, who, id))
    async with chat.database.read() as conn:
        member = await members.get(conn, message.room, who.user)
    role = member.role if member else None
    permissions.may_hide_previews(message.author, who.user, role, who.role)
    if message.previews:
        await _say(chat, message, who.user, [], rate=chat.post_rate)


async def _look_up(
    chat: Chat, message: Message, shown: list[dict[str, Any]], links: list[str]
) -> None:
    images: list[str] = []
    try:
        await rate_limit(chat, f"preview:{message.author}", PER_MINUTE, AT_ONCE, "")
        found = [await _preview(chat, message, link, images) for link in links]
        previews = [preview for preview in found if preview is not None]
        if previews:
            await _say(chat, message, message.author, [*shown, *previews], edited=message.edited)
            images = []
    except TooMany:
        metrics.PREVIEWS.labels("dropped").inc()
    except TornchatError as error:  # deleted, edited or left meanwhile; Redis or SQL away
        logger.debug("no preview: %s", error)
    except Exception:
        logger.exception("a preview failed")
    finally:
        if images:
            with suppress(TornchatError):
                async with chat.database.write() as conn:
                    await archive.drop(conn, images, chat.now())


async def _say(
    chat: Chat,
    message: Message,
    by: str,
    previews: list[dict[str, Any]],
    *,
    edited: int | None = None,
    rate: float = 0,
) -> None:
    fields = changes.message_previewed(message.room, message.id, message.author, previews)
    # What was looked up is of the text that it was: after another edit it is not said.
    when = (edited or 0) if previews else None
    await change.append_change(chat.client, fields, message, by, rate, edited=when)


async def _preview(
    chat: Chat, message: Message, link: str, images: list[str]
) -> dict[str, Any] | None:
    """What a link leads to, as a message shows it; None where there is nothing to show."""
    try:
        page = await chat.fetcher.get(
            link, kinds=_PAGES, most_bytes=pages.MOST_BYTES, seconds=PAGE_SECONDS, cut=True
        )
        about = await chat.disk.run(lambda: pages.about(page.body, page.content_type, page.url))
    except (Unfetchable, TooMany) as why:
        logger.debug("no preview: %s", why)
        about = None
    if about is None:
        metrics.PREVIEWS.labels("nothing").inc()
        return None
    metrics.PREVIEWS.labels("shown").inc()
    preview: dict[str, Any] = {"url": link, "title": about.title, "site": about.site}
    if about.description:
        preview["description"] = about.description
    if about.image is not None:
        image = await _image(chat, message, about.image)
        if image is not None:
            images.append(image["id"])
            preview["image"] = image
    return preview


async def _image(chat: Chat, message: Message, url: str) -> dict[str, Any] | None:
    """A small picture of a picture, kept like a file of the message."""
    id, folder = new_id(), chat.folder
    try:
        found = await chat.fetcher.get(
            url, kinds=("image/",), most_bytes=MOST_IMAGE_BYTES, seconds=IMAGE_SECONDS
        )
        drawn = await chat.drawing.run(lambda: _draw(folder, id, found.body))
    except (Unfetchable, TooMany, OSError) as why:
        logger.debug("no picture of a preview: %s", why)
        return None
    if drawn is None:
        return None
    picture, size = drawn
    file = File(
        id=id,
        owner_id=message.author,
        name="preview.webp",
        type=DRAWN,
        size=size,
        width=picture.drawn_width,
        height=picture.drawn_height,
        has_thumb=True,
        created_at=chat.now(),
        message_id=message.id,
        room_id=message.room,
    )
    try:
        async with chat.database.write() as conn:
            await archive.add(conn, file)
    except BaseException:
        folder.remove(id)
        raise
    return {"id": id, "width": picture.drawn_width, "height": picture.drawn_height}


def _draw(folder: Folder, id: str, content: bytes) -> tuple[Picture, int] | None:
    with folder.aside(content) as source, folder.aside() as target:
        picture = shrink(source, target, IMAGE_EDGE)
        if picture is None:
            return None
        size = target.stat().st_size
        folder.keep(target, id, thumb=True)
        return picture, size
