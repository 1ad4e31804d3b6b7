"""Who may do what in a room: decisions on values, raised as the errors that people see.

A private room does not exist for strangers (404); an open one is there for everybody, but is read
and written by its members (403 until one joins).
"""

from __future__ import annotations

from tornchat.domain.conduct import NOTHING
from tornchat.domain.errors import Forbidden, InvalidValue, NotAMember, NotFound

ADMIN = "admin"
OWNER = "owner"
MODERATOR = "moderator"
OPEN = "open"
DIRECT = "direct"


def may_see(kind: str, member: bool) -> None:
    """To know of a room: its name, its description, its number of members."""
    if kind != OPEN and not member:
        raise NotFound("There is no such room, or you are not in it.")


def may_read(kind: str, member: bool) -> None:
    """To read its messages and its list of members."""
    may_see(kind, member)
    if not member:
        raise NotAMember()


def may_join(kind: str, member: bool, deserted: bool, space_role: str) -> None:
    """To become a member by oneself.

    A private room that nobody is in (made from the shell, or left by the last one) can be found by
    nobody: an administrator may take it over.
    """
    may_take_over = deserted and kind != DIRECT and space_role == ADMIN
    may_see(kind, member or may_take_over)


def may_add(kind: str, own_role: str | None, adding: str) -> None:
    """To make somebody else a member, or to invite by a link: any member may, or the owners and
    moderators where the room says so (``adding``: all or staff); nobody in a direct room.
    ``own_role``: in the room, None for a stranger."""
    may_read(kind, own_role is not None)
    _may_change_people(kind)
    if adding == "staff" and own_role not in (OWNER, MODERATOR):
        raise Forbidden(
            "In this room only owners and moderators add people.", reason="adding_staff"
        )


def may_leave(kind: str, member: bool) -> None:
    """To be a member no longer; harmless for a stranger of an open room."""
    may_see(kind, member)
    _may_change_people(kind)


def may_manage(kind: str, own_role: str | None, space_role: str) -> None:
    """To change a room and the roles in it, to archive it and to bring it back; none of it in a
    direct room. ``own_role``: in the room, None for a stranger."""
    _may_order(kind, own_role, space_role)
    if own_role != OWNER and space_role != ADMIN:
        raise Forbidden("Only an owner of the room or an administrator may do this.")


def may_moderate(kind: str, own_role: str | None, space_role: str, role: str | None) -> None:
    """To mute somebody, or to make them leave: owners and administrators may anybody, moderators
    those who are neither. ``role``: theirs in the room, None where they are not in it."""
    _may_order(kind, own_role, space_role)
    if own_role == OWNER or space_role == ADMIN:
        return
    if own_role != MODERATOR or role in (OWNER, MODERATOR):
        raise Forbidden("Only those with more rights in this room may do this.")


def may_administer(space_role: str) -> None:
    """To look after the server: its people, its rooms, its settings, its bots."""
    if space_role != ADMIN:
        raise Forbidden("Only an administrator may do this.")


def may_connect(kind: str, own_role: str | None, space_role: str) -> None:
    """To let programs write in a room, and to see which do: its owners and administrators."""
    may_see(kind, own_role is not None or space_role == ADMIN)
    _may_change_people(kind)
    if own_role != OWNER and space_role != ADMIN:
        raise Forbidden("Only an owner of the room or an administrator may connect programs.")


def may_edit(author: str, who: str) -> None:
    """To make a message say something else."""
    if author != who:
        raise Forbidden("Only its author may edit a message.")


def may_delete(author: str, who: str, own_role: str | None, space_role: str) -> None:
    """To take a message away from everybody: its author may, and who keeps order in its room.
    ``own_role``: in the room, None for a stranger."""
    if author != who and own_role not in (OWNER, MODERATOR) and space_role != ADMIN:
        raise Forbidden("Only its author or a moderator may delete a message.")


def may_hide_previews(author: str, who: str, own_role: str | None, space_role: str) -> None:
    """To take away what is shown of the links of a message."""
    if who != author and own_role in (None, "member") and space_role != ADMIN:
        raise Forbidden("Only its author or somebody who looks after the room may do this.")


def reads_from(kind: str, joined_id: int, readable: int | None) -> int:
    """The id above which a member may read. ``readable``: above which everybody in the room may
    (`domain.conduct.READABLE`), None where its kind says so: all of an open room, nothing of a
    private one before one's joining."""
    if readable is None:
        readable = 0 if kind == OPEN else NOTHING
    return min(joined_id, readable)


def _may_order(kind: str, own_role: str | None, space_role: str) -> None:
    """Administrators keep order in rooms that they are not in, but not between two people."""
    may_see(kind, own_role is not None or (space_role == ADMIN and kind != DIRECT))
    _may_change_people(kind)


def _may_change_people(kind: str) -> None:
    if kind == DIRECT:
        raise InvalidValue(
            "A direct room stays among its people. Make a new one.", reason="direct_closed"
        )
