"""``/api/blocks``: those of whom I want to hear nothing."""

from __future__ import annotations

from tornchat.chat import blocks
from tornchat.handlers.base import Handler


class Blocks(Handler):
    """All of them."""

    async def get(self) -> None:
        self.answer({"users": await blocks.blocked(self.chat, self.who.user)})


class Block(Handler):
    """``/api/blocks/U``."""

    async def put(self, user: str) -> None:
        await blocks.block(self.chat, self.who, user)
        self.nothing()

    async def delete(self, user: str) -> None:
        await blocks.unblock(self.chat, self.who, user)
        self.nothing()
