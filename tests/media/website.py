"""A website of a few pages on this machine, for link previews."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.media.samples import picture

HOSTILE_TITLE = "<img src=x onerror=\"document.title='owned'\">"
PAGES = {
    "/tea": """<!doctype html><html><head><meta charset="utf-8"><title>Not this</title>
<meta property="og:title" content="All about tea &amp; kettles">
<meta property="og:description" content="Green, black and white: how long, how hot.">
<meta property="og:image" content="/leaf.png"></head><body>Tea</body></html>""",
    "/plain": "<title>A plain page</title>",
    "/hostile": f"""<meta property="og:title" content="{escape(HOSTILE_TITLE)}">
<meta property="og:description" content="<script>document.title='owned'</script>">
<meta property="og:site_name" content="your-bank.example">
<meta property="og:image" content="javascript:alert(1)">""",
    "/nothing": "<p>no title</p>",
}


class Website:
    """Runs in a thread. ``asked`` are the paths that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                kind, body = "text/html; charset=utf-8", PAGES.get(self.path, "").encode()
                if self.path == "/leaf.png":
                    kind, body = "image/png", picture(600, 300)
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler

    @contextmanager
    def open(self) -> Iterator[Website]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
