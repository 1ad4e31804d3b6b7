"""The page and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tornado import web

from tornchat.chat.context import Chat
from tornchat.domain.errors import NotFound
from tornchat.handlers.base import Handler, Site
from tornchat.handlers.page_version import WORKER, PageVersion
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

    def initialize(  # type: ignore[override]
        self, chat: Chat, hub: Hub, site: Site, version: PageVersion, path: str = ""
    ) -> None:
        Handler.initialize(self, chat, hub, site)
        self._version = version
        web.StaticFileHandler.initialize(self, path, "index.html")

    def compute_etag(self) -> str | None:
        if self.request.path == f"/{WORKER}":
            return web.RequestHandler.compute_etag(self)
        return web.StaticFileHandler.compute_etag(self)

    async def get(self, path: str, include_body: bool = True) -> None:
        if "\0" in path:
            raise NotFound()  # to the file system it would be a fault of ours
        if await self._version.look():
            self.reset()  # Tornado keeps the hashes of files for ever
        if path == WORKER:
            return self._service_worker()
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

    def _service_worker(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_extra_headers(WORKER)
        self.finish(self._version.worker())

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
        # So that the worker in the browser never keeps files of two versions together.
        self.set_header("Tornchat-Page", self._version.name)


def page_route(web_root: Path, parts: dict[str, Any]) -> tuple[str, type[Page], dict[str, Any]]:
    """Everything outside of the API; but who asks for figures here must not believe they are
    served."""
    return (
        r"/(?!api/|metrics$)(.*)",
        Page,
        {**parts, "path": str(web_root), "version": PageVersion(web_root)},
    )
