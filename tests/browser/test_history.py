"""Long histories, and reading further up while others write."""

from __future__ import annotations

import httpx
from playwright.sync_api import Route, expect

from tests.browser.people import NewPerson, Person, page_until

TOP = "document.querySelector('.scroller').scrollTop"
TO_END = """(() => { const {scrollHeight, scrollTop, clientHeight} =
  document.querySelector('.scroller'); return scrollHeight - scrollTop - clientHeight; })()"""
FIRST_IN_SIGHT = """(() => {
  const top = document.querySelector('.scroller').getBoundingClientRect().top;
  const message = [...document.querySelectorAll('.message')].find(
    (one) => one.getBoundingClientRect().bottom > top);
  return [message.querySelector('.prose').textContent.trim(),
          message.getBoundingClientRect().top];
})()"""


WALK = """async ({up, last}) => {
  const scroller = document.querySelector(".scroller");
  const ends = () => {
    const {scrollTop, scrollHeight, clientHeight} = scroller;
    const edge = up ? scrollTop : scrollHeight - scrollTop - clientHeight;
    const prose = [...document.querySelectorAll("message-list .prose")].at(-1);
    const isThere = up ? document.querySelector(".beginning") : prose.textContent.trim() === last;
    return edge < 2 && Boolean(isThere);
  };
  const frame = () => new Promise(requestAnimationFrame);
  const seen = new Map();
  let [rows, moved, steps] = [0, [], 0];
  while (!ends() && steps < 2000) {
    steps += 1;
    scroller.scrollTop += up ? -900 : 900;
    await frame();
    const edge = scroller.getBoundingClientRect().top;
    const shown = [...document.querySelectorAll("message-list .message")];
    rows = Math.max(rows, shown.length);
    for (const row of shown) {
      seen.set(Number(row.dataset.id), row.querySelector(".prose").textContent.trim());
    }
    // What is read stays where it is, whatever is loaded, let go or drawn meanwhile.
    const {id} = shown.find((row) => row.getBoundingClientRect().bottom > edge).dataset;
    const row = () => document.querySelector(`.message[data-id="${id}"]`);
    const top = () => row()?.getBoundingClientRect().top;
    const before = top();
    await frame();
    await frame();
    const after = top();
    if (!(Math.abs(after - before) <= 1)) moved.push([id, before, after]);
  }
  const texts = [...seen.keys()].sort((a, b) => a - b).map((id) => seen.get(id));
  return {texts, rows, moved, steps};
}"""
MOST_ROWS = 300 + 50
"""What may be kept, and a page of history more until the next frame."""


def post_many(author: Person, texts: list[str]) -> None:
    """Messages of ``author`` in the room that is open, posted past the page, in order."""
    room = author.page.url.rpartition("/")[2]
    cookies = {cookie["name"]: cookie["value"] for cookie in author.context.cookies()}
    with httpx.Client(base_url=author.url, cookies=cookies, timeout=60) as client:
        for text in texts:
            answer = client.post(f"/api/rooms/{room}/messages", json={"body": text})
            assert answer.status_code == 201, answer.text


def test_a_history_of_400_messages_scrolls_to_its_first_and_back_with_few_of_them_on_the_page(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    texts = [f"message {number}" for number in range(400)]
    post_many(ana, texts)
    ana.page.reload()
    expect(ana.messages.last).to_have_text(texts[-1])
    ana.page.wait_for_function(f"{TO_END} < 2")
    assert ana.messages.count() < 200
    up = ana.page.evaluate(WALK, {"up": True})
    assert up["texts"] == texts
    assert up["moved"] == []
    assert up["rows"] <= MOST_ROWS
    assert "message 399" not in ana.messages.all_text_contents()

    # What happens meanwhile far below, and to what was let go, is there on the way back.
    ben.write("news")
    expect(ana.page.locator(".pill")).to_have_text("1 new message")
    ana.messages.first.locator("xpath=ancestor::*[@tabindex][1]").focus()
    down = ana.page.evaluate(WALK, {"up": False, "last": "news"})
    assert down["texts"] == [*texts, "news"]
    assert down["moved"] == []
    assert down["rows"] <= MOST_ROWS
    expect(ana.page.locator(".pill")).to_be_hidden()
    expect(ana.page.get_by_role("log")).to_be_focused()


def test_older_messages_appear_above_without_moving_what_is_read(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    post_many(ana, [f"message {number}" for number in range(200)])
    held: list[Route] = []
    ana.page.route("**/messages?before=*", lambda route: held.append(route))
    ana.page.reload()
    expect(ana.messages).to_have_count(50)
    for count in (100, 150):
        ana.page.evaluate(f"{TOP} = 400")
        page_until(ana.page, lambda: held, "a request for what is older")
        before = ana.page.evaluate(FIRST_IN_SIGHT)
        held.pop().continue_()
        expect(ana.messages).to_have_count(count)
        text, top = ana.page.evaluate(FIRST_IN_SIGHT)
        assert text == before[0]
        assert abs(top - before[1]) <= 1


def test_new_messages_do_not_move_whoever_reads_further_up(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    post_many(ana, [f"message {number}" for number in range(60)])
    ben.join_room(room_name)
    expect(ben.messages).not_to_have_count(0)
    ben.page.keyboard.press("Escape")
    ben.page.evaluate(f"{TOP} = 600")
    expect(ben.page.locator(".pill")).to_have_text("Jump to newest")
    ben.page.wait_for_timeout(300)
    before = ben.page.evaluate(FIRST_IN_SIGHT)
    ana.write("one more")
    ana.write("and another")
    expect(ben.page.locator(".pill")).to_have_text("2 new messages")
    assert ben.page.evaluate(FIRST_IN_SIGHT) == before
    ben.page.locator(".pill").click()
    expect(ben.page.locator(".pill")).to_be_hidden()
    ben.page.wait_for_function(f"{TO_END} < 40")


def test_what_waits_to_be_sent_does_not_move_whoever_reads_down_to_the_newest(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    post_many(ana, [f"message {number}" for number in range(220)])
    ben.join_room(room_name)
    expect(ben.messages.last).to_have_text("message 219")
    link = ben.page.url
    ben.faults.provoke("503|ERR_")
    ben.page.route(
        "**/messages",
        lambda route: (
            route.fulfill(status=503) if route.request.method == "POST" else route.continue_()
        ),
    )
    ben.write("waiting")
    expect(ben.page.locator(".message.pending")).to_have_count(1)
    cookies = {cookie["name"]: cookie["value"] for cookie in ana.context.cookies()}
    with httpx.Client(base_url=ana.url, cookies=cookies, timeout=60) as client:
        path = f"/api/rooms/{link.rpartition('/')[2]}/messages?limit=200"
        far = client.get(path).json()["messages"][60]["id"]
    ben.page.evaluate("hash => (location.hash = hash)", f"{link.rpartition('#')[2]}/{far}")
    expect(ben.page.locator(f".message[data-id='{far}']")).to_be_focused()
    expect(ben.page.locator(".message.pending")).to_have_count(0)
    for _ in range(40):
        ben.page.evaluate(f"{TOP} += 700")
        ben.page.wait_for_timeout(50)
        if ben.page.locator(".message.pending").count():
            break
    expect(ben.page.locator(".message.pending")).to_have_count(1)
    assert ben.page.evaluate(TO_END) > 1000
    expect(ben.page.locator(".pill")).to_be_visible()


def test_history_that_cannot_be_loaded_says_so_and_can_be_tried_again(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    post_many(ana, [f"message {number}" for number in range(80)])
    ana.faults.provoke("503")
    ana.page.route("**/messages?before=*", lambda route: route.fulfill(status=503, body=""))
    ana.page.reload()
    expect(ana.messages).to_have_count(50)
    ana.page.evaluate(f"{TOP} = 0")
    failure = ana.page.locator(".list-failure")
    expect(failure).to_contain_text("Older messages could not be loaded.")
    ana.page.unroute("**/messages?before=*")
    failure.get_by_role("button", name="Try again").click()
    expect(ana.messages).to_have_count(80)
