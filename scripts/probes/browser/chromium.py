"""The machine's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from probes.bench.peers.installing import debian
from probes.exchange import Base

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nobody looks at the window, and it is to draw all the same.
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
BARE = "/lab-probe"
_PAGE = Path(__file__).with_name("page")
_NOTES = (_PAGE / "notes.js").read_text("utf-8")
_BARE_HTML = (_PAGE / "bare.html").read_text("utf-8")
LISTEN = (_PAGE / "bare.js").read_text("utf-8")
"""Of the bare page: listen by a transport."""


@asynccontextmanager
async def chromium(*, headed: bool = False) -> AsyncIterator[Browser]:
    """It runs meanwhile. Where the machine has none, Debian's is installed; raises `CannotRun`."""
    if not any(map(shutil.which, NAMES)):
        debian("chromium")
    path = next(found for name in NAMES if (found := shutil.which(name)))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=list(ARGUMENTS), headless=not headed
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def reader(browser: Browser, base: Base, cookie: str) -> AsyncIterator[Page]:
    """A page that notes what it shows, of somebody who is signed in, in a profile of their own."""
    context = await browser.new_context(viewport={"width": 1100, "height": 800}, locale="en-GB")
    try:
        name, _, value = cookie.partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": f"http://{base}"}])
        await context.add_init_script(_NOTES)
        await _serve_bare(context, base)
        yield await context.new_page()
    finally:
        await context.close()


async def _serve_bare(context: BrowserContext, base: Base) -> None:
    """An empty page of the server's own origin, which the server does not have."""
    await context.route(
        f"http://{base}{BARE}",
        lambda route: route.fulfill(content_type="text/html", body=_BARE_HTML),
    )
