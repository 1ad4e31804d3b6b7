"""Drafts, languages, themes, phones, keyboards and contrast."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.people import PASSWORD, NewPerson, page_until

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


def test_a_draft_survives_a_reload_and_belongs_to_its_room(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.composer.fill("half a thought")
    ana.open_room("General")
    expect(ana.composer).to_have_value("")
    ana.page.reload()
    expect(ana.composer).to_have_value("")
    ana.open_room(room_name)
    expect(ana.composer).to_have_value("half a thought")
    ana.composer.press("End")
    ana.composer.press("Shift+Enter")
    ana.composer.press_sequentially("and the rest")
    ana.composer.press("Enter")
    ana.sees("half a thought\nand the rest")
    ana.page.reload()
    expect(ana.composer).to_have_value("")


def test_enter_that_ends_a_composition_does_not_send(person: NewPerson, room_name: str) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.composer.fill("にほんご")
    ana.composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    expect(ana.composer).to_have_value("にほんご")
    expect(ana.page.locator(".message")).to_have_count(0)


def test_the_language_can_be_switched_and_is_kept(person: NewPerson, room_name: str) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.write("hello")
    ana.page.locator("button.account").click()
    ana.page.get_by_role("button", name="Settings", exact=True).click()
    ana.page.get_by_label("Language").select_option("id")
    expect(ana.page.locator("html")).to_have_attribute("lang", "id")
    expect(ana.composer).to_have_attribute("placeholder", f"Tulis ke {room_name}")
    expect(ana.page.locator(".day")).to_have_text("Hari ini")
    ana.page.reload()
    expect(ana.page.get_by_role("button", name="Jelajahi ruang")).to_be_visible()
    expect(ana.page.locator("html")).to_have_attribute("lang", "id")


def test_the_browser_s_language_is_taken_where_none_was_chosen(person: NewPerson) -> None:
    ana = person("Ana", signed_in=False, locale="id-ID")
    ana.page.goto(ana.url)
    expect(ana.page.get_by_label("Kata sandi")).to_be_visible()


def test_the_theme_follows_the_system_until_one_is_chosen(person: NewPerson) -> None:
    ana = person("Ana", color_scheme="dark")
    app = ana.page.locator("tc-app")
    expect(app).to_have_css("background-color", "rgb(23, 27, 30)")
    ana.page.locator("button.account").click()
    ana.page.get_by_role("button", name="Settings", exact=True).click()
    ana.page.get_by_role("radio", name="Light").check()
    expect(app).to_have_css("background-color", "rgb(255, 255, 255)")
    ana.page.reload()
    expect(ana.composer).to_be_visible()
    expect(app).to_have_css("background-color", "rgb(255, 255, 255)")


def test_on_a_phone_one_pane_is_shown_at_a_time(person: NewPerson, room_name: str) -> None:
    ana = person("Ana", **PHONE)
    expect(ana.page.locator("room-list")).to_be_visible()
    expect(ana.page.locator("room-view")).to_be_hidden()
    ana.create_room(room_name)
    expect(ana.page.locator("room-list")).to_be_hidden()
    ana.composer.fill("from a phone")
    ana.composer.press("Enter")
    expect(ana.composer).to_have_value("from a phone\n")
    ana.page.get_by_role("button", name="Send").tap()
    ana.sees("from a phone")
    assert not ana.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    ana.page.get_by_role("link", name="All rooms").tap()
    expect(ana.page.locator("room-list")).to_be_visible()
    ana.page.go_back()
    expect(ana.composer).to_be_visible()


def test_on_a_phone_fields_do_not_zoom_and_targets_are_large(person: NewPerson) -> None:
    ana = person("Ana", **PHONE)
    for part in ("room-list", "room-view"):
        expect(ana.page.locator(part)).to_be_visible()
        small = ana.page.evaluate(
            """(part) => [...document.querySelectorAll(`${part} :is(button, a, input, textarea)`)]
              .filter((one) => one.checkVisibility() && !one.closest(".prose"))
              .map((one) => [one.className || one.tagName, one.getBoundingClientRect()])
              .filter(([, {height, width}]) => height < 43.5 && width > 0)
              .map(([name, {height}]) => `${name} ${height}`)""",
            part,
        )
        # The text of the composer is inside a frame that takes the touch.
        assert [one for one in small if "TEXTAREA" not in one] == []
        if part == "room-list":
            ana.page.locator("room-list a.room").first.tap()
    size = ana.composer.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 16


def test_the_keyboard_alone_signs_in_sends_and_moves_between_rooms(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.page.close()
    ana.context.clear_cookies()
    page = ana.new_tab()
    page.goto(ana.url)
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(ana.username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    composer = page.locator("message-composer textarea")
    expect(composer).to_be_focused()
    page.keyboard.type("typed")
    page.keyboard.press("Enter")
    expect(page.locator("message-list .prose").last).to_have_text("typed")
    before = page.locator("room-list [aria-current]").inner_text()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("room-list [aria-current]")).not_to_have_text(before)
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("room-list [aria-current]")).to_have_text(before)


def test_dialogs_are_closed_by_escape_and_give_the_focus_back(person: NewPerson) -> None:
    ana = person("Ana")
    opener = ana.page.get_by_role("button", name="Create a room")
    opener.focus()
    ana.page.keyboard.press("Enter")
    expect(ana.page.get_by_role("dialog", name="Create a room")).to_be_visible()
    expect(ana.page.get_by_label("Name", exact=True)).to_be_focused()
    ana.page.keyboard.press("Escape")
    expect(ana.page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_screen_reader_finds_landmarks_and_hears_messages(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.write("hello")
    page = ana.page
    expect(page.get_by_role("navigation", name="Rooms")).to_be_visible()
    expect(page.get_by_role("main", name=room_name)).to_be_visible()
    log = page.get_by_role("log", name=f"Messages in {room_name}")
    expect(log).to_have_attribute("aria-busy", "false")
    expect(log.get_by_role("article")).to_have_count(1)
    moment = log.locator("time").first
    expect(moment).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\dT.*Z$"))
    expect(moment).to_have_attribute("title", re.compile(r"\d{4}"))
    unnamed = page.evaluate(
        """[...document.querySelectorAll("button, a, input, textarea, select")]
          .filter((one) => one.checkVisibility() && !one.closest(".prose"))
          .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length))
          .map((one) => one.outerHTML)"""
    )
    assert unnamed == []


def test_wrong_credentials_and_bad_values_are_explained(person: NewPerson) -> None:
    ana = person("Ana", signed_in=False)
    page = ana.page
    ana.faults.provoke("401|422")
    page.goto(ana.url)
    page.get_by_label("Username").fill("nobody-at-all")
    page.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.locator(".form-error")).to_have_text("The name or the password is wrong.")
    page.get_by_role("button", name="Create account").click()
    page.get_by_label("Username").fill("two words")
    page.get_by_label("Password").fill("long enough for it")
    page.keyboard.press("Enter")
    expect(page.locator(".form-error")).to_contain_text("Choose a username of 2 to 32 letters")


def test_contrast_is_enough_in_both_themes(person: NewPerson, room_name: str) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.write("a [link](https://example.org) and `code`")
    ana.sees("a link and code")
    ana.page.get_by_role("button", name="Room details").click()
    for scheme in ("light", "dark"):
        ana.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        # Colours change over a moment.
        page_until(ana.page, lambda: not _poor_contrast(ana.page), f"contrast where it is {scheme}")


def _poor_contrast(page: Page) -> list[str]:
    """Texts that stand out from their background by less than WCAG 2.2 AA wants (4.5 : 1)."""
    found: list[str] = page.evaluate(
        """() => {
          const light = ([r, g, b]) => [r, g, b]
            .map((part) => part / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const parts = (color) => color.match(/[\\d.]+/g).map(Number);
          const behind = (one) => {
            for (let at = one; at; at = at.parentElement) {
              const color = parts(getComputedStyle(at).backgroundColor);
              if (color.length === 3 || color[3] === 1) return color;
            }
            return [255, 255, 255];
          };
          const poor = [];
          for (const one of document.querySelectorAll("tc-app *")) {
            const own = [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
            const seen = one.checkVisibility({opacityProperty: true});
            if (!own || !seen || one.closest(":disabled")) continue;
            const [a, b] = [light(parts(getComputedStyle(one).color)), light(behind(one))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) poor.push(`${one.className || one.tagName} ${ratio.toFixed(2)}`);
          }
          return poor;
        }"""
    )
    return found
