"""People who write to each other, and not to a room: a big screen here, a telephone there."""

from __future__ import annotations

from playwright.sync_api import Route, expect

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
    face = page.locator("room-head .dot")
    expect(face).to_have_class("dot dot-online")
    budi.page.get_by_role("link", name="All rooms").tap()
    budi.page.locator("button.account").tap()
    budi.page.get_by_role("button", name="Sign out").tap()
    expect(face).to_have_class("dot dot-offline")

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


def test_who_is_called_sees_it_at_once_and_counted(person: NewPerson, room_name: str) -> None:
    ana, budi = person("Ana Calls"), person("Budi Calls", **PHONE)
    ana.create_room(room_name)
    budi.page.get_by_role("button", name="Browse rooms").tap()
    budi.page.get_by_role("button", name=f"Join {room_name}", exact=True).tap()
    expect(budi.composer).to_have_attribute("placeholder", f"Write to {room_name}")
    # Written with what is offered: arrow keys, Enter, Tab, and an emoji by its name.
    ana.composer.press_sequentially("@budi c")
    options = ana.page.get_by_role("option")
    expect(options).to_have_count(0)
    ana.composer.fill("")
    ana.composer.press_sequentially("@bud")
    expect(options).to_have_text([f"BCBudi Calls@{budi.username}"])
    ana.composer.press("Enter")
    expect(ana.composer).to_have_value(f"@{budi.username} ")
    ana.composer.press_sequentially(f"look at #{room_name[:3].lower()}")
    mine = options.filter(has=ana.page.get_by_text(room_name, exact=True))
    while mine.get_attribute("aria-selected") != "true":
        ana.composer.press("ArrowDown")
    ana.composer.press("Tab")
    ana.composer.press_sequentially(":tad")
    expect(options.first).to_contain_text(":tada:")
    ana.composer.press("Escape")
    expect(options).to_have_count(0)
    ana.composer.press_sequentially("a")
    expect(options).to_have_count(0)
    ana.composer.press("Backspace")
    ana.composer.press("Backspace")
    ana.composer.press("Enter")
    message = budi.page.locator(".message.for-me")
    expect(message.locator(".mention-me")).to_have_text(f"@{budi.username}")
    expect(message.get_by_role("link", name=f"#{room_name}")).to_be_visible()
    expect(ana.page.locator(".mention:not(.mention-me)")).to_have_count(2)
    expect(ana.page.locator(".for-me")).to_have_count(0)
    ana.page.locator(".mention", has_text=budi.username).click()
    expect(ana.page.get_by_role("dialog")).to_contain_text("Budi Calls")
    ana.page.keyboard.press("Escape")

    # An edit that calls him no longer takes the mark away.
    ana.composer.press("ArrowUp")
    expect(ana.composer).not_to_have_value("")
    ana.composer.fill("nobody in particular")
    ana.composer.press("Enter")
    expect(budi.page.locator(".for-me")).to_have_count(0)


def test_what_is_chosen_from_a_list_stays_so_when_more_comes(
    person: NewPerson, room_name: str
) -> None:
    ana, budi = person("Ana Chooses"), person("Budi Elsewhere", **PHONE)
    budi.create_room(f"{room_name} apples")  # before mine by name, and known to Ana's page later
    ana.create_room(f"{room_name} pears")
    slug = room_name.lower().replace(" ", "-")
    held: list[Route] = []
    ana.page.route("**/api/rooms", lambda route: held.append(route), times=1)
    options = ana.page.get_by_role("option")
    with ana.page.expect_request("**/api/rooms"):
        ana.composer.press_sequentially(f"#{slug}")
    expect(options).to_have_count(1)
    held[0].continue_()
    expect(options).to_have_count(2)
    chosen = options.and_(ana.page.locator("[aria-selected=true]"))
    expect(chosen).to_contain_text(f"{room_name} pears")
    ana.composer.press("Tab")
    expect(ana.composer).to_have_value(f"#{slug}-pears ")


def test_who_is_blocked_is_folded_away_on_all_my_pages(person: NewPerson, room_name: str) -> None:
    ana, budi = person("Ana Blocks"), person("Budi Loud", **PHONE)
    ana.create_room(room_name)
    budi.page.get_by_role("button", name="Browse rooms").tap()
    budi.page.get_by_role("button", name=f"Join {room_name}", exact=True).tap()
    expect(budi.composer).to_have_attribute("placeholder", f"Write to {room_name}")
    budi.composer.fill(f"@{ana.username} LISTEN")
    budi.page.get_by_role("button", name="Send", exact=True).tap()
    expect(ana.page.locator(".for-me")).to_have_count(1)
    other = ana.new_tab()
    other.goto(ana.page.url)
    expect(other.locator(".for-me")).to_have_count(1)

    ana.page.locator(".author", has_text="Budi Loud").click()
    ana.page.get_by_role("button", name="Block", exact=True).click()
    for page in (ana.page, other):
        expect(page.locator("details.folded")).to_have_count(1)
        expect(page.locator(".for-me")).to_have_count(0)
    expect(ana.messages).not_to_be_visible()
    ana.page.locator("details.folded summary").click()
    expect(ana.messages).to_have_text(f"@{ana.username} LISTEN")

    # He is not told, and does not reach her.
    expect(budi.page.locator("details.folded")).to_have_count(0)
    budi.faults.provoke("403")
    budi.page.locator(".mention", has_text=ana.username).tap()
    budi.page.get_by_role("button", name="Send a message").tap()
    expect(budi.page.locator("dialog .form-error")).to_have_text("You cannot write to this person.")

    ana.page.get_by_role("button", name="You and your settings").click()
    ana.page.get_by_role("button", name="Blocked people").click()
    ana.page.get_by_role("button", name="Unblock Budi Loud").click()
    expect(ana.page.get_by_role("dialog")).to_contain_text("You have blocked nobody.")
    expect(other.locator(".for-me")).to_have_count(1)
