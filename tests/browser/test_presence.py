"""Who is there, who is writing, and what people say of themselves: a desk and a phone."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import NewPerson, Person

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def member(page: Page, name: str) -> Locator:
    return page.locator("member-list .member").filter(has=page.get_by_text(name, exact=True))


def typing(page: Page) -> Locator:
    return page.locator("typing-line")


def looks(who: Person, name: str, words: str, page: Page | None = None) -> None:
    """In the list of members somebody is shown so, in words and by their dot."""
    entry = member(page or who.page, name)
    expect(entry.locator(".presence-words")).to_have_text(words)


def test_people_see_who_is_there_and_who_is_writing(person: NewPerson, room_name: str) -> None:
    ana, budi = person("Ana"), person("Budi", **PHONE)
    ana.create_room(room_name)
    second = ana.new_tab()
    second.goto(ana.page.url)
    budi.join_room(room_name)
    ana.page.locator(".members-button").click()
    second.locator(".members-button").click()
    for tab in (ana.page, second):
        looks(ana, "Budi", "online", tab)
        expect(member(tab, "Budi").locator(".dot-online")).to_be_visible()

    # Writing is seen in all tabs, and over with the message.
    budi.composer.press_sequentially("hel")
    for tab in (ana.page, second):
        expect(typing(tab)).to_have_text("Budi is typing…")
    expect(typing(budi.page)).to_be_hidden()
    ana.composer.press_sequentially("I")
    expect(typing(budi.page)).to_have_text("Ana is typing…")
    budi.write("hello")
    expect(typing(ana.page)).to_be_hidden()

    # A status is in the list, on the card, and gone when it is cleared.
    budi.page.get_by_role("link", name="All rooms").click()
    budi.page.locator("button.account").click()
    budi.page.get_by_role("button", name="Your status").click()
    budi.page.get_by_role("radio", name="Do not disturb").check(force=True)
    budi.page.get_by_label("Emoji").fill("🎧")
    budi.page.get_by_label("What are you up to?").fill("Deep work")
    budi.page.get_by_label("Clear after").select_option("hour")
    budi.page.get_by_role("button", name="Set status").click()
    expect(budi.page.locator("button.account")).to_contain_text("🎧 Deep work")
    looks(ana, "Budi", "do not disturb")
    expect(member(ana.page, "Budi")).to_contain_text("🎧")
    member(ana.page, "Budi").click()
    expect(ana.page.locator("dialog")).to_contain_text("🎧 Deep work")
    ana.page.keyboard.press("Escape")
    budi.page.locator("button.account").click()
    budi.page.locator("dialog").get_by_role("button", name="Deep work").click()
    budi.page.get_by_role("button", name="Clear status").click()
    looks(ana, "Budi", "online")
    expect(member(ana.page, "Budi")).not_to_contain_text("🎧")

    # Signed out is gone, after the grace that a broken line is given.
    budi.page.locator("button.account").click()
    budi.page.get_by_role("button", name="Sign out").click()
    for tab in (ana.page, second):
        looks(ana, "Budi", "offline", tab)
