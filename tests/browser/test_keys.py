"""Keys lead everywhere: to rooms and people by a few letters, and to a sheet that tells all."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import NewPerson


def test_a_few_letters_lead_to_a_room_or_a_person(person: NewPerson, room_name: str) -> None:
    ana, zoe = person("Ana"), person("Zoe Quist")
    ana.create_room(f"Planning {room_name}")
    ana.open_room("General")
    keyboard = ana.page.keyboard
    ana.composer.focus()
    keyboard.press("Control+k")
    dialog = ana.page.get_by_role("dialog", name="Go to a room or a person")
    search = dialog.get_by_role("combobox")
    expect(search).to_be_focused()
    keyboard.type("plnng " + room_name.split()[1])
    expect(dialog.get_by_role("option").first).to_contain_text(f"Planning {room_name}")
    keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(ana.composer).to_have_attribute("placeholder", f"Write to Planning {room_name}")

    keyboard.press("Control+k")
    expect(search).to_be_focused()
    keyboard.type("zoe quis")
    expect(dialog.get_by_role("option")).to_contain_text(zoe.username)
    keyboard.press("Enter")
    expect(ana.composer).to_have_attribute("placeholder", "Write to Zoe Quist")

    keyboard.press("Control+k")
    expect(search).to_be_focused()
    keyboard.type("qqqqq")
    expect(dialog.get_by_role("status")).to_have_text("Nothing here is called that.")
    keyboard.press("Escape")
    expect(ana.composer).to_be_focused()


def test_a_question_mark_shows_all_keys_and_is_otherwise_a_question_mark(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.composer.press("?")
    expect(ana.composer).to_have_value("?")
    ana.composer.fill("")
    ana.page.locator(".scroller").focus()
    ana.page.keyboard.press("?")
    sheet = ana.page.get_by_role("dialog", name="Keys")
    expect(sheet.locator(".key-row").first).to_contain_text("CtrlK")
    sheet.get_by_role("button", name="How to format").click()
    expect(ana.page.get_by_role("dialog", name="How to format")).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(ana.page.get_by_role("dialog")).to_have_count(0)


def test_the_focus_stays_where_it_is_while_things_change_around_it(
    person: NewPerson, room_name: str
) -> None:
    ana, budi = person("Ana"), person("Budi")
    ana.create_room(room_name)
    budi.join_room(room_name)
    head = ana.page.locator("room-head")
    details = head.locator(".members-button")
    expect(details).to_have_text("2")
    details.focus()
    budi.write("hello")
    ana.sees("hello")
    expect(details).to_be_focused()

    # What opened a dialog has the focus again, also where the dialog has changed what it says.
    level = head.get_by_role("button", name="Notifications:")
    level.focus()
    ana.page.keyboard.press("Enter")
    ana.page.get_by_role("radio", name="Nothing").check()
    expect(level).to_have_accessible_name("Notifications: Nothing")
    ana.page.keyboard.press("Escape")
    expect(level).to_be_focused()

    me = ana.page.locator("button.account")
    me.focus()
    ana.page.keyboard.press("Enter")
    ana.page.get_by_role("button", name="Your status").click()
    ana.page.get_by_label("What are you up to?").fill("Reading")
    ana.page.keyboard.press("Enter")
    expect(me).to_contain_text("Reading")
    expect(ana.page.get_by_role("dialog")).to_have_count(0)
    expect(me).to_be_focused()
