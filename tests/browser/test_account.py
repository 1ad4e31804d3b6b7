"""What people do with their account: their picture, and settings that go with it to all devices."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import PASSWORD, Faults, NewPerson, Person, new_person
from tests.media.samples import HTML, photo
from tests.running import RunningServer

ROOT = Path(__file__).parents[2]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def faces(page: Page, where: str) -> Any:
    return page.locator(f"{where} .avatar img")


def in_the_shell(server: RunningServer, *words: str) -> None:
    command = [sys.executable, str(ROOT / "server.py"), *words, "--data", str(server.data)]
    subprocess.run(command, check=True, capture_output=True)


def account(who: Person, entry: str, page: Page | None = None) -> None:
    """Open a part of one's account."""
    page = page or who.page
    page.locator("button.account").click()
    page.locator("dialog .account-actions").get_by_role("button", name=entry, exact=True).click()


def test_a_picture_is_seen_everywhere_and_settings_come_to_the_other_devices(
    chromium: Browser, person: NewPerson, faults: Faults, room_name: str
) -> None:
    ana, budi = person("Ana"), person("Budi", **PHONE)
    ana.create_room(room_name)
    ana.write("hello")
    budi.join_room(room_name)
    expect(budi.messages).to_have_text(["hello"])

    # What is no picture is refused in words; one that is, is seen before it is sent.
    account(ana, "Your picture")
    picture = ana.page.locator("own-picture")
    chosen = picture.locator("input")
    chosen.set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": HTML})
    expect(picture.get_by_role("alert")).to_contain_text("not a picture")
    chosen.set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(picture.get_by_role("img", name="How it will look")).to_be_visible()
    picture.get_by_role("button", name="Use this picture").click()
    expect(picture).to_have_count(0)
    for page in (ana.page, budi.page):
        expect(faces(page, ".message")).to_be_visible()
    expect(faces(ana.page, "button.account")).to_be_visible()
    shown = faces(budi.page, ".message").evaluate("(image) => [image.naturalWidth, image.src]")
    assert shown[0] == 256

    # Gone again, everywhere, and back by the notice.
    account(ana, "Your picture")
    picture.get_by_role("button", name="Remove").click()
    for page in (ana.page, budi.page):
        expect(faces(page, ".message")).to_have_count(0)
    ana.page.get_by_role("button", name="Undo").click()
    expect(faces(budi.page, ".message")).to_be_visible()
    assert faces(budi.page, ".message").get_attribute("src") not in shown[1]

    # Initials where it cannot be loaded.
    budi.page.route("**/api/avatars/**", lambda route: route.abort())
    budi.faults.provoke(r"api/avatars|ERR_FAILED")
    budi.page.reload()
    expect(budi.page.locator(".message .avatar")).to_have_text("A")
    expect(faces(budi.page, ".message")).to_have_count(0)

    # Settings: at once here, and on another device of the same person.
    phone = new_person(chromium, ana.url, "Ana", faults, **PHONE)
    phone.username = ana.username
    phone.page.goto(ana.url)
    phone.page.get_by_label("Username").fill(ana.username)
    phone.page.get_by_label("Password").fill(PASSWORD)
    phone.page.get_by_role("button", name="Sign in").click()
    phone.open_room(room_name)
    expect(phone.messages).to_have_text(["hello"])
    account(ana, "Settings")
    sheet = ana.page.locator("settings-sheet")
    for choice in ("Dark", "2:30 pm", "Ctrl + Enter"):
        sheet.get_by_text(choice, exact=True).click()
    expect(phone.page.locator("html")).to_have_attribute("data-theme", "dark")
    for page in (ana.page, phone.page):
        expect(page.locator(".message time")).to_contain_text("m")
    sheet.get_by_label("Language").select_option("id")
    expect(phone.page.locator("html")).to_have_attribute("lang", "id")
    expect(phone.composer).to_have_attribute("placeholder", f"Tulis ke {room_name}")
    expect(ana.page.locator(".composer-hint")).to_contain_text("Ctrl + Enter")
    ana.composer.press_sequentially("one")
    ana.composer.press("Enter")
    expect(ana.composer).to_have_value("one\n")
    ana.composer.press_sequentially("two")
    ana.composer.press("Control+Enter")
    expect(phone.messages.last).to_have_text("one\ntwo")
    phone.context.close()


def test_an_account_is_closed_at_once_kept_by_signing_in_and_then_erased(
    person: NewPerson, room_name: str, server: RunningServer
) -> None:
    ana, budi = person("Ana"), person("Budi", **PHONE)
    budi.create_room(room_name)
    ana.join_room(room_name)
    budi.write("I was here")
    budi.page.get_by_role("button", name="Send").tap()
    expect(ana.messages).to_have_text(["I was here"])
    budi.page.get_by_role("link", name="All rooms").tap()
    ana.page.locator(".message .author").click()
    ana.page.get_by_role("button", name="Send a message").click()
    expect(ana.composer).to_have_attribute("placeholder", "Write to Budi")
    ana.write("Between us")
    ana.sees("Between us")
    ana.open_room(room_name)

    def close() -> None:
        account(budi, "Your data")
        budi.page.get_by_text("Delete your account").tap()
        budi.page.get_by_label("Password").fill(PASSWORD)
        budi.page.get_by_role("button", name="Delete my account").tap()

    account(budi, "Your data")
    with budi.page.expect_download() as download:
        budi.page.get_by_role("link", name="Download your data").tap()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert b"I was here" in archive.read("messages.jsonl")
    expect(budi.page.locator("dialog")).to_contain_text("The download has begun")
    budi.page.get_by_text("Delete your account").tap()
    budi.page.get_by_label("Password").fill("something else")
    budi.faults.provoke("401")
    budi.page.get_by_role("button", name="Delete my account").tap()
    expect(budi.page.locator("dialog").get_by_role("alert")).to_contain_text("is wrong")
    budi.page.keyboard.press("Escape")
    close()
    expect(budi.page.locator("sign-in")).to_contain_text("will be deleted in 7 days")
    ana.page.locator(".message .author").click()
    expect(ana.page.locator("dialog")).to_contain_text("This account is disabled")
    ana.page.keyboard.press("Escape")

    # Signing in keeps it.
    budi.page.get_by_label("Username").fill(budi.username)
    budi.page.get_by_label("Password").fill(PASSWORD)
    budi.page.get_by_role("button", name="Sign in").tap()
    expect(budi.page.get_by_text("Your account stays")).to_be_visible()

    # Erased: what was said stays as of a deleted person, on pages that are open, too.
    in_the_shell(server, "user", "delete", budi.username, "--now")
    expect(budi.page.locator("sign-in")).to_contain_text("disabled")
    expect(ana.page.locator(".message .author")).to_have_text("Deleted person")
    ana.sees("I was here")
    ana.open_room("Deleted person")
    expect(ana.page.locator("closed-composer")).to_contain_text("has deleted their account")
    expect(ana.composer).to_be_hidden()
    ana.sees("Between us")
