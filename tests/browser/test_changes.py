"""Editing and deleting, by mouse, touch and keys, seen by others at once."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.people import NewPerson, Person

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}


def row(person: Person, text: str) -> Locator:
    return person.page.locator(".message").filter(has=person.page.get_by_text(text, exact=True))


def act(person: Person, text: str, name: str) -> None:
    """Take an action of a message's toolbar, by touch on a phone."""
    button = person.page.get_by_role("toolbar").get_by_role("button", name=name)
    if person.page.evaluate("matchMedia('(hover: none)').matches"):
        row(person, text).locator(".prose").tap()
        button.tap()
    else:
        row(person, text).hover(position={"x": 60, "y": 8})  # a notice may lie over its middle
        button.click()


def test_two_people_edit_and_delete_one_of_them_on_a_phone(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben", **PHONE).unhurried()
    ana.create_room(room_name)
    ben.join_room(room_name)
    ana.write("Hello Bne")
    ben.sees("Hello Bne")
    ana.composer.press("ArrowUp")
    expect(ana.composer).to_have_value("Hello Bne")
    expect(ana.page.locator(".message.composed")).to_have_count(1)
    ana.write("Hello **Ben**")
    for one in (ana, ben):
        one.sees("Hello Ben")
        expect(one.page.locator(".edited")).to_have_text("edited")
    expect(ana.composer).to_have_value("")
    expect(ana.page.locator(".composing")).to_be_hidden()

    ben.composer.fill("What a day")
    ben.page.get_by_role("button", name="Send").tap()
    ana.sees("Hello Ben", "What a day")
    ben.sees("Hello Ben", "What a day")
    ben.composer.fill("a draft")
    act(ben, "What a day", "Edit")
    expect(ben.composer).to_have_value("What a day")
    ben.composer.fill("What a night")
    ben.page.get_by_role("button", name="Send").tap()
    ana.sees("Hello Ben", "What a night")
    expect(ben.composer).to_have_value("a draft")
    act(ben, "What a night", "Delete")
    expect(ben.page.locator(".tombstone")).to_have_count(1)
    ben.notice("Message deleted.").get_by_role("button", name="Undo").tap()
    ben.sees("Hello Ben", "What a night")
    ana.sees("Hello Ben", "What a night")
    act(ben, "What a night", "Delete")
    ben.notice("Message deleted.").get_by_role("button", name="Close").tap()
    for one in (ana, ben):
        expect(one.page.locator(".tombstone")).to_have_text("This message was deleted.")
        one.sees("Hello Ben")
        one.page.reload()
        one.sees("Hello Ben")
        expect(one.page.locator(".tombstone")).to_have_count(1)
    row(ana, "This message was deleted.").hover()
    expect(ana.page.get_by_role("toolbar")).to_have_count(0)


def test_a_deletion_can_be_undone_until_its_author_turns_away(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana").unhurried(), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    for text in ("one", "two", "three"):
        ana.write(text)
    for one in (ana, ben):
        one.sees("one", "two", "three")
    for text in ("one", "two", "three"):
        act(ana, text, "Delete")
    ana.sees()
    expect(ana.notice("Message deleted.")).to_have_count(3)
    ben.sees("one", "two", "three")

    # The last one by a key, another one by its notice; the focus is where it was.
    expect(row(ana, "This message was deleted.").last).to_be_focused()
    ana.page.keyboard.press("Control+z")
    ana.sees("three")
    ana.notice("Message deleted.").first.get_by_role("button", name="Undo").focus()
    ana.page.keyboard.press("Enter")
    ana.sees("one", "three")
    expect(row(ana, "three")).to_be_focused()

    ana.page.reload()
    for one in (ana, ben):
        one.sees("one", "three")
        expect(one.page.locator(".tombstone")).to_have_count(1)

    # Without a server it says so, and can be tried again.
    ana.unhurried()
    ana.page.route("**/api/messages/*", lambda route: route.abort())
    ana.faults.provoke(r"ERR_FAILED|net::")
    act(ana, "one", "Delete")
    failure = ana.page.get_by_role("alert")
    hide = """hidden => {
      Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    expect(ana.notice("Message deleted.")).to_have_count(1)
    with ana.page.expect_event("requestfailed"):
        ana.page.evaluate(hide, True)
    ana.sees("one", "three")
    expect(failure).to_be_empty()
    ana.page.evaluate(hide, False)
    expect(failure).to_contain_text("It was not done. The server cannot be reached.")
    ana.sees("one", "three")
    ana.page.unroute("**/api/messages/*")
    failure.get_by_role("button", name="Try again").click()
    ben.sees("three")
    ana.sees("three")


def test_arrow_keys_go_through_the_messages_and_escape_gives_the_draft_back(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    for text in ("one", "two"):
        ana.write(text)
    ana.sees("one", "two")
    ana.composer.fill("a draft")
    ana.page.get_by_role("log").focus()
    ana.page.keyboard.press("ArrowUp")
    expect(row(ana, "two")).to_be_focused()
    ana.page.keyboard.press("ArrowUp")
    expect(row(ana, "one")).to_be_focused()
    tools = ana.page.get_by_role("toolbar")
    expect(tools).to_be_visible()
    for name in ("Add a reaction", "Reply", "Edit"):
        ana.page.keyboard.press("Tab")
        expect(tools.get_by_role("button", name=name)).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(ana.composer).to_be_focused()
    expect(ana.composer).to_have_value("one")
    ana.composer.press("Escape")
    expect(ana.composer).to_have_value("a draft")
    ana.sees("one", "two")


def test_an_edit_that_another_device_was_quicker_with_says_so_and_can_be_saved_again(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.write("one")
    ana.sees("one")
    ana.composer.press("ArrowUp")
    expect(ana.composer).to_have_value("one")
    id = row(ana, "one").get_attribute("data-id")
    answer = ana.context.request.patch(f"{ana.url}/api/messages/{id}", data={"body": "elsewhere"})
    assert answer.status == 200
    ana.sees("elsewhere")
    ana.faults.provoke(r"409.*/api/messages/")
    ana.write("here")
    error = ana.page.locator("message-composer .form-error")
    expect(error).to_have_text("This message has been changed on another device meanwhile.")
    ana.composer.press("Enter")
    ana.sees("here")
    expect(error).to_have_text("")

    ana.composer.press("ArrowUp")
    expect(ana.composer).to_have_value("here")
    ana.context.request.patch(f"{ana.url}/api/messages/{id}", data={"body": "there"})
    ana.sees("there")
    ana.write("mine")
    expect(error).not_to_have_text("")
    # It is not about the next room.
    ana.create_room(f"{room_name} 2")
    expect(error).to_have_text("")


def test_two_people_react_one_of_them_on_a_phone(person: NewPerson, room_name: str) -> None:
    ana, ben = person("Ana"), person("Ben", **PHONE)
    ana.create_room(room_name)
    ben.join_room(room_name)
    ana.write("Lunch?")
    ben.sees("Lunch?")
    act(ben, "Lunch?", "Add a reaction")
    ben.page.get_by_label("Find an emoji").fill("jempol")
    ben.page.get_by_role("button", name="thumbsup").tap()
    for one in (ana, ben):
        expect(one.page.locator(".reaction")).to_have_text(["👍1"])
    reaction = ana.page.get_by_role("button", name="👍 from Ben")
    expect(reaction).to_have_attribute("aria-pressed", "false")
    reaction.click()
    pressed = ana.page.get_by_role("button", name="👍 from 2 people: Ben, you")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(pressed).to_be_focused()
    act(ana, "Lunch?", "Add a reaction")
    expect(ana.page.get_by_label("Find an emoji")).to_be_focused()
    ana.page.keyboard.type("🍜")
    ana.page.keyboard.press("Enter")
    expect(ben.page.locator(".reaction")).to_have_text(["👍2", "🍜1"])
    pressed.click()
    for one in (ana, ben):
        expect(one.page.locator(".reaction")).to_have_text(["👍1", "🍜1"])
        one.page.reload()
        expect(one.page.locator(".reaction")).to_have_text(["👍1", "🍜1"])
