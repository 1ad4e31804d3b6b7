"""``/api/push`` and ``/api/push/subscriptions``."""

from __future__ import annotations

from tornchat.chat import pushing
from tornchat.handlers.base import Handler


class Push(Handler):
    """``GET /api/push``: what a browser needs to subscribe."""

    async def get(self) -> None:
        self.answer({"public_key": await pushing.public_key(self.chat)})


class Subscriptions(Handler):
    """``POST`` and ``DELETE /api/push/subscriptions``."""

    async def post(self) -> None:
        body = self.body()
        target = await pushing.subscribe(
            self.chat,
            self.who,
            body.get("endpoint"),
            body.get("keys"),
            body.get("text"),
            body.get("quiet_until"),
        )
        self.answer({"endpoint": target.endpoint}, 201)

    async def delete(self) -> None:
        await pushing.unsubscribe(self.chat, self.who, self.body().get("endpoint"))
        self.nothing()
