"""The page opens without its server, shows what was read last, and forgets it at sign-out."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import NewPerson, page_until
from tests.line import Line

KEPT = """
async () => {
  const registration = await navigator.serviceWorker.ready;
  const [name] = (await caches.keys()).filter((key) => key.startsWith("tornchat-page-"));
  const cache = await caches.open(name);
  return registration.active.state === "activated" && (await cache.keys()).length;
}
"""
REMEMBERED = """
async () => {
  // To open what is not there yet would make it, empty, in the page's place.
  const there = await indexedDB.databases();
  if (!there.some(({ name }) => name === "tornchat-remembered")) return [];
  return new Promise((done, failed) => {
    const opening = indexedDB.open("tornchat-remembered");
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const rooms = opening.result.transaction("rooms").objectStore("rooms").getAll();
      rooms.onsuccess = () => {
        opening.result.close();
        done(rooms.result.flatMap(({ messages }) => messages).map(({ body }) => body));
      };
    };
  });
}
"""


def test_without_a_server_the_page_opens_with_what_was_read_last(
    line: Line, person: NewPerson, room_name: str
) -> None:
    ana = person("Ana", url=line.url, service_workers="allow")
    ben = person("Ben", viewport={"width": 390, "height": 844})
    ana.create_room(room_name)
    ben.join_room(room_name)
    said = "said while there was a line"
    ben.write(said)
    ana.sees(said)
    page = ana.page
    assert page.evaluate(KEPT) > 100
    # Not only another room that was open before it.
    page_until(page, lambda: said in page.evaluate(REMEMBERED), "the room is remembered")

    ana.faults.provoke("Failed to (load|fetch)|ERR_|net::")
    line.close()
    page.reload()
    expect(ana.messages).to_have_text([said])
    expect(ana.line).not_to_be_empty(timeout=15000)
    ana.write("written without a line")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Go to a room or a person")).to_be_visible()
    page.keyboard.press("Escape")

    line.mend()
    ben.sees(said, "written without a line")
    ana.sees(said, "written without a line")

    page.locator("room-list .account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()
    page_until(page, lambda: page.evaluate(REMEMBERED) == [], "nothing is remembered")


def test_it_can_be_installed(person: NewPerson) -> None:
    ana = person("Ana")
    session = ana.context.new_cdp_session(ana.page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert '"start_url": "/"' in manifest["data"]
    for size in (192, 512):
        answer = ana.context.request.get(f"{ana.url}/art/icon-{size}.png")
        assert answer.headers["content-type"] == "image/png"
