"""axe (WCAG 2.2 AA) finds nothing serious on any screen, light or dark, wide or narrow."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.accessibility import findings
from tests.browser.people import NewPerson

WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 390, "height": 844}
SAID = [
    "```python\n@cache\ndef f(x: int) -> str:\n    return f'{x}'  # 1\n```\n```diff\n-a\n+b\n```",
    "- [ ] to do\n- [x] done",
    "| a | b |\n|---|--:|\n| 1 | 2 |",
    "||hidden|| and `code` and [a link](https://example.org/)\n\n> a quote\n\n# A heading",
    ":tada:",
]


def side(words: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=words).first.click()


def keys(keys: str) -> Callable[[Page], None]:
    return lambda page: page.keyboard.press(keys)


def inspector(page: Page) -> None:
    page.locator("message-list .prose").first.hover()
    page.get_by_role("toolbar").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="How did it get here?").click()
    page.locator("message-way summary").click()


DIALOGS: dict[str, Callable[[Page], None]] = {
    "settings": side("You and your settings"),
    "new room": side("Create a room"),
    "rooms": side("Browse rooms"),
    "new message": side("New message"),
    "formatting": side("Formatting"),
    "switcher": keys("Control+k"),
    "search": side("Search messages"),
    "inspector": inspector,
}


def test_axe_finds_nothing_serious(person: NewPerson, room_name: str) -> None:
    ana, ben = person("Ana"), person("Ben")
    found = []
    stranger = person("Citra", signed_in=False)
    stranger.page.goto(stranger.url)
    expect(stranger.page.get_by_label("Username")).to_be_visible()
    for theme in ("light", "dark"):
        turn(stranger.page, theme)
        found += findings(stranger.page, f"sign-in, {theme}")

    ana.create_room(room_name)
    ben.join_room(room_name)
    for body in SAID:
        ana.write(body)
    ben.write("And what do you say?")
    expect(ana.messages).to_have_count(len(SAID) + 1)
    expect(ana.page.locator(".message.pending")).to_have_count(0)
    page = ana.page
    ana.messages.nth(1).hover()
    for theme in ("light", "dark"):
        turn(page, theme)
        found += findings(page, f"room, {theme}")
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        found += findings(page, f"room on a phone, {theme}")
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.get_by_role("button", name="Room details").click()
    found += findings(page, "room details")
    for number, (name, open_it) in enumerate(DIALOGS.items()):
        turn(page, "dark" if number % 2 else "light")
        open_it(page)
        expect(page.locator("dialog[open]")).to_be_visible()
        found += findings(page, name)
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
    assert found == []
    page.evaluate("document.querySelector('message-composer textarea').ariaLabel = ''")
    page.evaluate("document.querySelector('message-composer textarea').placeholder = ''")
    assert findings(page, "broken"), "where something is wrong it is found"


def turn(page: Page, theme: str) -> None:
    page.evaluate("(theme) => (document.documentElement.dataset.theme = theme)", theme)
