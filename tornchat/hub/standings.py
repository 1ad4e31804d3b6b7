"""What joins ask Redis: one instant of the log serves all that wait for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tornchat.domain.sessions import SessionRecord
from tornchat.hub.together import Together
from tornchat.log.client import Client
from tornchat.log.gaps import Gap
from tornchat.log.standing import Standing, standing

MOST_USERS = 20_000


@dataclass(frozen=True, slots=True)
class _Question:
    topics: Mapping[str, int]
    user: str
    session: str


@dataclass(frozen=True, slots=True)
class Stand:
    """The log in one instant, as one reader sees it.

    ``topics``: what the user reads, topic -> the id above which it is theirs. ``heads`` has at
    least the topics that were asked for. ``session`` is None for one that has ended.
    """

    clock: int
    floor: int
    heads: Mapping[str, int]
    topics: Mapping[str, int]
    session: SessionRecord | None
    gaps: list[Gap]


class Standings:
    """Of one hub."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._together: Together[_Question, Stand] = Together(self._read)
        self._topics: dict[str, Mapping[str, int]] = {}
        """What users had when they were last looked up, the longest ago first."""

    def guess(self, user: str) -> Mapping[str, int]:
        """The user's topics as they were some time ago, none where nobody knows. What to follow
        before it is known what is to be followed; never what to send."""
        return self._topics.get(user, {})

    async def now(self, topics: Mapping[str, int], user: str, session: str) -> Stand:
        """Read at an instant that comes after this call. Raises `LogAway`."""
        return await self._together.ask(_Question(topics, user, session))

    async def heads(self, topics: Collection[str]) -> Standing:
        """Where these topics stand, and nothing of who reads them, at an instant that comes after
        this call. Raises `LogAway`."""
        return await standing(self._client, topics, (), ())

    async def _read(self, questions: list[_Question]) -> list[Stand]:
        topics = {topic for question in questions for topic in question.topics}
        users = {question.user for question in questions}
        sessions = {question.session for question in questions}
        found = await standing(self._client, topics, users, sessions)
        for user in users:
            self._remember(user, found)
        return [self._of(question, found) for question in questions]

    def _of(self, question: _Question, found: Standing) -> Stand:
        return Stand(
            found.clock,
            found.floor,
            found.heads,
            self._topics.get(question.user) or found.topics[question.user],
            found.sessions[question.session],
            found.gaps[question.session],
        )

    def _remember(self, user: str, found: Standing) -> None:
        # All readers of a user share one mapping for as long as it is the same.
        before, now = self._topics.pop(user, None), found.topics[user]
        self._topics[user] = before if before == now else now
        if len(self._topics) > MOST_USERS:
            del self._topics[next(iter(self._topics))]
