"""People who write to each other, and not to a room: a big screen here, a telephone there."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import NewPerson

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_two_people_find_each_other_and_talk(person: NewPerson, room_name: str) -> None:
    ana, budi = person("Ana Direct"), person("Budi Direct", **PHONE)
    page = ana.page

    # From the dialog: search, Enter, Enter.
    page.get_by_role("button", name="New message").click()
    search = page.get_by_role("combobox", name="Find people")
    search.fill(budi.username)
    option = page.get_by_role("option", name=budi.username)
    expect(option).to_have_attribute("aria-selected", "true")
    search.press("Enter")
    expect(page.get_by_role("button", name="Remove Budi Direct")).to_be_visible()
    search.press("Enter")
    expect(ana.composer).to_have_attribute("placeholder", "Write to Budi Direct")
    expect(page.locator(".beginning")).to_contain_text("Only you and Budi Direct")
    ana.write("Just between us")

    # It is there on the telephone, with its name and what is unread, without a reload.
    link = budi.page.locator("room-list a.room").filter(has_text="Ana Direct")
    expect(link.locator(".badge")).to_have_text("1")
    link.tap()
    budi.sees("Just between us")
    budi.composer.fill("Yes?")
    budi.page.get_by_role("button", name="Send").tap()
    ana.sees("Just between us", "Yes?")
    expect(page).to_have_title("Budi Direct · Tornchat")

    # The name in a message and the one in the list of members lead to the same room.
    here = page.url
    page.get_by_role("link", name="General").click()
    ana.write("somewhere else")
    page.get_by_role("button", name="Room details").click()
    page.get_by_role("button", name=budi.username).click()
    page.get_by_role("button", name="Send a message").click()
    expect(page).to_have_url(here)
    page.locator(".author", has_text="Budi Direct").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"@{budi.username}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Room details").click()
    expect(page.locator(".leave")).to_have_count(0)
