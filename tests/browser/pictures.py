"""Takes the pictures of the README: a real server, a few people, a morning's talk, and Chromium.

``python -m tests.browser.pictures [FOLDER]``; ``scripts/screenshots`` calls it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launch
from tests.browser.people import PASSWORD
from tests.browser.weight import median, weigh
from tests.running import ROOT, RunningServer

ROOMS = {
    "General": "For everybody",
    "Design": "Pictures, words and how they feel",
    "Release 1.0": "What is left until Friday",
    "Support": "Questions from outside",
}
PEOPLE = {
    "ada": "Ada Nurmala",
    "bima": "Bima Santoso",
    "citra": "Citra Lestari",
    "dewi": "Dewi Anggraini",
    "emile": "Émile Laurent",
}
TALK = [
    ("bima", "Good morning! The new server is in the cupboard. It hums **very** quietly."),
    ("citra", "Lovely. Does it survive somebody unplugging it?"),
    ("bima", "Tried that already: everything was there again when it came back."),
    ("bima", "It even told me so, instead of pretending."),
    ("dewi", "👏"),
    (
        "dewi",
        (
            "Here is how you follow a room from a terminal:\n\n"
            '```sh\ncurl -N -H "Authorization: Bearer $TOKEN" \\\n'
            '     "http://localhost:8888/api/events"\n```'
        ),
    ),
    ("citra", "That is all? No SDK?"),
    ("dewi", "> No SDK?\n\nYou can write one if you miss it :)"),
    (
        "ada",
        (
            "I was in the tunnel for ten minutes and did not miss a word. "
            "`Last-Event-ID` is a fine thing."
        ),
    ),
    ("bima", "半角と全角、絵文字 🎉 and مرحبا بالعالم look right, too."),
    ("emile", "Then let us ship it on Friday. What is left:\n\n1. the changelog\n2. *lunch*"),
]
ASIDE = [
    ("Design", "citra", "The new sketches are on the wall."),
    ("Design", "emile", "The second one, please!"),
    ("Design", "citra", "I hoped you would say that."),
    ("Release 1.0", "emile", "The changelog is written."),
]
# Where Linux has no system font of its own, DejaVu stands in; Inter is nearer to what others see.
FONT = ':root { --font: Inter, "Noto Sans", system-ui, sans-serif !important; }'


VISITS = 5

Scheme = Literal["light", "dark"]


def furnish(url: str) -> None:
    """People, rooms and messages, through the API."""
    clients = {name: httpx.Client(base_url=url) for name in PEOPLE}
    for name, shown in PEOPLE.items():
        values = {"username": name, "password": PASSWORD, "display_name": shown}
        clients[name].post("/api/users", json=values).raise_for_status()
    host = clients["ada"]
    ids = {room["name"]: room["id"] for room in host.get("/api/rooms").json()["rooms"]}
    for name, about in ROOMS.items():
        if name not in ids:
            made = host.post("/api/rooms", json={"name": name, "description": about})
            ids[name] = made.json()["id"]
        for client in clients.values():
            client.put(f"/api/rooms/{ids[name]}/members/me", json={}).raise_for_status()
    host.post("/api/rooms", json={"name": "Founders", "private": True}).raise_for_status()
    said = [("General", who, body) for who, body in TALK] + ASIDE
    for room, who, body in said:
        posted = clients[who].post(f"/api/rooms/{ids[room]}/messages", json={"body": body})
        posted.raise_for_status()
    clients["bima"].put(
        f"/api/rooms/{ids['General']}/read", json={"id": posted.json()["id"]}
    ).raise_for_status()


def open_page(browser: Browser, url: str, *, scheme: Scheme, phone: bool = False) -> Page:
    context = browser.new_context(
        viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 800},
        color_scheme=scheme,
        device_scale_factor=2 if phone else 1.5,
        is_mobile=phone,
        has_touch=phone,
        locale="en-GB",
        bypass_csp=True,  # for the font alone
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Username").wait_for()
    page.add_style_tag(content=FONT)
    return page


def sign_in(page: Page, name: str, room: str | None) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("room-list .badge").first.wait_for()
    if room:
        page.locator("room-list a.room").filter(has_text=room).click()
        page.locator(".message").first.wait_for()
    page.wait_for_timeout(500)


def measure(page: Page, url: str) -> None:
    """The lab page after a quarter of a minute."""
    page.goto(f"{url}/lab/")
    page.add_style_tag(content=FONT)
    page.get_by_label("For", exact=True).select_option("15")
    page.get_by_label("Probes").select_option("10")
    page.get_by_role("button", name="Start").click()
    page.get_by_text("Done. Medians").wait_for()


def fresh_visit(browser: Browser, url: str) -> tuple[Page, str]:
    """A page that has loaded nothing yet, of somebody who is signed in, and a room for it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    about = {"username": "bima", "password": PASSWORD}
    rooms = context.request.post(f"{url}/api/session", data=about).json()["rooms"]
    general = next(room["id"] for room in rooms if room["name"] == "General")
    return context.new_page(), f"{url}/#/rooms/{general}"


def draw_icons(browser: Browser) -> None:
    """The icons of the installed page, from `web/icon.svg`. Systems cut a maskable one to their own
    shape, and leave the middle four fifths."""
    art = ROOT / "web" / "art"
    svg = (ROOT / "web" / "icon.svg").read_text()
    full = svg.replace('rx="12" ', "").replace(
        "<path", '<path transform="translate(4.8 4.8) scale(0.8)"'
    )
    for name, size, drawing in (
        ("icon-192", 192, svg),
        ("icon-512", 512, svg),
        ("icon-maskable-512", 512, full),
    ):
        page = browser.new_page(viewport={"width": size, "height": size})
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{drawing}")
        page.screenshot(path=art / f"{name}.png", omit_background=True)
        page.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/screenshots",
        description="Take the pictures of the README, and say what a room weighs until it is seen.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=ROOT / "docs" / "pictures",
        help="where they go (default: docs/pictures)",
    )
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        server = RunningServer(Path(data) / "var", "--post-rate", "0").until_ready()
        try:
            furnish(server.url)
            with sync_playwright() as playwright:
                browser = launch(playwright, whole=True)
                draw_icons(browser)
                take_all(browser, server.url, folder)
                say_weight(browser, server.url)
                browser.close()
        finally:
            server.stop()


def say_weight(browser: Browser, url: str) -> None:
    """What a room weighs and when it is seen: medians of visits to an empty cache, and of the
    next ones in the same browser, which has the files."""
    cold, warm = [], []
    for _ in range(VISITS):
        page, address = fresh_visit(browser, url)
        cold.append(weigh(page, address))
        page.close()
        warm.append(weigh(page.context.new_page(), address))
        page.context.close()
    print(f"Cold: {median(cold)}")
    print(f"Warm: {median(warm)}")


def take_all(browser: Browser, url: str, folder: Path) -> None:
    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png")
        print(folder / f"{name}.png")

    page = open_page(browser, url, scheme="light")
    take(page, "sign-in")
    sign_in(page, "bima", "General")
    take(page, "desktop-light")
    measure(page, url)
    take(page, "lab")
    page = open_page(browser, url, scheme="dark")
    sign_in(page, "bima", "General")
    page.get_by_role("button", name="Room details").click()
    page.wait_for_timeout(300)
    take(page, "desktop-dark")
    page = open_page(browser, url, scheme="light", phone=True)
    sign_in(page, "bima", None)
    take(page, "phone-rooms")
    page.locator("room-list a.room").filter(has_text="General").tap()
    page.locator(".message").first.wait_for()
    page.wait_for_timeout(500)
    take(page, "phone-light")
    page = open_page(browser, url, scheme="dark", phone=True)
    sign_in(page, "bima", "General")
    take(page, "phone-dark")


if __name__ == "__main__":
    main()
