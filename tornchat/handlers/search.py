"""``/api/search``: messages by what they say."""

from __future__ import annotations

import re

from tornchat.chat import searching
from tornchat.domain.errors import InvalidValue
from tornchat.domain.ids import MAX_ID, parse_cursor
from tornchat.domain.rules import limit_of
from tornchat.domain.searching import MOST_MINUTES
from tornchat.handlers.base import Handler

PAGE = 20
MOST_PAGE = 50
_MINUTES = re.compile(r"-?[0-9]{1,3}")


class Search(Handler):
    """``q``, ``room``, ``author``, ``before``, ``limit``, ``minutes``."""

    async def get(self) -> None:
        before = self.query("before")
        found = await searching.find(
            self.chat,
            self.who,
            self.query("q") or "",
            room=self.query("room"),
            author=self.query("author"),
            before=MAX_ID if before is None else parse_cursor(before),
            limit=limit_of(self.query("limit"), PAGE, MOST_PAGE),
            minutes=_minutes(self.query("minutes")),
        )
        self.answer(searching.as_json(found))


def _minutes(text: str | None) -> int:
    if text is None:
        return 0
    if not _MINUTES.fullmatch(text) or abs(int(text)) > MOST_MINUTES:
        raise InvalidValue("minutes is the difference of your clock to universal time.")
    return int(text)
