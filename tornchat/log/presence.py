"""Who is connected to which worker, and what is shown of them; and what is said live in a room."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tornchat.domain import events
from tornchat.domain.announcements import memberships
from tornchat.domain.presence import OFFLINE, Shown, State
from tornchat.domain.topics import room_topic
from tornchat.log.client import Client
from tornchat.log.connection import Argument
from tornchat.wire import packed

SILENT_MS = 15_000
"""Who was connected to a worker that said nothing for so long is not: it was killed."""
OFFICE_MS = 10_000
TYPING_MS = 3_000
"""A person who writes is said to do so this often in a room."""
TOLD = "presence "
"""Said on the control channel: what is shown of some people now, as JSON behind it."""
MOVED = "moved "
"""Said there: these people share rooms with other people than before."""
_PART = 1000
_OF_SESSION = 16
"""Characters that name a session here: of its digest, which is no secret but long."""


def session_name(digest: str) -> str:
    """A session as it is named among those who are present."""
    return digest[:_OF_SESSION]


# -- a worker says who is there


async def attend(
    client: Client, worker: str, sessions: Mapping[str, Collection[str]], *, everybody: bool
) -> bool:
    """Say that ``worker`` lives and which sessions (`session_name`) of these users it has, none for
    who has left.

    False: what it said before is lost, and it must say ``everybody``. Raises `LogAway`.
    """
    keys = [client.keys.attendants, client.keys.attendance(worker)]
    args: list[Argument] = []
    for user, names in sessions.items():
        args += [user, " ".join(sorted(names))]
    known = True
    for start in range(0, max(1, len(args)), 2 * _PART):
        anew = everybody and start == 0
        head: list[Argument] = [worker, SILENT_MS, "1" if anew else "0"]
        known = bool(await client.script("attend", keys, head + args[start : start + 2 * _PART]))
    return known


async def depart(client: Client, worker: str) -> None:
    """This worker ends, and nobody is connected to it any more."""
    keys = client.keys
    await client.calls([("DEL", keys.attendance(worker)), ("ZREM", keys.attendants, worker)])


async def note_idle(client: Client, digest: str, idle: bool) -> None:
    """Nobody does anything at the device with this session any more, or somebody does again."""
    await client.script("idle", [client.keys.idle], [session_name(digest), "1" if idle else "0"])


async def forget_idle(client: Client, names: Iterable[str]) -> None:
    """These sessions have not been connected for a while."""
    await client.call("HDEL", client.keys.idle, *names)


# -- one of the workers judges


@dataclass(frozen=True, slots=True)
class Attendance:
    """user -> their sessions on one worker, or of all that are idle; ``revision`` names it."""

    revision: str = ""
    people: Mapping[str, list[str]] | None = None

    @classmethod
    def of(cls, flat: list[bytes]) -> Attendance:
        texts = [item.decode() for item in flat]
        found = dict(zip(texts[::2], texts[1::2], strict=True))
        revision = found.pop("", "")
        return cls(revision, {user: sessions.split(" ") for user, sessions in found.items()})


@dataclass(frozen=True, slots=True)
class Sight:
    """``judged``: the token that `adopt` left last. What has not changed is not in it."""

    now: int
    judged: str | None
    workers: list[str]
    idle: Attendance | None
    attendances: dict[str, Attendance]


async def look(client: Client, token: str, idle: str, known: Mapping[str, str]) -> Sight | None:
    """Take or keep the office of the judge and see who is connected; None where another has it.

    ``idle`` and ``known`` (worker -> revision) say what is known already. Raises `LogAway`.
    """
    keys, workers = client.keys, list(known)
    reply = await client.script(
        "judge",
        [keys.judge, keys.attendants, keys.idle, keys.presence, *map(keys.attendance, workers)],
        [token, OFFICE_MS, SILENT_MS, idle, *known.values()],
    )
    if not reply:
        return None
    now, judged, living, idle_news, news = reply
    return Sight(
        int(now),
        judged.decode() if judged is not None else None,
        [name.decode() for name in living],
        Attendance.of(idle_news) if idle_news is not None else None,
        {
            worker: Attendance.of(flat)
            for worker, flat in zip(workers, news, strict=True)
            if flat is not None
        },
    )


async def leave_office(client: Client, token: str) -> None:
    """Let another judge at once."""
    await client.script("lease", [client.keys.judge], [token, 0])


async def everybody_shown(client: Client) -> dict[str, Shown]:
    """What is shown of everybody."""
    flat = await client.call("HGETALL", client.keys.presence)
    texts = [item.decode() for item in flat]
    pairs = zip(texts[::2], texts[1::2], strict=True)
    return {user: _shown(text) for user, text in pairs if user}


async def adopt(client: Client, token: str, shown: Mapping[str, Shown]) -> bool:
    """Begin to judge from what is shown; False where another judges by now."""
    users = list(shown)
    for start in range(0, len(users), _PART):
        part = {user: shown[user] for user in users[start : start + _PART]}
        if not await _tell(client, token, "", part):
            return False
    return await _tell(client, token, "", {"": token})


async def tell(
    client: Client,
    token: str,
    shown: Mapping[str, Shown],
    again: Collection[str],
    gone: Collection[str],
) -> bool:
    """Note what is shown of people now, and tell it, and what was shown before of those ``again``,
    to all workers, with the rooms of each. Those ``gone`` are dropped.

    False where another judges by now. Raises `LogAway`.
    """
    users = [*shown, *again]
    rooms = (
        await client.calls([("HKEYS", client.keys.mirror(memberships(user))) for user in users])
        if users
        else []
    )
    states = (
        await client.calls([("HGET", client.keys.presence, user) for user in again])
        if again
        else []
    )
    now = {user: change.state for user, change in shown.items()}
    for user, text in zip(again, states, strict=True):
        if text is not None:
            now[user] = _shown(text.decode()).state
    said = [
        [user, now[user], [room.decode() for room in found]]
        for user, found in zip(users, rooms, strict=True)
        if user in now
    ]
    return await _tell(client, token, TOLD + json.dumps(said) if said else "", shown, gone)


async def shown(client: Client, users: Collection[str]) -> dict[str, State]:
    """What is shown of these people; nobody who is offline."""
    found: dict[str, State] = {}
    asked = list(users)
    for start in range(0, len(asked), _PART):
        part = asked[start : start + _PART]
        texts = await client.call("HMGET", client.keys.presence, *part)
        for user, text in zip(part, texts, strict=True):
            if text is not None and (state := _shown(text.decode()).state) != OFFLINE:
                found[user] = state
    return found


async def connected(client: Client, user: str) -> set[str]:
    """Names of the sessions of which a stream is open somewhere. Raises `LogAway`."""
    workers = await client.call("ZRANGE", client.keys.attendants, 0, -1)
    if not workers:
        return set()
    keys = client.keys
    texts = await client.calls(
        [("HGET", keys.attendance(worker.decode()), user) for worker in workers]
    )
    return {name for text in texts if text is not None for name in text.decode().split(" ")}


# -- what workers hear


def told(said: str) -> list[tuple[str, State, list[str]]] | None:
    """(user, state, rooms) of people of whom something is shown now; None where something else was
    said."""
    if not said.startswith(TOLD):
        return None
    return [(user, state, rooms) for user, state, rooms in json.loads(said.removeprefix(TOLD))]


def moved(said: str) -> list[str] | None:
    """People whose rooms have changed; None where something else was said."""
    return said.removeprefix(MOVED).split(" ") if said.startswith(MOVED) else None


async def say_moved(client: Client, users: Collection[str]) -> None:
    """The rooms of these people have changed: whoever shares one now is to see them."""
    await client.call("PUBLISH", client.keys.control, MOVED + " ".join(users))


# -- writing


async def say_typing(client: Client, user: str, room: str) -> bool:
    """Say in a room that a member is writing, unless it was said a moment ago; False for somebody
    who is no member. Raises `LogAway`."""
    keys = client.keys
    reply = await client.script(
        "typing",
        [keys.run, keys.mirror(memberships(user)), keys.rate(f"typing:{user}:{room}")],
        [
            room,
            keys.channel(room_topic(room)),
            packed.open_event(events.typing(room, user)),
            TYPING_MS,
        ],
    )
    return bool(reply != b"stranger")


def _shown(text: str) -> Shown:
    state, _, at = text.partition(" ")
    return Shown("idle" if state == "idle" else "online" if state == "online" else OFFLINE, int(at))


async def _tell(
    client: Client,
    token: str,
    said: str,
    shown: Mapping[str, Shown | str],
    gone: Collection[str] = (),
) -> bool:
    if not (said or shown or gone):
        return True
    args: list[Argument] = [token, client.keys.control, said, len(shown)]
    for user, value in shown.items():
        args += [user, value if isinstance(value, str) else f"{value.state} {value.at}"]
    keys = [client.keys.judge, client.keys.presence]
    return bool(await client.script("tell", keys, [*args, *gone]))
