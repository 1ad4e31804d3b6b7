"""``/api/lab/probe``: what a measurement sends on its way."""

from __future__ import annotations

from tornchat.chat import lab
from tornchat.handlers.base import Handler
from tornchat.wire import stamps


class Probe(Handler):
    """A probe comes back on the user's own streams, with the times at which it passed."""

    received = 0

    async def prepare(self) -> None:
        self.received = stamps.now()  # before it is known who asks, which can take a while, too
        await super().prepare()

    async def post(self) -> None:
        body = self.body()
        probed = await lab.probe(
            self.chat, self.who, self.received, body.get("nonce"), body.get("pad", 0)
        )
        self.answer({**probed, "received": self.received, "appended": stamps.now()}, 201)
