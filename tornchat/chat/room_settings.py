"""What a room is: its name, its rules, whether it is still used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tornchat.archive import members, rooms
from tornchat.archive.announcer import Change
from tornchat.archive.rows import Room, Who
from tornchat.chat import audit
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by
from tornchat.chat.rooms import room_and_member
from tornchat.domain import announcements, permissions, rules
from tornchat.domain.conduct import NOTHING
from tornchat.domain.errors import Archived, InvalidValue
from tornchat.log import read

ALL, JOINED = "all", "joined"


async def change(chat: Chat, who: Identity, room_id: str, asked: Mapping[str, Any]) -> Room:
    """Give a room other settings, or (``archived: false``) bring it back; the room as it is then.

    Raises `NotFound`, `Forbidden`, `Archived`, `InvalidValue`, `NameTaken`.
    """
    clock = (await read.position(chat.client, [])).clock
    async with change_by(chat, who) as made:
        room, member = await room_and_member(made.conn, room_id, who.user, archived=True)
        permissions.may_manage(room.kind, member.role if member else None, who.role)
        wanted = asked.get("archived")
        if wanted not in (None, False):
            raise InvalidValue("archived can only be false here. DELETE archives a room.")
        if room.archived_at is not None and wanted is None:
            raise Archived()
        after = replace(wished(room, asked, clock), archived_at=None)
        if after != room:
            await rooms.change(made.conn, after)
            await _tell(made, room, after, who.user)
            if room.archived_at is not None:
                await audit.note(made, who, "room.returned", room=room_id)
            if changed := _changed(room, after):
                await audit.note(made, who, "room.changed", room=room_id, settings=changed)
    return after


async def archive(chat: Chat, who: Identity, room_id: str) -> None:
    """From now on the room can be read, and its name is free. Harmless for one that is archived."""
    async with change_by(chat, who) as made:
        room, member = await room_and_member(made.conn, room_id, who.user, archived=True)
        permissions.may_manage(room.kind, member.role if member else None, who.role)
        if room.archived_at is None:
            await rooms.change(made.conn, replace(room, archived_at=made.now))
            known = room.kind == permissions.OPEN
            await made.announce(announcements.room_archived(room_id, who.user, known=known))
            await audit.note(made, who, "room.archived", room=room_id)


def public(room: Room) -> dict[str, Any]:
    """Its settings, as the API shows them."""
    shown = {
        "id": room.id,
        "name": room.name,
        "kind": room.kind,
        "description": room.description,
        **manners(room),
    }
    return {**shown, "archived": True} if room.archived_at is not None else shown


def manners(room: Room) -> dict[str, str]:
    """Who may do what in it, and how far back newcomers read: ``since`` is from when it was opened
    to everybody."""
    above = permissions.reads_from(room.kind, NOTHING, room.readable)
    history = ALL if above == 0 else JOINED if above == NOTHING else "since"
    return {"history": history, "posting": room.posting, "adding": room.adding}


def wished(room: Room, asked: Mapping[str, Any], clock: int) -> Room:
    """The room with what is asked for. ``clock``: the last id that was given."""
    after = room
    if "name" in asked:
        after = replace(after, name=rules.check_room_name(asked["name"]))
    if "description" in asked:
        after = replace(after, description=rules.check_description(asked["description"]))
    if "posting" in asked:
        after = replace(after, posting=_who(asked["posting"], "posting"))
    if "adding" in asked:
        after = replace(after, adding=_who(asked["adding"], "adding"))
    private, history = asked.get("private"), asked.get("history")
    if not isinstance(private, bool | None):
        raise InvalidValue("private is true or false.")
    if private is not None and private != (room.kind == "private"):
        after = replace(after, kind="private" if private else "open")
        # What was said among few stays among them, and what is said until this is announced is,
        # too (`announcements.FIRST_ID`); what everybody could read stays readable.
        after = replace(after, readable=(room.readable or 0) if private else clock)
    if history is not None and history != manners(after)["history"]:
        if history not in (ALL, JOINED):
            raise InvalidValue("history is all or joined.")
        after = replace(after, readable=0 if history == ALL else NOTHING)
    return after


def _who(value: object, name: str) -> Who:
    if value == "all":
        return "all"
    if value == "staff":
        return "staff"
    raise InvalidValue(f"{name} is all or staff.")


def _changed(before: Room, after: Room) -> list[str]:
    """The names of the settings that differ."""
    names = {"name", "kind", "description", "posting", "adding", "readable"}
    return sorted(name for name in names if getattr(before, name) != getattr(after, name))


async def _tell(change: Change, before: Room, after: Room, by: str) -> None:
    private = after.kind != permissions.OPEN
    settings = {
        "name": after.name,
        "description": after.description,
        "private": private,
        **manners(after),
    }
    if before.archived_at is not None:
        settings["returned"] = True
    outside: dict[str, Any] | None = None
    if not private:
        names = {name: settings[name] for name in ("name", "description", "private")}
        outside = {**names, "members": await members.count(change.conn, after.id)}
    elif before.kind == permissions.OPEN and before.archived_at is None:
        # Its new name is its own already.
        outside = {"private": True}
    readable: int | str | None = None
    if after.readable != before.readable:
        opened = after.kind != before.kind and settings["history"] == "since"
        readable = announcements.FIRST_ID if opened and not private else after.readable
    await change.announce(
        announcements.room_changed(
            after.id,
            by,
            settings,
            outside=outside,
            readable=readable,
            staff_ids=await members.staff(change.conn, after.id),
        )
    )
