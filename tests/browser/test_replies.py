"""Replies, jumps, links to messages and pins: two people at two workers, one of them on a phone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.people import NewPerson, Person
from tests.browser.test_changes import PHONE, act, row
from tests.browser.test_history import FIRST_IN_SIGHT, TO_END, TOP, post_many


def quotes(person: Person) -> Locator:
    return person.page.locator("message-list .quote")


def answered(person: Person) -> Locator:
    """What stands above the composer."""
    return person.page.locator("message-composer .answering")


def room_of(person: Person) -> str:
    return person.page.url.split("/rooms/")[1].partition("/")[0]


def ask(who: Person, method: str, path: str, data: Any = None) -> Any:
    answer = who.context.request.fetch(f"{who.url}/api/{path}", method=method, data=data or {})
    assert answer.ok, answer.text()
    return answer.json() if answer.body() else None


def say(who: Person, text: str, **more: Any) -> int:
    id: int = ask(who, "POST", f"rooms/{room_of(who)}/messages", {"body": text, **more})["id"]
    return id


def test_two_people_answer_each_other_one_of_them_on_a_phone(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben", **PHONE)
    ana.create_room(room_name)
    ben.join_room(room_name)
    first = say(ana, "Shall we plant **beans**?\n\nI have seeds.")
    expect(ben.messages).to_have_count(1)
    ben.page.locator(".message .prose").first.tap()
    ben.page.get_by_role("toolbar").get_by_role("button", name="Reply").tap()
    expect(answered(ben)).to_contain_text("Shall we plant beans?")
    expect(ben.composer).to_be_focused()
    ben.composer.fill("a draft")
    # It outlives the page, and its text while something else is edited.
    ben.page.reload()
    expect(answered(ben)).to_contain_text("Shall we plant beans?")
    ben.composer.fill("Yes, please")
    ben.page.get_by_role("button", name="Send").tap()
    for one in (ana, ben):
        expect(quotes(one)).to_have_text(["In reply to Ana Shall we plant beans?"])
        expect(answered(one)).to_be_hidden()

    # By keys; Escape takes it back.
    ana.page.get_by_role("log").focus()
    ana.page.keyboard.press("ArrowUp")
    ana.page.keyboard.press("r")
    expect(answered(ana)).to_contain_text("Yes, please")
    ana.composer.fill("Good")
    ana.composer.press("Escape")
    expect(answered(ana)).to_be_hidden()
    expect(ana.composer).to_have_value("Good")
    expect(ana.composer).to_be_focused()

    # What is quoted says what the original says, and that it is gone.
    ask(ana, "PATCH", f"messages/{first}", {"body": "Shall we plant _peas_?"})
    for one in (ana, ben):
        expect(quotes(one)).to_have_text(["In reply to Ana Shall we plant peas?"])
    act(ana, "Yes, please", "Reply")
    ana.composer.press("Enter")
    expect(quotes(ben)).to_have_count(2)
    ask(ana, "DELETE", f"messages/{first}")
    for one in (ana, ben):
        expect(quotes(one).first).to_have_text("This message was deleted.")
        one.page.reload()
        kept = ["This message was deleted.", "In reply to Ben Yes, please"]
        expect(quotes(one)).to_have_text(kept)


def test_a_reply_that_waits_for_the_server_is_still_one_when_it_is_sent(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    first = say(ana, "first")
    ana.sees("first")
    ana.faults.provoke("ERR_INTERNET_DISCONNECTED")
    act(ana, "first", "Reply")
    expect(answered(ana)).to_contain_text("first")
    ana.context.set_offline(True)
    ana.write("second")
    expect(quotes(ana)).to_have_count(1)
    expect(ana.page.locator(".message.pending .quote")).to_contain_text("first")
    ana.context.set_offline(False)
    ana.sees("first", "second")
    history = ask(ana, "GET", f"rooms/{room_of(ana)}/messages")["messages"]
    assert [message.get("reply_to") for message in history] == [None, first]


def test_a_jump_leads_far_back_and_on_to_the_newest_again(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    post_many(ana, [f"message {number}" for number in range(180)])
    page = ask(ana, "GET", f"rooms/{room_of(ana)}/messages?limit=200")["messages"]
    id = page[20]["id"]
    reply = say(ana, "About the past", reply_to=id)
    ana.page.reload()
    expect(quotes(ana)).to_have_text(["In reply to Ana message 20"])
    quotes(ana).click()
    target = ana.page.locator(f".message[data-id='{id}']")
    expect(target).to_be_in_viewport()
    expect(target).to_be_focused()
    expect(row(ana, "message 179")).to_have_count(0)

    # News wait below, and are not read; what happens to the messages in sight is seen.
    ana.page.wait_for_timeout(300)
    before = ana.page.evaluate(FIRST_IN_SIGHT)
    say(ben, "News")
    ask(ana, "PATCH", f"messages/{id}", {"body": "message twenty"})
    expect(target.locator(".prose")).to_have_text("message twenty")
    expect(ana.page.locator(".pill")).to_have_text("1 new message")
    assert ana.page.evaluate(FIRST_IN_SIGHT) == before

    # Reading on comes to the newest without a hole; so does the way back at once.
    texts = [f"message {number}" for number in range(180)]
    texts[20] = "message twenty"
    texts += ["About the past", "News"]
    for _ in range(40):
        ana.page.evaluate(f"{TOP} = 1e9")
        ana.page.wait_for_timeout(100)
        if row(ana, "News").count() and ana.page.evaluate(TO_END) < 40:
            break
    expect(ana.page.locator(".pill")).to_be_hidden()
    shown = [text.strip() for text in ana.messages.all_text_contents()]
    assert shown == texts[-len(shown) :]
    assert len(shown) > 150
    quotes(ana).click()
    expect(target).to_be_in_viewport()
    ana.page.keyboard.press("Escape")
    ana.page.wait_for_function(f"{TO_END} < 40")

    # A link of a message is one of this page, too, and leads there from the start.
    link = f"{ana.url}/#/rooms/{room_of(ana)}/{id}"
    say(ben, f"See {link}")
    with ana.page.expect_event("framenavigated"):
        ana.page.get_by_role("link", name=link).click()
    expect(target).to_be_in_viewport()
    ben.page.goto(f"{ana.url}/?again#/rooms/{room_of(ana)}/{id}")
    there = ben.page.locator(f".message[data-id='{id}']")
    expect(there).to_be_focused()
    ben.page.locator(".pill").click()
    ben.page.wait_for_function(f"{TO_END} < 40")
    expect(ben.page).to_have_url(f"{ana.url}/?again#/rooms/{room_of(ana)}")
    ask(ana, "DELETE", f"messages/{reply}")
    for gone, words in ((reply, "This message was deleted."), (5, "This message is not there")):
        ben.page.goto(f"{ana.url}/?{gone}#/rooms/{room_of(ben)}/{gone}")
        expect(ben.page.locator(".notice")).to_contain_text(words)
        expect(ben.page.locator(".message").last).to_be_in_viewport()


def test_a_message_is_pinned_for_everybody_found_again_and_linked_to(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = (
        person("Ana", permissions=["clipboard-read", "clipboard-write"]),
        person("Ben", **PHONE),
    )
    ana.create_room(room_name)
    ben.join_room(room_name)
    ana.write("The rules of the house")
    ben.sees("The rules of the house")
    act(ben, "The rules of the house", "More")
    ben.page.get_by_role("menuitem", name="Pin for everybody").tap()
    for one in (ana, ben):
        expect(one.page.locator(".pinned-mark")).to_have_text("Pinned by Ben")
    post_many(ana, [f"message {number}" for number in range(120)])
    ana.page.reload()
    expect(ana.messages).to_have_count(50)
    ana.page.get_by_role("button", name="Pinned messages").click()
    dialog = ana.page.locator("dialog")
    expect(dialog.locator(".prose")).to_have_text("The rules of the house")
    dialog.get_by_role("link", name="Go to message").click()
    target = row(ana, "The rules of the house")
    expect(target).to_be_in_viewport()
    expect(dialog).to_have_count(0)
    target.hover()
    ana.page.get_by_role("toolbar").get_by_role("button", name="More").click()
    expect(ana.page.get_by_role("menuitem", name="Unpin")).to_be_focused()
    ana.page.keyboard.press("ArrowDown")
    expect(ana.page.get_by_role("menuitem", name="Copy link")).to_be_focused()
    ana.page.keyboard.press("Enter")
    expect(ana.page.get_by_role("menu")).to_have_count(0)
    expect(ana.page.locator(".notice")).to_have_text("The link was copied.")
    copied = ana.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{ana.url}/#/rooms/{room_of(ana)}/{target.get_attribute('data-id')}"

    # Live: what one unpins, the list of the other loses.
    ben.page.locator("room-head").get_by_role("button", name="More").tap()
    ben.page.get_by_role("menuitem", name="Pinned messages").tap()
    expect(ben.page.locator("dialog .prose")).to_have_count(1)
    ana.page.get_by_role("button", name="Pinned messages").click()
    dialog.get_by_role("button", name="Unpin").click()
    for one in (ana, ben):
        expect(one.page.locator("dialog")).to_contain_text("Nothing is pinned here.")
        expect(one.page.locator(".pinned-mark")).to_have_count(0)
