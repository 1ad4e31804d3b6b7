"""Searching messages: by keys and by touch, what is found, and where it leads."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Faults, NewPerson

PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}

PLACES = """
async () => {
  const { placesOf, excerpt } = await import("/panels/marking.js");
  const marked = (text, ...words) => placesOf(text, words).map(([a, b]) => text.slice(a, b));
  const long = `${"word ".repeat(100)}needle${" word".repeat(100)}`;
  const cut = excerpt(long, placesOf(long, ["needle"]));
  return [
    marked("Café au CAFE\u0301", "cafe"),
    marked("OK, book it, ok", "ok"),
    marked("昨日東京で", "東京", "昨"),
    marked("well done👍🏽!", "👍🏽"),
    marked("a  b\\nc", "a b c"),
    marked("Straße ﬁne", "fin", "straß"),
    marked("aaaa", "aaa"),
    marked("nothing", "", "x"),
    [cut.places.map(([a, b]) => cut.text.slice(a, b)).join(), cut.text.length < 300],
  ];
}
"""


def hits(page: Page) -> Locator:
    return page.locator("message-search .hit")


def test_words_are_marked_where_the_server_finds_them(person: NewPerson) -> None:
    assert person("Ana").page.evaluate(PLACES) == [
        ["Café", "CAFE\u0301"],
        ["OK", "ok"],
        ["昨", "東京"],
        ["👍🏽"],
        ["a  b\nc"],
        ["Straß", "ﬁn"],
        ["aaaa"],
        [],
        ["needle", True],
    ]


def test_two_people_search_one_by_keys_and_one_on_a_phone(
    person: NewPerson, room_name: str, faults: Faults
) -> None:
    faults.provoke("422")
    ana, ben = person("Ana"), person("Ben", **PHONE)
    ana.create_room(room_name)
    ben.join_room(room_name)
    other = f"{room_name} kitchen"
    for words in ("Who brings Jasmín tea?", "Nobody yet", "see https://tea.example"):
        ana.write(words)
    ben.sees("Who brings Jasmín tea?", "Nobody yet", "see https://tea.example")
    ana.create_room(other)
    ana.write("jasmin is in the cupboard")
    expect(ana.messages).to_have_count(1)

    # By keys: what is found stands under its room, with its words marked and what is around it.
    ana.page.keyboard.press("Control+Shift+F")
    field = ana.page.get_by_role("searchbox")
    expect(field).to_be_focused()
    ana.page.keyboard.type("JASMIN")
    expect(hits(ana.page)).to_have_count(2)
    expect(ana.page.locator("message-search h3")).to_have_text([other, room_name])
    expect(hits(ana.page).locator("mark")).to_have_text(["jasmin", "Jasmín"])
    expect(hits(ana.page).nth(1).locator(".hit-beside")).to_contain_text("Nobody yet")
    expect(ana.page.locator("message-search [role=status]")).to_have_text("2 messages")
    ana.page.keyboard.press("Enter")
    ana.page.keyboard.press("ArrowDown")
    ana.page.keyboard.press("ArrowDown")
    expect(hits(ana.page).nth(1)).to_be_focused()
    ana.page.keyboard.press("ArrowUp")
    ana.page.keyboard.press("ArrowDown")
    ana.page.keyboard.press("Enter")
    expect(ana.page.get_by_role("dialog")).to_have_count(0)
    ana.sees("Who brings Jasmín tea?", "Nobody yet", "see https://tea.example")

    # What was asked lately is offered again, and can be forgotten.
    ana.page.get_by_role("button", name="Search messages").first.click()
    ana.page.get_by_role("button", name="JASMIN").click()
    expect(hits(ana.page)).to_have_count(2)
    field.fill("")
    ana.page.get_by_role("button", name="Forget these").click()
    expect(ana.page.get_by_role("button", name="JASMIN")).to_have_count(0)
    field.fill("zzz never said")
    expect(ana.page.locator("message-search [role=status]")).to_have_text("No message was found.")
    field.fill("has:cheese")
    field.press("Enter")
    expect(ana.page.locator("message-search [role=alert]")).to_contain_text("has:link")
    field.press("Escape")

    # By touch: in the open room, by chips; a private matter of others is not found.
    ben.page.get_by_role("button", name="Search messages").tap()
    expect(ben.page.get_by_role("searchbox")).to_have_value(f'in:"{room_name}" ')
    box = ben.page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (390, 780)
    ben.page.get_by_role("button", name="With a link").tap()
    expect(hits(ben.page)).to_have_count(1)
    expect(hits(ben.page)).to_contain_text("tea.example")
    ben.page.get_by_role("searchbox").fill("jasmin")
    expect(hits(ben.page)).to_have_count(1)
    ben.page.get_by_role("searchbox").fill("from:an")
    ben.page.get_by_role("button", name=f"from:{ana.username}").tap()
    expect(ben.page.get_by_role("searchbox")).to_have_value(f"from:{ana.username} ")
    expect(hits(ben.page)).to_have_count(3)
    hits(ben.page).last.tap()
    expect(ben.page.get_by_role("dialog")).to_have_count(0)
    ben.sees("Who brings Jasmín tea?", "Nobody yet", "see https://tea.example")
