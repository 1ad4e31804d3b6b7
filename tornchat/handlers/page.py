"""The page and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tornado import web

from tornchat.chat.context import Chat
from tornchat.domain.errors import NotFound
from tornchat.handlers.base import Handler, Site
from tornchat.hub.hub import Hub

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self'; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types tornchat tornchat-worker"
)


LAB = "lab"
"""Address and folder of the lab page."""


class Page(Handler, web.StaticFileHandler):
    """Files of ``web/``; an address of the app itself (no dot in its last part) is the page, or
    that of the lab."""

    public = frozenset({"GET", "HEAD"})
    policy = PAGE_POLICY

    def initialize(self, chat: Chat, hub: Hub, site: Site, path: str = "") -> None:  # type: ignore[override]
        Handler.initialize(self, chat, hub, site)
        web.StaticFileHandler.initialize(self, path, "index.html")

    def compute_etag(self) -> str | None:
        return web.StaticFileHandler.compute_etag(self)

    async def get(self, path: str, include_body: bool = True) -> None:
        if "\0" in path:
            raise NotFound()  # to the file system it would be a fault of ours
        if not self.chat.lab and self._is_of_lab(path):
            raise NotFound("The lab is switched off on this server.")
        try:
            await web.StaticFileHandler.get(self, path, include_body)
        except web.HTTPError as refusal:
            # 403 is for a path that leads out of the folder, or to a folder: what is there is not
            # said.
            if refusal.status_code == 403:
                raise NotFound() from refusal
            raise

    def _is_of_lab(self, path: str) -> bool:
        """However its address is written: the lab may be reached by dots, too."""
        folder = self.get_absolute_path(self.root, LAB)
        return Path(self.get_absolute_path(self.root, path)).is_relative_to(folder)

    def parse_url_path(self, url_path: str) -> str:
        if url_path.strip("/") == LAB:
            return f"{LAB}/index.html"
        if "." not in url_path.rpartition("/")[2]:
            return "index.html"
        return web.StaticFileHandler.parse_url_path(self, url_path)

    def set_extra_headers(self, path: str) -> None:
        # Not for ever: a new version is seen at the next load, by its ETag.
        self.set_header("Cache-Control", "no-cache")


def page_route(web_root: Path, parts: dict[str, Any]) -> tuple[str, type[Page], dict[str, Any]]:
    """Everything outside of the API; but who asks for figures here must not believe they are
    served."""
    return (r"/(?!api/|metrics$)(.*)", Page, {**parts, "path": str(web_root)})
