"""Where I am signed in, and ending that."""

from __future__ import annotations

from typing import Any

from tornchat.archive import sessions
from tornchat.chat import audit
from tornchat.chat.context import Chat, Identity
from tornchat.chat.limits import change_by
from tornchat.domain import announcements
from tornchat.domain.errors import Forbidden, NotFound
from tornchat.log import presence


async def mine(chat: Chat, who: Identity) -> list[dict[str, Any]]:
    """My browser sessions and tokens that are still good, the newest first; ``id`` names one and
    opens nothing. ``connected``: a stream of it is open now."""
    now = chat.now()
    async with chat.database.read() as conn:
        found = await sessions.of_user(conn, who.user, now)
    connected = await presence.connected(chat.client, who.user)
    return [
        {
            "id": presence.session_name(session.hash),
            "kind": session.kind,
            "label": session.label,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
            "connected": presence.session_name(session.hash) in connected,
            "this": session.hash == who.digest,
        }
        for session in found
    ]


async def end(chat: Chat, who: Identity, name: str) -> None:
    """End one of my sessions, by its `log.presence.session_name`, and cut its streams at once.

    Raises `Forbidden` for a token, which must not sign its owner out, and `NotFound`.
    """
    if who.kind != "cookie":
        raise Forbidden("A token cannot end sessions. Sign in with the password.")
    async with change_by(chat, who) as change:
        found = await sessions.of_user(change.conn, who.user, change.now)
        ended = [session.hash for session in found if presence.session_name(session.hash) == name]
        if not ended:
            raise NotFound("You have no such session.")
        await sessions.remove(change.conn, ended)
        await change.announce(announcements.sessions_ended(who.user, ended, "signed_out"))
        await audit.note(change, who, "session.ended", user=who.user)
