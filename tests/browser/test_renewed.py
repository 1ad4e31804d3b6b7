"""A new version of the page, while the old one is open: nothing of the two is mixed."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.people import Faults, new_person, page_until
from tests.running import ROOT, RunningServer

KEPT = """
async () => {
  const {active} = await navigator.serviceWorker.ready;
  const names = (await caches.keys()).filter((key) => key.startsWith("tornchat-page-"));
  return active.state === "activated" && names;
}
"""
LOOK = "async () => void (await (await navigator.serviceWorker.ready).update())"


def checkout(folder: Path) -> Path:
    """A copy of what a server is started from."""
    folder.mkdir()
    for part in ("tornchat", "web"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("server.py", "setup.cfg"):
        shutil.copy(ROOT / file, folder)
    return folder


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1, file
    file.write_text(text.replace(old, new))


def test_a_new_version_waits_until_somebody_asks_for_it_and_comes_whole_to_all_tabs(
    chromium: Browser, tmp_path: Path, faults: Faults
) -> None:
    root = checkout(tmp_path / "checkout")
    server = RunningServer(tmp_path / "var", "--workers", "2", root=root)
    try:
        url = server.until_ready().url
        ana = new_person(chromium, url, "Ana", faults, service_workers="allow").come_in()
        page = ana.page
        page_until(page, lambda: page.evaluate(KEPT), "the page is kept")
        [before] = page.evaluate(KEPT)
        tabs = [page, ana.new_tab()]
        for tab in tabs:
            tab.goto(url)
            expect(tab.get_by_role("button", name="Browse rooms")).to_be_visible()

        edit(root / "web/locale/en.json", '"Browse rooms"', '"Look for rooms"')
        edit(root / "web/panels/keys.js", "export const styled", "throw 1;\nexport const styled")
        news = page.get_by_text("A newer version of this page is ready.")
        page_until(page, lambda: page.evaluate(LOOK) or news.count() > 0, "the page is renewed")
        expect(tabs[1].get_by_text("A newer version of this page is ready.")).to_be_visible()
        # A part that is loaded only now is of the version that is open.
        page.locator("message-list .scroller").focus()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")

        page.get_by_role("button", name="Show it").click()
        for tab in tabs:
            expect(tab.get_by_role("button", name="Look for rooms")).to_be_visible()
        [after] = page.evaluate(KEPT)
        assert after != before
        ana.context.close()
    finally:
        server.stop()
