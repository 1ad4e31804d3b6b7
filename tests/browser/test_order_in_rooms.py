"""Order in rooms, by those who keep it and those who live with it, one of them on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.browser.people import PASSWORD, Faults, NewPerson, page_until

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_an_owner_mutes_promotes_and_archives_and_everybody_sees_it_at_once(
    person: NewPerson, room_name: str, faults: Faults
) -> None:
    ana, ben = person("Ana").unhurried(), person("Ben", **PHONE)
    ana.create_room(room_name)
    room = ana.page.url.rpartition("/")[2]
    ben.page.goto(f"{ben.url}/#/rooms/{room}")
    ben.page.get_by_role("button", name=f"Join {room_name}").click()
    ben.composer.fill("rude words")
    ben.page.get_by_role("button", name="Send").tap()
    ana.sees("rude words")

    # A moderator takes words away; the place stays, and says so on every screen.
    ana.page.locator(".message").hover()
    ana.page.get_by_role("button", name="Delete").click()
    ana.notice("Message deleted.").get_by_role("button", name="Close").click()
    for one in (ana, ben):
        expect(one.page.locator(".tombstone")).to_have_text(re.compile("removed by a moderator"))

    ana.page.get_by_role("button", name="Room details").click()
    manage = ana.page.get_by_role("button", name="Manage Ben")
    manage.focus()
    ana.page.keyboard.press("Enter")
    ana.page.get_by_role("button", name="1 hour").click()
    expect(ben.page.get_by_text("You are muted here until")).to_be_visible()
    expect(ben.composer).to_be_hidden()
    ana.page.get_by_role("button", name="Let them write").click()
    expect(ben.composer).to_be_visible()
    ana.page.locator("member-card").get_by_label("Moderator").check()
    expect(ana.page.locator("member-list .tag")).to_have_text(["Owner", "Moderator"])
    ana.page.keyboard.press("Escape")
    expect(manage).to_be_focused()

    # Removed by mistake: undone from the notice, and nothing is lost by it.
    manage.click()
    ana.page.get_by_role("button", name="Remove from the room").click()
    expect(ana.page.locator("member-list .member-name")).to_have_text(["Ana"])
    ana.page.get_by_role("button", name="Undo").click()
    expect(ana.page.locator("member-list .tag")).to_have_text(["Owner", "Moderator"])
    expect(ben.composer).to_be_visible()
    manage.click()
    ana.page.locator("member-card").get_by_label("Member", exact=True).check()
    expect(ana.page.locator("member-list .tag")).to_have_text(["Owner"])
    ana.page.keyboard.press("Escape")

    # Settings that somebody changes while they are looked at.
    ana.page.get_by_role("button", name="Room settings").click()
    settings = ana.page.locator("room-settings")
    settings.get_by_label("What is it for?").fill("Quiet talk")
    settings.get_by_label("Owners, moderators").first.check()
    settings.get_by_role("button", name="Save").click()
    expect(settings.get_by_text("Saved.")).to_be_visible()
    expect(ben.page.locator(".room-title p")).to_have_text("Quiet talk")
    expect(ben.page.get_by_text("Only owners and moderators write")).to_be_visible()

    settings.get_by_role("button", name="Archive this room").click()
    expect(ben.page.get_by_text("This room is archived")).to_be_visible()
    expect(ana.room_link(room_name)).to_have_count(0)
    ana.page.get_by_role("button", name="Bring it back").click()
    expect(ana.room_link(room_name)).to_have_count(1)
    expect(ben.page.get_by_text("This room is archived")).to_be_hidden()

    ana.open_room(room_name)
    manage.click()
    ana.page.get_by_role("button", name="Remove from the room").click()
    ana.notice("Ben was removed.").get_by_role("button", name="Close").click()
    expect(ben.composer).to_be_hidden()
    expect(ben.room_link(room_name)).to_have_count(0)
    expect(ana.page.locator("member-list .member-name")).to_have_text(["Ana"])


def test_a_room_in_which_others_go_on_talking_appears_when_one_is_added_to_it(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name, private=True)
    room = ana.page.url.rpartition("/")[2]
    me = ben.context.request.get(f"{ben.url}/api/session").json()["user"]["id"]
    general = ben.page.url.rpartition("/")[2]
    answers: list[Route] = []
    ben.page.route(f"**/api/rooms/{room}", lambda route: answers.append(route))
    added = ana.context.request.put(f"{ana.url}/api/rooms/{room}/members/{me}", data={})
    assert added.status == 200
    # Each answer is older than what comes before it.
    for number in range(8):
        page_until(ben.page, lambda: answers or ben.room_link(room_name).count(), "its room")
        if not answers:
            break
        route = answers.pop()
        answer = route.fetch()
        for place, text in ((room, "Go on"), (general, f"{room_name}: {number}")):
            path = f"{ana.url}/api/rooms/{place}/messages"
            assert ana.context.request.post(path, data={"body": text}).status == 201
        expect(ben.messages.last).to_have_text(f"{room_name}: {number}")
        route.fulfill(response=answer)
    expect(ben.room_link(room_name)).to_contain_text(f"{number} unread messages")


def test_a_link_brings_somebody_new_and_somebody_known_into_a_private_room(
    person: NewPerson, room_name: str, faults: Faults
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name, private=True)
    ana.page.get_by_role("button", name="Room details").click()
    ana.page.get_by_role("button", name="Invite by a link").click()
    ana.page.get_by_label("For", exact=True).select_option("5")
    ana.page.get_by_role("button", name="Make a link").click()
    link = ana.page.get_by_label("Invitation link").input_value()

    cara = person("Cara", signed_in=False, **PHONE)
    asked: list[str] = []
    cara.page.on("request", lambda request: asked.append(request.url))
    cara.page.goto(link)
    expect(cara.page.get_by_text(f"Ana invites you to {room_name}.")).to_be_visible()
    cara.page.get_by_label("Username").fill(cara.username)
    cara.page.get_by_label("Password").fill(PASSWORD)
    cara.page.get_by_role("button", name="Create account").click()
    expect(cara.composer).to_have_attribute("placeholder", f"Write to {room_name}")
    secret = link.rpartition("/")[2]
    assert not any(secret in url.partition("#")[0] for url in asked)

    ben.page.goto(link)
    ben.page.get_by_role("button", name="Join the room").click()
    expect(ben.composer).to_have_attribute("placeholder", f"Write to {room_name}")
    expect(ana.page.locator("member-list .member")).to_have_count(3)

    # Revoked: whoever has it still is told so.
    ana.page.keyboard.press("Escape")
    ana.page.get_by_role("button", name="Invite by a link").click()
    expect(ana.page.get_by_text("2 of 5 used")).to_be_visible()
    ana.page.get_by_role("button", name="Revoke").click()
    expect(ana.page.get_by_text("There are none.")).to_be_visible()
    faults.provoke("403")
    ben.page.goto(link)
    expect(ben.page.get_by_text("This invitation is not good any more")).to_be_visible()
