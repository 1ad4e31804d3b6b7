"""Two people, two browsers, one server with two workers."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.people import NewPerson, Person


def test_two_people_chat_both_ways_and_see_the_same_after_a_reload(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    ana.write("Hello Ben")
    ben.sees("Hello Ben")
    ben.write("Hello Ana, **how** are you?")
    ana.sees("Hello Ben", "Hello Ana, how are you?")
    ana.write("Well!")
    texts = ("Hello Ben", "Hello Ana, how are you?", "Well!")
    for one in (ana, ben):
        one.sees(*texts)
        expect(one.page.locator(".prose strong")).to_have_text("how")
        one.page.reload()
        one.sees(*texts)
        expect(one.page.locator(".author")).to_have_text(["Ana", "Ben", "Ana"])


def test_a_new_account_is_in_a_first_room_and_can_write_at_once(person: NewPerson) -> None:
    cara = person("Cara")
    expect(cara.page.locator("room-list a.room")).not_to_have_count(0)
    cara.write("First words")
    expect(cara.messages.last).to_have_text("First words")


def test_messages_in_a_row_stand_under_one_name_and_keep_their_order(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    texts = [f"line {number}" for number in range(20)]
    for text in texts:
        ana.write(text)
    ana.sees(*texts)
    expect(ana.page.locator(".message.lead")).to_have_count(1)
    expect(ana.page.locator(".day")).to_have_text(["Today"])


def test_a_badge_counts_what_is_unread_and_reading_in_one_tab_clears_it_in_the_other(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    ben.open_room("General")
    other = ben.new_tab()
    other.goto(f"{ben.url}/#/")
    ana.write("one")
    ana.write("two")
    expect(ben.room_link(room_name, other).locator(".badge")).to_have_text("2")
    expect(ben.room_link(room_name).locator(".badge")).to_have_text("2")
    expect(other).to_have_title(re.compile(r"^• "))
    ben.page.bring_to_front()
    ben.open_room(room_name)
    expect(ben.page.locator(".new-line")).to_have_count(1)
    expect(ben.room_link(room_name).locator(".badge")).to_have_count(0)
    expect(ben.room_link(room_name, other).locator(".badge")).to_have_count(0)
    ben.page.keyboard.press("Escape")
    expect(ben.page.locator(".new-line")).to_have_count(0)


def test_whoever_watches_a_room_is_not_told_that_its_messages_are_new(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    ben.page.bring_to_front()
    for text in ("one", "two"):
        ana.write(text)
        expect(ben.messages.last).to_have_text(text)
    expect(ben.page.locator(".new-line")).to_have_count(0)
    expect(ben.room_link(room_name).locator(".badge")).to_have_count(0)


def test_somebody_added_to_a_private_room_sees_it_appear(person: NewPerson, room_name: str) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name, private=True)
    ana.page.get_by_role("button", name="Room details").click()
    ana.page.get_by_role("button", name="Add people").click()
    dialog = ana.page.get_by_role("dialog", name=f"Add people to {room_name}")
    search = dialog.get_by_role("combobox")
    search.fill("nobody-of-that-name")
    expect(dialog.get_by_role("status")).to_have_text("Nobody here has a name like that.")
    search.fill(ana.username)
    expect(dialog.get_by_role("option")).to_have_count(0)
    search.fill(ben.username)
    dialog.get_by_role("option").click()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(ana.page.locator("member-list .member-name")).to_have_text(["Ana", "Ben"])
    ben.open_room(room_name)
    ana.write("Welcome")
    ben.sees("Welcome")

    # Removed, and added again before anybody else saw it.
    ana.unhurried().page.get_by_role("button", name="Manage Ben").click()
    ana.page.get_by_role("button", name="Remove from the room").click()
    removed = ana.notice("Ben")
    expect(removed).to_have_count(1)
    ana.page.get_by_role("button", name="Add people").click()
    search.fill(ben.username)
    dialog.get_by_role("option").get_by_text(f"@{ben.username}", exact=True).click()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(removed).to_have_count(0)
    expect(ana.page.locator("member-list .member-name")).to_have_text(["Ana", "Ben"])
    ana.write("Still here?")
    ben.sees("Welcome", "Still here?")


def leave(person: Person) -> None:
    """Leave the open room; its details may be open still."""
    details = person.page.get_by_role("button", name="Room details")
    if details.get_attribute("aria-expanded") != "true":
        details.click()
    person.page.get_by_role("button", name="Leave room").click()


def test_leaving_a_room_ends_it_here_and_in_the_other_tab(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben").unhurried()
    ana.create_room(room_name)
    ben.join_room(room_name)
    other = ben.new_tab()
    other.goto(ben.url)
    expect(ben.room_link(room_name, other)).to_have_count(1)
    ben.page.bring_to_front()
    leave(ben)
    expect(ben.room_link(room_name)).to_have_count(0)
    expect(ben.room_link(room_name, other)).to_have_count(1)
    left = ben.notice(f"You left {room_name}.")
    left.get_by_role("button", name="Undo").click()
    expect(ben.composer).to_have_attribute("placeholder", f"Write to {room_name}")

    # Whoever goes back to it has not left it.
    leave(ben)
    expect(ben.room_link(room_name)).to_have_count(0)
    ben.page.go_back()
    expect(ben.composer).to_have_attribute("placeholder", f"Write to {room_name}")
    expect(left).to_have_count(0)
    expect(ben.room_link(room_name)).to_have_count(1)

    leave(ben)
    left.get_by_role("button", name="Close").click()
    expect(ben.room_link(room_name)).to_have_count(0)
    expect(ben.room_link(room_name, other)).to_have_count(0)
    ana.write("Anybody here?")
    ben.join_room(room_name)
    ben.sees("Anybody here?")
    ana.write("Ah, there you are")
    ben.sees("Anybody here?", "Ah, there you are")


def test_a_link_to_a_room_that_is_not_mine_offers_to_join_it(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ana.write("Come in")
    expect(ana.messages).to_have_count(1)
    ben.page.goto(ana.page.url)
    ben.page.get_by_role("button", name=f"Join {room_name}").click()
    ben.sees("Come in")


def test_signing_out_in_one_tab_ends_the_other(person: NewPerson) -> None:
    ana = person("Ana")
    other = ana.new_tab()
    other.goto(ana.url)
    expect(other.locator("room-list")).to_be_visible()
    ana.page.bring_to_front()
    ana.faults.provoke(r"401")
    ana.page.locator("button.account").click()
    ana.page.get_by_role("button", name="Sign out").click()
    expect(ana.page.get_by_label("Username")).to_be_visible()
    expect(other.get_by_label("Username")).to_be_visible()
    expect(other.locator(".farewell")).to_have_text("You were signed out. Please sign in again.")
    ana.sign_in()


def test_a_changed_password_is_the_one_to_sign_in_with(person: NewPerson) -> None:
    ana = person("Ana")
    ana.faults.provoke(r"401.*/api/session/password")
    ana.page.locator("button.account").click()
    ana.page.get_by_role("button", name="Change password").click()
    for old, answer in (("wrong", "The current password is wrong."), (None, None)):
        ana.page.get_by_label("Current password").fill(old or "a long sentence of a password")
        ana.page.get_by_label("New password").fill("another sentence")
        ana.page.locator("dialog").get_by_role("button", name="Change password").click()
        if answer:
            expect(ana.page.locator("dialog .form-error")).to_have_text(answer)
    expect(ana.page.locator(".notice")).to_have_text("Your password has been changed.")
    expect(ana.page.locator("dialog")).to_have_count(0)
