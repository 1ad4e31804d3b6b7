"""The administration page, by somebody who looks after the server and somebody on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import findings
from tests.browser.people import PASSWORD, Faults, NewPerson, Person
from tests.browser.screens import promote
from tests.running import RunningServer

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FIGURES = """async () => {
  const { quantile, doing } = await import("/admin/figures.js");
  const delay = (...counts) => ({ bounds: [0.001, 0.01], counts });
  const at = (began, deliveries, bus_delay) => ({ began, deliveries, cpu_seconds: 1, bus_delay });
  const before = at(1, 100, delay(50, 0, 0));
  return {
    none: quantile(delay(0, 0, 0), 0.5),
    middle: quantile(delay(10, 0, 0), 0.5),
    beyond: quantile(delay(0, 0, 5), 0.99),
    rate: doing(at(1, 130, delay(50, 10, 0)), before, 3).deliveries,
    since: doing(at(1, 130, delay(50, 10, 0)), before, 3).p50.toFixed(4),
    replaced: doing(at(2, 10, delay(4, 0, 0)), before, 3).deliveries,
  };
}"""


def section(page: Page, name: str) -> Locator:
    """Goes to a section of the page by its tab."""
    page.locator("admin-page nav").get_by_role("link", name=name).click()
    return page.get_by_role("region", name=name)


def row(page: Page, person: Person) -> Locator:
    """Opens what is said of a person."""
    page.get_by_label("Find a name").fill(f"@{person.username}")
    expect(page.get_by_text("1 account", exact=True)).to_be_visible()
    found = page.locator("details.admin-row").filter(has_text=f"@{person.username}")
    found.locator("summary").click()
    return found


def test_an_administrator_looks_after_people_the_door_and_the_servers(
    person: NewPerson, server: RunningServer, faults: Faults
) -> None:
    ana, ben = person("Ana"), person("Ben", **PHONE)
    faults.provoke("40[1349]")

    # Not for everybody; and a new role is known to a page that is open.
    ben.page.goto(f"{ben.url}/#/admin")
    expect(ben.page.get_by_text("You may not do this here.")).to_be_visible()
    promote(server, ana)
    page = ana.page
    page.get_by_role("button", name="You and your settings").click()
    page.get_by_role("link", name="Administration").click()
    expect(page.get_by_role("region", name="People")).to_be_visible()

    about = row(page, ben)
    about.get_by_role("button", name="Disable account").press("Enter")
    expect(about.locator("summary")).to_contain_text("disabled")
    expect(ben.page.get_by_label("Username")).to_be_visible()  # out at once
    about.get_by_role("button", name="Delete account…").click()
    about.get_by_role("button", name="Delete account", exact=True).click()
    expect(about.locator("summary")).to_contain_text("Erased on")
    about.get_by_role("button", name="Enable account").click()
    expect(about.locator("summary")).not_to_contain_text("Erased on")
    about.get_by_role("button", name="New password…").click()
    about.get_by_role("button", name="Make a new password").click()
    password = page.get_by_label("New password", exact=True).input_value()
    ben.page.get_by_label("Username").fill(ben.username)
    ben.page.get_by_label("Password").fill(PASSWORD)
    ben.page.get_by_role("button", name="Sign in").click()
    expect(ben.page.get_by_text("The name or the password is wrong.")).to_be_visible()
    ben.page.get_by_label("Password").fill(password)
    ben.page.get_by_role("button", name="Sign in").click()
    expect(ben.page.locator("room-list")).to_be_visible()
    assert findings(page, "people") == []

    # The door.
    door = section(page, "Invitations")
    door.get_by_label("Nobody").check()
    expect(door.get_by_text("Saved.")).to_be_visible()
    cara = person("Cara", signed_in=False)
    cara.page.goto(cara.url)
    expect(cara.page.get_by_label("Username")).to_be_visible()
    expect(cara.page.get_by_role("button", name="Create account")).to_have_count(0)
    door.get_by_label("Everybody").check()
    expect(door.get_by_label("Everybody")).to_be_checked()

    bots = section(page, "Bots")
    bots.get_by_label("Username").fill(f"bot-{ana.username}")
    bots.get_by_role("button", name="Make bot").press("Enter")
    expect(bots.get_by_label(re.compile("Token of"))).to_have_value(re.compile(r"^[\w-]{43}$"))
    expect(bots.get_by_role("button", name="Copy")).to_be_focused()
    bots.get_by_role("button", name=f"Close the account of bot-{ana.username}").click()
    expect(bots.locator("li").filter(has_text=f"@bot-{ana.username}")).to_contain_text("disabled")

    health = section(page, "Health")
    expect(health.get_by_text("All is well.")).to_be_visible()
    expect(health.locator("article .tag")).to_have_text(["Serving", "Serving"])
    assert page.evaluate(FIGURES) == {
        "none": None, "middle": 0.0005, "beyond": 0.01, "rate": 10, "since": "0.0055",
        "replaced": None,
    }  # fmt: skip
    expect(section(page, "Storage").get_by_text("Free on the disk")).to_be_visible()

    done = section(page, "Audit log")
    done.get_by_label("Username").fill(f"{ben.username}-")  # not typed to its end
    expect(done.get_by_text("Nothing of the kind was done.")).to_be_visible()
    expect(done.get_by_role("alert")).to_have_count(0)
    done.get_by_label("Username").fill(ben.username)
    said = done.locator(".admin-done p:first-child")
    expect(said.first).to_have_text("\u2068Ben\u2069 signed in")
    expect(said.nth(1)).to_have_text("A sign-in failed, as \u2068Ben\u2069")
    done.get_by_label("What").select_option("account")
    expect(said).to_have_text(
        [re.compile(r) for r in ("another", "enabled", "to be erased", "disabled", "made")]
    )
    with page.expect_download() as saved:
        done.get_by_role("link", name="Save").click()
    assert len(saved.value.path().read_text().splitlines()) == 5
    assert findings(page, "audit log") == []

    # On a phone.
    section(page, "People")
    about = row(page, ben)
    about.get_by_role("button", name="Make administrator").click()
    expect(about.locator("summary")).to_contain_text("Administrator")
    ben.page.goto(f"{ben.url}/#/admin/rooms")
    rooms = ben.page.get_by_role("region", name="Rooms")
    rooms.get_by_label("Find a room").fill("general")
    expect(rooms.locator("summary")).to_contain_text(["General"])
    assert findings(ben.page, "rooms on a phone") == []
    about.get_by_role("button", name="Take administration away").click()
    rooms.get_by_label("Find a room").fill("gen")
    expect(rooms.get_by_text("You may not do this here.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("#/admin"))
    page.evaluate("location.hash = '#/admin/rooms'")
    expect(page.get_by_role("region", name="Rooms")).to_be_visible()
    page.go_back()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_an_owner_lets_programs_write_and_listen_from_a_phone(
    person: NewPerson, room_name: str, faults: Faults
) -> None:
    faults.provoke("422")
    ana, ben = person("Ana", **PHONE), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    page = ana.page
    page.get_by_role("button", name="Room details").click()
    page.get_by_role("button", name="Room settings").click()
    page.get_by_role("button", name="Hooks").click()
    page.get_by_label("Name of the program").fill("Builds")
    page.get_by_role("button", name="Make hook").tap()
    address = page.get_by_label("Address of the hook").input_value()
    assert ana.context.request.post(address, data={"text": "Build 7 passed"}).status == 201
    ben.sees("Build 7 passed")

    page.get_by_label("https://").fill("not an address")
    page.get_by_role("button", name="Make webhook").tap()
    expect(page.get_by_text("The address begins with https://")).to_be_visible()
    page.get_by_label("https://").fill("https://localhost/told")
    page.get_by_role("button", name="Make webhook").tap()
    expect(page.get_by_label("Secret of the webhook")).to_have_value(re.compile(r"^[\w-]{43}$"))
    ben.write("Thanks")
    settings = page.locator("room-programs")
    assert findings(page, "programs") == []
    settings.get_by_role("button", name="Remove: https://localhost/told").tap()
    expect(settings.get_by_text("No address is told.")).to_be_visible()
    settings.get_by_role("button", name="Revoke: Builds").tap()
    expect(settings.get_by_text("No program writes here by a hook.")).to_be_visible()
    assert ana.context.request.post(address, data={"text": "Build 8 passed"}).status == 404
