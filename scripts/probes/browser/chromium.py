"""The machine's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from probes.bench.peers.installing import debian

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The bare page comes from nowhere, so the browser takes it for one of the internet, and such a
    # page may not open a WebSocket to this machine.
    "--disable-features=LocalNetworkAccessChecks",
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
async def reader(browser: Browser, server: str, cookie: str) -> AsyncIterator[Page]:
    """A page that notes what it shows, of somebody who is signed in at ``server`` (a URL), in a
    profile of their own."""
    context = await browser.new_context(
        viewport={"width": 1100, "height": 800},
        locale="en-GB",
        ignore_https_errors=True,  # the proxies of the lab have certificates of their own making
    )
    try:
        name, _, value = cookie.partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": server}])
        await context.add_init_script(_NOTES)
        await _serve_bare(context, server)
        yield await context.new_page()
    finally:
        await context.close()


async def _serve_bare(context: BrowserContext, server: str) -> None:
    """An empty page of the server's own origin, which the server does not have."""
    await context.route(
        f"{server}{BARE}",
        lambda route: route.fulfill(content_type="text/html", body=_BARE_HTML),
    )
