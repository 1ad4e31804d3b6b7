"""``GET /api/events/socket``: the stream over WebSocket."""

from __future__ import annotations

from urllib.parse import urlsplit

from tornchat.domain.errors import BadRequest, CrossSite, UpgradeRequired
from tornchat.handlers.reading import ReadingHandler
from tornchat.wire import websocket


class EventSocket(ReadingHandler):
    """A text frame for each event after a cursor, then live, until either side ends it."""

    async def get(self) -> None:
        if self._from_another_site():
            raise CrossSite()
        await self.stream(websocket, websocket.head(self._key()))

    def _key(self) -> str:
        """The key of a handshake. Raises `UpgradeRequired`, `BadRequest`."""
        headers = self.request.headers
        if "websocket" not in _tokens(headers.get("Upgrade", "")) or (
            "upgrade" not in _tokens(headers.get("Connection", ""))
        ):
            raise UpgradeRequired()
        if headers.get("Sec-WebSocket-Version") != websocket.VERSION:
            raise UpgradeRequired(f"Only version {websocket.VERSION} of WebSocket is spoken here.")
        key = headers.get("Sec-WebSocket-Key", "")
        if not websocket.is_key(key):
            raise BadRequest("Sec-WebSocket-Key must be 16 bytes in base64.")
        return key

    def _from_another_site(self) -> bool:
        """Whether a page of another site opens this.

        Tornado does not look at the origin of a GET, whose answer another site cannot read. A
        WebSocket it could read: the browser sends the cookie and asks nobody.
        """
        headers = self.request.headers
        origin = headers.get("Origin", "")
        if origin and self.check_trusted_origin(origin):
            return False
        match headers.get("Sec-Fetch-Site"):
            case "same-origin" | "none":
                return False
            case None:
                ours = headers.get("Host", "").lower()
                return bool(origin) and urlsplit(origin).netloc.lower() != ours
            case _:
                return True


def _tokens(header: str) -> set[str]:
    return {token.strip().lower() for token in header.split(",")}
