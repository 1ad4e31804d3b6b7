"""A run that went well, made up: what a chat's log, its readers and its history would be."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from probes.evidence import Evidence, Opened, Position, RoomShown, Seen, Snapshot, Stored, Witness
from probes.ledger import Accepted, Ledger, Moved

ROOMS = ("garden", "kitchen", "attic")
PEOPLE = ("ana", "budi", "citra", "dewi")
DEVICES = 2
"""Readers of each person."""


@dataclass
class Chat:
    """A log that grows by what people do."""

    chance: random.Random
    log: list[Seen] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    inside: set[tuple[str, str]] = field(default_factory=set)
    heads: dict[str, int] = field(default_factory=dict)
    clock: int = 1000

    def say(self, room: str, author: str) -> None:
        nonce = f"n{len(self.log)}"
        event = self._log(f"room:{room}", "message", room, author=author, nonce=nonce, digest=7)
        self.ledger.accepted.append(Accepted(room, event.id, nonce, author, 7))

    def come(self, room: str, user: str) -> None:
        """The newcomer is told first."""
        self.inside.add((room, user))
        self._log(f"user:{user}", "member.joined", room, user=user)
        self._log(f"room:{room}", "member.joined", room, user=user)
        self.ledger.moves.append(Moved(room, user, joined=True))

    def go(self, room: str, user: str) -> None:
        """The room is told first."""
        self._log(f"room:{room}", "member.left", room, user=user)
        self._log(f"user:{user}", "member.left", room, user=user)
        self.inside.discard((room, user))
        self.ledger.moves.append(Moved(room, user, joined=False))

    def _log(
        self,
        topic: str,
        kind: str,
        room: str,
        user: str = "",
        author: str = "",
        nonce: str = "",
        digest: int = 0,
    ) -> Seen:
        self.clock += self.chance.randint(1, 3)
        prev = self.heads.get(topic, 0)
        event = Seen(self.clock, prev, topic, kind, room, user, author, nonce, digest)
        self.heads[topic] = event.id
        self.log.append(event)
        return event


def made_up_run(seed: int, steps: int = 40) -> Evidence:
    """Evidence of ``steps`` things that people did; nothing is wrong with it."""
    chat = Chat(random.Random(seed))
    chance = chat.chance
    chat.inside = {(room, user) for room in ROOMS for user in PEOPLE if chance.random() < 0.7}
    chat.inside |= {(room, "ana") for room in ROOMS}
    members = set(chat.inside)
    witnesses = [
        Witness(f"{user} {device}", user, 1000) for user in PEOPLE for device in range(DEVICES)
    ]
    done = 0
    for _ in range(steps):
        user, room = chance.choice(PEOPLE), chance.choice(ROOMS)
        if chance.random() < 0.75:
            if (room, user) in chat.inside:
                chat.say(room, user)
        elif user != "ana":
            (chat.go if (room, user) in chat.inside else chat.come)(room, user)
        _show(chat, done, witnesses)
        done = len(chat.log)
    return Evidence(
        chat.ledger,
        witnesses,
        members,
        {room: _history(chat.ledger, room) for room in ROOMS},
        [_snapshot(chat, user) for user in PEOPLE],
    )


def _show(chat: Chat, done: int, witnesses: list[Witness]) -> None:
    """Everybody sees what is new, as far as it is theirs."""
    for witness in witnesses:
        for event in chat.log[done:]:
            mine = event.topic == f"user:{witness.user}"
            member = (event.room, witness.user) in chat.inside or event.user == witness.user
            if mine or (event.topic.startswith("room:") and member):
                witness.steps.append(event)
        match chat.chance.randint(0, 9):
            case 0:
                witness.steps.append(Position(chat.clock))
            case 1:
                witness.steps.append(Opened(chat.clock))


def _history(ledger: Ledger, room: str) -> list[Stored]:
    return [Stored(m.id, m.author, m.nonce, m.digest) for m in ledger.of_room(room)]


def _snapshot(chat: Chat, user: str) -> Snapshot:
    rooms = {}
    for room in ROOMS:
        if (room, user) in chat.inside:
            unread = sum(m.author != user for m in chat.ledger.of_room(room))
            members = sum(where == room for where, _ in chat.inside)
            rooms[room] = RoomShown(chat.heads.get(f"room:{room}", 0), 0, unread, members)
    return Snapshot(user, chat.clock, rooms)
