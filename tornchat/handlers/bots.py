"""``/api/bots`` and hooks: programs that write."""

from __future__ import annotations

import logging
from typing import Any

from tornchat.chat import bots, hooks, webhooks
from tornchat.domain.errors import TornchatError
from tornchat.handlers.base import Handler

logger = logging.getLogger(__name__)


class Bots(Handler):
    """All bots; make one."""

    async def get(self) -> None:
        self.answer({"bots": await bots.all_of_them(self.chat, self.who)})

    async def post(self) -> None:
        body = self.body()
        bot, token = await bots.add(
            self.chat, self.who, body.get("username"), body.get("display_name")
        )
        self.answer({"user": bot, "token": token}, 201)


class Bot(Handler):
    """``/api/bots/U``."""

    async def delete(self, user: str) -> None:
        await bots.disable(self.chat, self.who, user)
        self.nothing()


class Hooks(Handler):
    """``/api/rooms/R/hooks``: those of a room; make one."""

    async def get(self, room: str) -> None:
        found = await hooks.of_room(self.chat, self.who, room)
        self.answer({"hooks": [hooks.as_json(hook) for hook in found]})

    async def post(self, room: str) -> None:
        hook, secret = await hooks.add(self.chat, self.who, room, self.body().get("name"))
        origin = self.site.origin or f"{self.request.protocol}://{self.request.host}"
        self.answer({**hooks.as_json(hook), "url": f"{origin}/api/hooks/{secret}"}, 201)


class Hook(Handler):
    """``/api/rooms/R/hooks/H``."""

    async def delete(self, room: str, hook: str) -> None:
        await hooks.remove(self.chat, self.who, room, hook)
        self.nothing()


class Webhooks(Handler):
    """``/api/rooms/R/webhooks``: addresses that are told what is said; make one."""

    async def get(self, room: str) -> None:
        found = await webhooks.of_room(self.chat, self.who, room)
        self.answer({"webhooks": [webhooks.as_json(webhook) for webhook in found]})

    async def post(self, room: str) -> None:
        made = await webhooks.add(self.chat, self.who, room, self.body().get("url"))
        self.answer({**webhooks.as_json(made), "secret": made.secret}, 201)


class Webhook(Handler):
    """``/api/rooms/R/webhooks/W``."""

    async def delete(self, room: str, webhook: str) -> None:
        await webhooks.remove(self.chat, self.who, room, webhook)
        self.nothing()


class HookCall(Handler):
    """``/api/hooks/SECRET``: whoever knows the address writes by it. It is to be in no log."""

    public = frozenset({"POST"})

    async def post(self, secret: str) -> None:
        body = self.body()
        message, again = await hooks.post(
            self.chat, secret, body.get("text"), body.get("nonce"), self.address
        )
        self.answer({"id": message.id}, 200 if again else 201)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Tornado would write the address down."""
        if not isinstance(value, TornchatError) or value.status == 500:
            logger.error("a call of a hook failed", exc_info=(typ, value, tb))
