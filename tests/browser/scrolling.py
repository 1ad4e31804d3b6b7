"""Scrolls through a long room, from its newest message to its first and back: how does that go?

``python -m tests.browser.scrolling [MESSAGES [TIMES]]`` (50,000, 3): frames, elements and memory on
the way, as JSON, each time in a browser that knows nothing yet.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, Playwright, sync_playwright

from tests.browser.chromium import launch
from tests.browser.people import PASSWORD
from tests.running import RunningServer

MESSAGES = 50_000
TIMES = 3
AT_ONCE = 20
_SCROLL = """
async ({step, down, most}) => {
  const scroller = document.querySelector(".scroller");
  const frames = [];
  let [still, seen, elements, rows] = [0, 0, 0, 0];
  let last = performance.now();
  const end = last + most;
  const next = () => new Promise(requestAnimationFrame);
  while (still < 120 && performance.now() < end) {
    const before = scroller.scrollTop;
    scroller.scrollTop += down ? step : -step;
    const now = await next();
    frames.push(now - last);
    last = now;
    seen += Math.abs(scroller.scrollTop - before);
    still = scroller.scrollTop === before ? still + 1 : 0;
    if (frames.length % 20 === 0) {
      elements = Math.max(elements, document.getElementsByTagName("*").length);
      rows = Math.max(rows, document.querySelectorAll("message-list .message").length);
    }
  }
  frames.sort((a, b) => a - b);
  const at = (share) => Math.round(frames[Math.floor((frames.length - 1) * share)] * 10) / 10;
  const shown = [...document.querySelectorAll("message-list .prose")];
  const text = (which) => shown.at(which)?.textContent.trim();
  return {
    frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1),
    over_50_ms: frames.filter((ms) => ms > 50).length,
    most_elements: elements, most_rows: rows, first: text(0), last: text(-1),
  };
}
"""


async def fill(url: str, messages: int) -> str:
    """A room with that many messages, of one person; its id."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as ana:
        account = {"username": "ana", "password": PASSWORD, "display_name": "Ana Nurmala"}
        (await ana.post("/api/users", json=account)).raise_for_status()
        room = str((await ana.post("/api/rooms", json={"name": "Long"})).json()["id"])
        numbers = iter(range(1, messages + 1))

        async def write() -> None:
            for number in numbers:
                body = f"Message {number}" + " and some more words" * (number % 7)
                answer = await ana.post(f"/api/rooms/{room}/messages", json={"body": body})
                answer.raise_for_status()

        await asyncio.gather(*(write() for _ in range(AT_ONCE)))
        await ana.put(f"/api/rooms/{room}/read", json={"id": 1 << 52})
    return room


def scroll(page: Page, *, down: bool, step: int, seconds: float) -> dict[str, Any]:
    """From where the page is to the end on that side, ``step`` pixels in each frame."""
    asked = {"step": step, "down": down, "most": seconds * 1000}
    result: dict[str, Any] = page.evaluate(_SCROLL, asked)
    heap = page.context.new_cdp_session(page).send("Runtime.getHeapUsage")
    return {**result, "heap_mb": round(heap["usedSize"] / 1e6, 1)}


def there_and_back(playwright: Playwright, url: str, room: str, messages: int) -> None:
    browser = launch(playwright, whole=True)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.request.post(f"{url}/api/session", data={"username": "ana", "password": PASSWORD})
    page = context.new_page()
    page.set_default_timeout(0)
    page.goto(f"{url}/#/rooms/{room}")
    page.locator(".message").first.wait_for()
    limit = 60 + messages / 20
    for name, down in (("up", False), ("down", True)):
        found = scroll(page, down=down, step=2_000, seconds=limit)
        print(json.dumps({"messages": messages, "way": name, **found}), flush=True)
    browser.close()


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    times = int(sys.argv[2]) if len(sys.argv) > 2 else TIMES
    with tempfile.TemporaryDirectory() as data:
        server = RunningServer(Path(data) / "var", "--post-rate", "0").until_ready()
        try:
            room = asyncio.run(fill(server.url, messages))
            with sync_playwright() as playwright:
                for _ in range(times):
                    there_and_back(playwright, server.url, room, messages)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
