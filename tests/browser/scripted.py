"""A server of the page whose event streams say what a test tells them to."""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.browser.small_server import SmallServer
from tornchat.settings import web_root

PollAnswer = tuple[int, dict[str, str], object]
"""Status, headers, JSON."""
END = "end"
"""Said to a stream: close."""


class ScriptedStream:
    """One stream that a browser has opened, at ``after``."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.closed = threading.Event()
        self._said: queue.Queue[str] = queue.Queue()

    def say(self, kind: str, id: int | None = None, **data: object) -> None:
        """An event; a logged one gets its id, a ``prev`` and a topic of its own."""
        if id is not None and kind not in ("hello", "beat"):
            data = {"id": id, "prev": 0, "topic": "room:r", "kind": kind, "at": id, **data}
        number = "" if id is None else f"id: {id}\n"
        self._said.put(f"{number}event: {kind}\ndata: {json.dumps(data)}\n\n")

    def hello(self, *, heartbeat: float = 30) -> None:
        self.say("hello", self.after, cursor=self.after, reset=False, heartbeat=heartbeat)

    def end(self) -> None:
        self._said.put(END)

    def next(self) -> str | None:
        """What is to be written; None where there is nothing yet."""
        try:
            return self._said.get(timeout=0.02)
        except queue.Empty:
            return None


class ScriptedServer(SmallServer):
    """Serves ``web/``; ``stream()`` waits for the next stream that is opened. With ``refusal``, a
    status and headers, streams are refused; ``polls`` are the answers to short polls, in turn."""

    def __init__(self) -> None:
        self.refusal: tuple[int, dict[str, str]] | None = None
        self.polls: list[PollAnswer] = []
        self.asked: list[str] = []
        self._opened: queue.Queue[ScriptedStream] = queue.Queue()
        super().__init__(self._handler())
        self.url = f"http://127.0.0.1:{self.port}"

    def stream(self) -> ScriptedStream:
        return self._opened.get(timeout=60)

    @property
    def quiet(self) -> bool:
        """Whether no stream was opened that nobody has waited for."""
        return self._opened.empty()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        script = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                if path == "/api/events":
                    script.asked.append("poll" if "wait=0" in query else "stream")
                    after = int(query.split("after=")[1].split("&")[0])
                    self._poll() if "wait=0" in query else self._stream(after)
                    return
                file = Path(web_root()) / path.lstrip("/")
                if file.is_file():
                    kinds = {".js": "text/javascript", ".json": "application/json"}
                    self._answer(200, file.read_bytes(), kinds.get(file.suffix, "text/plain"))
                else:
                    self._answer(200, b"<!doctype html><title>stage</title>", "text/html")

            def _poll(self) -> None:
                status, headers, body = script.polls.pop(0)
                self._answer(status, json.dumps(body).encode(), "application/json", headers)

            def _stream(self, after: int) -> None:
                if script.refusal is not None:
                    status, headers = script.refusal
                    self._answer(status, b"", "text/plain", headers)
                    return
                stream = ScriptedStream(after)
                script._opened.put(stream)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                try:
                    while (said := stream.next()) != END:
                        # A comment: writing is how a thread learns that the browser has closed.
                        self.wfile.write((said or ":\n").encode())
                        self.wfile.flush()
                except OSError:
                    pass
                stream.closed.set()
                self.close_connection = True

            def _answer(
                self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None
            ) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        return Answer
