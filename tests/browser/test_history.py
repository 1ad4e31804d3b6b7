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


def post_many(author: Person, texts: list[str]) -> None:
    """Messages of ``author`` in the room that is open, posted past the page, in order."""
    room = author.page.url.rpartition("/")[2]
    cookies = {cookie["name"]: cookie["value"] for cookie in author.context.cookies()}
    with httpx.Client(base_url=author.url, cookies=cookies, timeout=60) as client:
        for text in texts:
            answer = client.post(f"/api/rooms/{room}/messages", json={"body": text})
            assert answer.status_code == 201, answer.text


def test_a_history_of_1000_messages_scrolls_back_to_its_first_in_order(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    texts = [f"message {number}" for number in range(1000)]
    post_many(ana, texts)
    ana.page.reload()
    expect(ana.messages.last).to_have_text(texts[-1])
    ana.page.wait_for_function(f"{TO_END} < 2")
    assert ana.messages.count() < 200
    beginning = ana.page.locator(".beginning")

    def scrolled_up() -> bool:
        ana.page.evaluate(f"{TOP} = 200")
        return beginning.count() > 0

    page_until(ana.page, scrolled_up, "the beginning", 180)
    shown = ana.messages.all_text_contents()
    assert [text.strip() for text in shown] == texts


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
