"""What people write in Markdown looks as they mean it, to them and on a phone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import NewPerson

CODE = '```python\n@cache\ndef f(x: int) -> str:\n    return f"{x}"  # why\n```'
WIDE = (
    "| " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|--:" * 12 + "|\n" + "| 1 " * 12
)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_code_tasks_tables_spoilers_and_emoji_arrive_as_they_are_meant(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana", permissions=["clipboard-read", "clipboard-write"])
    ben = person("Ben", **PHONE)
    ana.create_room(room_name)
    ben.join_room(room_name)
    for body in (CODE, "- [ ] to do\n- [x] done", WIDE, "the end: ||**both** die||", ":tada: :+1:"):
        ana.write(body)
    expect(ben.messages).to_have_count(5)
    code, tasks, table, spoiler, emoji = (ben.messages.nth(n) for n in range(5))

    expect(code.locator(".code-language")).to_have_text("python")
    expect(code.locator(".hl-keyword").first).to_have_text("def")
    plain = code.locator("code").evaluate("(e) => getComputedStyle(e).color")
    assert code.locator(".hl-keyword").first.evaluate("(e) => getComputedStyle(e).color") != plain
    ana.messages.first.get_by_role("button", name="Copy this code").click()
    expect(ana.page.get_by_text("The code was copied.").first).to_be_attached()
    copied = ana.page.evaluate("navigator.clipboard.readText()")
    assert copied == CODE.removeprefix("```python\n").removesuffix("\n```")

    boxes = tasks.get_by_role("checkbox")
    expect(boxes).to_have_count(2)
    expect(boxes.nth(1)).to_be_checked()
    expect(boxes.nth(1)).to_be_disabled()
    expect(boxes.nth(1)).to_have_accessible_name("Done")

    box = table.locator(".table-box")
    assert box.evaluate("({scrollWidth, clientWidth}) => scrollWidth > clientWidth")
    assert not ben.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    expect(table.locator("td").first).to_have_attribute("align", "right")

    expect(emoji).to_have_class("prose prose-emoji")
    expect(emoji).to_have_text("🎉 👍")

    cover = spoiler.get_by_role("button", name="Hidden text. Press to show it.")
    expect(cover.get_by_text("both")).not_to_be_visible()
    cover.tap()
    expect(spoiler.get_by_text("both")).to_be_visible()
    # A reaction draws the message anew; what was opened stays so.
    ana.messages.nth(3).hover()
    ana.page.get_by_role("button", name="Add a reaction").click()
    ana.page.get_by_role("searchbox").press("Enter")
    expect(ben.page.locator(".reaction")).to_be_visible()
    expect(ben.messages.nth(3).get_by_text("both")).to_be_visible()
    hidden = ana.messages.nth(3).get_by_role("button")
    hidden.press("Enter")
    expect(ana.messages.nth(3).get_by_text("both")).to_be_visible()


def test_keys_format_what_is_selected_and_a_sheet_shows_how(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana", permissions=["clipboard-read", "clipboard-write"])
    ana.create_room(room_name)
    ana.composer.fill("hello")
    for keys, text in (
        ("Control+b", "**hello**"),
        ("Control+i", "***hello***"),
        ("Control+i", "**hello**"),
        ("Control+b", "hello"),
        ("Control+e", "`hello`"),
        ("Control+z", "hello"),
    ):
        if keys == "Control+b" and text.startswith("**"):
            ana.composer.press("Control+a")
        ana.composer.press(keys)
        expect(ana.composer).to_have_value(text)
    ana.page.evaluate("navigator.clipboard.writeText('https://example.org/a?b')")
    ana.composer.press("Control+a")
    ana.composer.press("Control+v")
    expect(ana.composer).to_have_value("[hello](https://example.org/a?b)")
    ana.composer.press("Control+v")
    expect(ana.composer).to_have_value("[hello](https://example.org/a?b)https://example.org/a?b")
    ana.page.get_by_role("button", name="Formatting").click()
    sheet = ana.page.get_by_role("dialog", name="How to format")
    expect(sheet.locator(".format-written")).to_have_count(13)
    ana.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(ana.page.get_by_role("button", name="Formatting")).to_be_focused()
