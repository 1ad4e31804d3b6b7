"""The machine's Chromium (Debian's packages), as the tests and the pictures start it."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
"""The first is the same engine without windows: a page costs it half of the processor time."""
PLAIN = "plain.test"
"""A name that is not localhost: with plain http it makes no secure context."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1",
]


def path() -> str:
    """Of the program."""
    found = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert found, "Chromium is missing: apt-get install chromium-headless-shell"
    return found


def launch(playwright: Playwright) -> Browser:
    """A browser, which the caller closes."""
    return playwright.chromium.launch(executable_path=path(), args=ARGUMENTS)
