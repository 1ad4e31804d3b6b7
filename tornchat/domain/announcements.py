"""Announcements: what a change in SQL must do to Redis, said once and in order.

A change of users, sessions, rooms or members is written to SQL together with an announcement (a row
of the outbox). Whoever holds the archive's lease hands it to one script, ``log/lua/announce.lua``,
that changes the mirror and appends the events. Each announcement is data, so that it can wait in a
table: topics and fields of events, and entries of mirror hashes to set or to drop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tornchat.domain.conduct import ARCHIVED, POSTING, READABLE, conduct, refused, staff
from tornchat.domain.events import SESSIONS_ENDED
from tornchat.domain.topics import SPACE, room_topic, user_topic

SESSIONS = "sessions"
FIRST_ID = "@first"
"""Stands for the id of the announcement's first event, which only the script knows."""


def memberships(user: str) -> str:
    """Name of the mirror hash room -> joined_id of one user."""
    return f"memberships:{user}"


@dataclass(frozen=True, slots=True)
class Announcement:
    """``joined`` is (room, user...) where the first event's id is the ``joined_id`` of memberships:
    of these people in this room. ``opened`` is the room where it is what all may read after.
    ``renewed``: the sessions that are set were there before, and workers must not go on by what
    they knew of them."""

    events: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    set: tuple[tuple[str, str, str], ...] = ()
    drop: tuple[tuple[str, str], ...] = ()
    tell: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    joined: tuple[str, ...] | None = None
    opened: str | None = None
    renewed: bool = False

    @property
    def moved(self) -> list[str]:
        """Who shares rooms with other people than before."""
        moves = ("member.joined", "member.left")
        return [fields["user"] for _, fields in self.events if fields["kind"] in moves]

    @property
    def outdated(self) -> list[str]:
        """The sessions of which workers must forget what they know."""
        gone = [key for name, key in self.drop if name == SESSIONS]
        return gone + [key for name, key, _ in self.set if name == SESSIONS and self.renewed]

    def payload(self) -> dict[str, Any]:
        """As JSON keeps it in the outbox."""
        return {
            "events": [[topic, dict(fields)] for topic, fields in self.events],
            "set": [list(entry) for entry in self.set],
            "drop": [list(entry) for entry in self.drop],
            "tell": [[topic, dict(fields)] for topic, fields in self.tell],
            "joined": list(self.joined) if self.joined else None,
            "opened": self.opened,
            "renewed": self.renewed,
        }

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Announcement:
        """The inverse of `payload`."""
        joined = payload["joined"]
        return cls(
            events=tuple((topic, fields) for topic, fields in payload["events"]),
            set=tuple((name, key, value) for name, key, value in payload["set"]),
            drop=tuple((name, key) for name, key in payload["drop"]),
            tell=tuple((topic, fields) for topic, fields in payload["tell"]),
            joined=tuple(joined) if joined else None,
            opened=payload.get("opened"),
            renewed=payload.get("renewed", False),
        )


def room_created(room: str, name: str, description: str, by: str) -> Announcement:
    """An open room is told to everybody."""
    fields = {
        "kind": "room.created",
        "room": room,
        "name": name,
        "description": description,
        "by": by,
    }
    return Announcement(events=((SPACE, fields),))


def room_changed(
    room: str,
    by: str,
    settings: Mapping[str, Any],
    *,
    outside: Mapping[str, Any] | None,
    readable: int | str | None,
    staff_ids: Iterable[str],
) -> Announcement:
    """Told to the room with all of its settings, and to everybody as far as they may know: what
    they may find (``outside``), or None where they heard of it neither before nor now.

    ``readable`` as `domain.conduct.READABLE`, None where that stays as it is; `FIRST_ID` where
    everybody may read what is said from here on. ``staff_ids``: its owners and moderators, so that
    the mirror knows them where it comes to matter.
    """
    mirror = conduct(room)
    fields = {"kind": "room.changed", "room": room, "by": by}
    told = [(room_topic(room), {**fields, **settings})]
    if outside is not None:
        told.append((SPACE, {**fields, **outside}))
    put = [(mirror, staff(user), "1") for user in staff_ids]
    if readable is not None:
        put.append((mirror, READABLE, str(readable)))
    drop = [(mirror, ARCHIVED)]
    if settings["posting"] == "staff":
        put.append((mirror, POSTING, "1"))
    else:
        drop.append((mirror, POSTING))
    opened = room if readable == FIRST_ID else None
    return Announcement(events=tuple(told), set=tuple(put), drop=tuple(drop), opened=opened)


def room_archived(room: str, by: str, *, known: bool) -> Announcement:
    """From here on nothing is written in it. ``known``: everybody heard of it."""
    fields = {"kind": "room.archived", "room": room, "by": by}
    topics = (room_topic(room), SPACE) if known else (room_topic(room),)
    return Announcement(
        events=tuple((topic, fields) for topic in topics), set=((conduct(room), ARCHIVED, "1"),)
    )


def role_changed(room: str, user: str, role: str, by: str) -> Announcement:
    """``role``: owner, moderator or member."""
    fields = {"kind": "member.changed", "room": room, "user": user, "role": role, "by": by}
    field = staff(user)
    return Announcement(
        events=((room_topic(room), fields),),
        set=((conduct(room), field, "1"),) if role != "member" else (),
        drop=((conduct(room), field),) if role == "member" else (),
    )


def muted(room: str, user: str, until: int, by: str) -> Announcement:
    """``until``: unix ms, 0 for not any more."""
    fields = {"kind": "member.changed", "room": room, "user": user, "muted": until, "by": by}
    return Announcement(
        events=((room_topic(room), fields),),
        set=((conduct(room), user, str(until)),) if until else (),
        drop=() if until else ((conduct(room), user),),
    )


def mutes_over(ended: Iterable[tuple[str, str]]) -> Announcement:
    """Mutes that bind nobody any more, by (room, user)."""
    return Announcement(drop=tuple((conduct(room), user) for room, user in ended))


def joined(
    room: str,
    user: str,
    username: str,
    display_name: str,
    role: str,
    by: str,
    *,
    about: Mapping[str, Any] = MappingProxyType({}),
) -> Announcement:
    """Told to the person first, whose streams then join the room's topic, then to the room.

    ``about``: what else others see of the person.
    """
    fields = {
        **{name: value for name, value in about.items() if name != "id"},
        "kind": "member.joined",
        "room": room,
        "user": user,
        "username": username,
        "display_name": display_name,
        "role": role,
        "by": by,
    }
    return Announcement(
        events=((user_topic(user), fields), (room_topic(room), fields)),
        set=(
            (memberships(user), room, FIRST_ID),
            *(((conduct(room), staff(user), "1"),) if role != "member" else ()),
        ),
        joined=(room, user),
    )


def direct_opened(
    room: str, people: list[dict[str, Any]], by: str, refusing: Iterable[str] = ()
) -> Announcement:
    """All of its people come into a direct room at once, and each is told who they are.

    ``refusing``: those whom the other one of two has blocked.
    """
    fields = [
        {
            **{name: value for name, value in person.items() if name not in ("id", "disabled")},
            "kind": "member.joined",
            "room": room,
            "user": person["id"],
            "role": "member",
            "by": by,
        }
        for person in people
    ]
    to_each = tuple((user_topic(one["user"]), {**one, "people": people}) for one in fields)
    return Announcement(
        events=(*to_each, *((room_topic(room), one) for one in fields)),
        set=(
            *((memberships(one["user"]), room, FIRST_ID) for one in fields),
            *((conduct(room), refused(user), "1") for user in refusing),
        ),
        joined=(room, *(one["user"] for one in fields)),
    )


def left(room: str, user: str, by: str) -> Announcement:
    """Told to the room first, so that the person's streams still see it there."""
    fields = {"kind": "member.left", "room": room, "user": user, "by": by}
    return Announcement(
        events=((room_topic(room), fields), (user_topic(user), fields)),
        drop=((memberships(user), room), (conduct(room), staff(user))),
    )


def person_changed(user: str, about: Mapping[str, Any]) -> Announcement:
    """``about``: all that others see of the person now."""
    fields = {name: value for name, value in about.items() if name != "id"}
    return Announcement(events=((SPACE, {**fields, "kind": "person.changed", "user": user}),))


def role_in_space_changed(
    user: str, role: str, records: Mapping[str, str], about: Mapping[str, Any]
) -> Announcement:
    """Somebody is an administrator from now on, or a member: said to their own devices alone.
    ``records``: what the mirror keeps of their sessions."""
    fields = {name: value for name, value in about.items() if name != "id"}
    event = {**fields, "kind": "person.changed", "user": user, "role": role}
    return Announcement(
        events=((user_topic(user), event),),
        set=tuple((SESSIONS, digest, record) for digest, record in records.items()),
        renewed=True,
    )


def read_up_to(user: str, room: str, last_read: int, turn: int) -> Announcement:
    """The read marker moved, for the other devices of ``user``. ``turn``: how many times it was put
    back so far."""
    fields = {"kind": "read", "room": room, "last_read": last_read, "turn": turn}
    return Announcement(events=((user_topic(user), fields),))


def blocked(user: str, other: str, room: str | None) -> Announcement:
    """``user`` wants to hear nothing of somebody, for their other devices. ``room``: the direct
    room of these two, where there is one."""
    return Announcement(
        events=((user_topic(user), {"kind": "blocked", "user": other}),),
        set=((conduct(room), refused(other), "1"),) if room else (),
    )


def unblocked(user: str, other: str, room: str | None) -> Announcement:
    """``user`` wants to hear of somebody again."""
    return Announcement(
        events=((user_topic(user), {"kind": "unblocked", "user": other}),),
        drop=((conduct(room), refused(other)),) if room else (),
    )


def settings_changed(user: str, settings: Mapping[str, Any]) -> Announcement:
    """All that ``user`` has chosen of how clients look and work, for their other devices."""
    fields = {"kind": "settings", "settings": dict(settings)}
    return Announcement(events=((user_topic(user), fields),))


def level_chosen(user: str, room: str, level: str) -> Announcement:
    """What of a room concerns ``user`` from now on, for their other devices."""
    fields = {"kind": "level", "room": room, "level": level}
    return Announcement(events=((user_topic(user), fields),))


def session_began(digest: str, record: str) -> Announcement:
    """A new session or token; ``record`` is what the mirror keeps (`domain.sessions`)."""
    return Announcement(set=((SESSIONS, digest, record),))


def sessions_ended(user: str, digests: Iterable[str], code: str) -> Announcement:
    """Sessions are gone and their streams are cut at once; ``code`` goes into their ``bye``."""
    gone = list(digests)
    fields = {"kind": SESSIONS_ENDED, "sessions": gone, "code": code}
    return Announcement(
        drop=tuple((SESSIONS, digest) for digest in gone),
        tell=((user_topic(user), fields),) if gone else (),
    )


def sessions_expired(digests: Iterable[str]) -> Announcement:
    """Sessions that nobody is let in by any more, and whose streams have been cut."""
    return Announcement(drop=tuple((SESSIONS, digest) for digest in digests))
