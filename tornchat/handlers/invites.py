"""``/api/invites``: links by which people come in."""

from __future__ import annotations

from tornchat.chat import invites, snapshot
from tornchat.handlers.base import Handler


class Invites(Handler):
    """``/api/invites``: make a link; those that are still good."""

    async def get(self) -> None:
        found = await invites.listed(self.chat, self.who, self.query("room"))
        self.answer({"invites": [invites.public(invite) for invite in found]})

    async def post(self) -> None:
        body = self.body()
        invite, secret = await invites.create(
            self.chat, self.who, body.get("room"), body.get("expires_in"), body.get("uses")
        )
        origin = self.site.origin or f"{self.request.protocol}://{self.request.host}"
        url = f"{origin}/#/invite/{secret}"
        self.answer({**invites.public(invite), "url": url}, 201)


class Invite(Handler):
    """``/api/invites/I``: revoke."""

    async def delete(self, invite: str) -> None:
        await invites.revoke(self.chat, self.who, invite)
        self.nothing()


class Look(Handler):
    """``/api/invites/look``: what a link is for, for those who have it."""

    public = frozenset({"POST"})

    async def post(self) -> None:
        found = await invites.look(self.chat, self.body().get("invite"), self.address)
        room = found.room and {
            "id": found.room.id,
            "name": found.room.name,
            "description": found.room.description,
            "members": found.members,
        }
        by = {"username": found.by.username, "display_name": found.by.display_name}
        self.answer({"room": room, "by": by, "expires_at": found.invite.expires_at})


class Accept(Handler):
    """``/api/invites/accept``: come in, for those who have an account."""

    async def post(self) -> None:
        room = await invites.accept(self.chat, self.who, self.body().get("invite"))
        self.answer({"room": room and await snapshot.room(self.chat, self.who, room)})
