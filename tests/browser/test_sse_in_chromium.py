"""What we send by SSE is what Chromium's own EventSource, httpx-sse and our decoder read."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from httpx_sse import EventSource
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from tornchat.domain.events import Event
from tornchat.wire import sse
from tornchat.wire.browser import event_object

KINDS = ["message", "member.joined", "read"]
READ_ALL = """(kinds) => new Promise((resolve, reject) => {
  const read = [];
  const source = new EventSource("/events");
  for (const kind of kinds) {
    source.addEventListener(kind, ({data, lastEventId}) => read.push([kind, lastEventId, data]));
  }
  source.addEventListener("bye", () => { source.close(); resolve(read); });
  source.onerror = () => reject(new Error(`broken after ${read.length}`));
})"""
"""Also hears of a kind that nobody sent: an event forged by what somebody wrote."""
FORGED = "forged"

awkward = st.text(
    st.sampled_from('\r\n\0\ufeff\u2028\u2029\x85\x0b\x0c\x1c\u202e\ufffe\uffff:"\\</ aé')
    | st.sampled_from(["\U0001f600", "\U0010ffff", "\u0300"])
)
forgeries = st.sampled_from(
    [
        f"\n\nevent: {FORGED}\ndata: {{}}\n\n",
        f"\r\revent: {FORGED}\rdata: x\r\r",
        f"\r\n\r\nid: 9\r\nevent:{FORGED}\r\ndata:\r\n\r\n",
        "\ufeffdata: 1",
        "</script><!--",
        "long " * 20_000,
    ]
)
bodies = st.text() | awkward | forgeries
batches = st.lists(st.tuples(st.sampled_from(KINDS), bodies), min_size=200, max_size=400)


class Waiter(ThreadingHTTPServer):
    """Serves an empty page, and ``stream`` at ``/events`` in pieces of any size."""

    daemon_threads = True
    stream = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    server: Waiter

    def do_GET(self) -> None:
        if self.path != "/events":
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.wfile.write(sse.HEADERS)
        self.close_connection = True
        stream, at = self.server.stream, 0
        sizes = random.Random(len(stream))
        while at < len(stream):
            size = sizes.choice([1, 7, 1000, 60_000])
            self.wfile.write(stream[at : at + size])
            at += size

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


@pytest.fixture
def waiter() -> Iterator[Waiter]:
    with Waiter(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.fixture
def page(chromium: Browser, waiter: Waiter) -> Iterator[Page]:
    page = chromium.new_page()
    page.goto(waiter.url)
    yield page
    page.close()


def read_by_us(waiter: Waiter) -> list[tuple[str, str, str]]:
    decoder = sse.Decoder()
    return [(event.kind, event.id, event.data) for event in decoder.feed(waiter.stream)]


def read_by_httpx_sse(waiter: Waiter) -> list[tuple[str, str, str]]:
    with httpx.stream("GET", f"{waiter.url}/events", timeout=60) as answer:
        events = EventSource(answer).iter_sse()
        return [(event.event, event.id, event.data) for event in events]


def read_by_chromium(page: Page) -> list[tuple[str, str, str]]:
    return [(kind, id, data) for kind, id, data in page.evaluate(READ_ALL, [*KINDS, FORGED])]


def test_any_text_is_read_back_the_same_by_us_by_httpx_sse_and_by_chromium(
    page: Page, waiter: Waiter
) -> None:
    # A batch for each example, and few of them: a failure is not worth hours of shrinking.
    @settings(
        max_examples=8,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(batches)
    def read_back(batch: list[tuple[str, str]]) -> None:
        events = [
            Event(number, number - 1, "room:r", {"kind": kind, "at": 0, "body": body})
            for number, (kind, body) in enumerate(batch, 1)
        ]
        stream = b"".join(sse.encode_event(event) for event in events)
        waiter.stream = stream + sse.encode("bye", {"code": "shutdown", "retry": True})
        sent = [(event.kind, str(event.id), event_object(event)) for event in events]
        ours, theirs = read_by_us(waiter)[:-1], read_by_httpx_sse(waiter)[:-1]
        natives = read_by_chromium(page)
        assert [(kind, id, json.loads(data)) for kind, id, data in natives] == sent
        assert ours == natives
        assert theirs == natives

    read_back()
