"""The machine's Chromium (Debian's packages), as the tests and the pictures start it."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

BARE = "chromium-headless-shell"
"""The same engine without windows: a page costs it half of the processor time. It knows no way back
by the history's button, and no notifications."""
WHOLE = ("chromium", "chromium-browser")
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


def path(*names: str) -> str:
    """Of the first of these programs that there is."""
    found = next((found for name in names if (found := shutil.which(name))), None)
    assert found, f"a browser is missing: apt-get install {names[0]}"
    return found


def launch(playwright: Playwright, *, whole: bool = False) -> Browser:
    """A browser, which the caller closes; a ``whole`` one for what the other does not know."""
    program = path(*WHOLE) if whole else path(BARE, *WHOLE)
    return playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
