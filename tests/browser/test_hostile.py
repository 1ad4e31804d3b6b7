"""What people may write to harm or to confuse others is shown as text, and stays in its place."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import NewPerson

RLO = "\u202e"
HOSTILE = [
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg/onload=alert(1)>",
    "[click me](javascript:document.title='owned')",
    "[data](data:text/html,<script>alert(1)</script>)",
    '<a href="https://example.org" style="position:fixed;inset:0">over everything</a>',
    "![pixel](https://tracker.example/pixel.png)",
    f"invoice_{RLO}gpj.exe and more text",
    "||<img src=x onerror=\"document.title='owned'\">||",
    "- [x] <input type=image src=x onerror=\"document.title='owned'\">",
    "```html\n<script>document.title = 'owned'</script>\n```",
    "```js\n'</span></code></pre><svg onload=alert(1)>'\n```",
    ':tada" onmouseover="document.title=\'owned\'":',
    "{{constructor.constructor('alert(1)')()}}",
]


def test_hostile_bodies_are_shown_as_text_and_do_nothing(person: NewPerson, room_name: str) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    for body in HOSTILE:
        ana.write(body)
    expect(ben.messages).to_have_count(len(HOSTILE))
    for page in (ana.page, ben.page):
        expect(page.locator(".message.pending")).to_have_count(0)
        prose = page.locator(".prose")
        expect(prose.nth(0)).to_have_text(HOSTILE[0])
        pictures = "img, svg:not(button > svg)"  # the page's own button has one
        for forbidden in ("script", pictures, "iframe", "style", "[onerror]", "[style]"):
            assert prose.locator(forbidden).count() == 0, forbidden
        links = page.evaluate("[...document.querySelectorAll('.prose a')].map((a) => a.protocol)")
        assert set(links) <= {"https:", "http:", "mailto:"}
        rels = page.evaluate("[...document.querySelectorAll('.prose a')].map((a) => a.rel)")
        assert all("noopener" in rel for rel in rels)
        expect(page).not_to_have_title("owned")


def test_a_direction_override_does_not_leak_out_of_its_message(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.write(f"turned {RLO}round")
    ana.write("straight")
    expect(ana.messages).to_have_count(2)
    last = ana.page.locator(".message").last
    expect(last.locator(".prose")).to_have_text("straight")
    # Asked again until it holds: a message is drawn anew when its answer comes, and an element that
    # has left the page has no style.
    expect(last.locator(".prose")).to_have_css("unicode-bidi", "isolate")
    expect(ana.page.locator(".message .by time").first).to_have_css("direction", "ltr")


def test_right_to_left_text_is_set_from_the_right(person: NewPerson, room_name: str) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.write("مرحبا بالعالم")
    prose = ana.page.locator(".message:not(.pending) .prose p")
    expect(prose).to_have_text("مرحبا بالعالم")
    expect(prose).to_have_css("direction", "rtl")


def test_10000_characters_emoji_and_cjk_arrive_whole_and_stay_inside(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    long_one = "W" * 9_990 + "🎉漢字かな한글👩‍👩‍👧"[:10]
    assert len(long_one) == 10_000
    for text in (long_one, "🎉👩‍👩‍👧", "漢字かな交じり文と한글"):
        ana.write(text)
    ben.sees(long_one, "🎉👩‍👩‍👧", "漢字かな交じり文と한글")
    expect(ben.page.locator(".prose-emoji")).to_have_text("🎉👩‍👩‍👧")
    wide = "document.querySelector('.scroller').scrollWidth > innerWidth"
    assert not ben.page.evaluate(wide)
    assert not ben.page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_message_that_is_too_long_is_counted_and_cannot_be_sent(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.composer.fill("x" * 10_001)
    expect(ana.page.locator(".count")).to_have_text("10,001 of 10,000 characters")
    expect(ana.page.get_by_role("button", name="Send")).to_be_disabled()
    ana.composer.press("Enter")
    expect(ana.page.locator(".message")).to_have_count(0)
    ana.composer.press("Backspace")
    expect(ana.page.get_by_role("button", name="Send")).to_be_enabled()


def test_a_code_block_scrolls_inside_its_message(person: NewPerson, room_name: str) -> None:
    ana = person("Ana", viewport={"width": 390, "height": 800})
    ana.create_room(room_name)
    ana.write("```\n" + "long line " * 50 + "\n```")
    expect(ana.page.locator(".message:not(.pending) .prose pre")).to_be_visible()
    ana.page.wait_for_function(
        "(({scrollWidth, clientWidth}) => scrollWidth > clientWidth)"
        "(document.querySelector('.prose pre'))"
    )
    assert not ana.page.evaluate("document.documentElement.scrollWidth > innerWidth")
