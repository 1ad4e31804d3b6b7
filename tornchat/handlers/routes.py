"""The table of routes. A test asks each of them as a stranger, and holds ``docs/protocol.md`` to
it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tornado import web

from tornchat import metrics
from tornchat.chat.context import Chat
from tornchat.handlers import (
    accounts,
    admin,
    avatars,
    blocks,
    bots,
    direct,
    events,
    files,
    health,
    invites,
    keeping_up,
    lab,
    messages,
    openapi,
    people,
    push,
    rooms,
    search,
    websocket,
)
from tornchat.handlers.base import Handler, Site, Unknown
from tornchat.handlers.page import Page, page_route
from tornchat.hub.hub import Hub

_ID = r"([a-z0-9]+)"
_WORD = r"([A-Za-z0-9_-]+)"

# The first that fits is taken: what is asked for most comes first.
ROUTES: list[tuple[str, type[Handler]]] = [
    (rf"/api/rooms/{_ID}/messages", rooms.Messages),
    (r"/api/events", events.Events),
    (r"/healthz", health.Alive),
    (r"/readyz", health.Ready),
    (r"/api/server", accounts.Server),
    (r"/api/users", accounts.Users),
    (r"/api/session", accounts.Session),
    (r"/api/session/password", accounts.Password),
    (r"/api/users/me", people.Me),
    (r"/api/users/me/settings", people.MySettings),
    (r"/api/users/me/export", people.Export),
    (rf"/api/users/{_ID}", people.Person),
    (rf"/api/users/{_ID}/avatar", avatars.OfPerson),
    (rf"/api/avatars/{_ID}", avatars.Avatar),
    (r"/api/presence", people.Presence),
    (r"/api/sessions", people.Sessions),
    (rf"/api/sessions/{_ID}", people.OneSession),
    (r"/api/rooms", rooms.Rooms),
    (rf"/api/rooms/{_ID}", rooms.Room),
    (rf"/api/rooms/{_ID}/members", rooms.Members),
    (rf"/api/rooms/{_ID}/members/{_ID}", rooms.Member),
    (r"/api/archived", rooms.Archived),
    (r"/api/invites", invites.Invites),
    (r"/api/invites/look", invites.Look),
    (r"/api/invites/accept", invites.Accept),
    (rf"/api/invites/{_ID}", invites.Invite),
    (rf"/api/rooms/{_ID}/read", keeping_up.ReadMarker),
    (rf"/api/rooms/{_ID}/level", keeping_up.Level),
    (rf"/api/rooms/{_ID}/pins", rooms.Pins),
    (r"/api/direct", direct.Direct),
    (rf"/api/rooms/{_ID}/typing", people.Typing),
    (r"/api/blocks", blocks.Blocks),
    (rf"/api/blocks/{_ID}", blocks.Block),
    (rf"/api/messages/{_ID}", messages.Message),
    (rf"/api/messages/{_ID}/reactions/([^/]+)", messages.Reaction),
    (rf"/api/messages/{_ID}/pin", messages.Pin),
    (rf"/api/messages/{_ID}/previews", messages.Previews),
    (r"/api/files", files.Files),
    (rf"/api/files/{_ID}/([^/]+)", files.File),
    (rf"/api/thumbs/{_ID}", files.Thumb),
    (r"/api/search", search.Search),
    (r"/api/push", push.Push),
    (r"/api/push/subscriptions", push.Subscriptions),
    (r"/api/bots", bots.Bots),
    (rf"/api/bots/{_ID}", bots.Bot),
    (rf"/api/rooms/{_ID}/hooks", bots.Hooks),
    (rf"/api/rooms/{_ID}/hooks/{_ID}", bots.Hook),
    (rf"/api/rooms/{_ID}/webhooks", bots.Webhooks),
    (rf"/api/rooms/{_ID}/webhooks/{_ID}", bots.Webhook),
    (rf"/api/hooks/{_WORD}", bots.HookCall),
    (r"/api/admin/people", admin.People),
    (rf"/api/admin/people/{_ID}", admin.Person),
    (rf"/api/admin/people/{_ID}/password", admin.PersonPassword),
    (rf"/api/admin/people/{_ID}/sessions", admin.PersonSessions),
    (r"/api/admin/rooms", admin.Rooms),
    (rf"/api/admin/rooms/{_ID}/owner", admin.RoomOwner),
    (r"/api/admin/invites", admin.Invites),
    (r"/api/admin/settings", admin.Settings),
    (r"/api/admin/storage", admin.Storage),
    (r"/api/admin/health", admin.Health),
    (r"/api/admin/audit", admin.Audit),
    (r"/api/admin/audit/export", admin.AuditExport),
    (r"/api/openapi.json", openapi.OpenApi),
    (r"/api/events/socket", websocket.EventSocket),
    (r"/api/lab/probe", lab.Probe),
]


def application(chat: Chat, hub: Hub, site: Site, web_root: Path) -> web.Application:
    """All routes as one Tornado application."""
    parts: dict[str, Any] = {"chat": chat, "hub": hub, "site": site}
    return web.Application(
        [*((path, handler, parts) for path, handler in ROUTES), page_route(web_root, parts)],
        default_handler_class=Unknown,
        default_handler_args=parts,
        cross_origin_protection=True,
        log_function=_count,
        openapi=openapi.document(ROUTES),
    )


_PATTERNS: dict[type[web.RequestHandler], str] = {
    handler: pattern.replace(_ID, "*").replace(_WORD, "*").replace("([^/]+)", "*")
    for pattern, handler in ROUTES
}


def _count(handler: web.RequestHandler) -> None:
    """Tornado's hook for an access log. Only what we made up goes into the labels."""
    route = _PATTERNS.get(type(handler), "page" if isinstance(handler, Page) else "unknown")
    method = handler.request.method or ""
    known = method if method in handler.SUPPORTED_METHODS else "unknown"
    gone = isinstance(handler, Handler) and handler.gone
    status = "gone" if gone else str(handler.get_status())
    metrics.REQUESTS.labels(route, known, status).inc()
