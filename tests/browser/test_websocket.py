"""The browser's own WebSocket reads what its EventSource reads."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.browser.people import NewPerson

OPEN = """
(cursor) => {
  const heard = (window.heard = { sse: [], socket: [], closed: null });
  const source = new EventSource(`/api/events?after=${cursor}`);
  source.addEventListener("message", (event) => heard.sse.push(JSON.parse(event.data)));
  const address = new URL(`/api/events/socket?after=${cursor}`, location.href);
  address.protocol = "ws:";
  const socket = (window.socket = new WebSocket(address));
  socket.onmessage = ({ data }) => heard.socket.push(JSON.parse(data));
  socket.onclose = ({ code, reason, wasClean }) => (heard.closed = { code, reason, wasClean });
}
"""
SAY = """
([room, bodies]) => Promise.all(bodies.map((body) => fetch(`/api/rooms/${room}/messages`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ body }),
})))
"""
BODIES = [
    "plain",
    "漢字 and 😀",
    "a\r\n\r\nevent: bye\r\ndata: {}",
    "one\u2028two\u2029three",
    "x" * 9000,
]


def heard(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("window.heard")
    return found


def test_a_browser_hears_the_same_by_both_and_a_clean_end(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    page = ana.page
    snapshot = page.evaluate("fetch('/api/session').then((answer) => answer.json())")
    [room] = [room["id"] for room in snapshot["rooms"] if room["name"] == room_name]
    page.evaluate(OPEN, snapshot["cursor"])
    page.evaluate(SAY, [room, BODIES])
    page.wait_for_function(f"() => window.heard.sse.length === {len(BODIES)}")
    page.wait_for_function(f"() => window.heard.socket.length > {len(BODIES)}")
    hello, *messages = [e for e in heard(page)["socket"] if e["kind"] in ("hello", "message")]
    assert hello["cursor"] == snapshot["cursor"]
    assert messages == heard(page)["sse"]
    page.evaluate("socket.send('nobody listens')")
    page.evaluate("fetch('/api/session', { method: 'DELETE' })")
    page.wait_for_function("() => window.heard.closed")
    assert heard(page)["closed"] == {"code": 4000, "reason": "signed_out", "wasClean": True}
    assert heard(page)["socket"][-1] == {"kind": "bye", "code": "signed_out", "retry": False}


def test_a_browser_ends_it_cleanly(person: NewPerson) -> None:
    page = person("Ana").page
    page.evaluate(OPEN, 0)
    page.wait_for_function("() => window.heard.closed")
    assert heard(page)["closed"] == {"code": 1000, "reason": "reset", "wasClean": True}
    cursor = page.evaluate("fetch('/api/session').then((answer) => answer.json())")["cursor"]
    page.evaluate(OPEN, cursor)
    page.wait_for_function("() => window.heard.socket.length > 0")
    page.evaluate("socket.close(3001, 'enough')")
    page.wait_for_function("() => window.heard.closed")
    assert heard(page)["closed"] == {"code": 3001, "reason": "enough", "wasClean": True}
