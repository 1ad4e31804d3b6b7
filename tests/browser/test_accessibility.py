"""axe (WCAG 2.2 AA) finds nothing serious on any screen, light and dark, wide and on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.accessibility import findings
from tests.browser.people import Faults, NewPerson
from tests.browser.screens import NARROW, SCREENS, WIDE, enter, furnish, promote, turn, visit
from tests.running import ROOT, RunningServer


def test_every_dialog_is_a_screen() -> None:
    panels = {
        path.stem
        for path in (ROOT / "web" / "panels").glob("*.js")
        if re.search(r"openDialog\(app|showModal", path.read_text()) and path.stem != "dialog"
    }
    assert panels - {screen.panel for screen in SCREENS.values()} == set()


def test_axe_finds_nothing_serious(
    person: NewPerson, server: RunningServer, room_name: str, faults: Faults
) -> None:
    """Wide in one colour, narrow in the other: no rule of ours is about both."""
    faults.provoke("403|ERR_FAILED")  # an invitation that is none, and what cannot be sent
    found = []
    stranger = person("Citra", signed_in=False).page
    stranger.goto(server.url)
    expect(stranger.get_by_label("Username")).to_be_visible()
    ana, ben = person("Ana"), person("Ben")
    promote(server, ana)
    furnish(ana, ben, room_name)
    page, room = ana.page, ana.page.url
    looks = [(WIDE, "light"), (NARROW, "dark")]
    for size, theme in [*looks, (WIDE, "dark"), (NARROW, "light")]:
        where = f"{size['width']} pixels, {theme}"
        for shown, name in ((stranger, "sign-in"), (page, "room")):
            shown.set_viewport_size(size)  # type: ignore[arg-type]
            turn(shown, theme)
            found += findings(shown, f"{name}, {where}")
    for name in SCREENS:
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        visit(page, room, name)
        for size, theme in looks:
            page.set_viewport_size(size)  # type: ignore[arg-type]
            turn(page, theme)
            found += findings(page, f"{name}, {size['width']} pixels, {theme}")
    assert found == []

    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    enter(page, room)
    page.evaluate("document.querySelector('message-composer textarea').ariaLabel = ''")
    page.evaluate("document.querySelector('message-composer textarea').placeholder = ''")
    assert findings(page, "broken"), "where something is wrong it is found"
