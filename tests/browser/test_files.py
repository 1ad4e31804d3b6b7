"""Files between two people: chosen, pasted, let go over the page, looked at, and never lost on the
way."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.people import NewPerson, page_until
from tests.media.samples import HTML, SVG, moving, photo, picture, polyglots, sound
from tests.media.website import HOSTILE_TITLE, Website

NAME = "<img src=x onerror=\"document.title='owned'\">.png"
UPLOADS = re.compile(r"/api/files\?")
LET_GO = """
([name, text, event]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name, { type: "text/plain" }));
  dispatchEvent(new DragEvent(event, { dataTransfer, cancelable: true }));
}
"""
PASTE = """
(bytes) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([new Uint8Array(bytes)], "", { type: "image/png" }));
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  document.querySelector("message-composer textarea").dispatchEvent(event);
}
"""


def choose(page: Page, *files: tuple[str, str, bytes]) -> None:
    """By the button beside the text."""
    page.locator("message-composer input[type=file]").set_input_files(
        [FilePayload(name=name, mimeType=kind, buffer=content) for name, kind, content in files]
    )


def test_files_go_from_one_screen_to_another_and_pictures_are_looked_at(
    person: NewPerson, room_name: str, website: Website
) -> None:
    ana = person("Ana")
    budi = person("Budi", viewport={"width": 390, "height": 844}, has_touch=True)
    ana.create_room(room_name)
    budi.join_room(room_name)
    choose(ana.page, ("a.jpg", "image/jpeg", photo()), ("s.wav", "audio/wav", sound()))
    ana.page.evaluate(PASTE, list(picture(300, 200)))
    ana.page.evaluate(LET_GO, ["notes.txt", "tea, cups", "dragenter"])
    expect(ana.page.get_by_text(f"Drop to add to {room_name}")).to_be_visible()
    ana.page.evaluate(LET_GO, ["notes.txt", "tea, cups", "drop"])
    expect(ana.page.locator(".drop-here")).to_be_hidden()
    expect(ana.page.locator(".tray-done")).to_have_count(4)
    ana.page.get_by_role("button", name="Remove s.wav").click()
    expect(ana.page.locator(".tray-item")).to_have_count(3)
    ana.write("look")
    expect(ana.page.locator(".tray-item")).to_have_count(0)

    # What Budi sees on a phone: nothing wider than it, pictures, a list to be downloaded.
    pictures = budi.page.locator(".file-picture img")
    expect(pictures).to_have_count(2)
    for n in range(2):
        expect(pictures.nth(n)).to_have_js_property("complete", True)
    expect(budi.page.get_by_role("link", name="notes.txt")).to_have_attribute(
        "download", "notes.txt"
    )
    assert not budi.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    pictures.first.click()
    light = budi.page.get_by_role("dialog")
    expect(light.locator(".lightbox-title")).to_have_text("a.jpg")
    whole = light.locator(".stage img")
    expect(whole).to_have_js_property("naturalWidth", 480)
    budi.page.keyboard.press("ArrowRight")
    expect(light.locator(".lightbox-title")).to_have_text("Pasted file.png")
    light.get_by_role("button", name="Previous picture").click()
    expect(light.locator(".lightbox-title")).to_have_text("a.jpg")
    budi.page.keyboard.press("Escape")
    expect(light).to_have_count(0)
    expect(budi.page.locator("a.file-picture").first).to_be_focused()

    # A link shows what it leads to, until its author takes that away.
    ana.write(f"about {website.url}/tea")
    preview = budi.page.locator(".preview")
    expect(preview.get_by_role("link", name="All about tea & kettles")).to_be_visible()
    expect(preview.locator("img")).to_have_js_property("naturalWidth", 480)
    expect(budi.page.get_by_role("button", name="Remove the preview")).to_have_count(0)
    ana.page.get_by_role("button", name="Remove the preview").click()
    expect(budi.page.locator(".preview")).to_have_count(0)


def test_a_message_with_files_waits_for_the_network_and_outlives_the_page(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.faults.provoke("503|api/files")
    uploads: list[str] = []

    def fail(route: Route) -> None:
        uploads.append(route.request.url)
        route.fulfill(status=503, body="{}")

    ana.page.route(UPLOADS, fail)
    choose(ana.page, ("waits.png", "image/png", picture(300, 200)))
    page_until(ana.page, lambda: uploads, "an attempt to send the file")
    expect(ana.page.locator(".tray-failed")).to_have_count(1)
    ana.write("with a picture")
    expect(ana.page.locator(".message.pending .file-card")).to_have_count(1)
    ana.page.unroute(UPLOADS)
    # The page is opened anew: what waits is still there, with its file, and goes out.
    ana.page.reload()
    expect(ana.page.locator(".file-picture img")).to_have_count(1)
    ana.sees("with a picture")

    # Too large or empty: said at once, and nothing is sent.
    choose(ana.page, ("empty.txt", "text/plain", b""))
    expect(ana.page.get_by_text("empty.txt is empty.")).to_be_visible()
    expect(ana.page.locator(".tray-item")).to_have_count(0)


def test_nothing_hostile_in_files_names_and_previews_does_anything(
    person: NewPerson, room_name: str, website: Website
) -> None:
    """No script runs, and the policy of the page has nothing to report (`Faults`)."""
    ana, budi = person("Ana"), person("Budi")
    ana.create_room(room_name)
    budi.join_room(room_name)
    attacks = [
        (NAME, "image/png", picture()),
        ("drawing.svg", "image/svg+xml", SVG),
        ("picture.png", "image/png", HTML),
        ("wave.gif", "image/gif", moving()),
        *((f"{name}.png", "image/png", content) for name, content in polyglots().items()),
    ]
    for start in range(0, len(attacks), 10):
        some = attacks[start : start + 10]
        choose(ana.page, *some)
        expect(ana.page.locator(".tray-done")).to_have_count(len(some))
        ana.write(f"part {start}")
        expect(ana.page.locator(".tray-item")).to_have_count(0)
    ana.write(f"{website.url}/hostile")
    expect(budi.page.locator(".preview-title")).to_have_text(HOSTILE_TITLE)
    for page in (ana.page, budi.page):
        expect(page.locator(".file-picture, .file-card")).to_have_count(len(attacks))
        expect(page.locator(".file-card .file-name", has_text="drawing.svg")).to_be_visible()
        assert (
            page.locator(".files script, .files iframe, .files object, .files embed").count() == 0
        )
        assert page.locator("[onerror], [onload]").count() == 0
        assert page.locator(
            f'.file-picture img[alt="{NAME.replace(chr(34), chr(92) + chr(34))}"]'
        ).count()
        expect(page).not_to_have_title("owned")
