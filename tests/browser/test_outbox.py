"""What was written is kept until it is sent, whatever happens to the page, and is sent once."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser import chromium as program
from tests.browser.people import Faults, NewPerson, Person
from tests.line import Line
from tests.running import command_line, until

BROKEN = r"ERR_(CONNECTION|EMPTY_RESPONSE|SOCKET|INCOMPLETE|NETWORK|FAILED)"
POSTS = re.compile(r"/api/rooms/\w+/messages$")
WAITING = "Waiting for the server…"
NO_DATABASE = "IDBFactory.prototype.open = () => { throw new Error('forbidden'); };"
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', {value: undefined});"


def history(person: Person) -> list[str]:
    """The bodies that the server has of the room that is open."""
    room = person.page.url.rpartition("/")[2]
    cookies = {cookie["name"]: cookie["value"] for cookie in person.context.cookies()}
    with httpx.Client(base_url=person.url, cookies=cookies, timeout=60) as client:
        messages = client.get(f"/api/rooms/{room}/messages").json()["messages"]
    return [message["body"] for message in messages]


def refuse(page: Page, status: int, code: str, detail: str = "") -> None:
    """Messages are refused until ``page.unroute(POSTS)``."""
    kind = "application/problem+json"
    body = f'{{"status": {status}, "code": "{code}", "title": "", "detail": "{detail}"}}'
    page.route(POSTS, lambda route: route.fulfill(status=status, content_type=kind, body=body))


def block(person: Person) -> None:
    """Messages do not reach the server until ``person.context.unroute(POSTS)``."""
    person.faults.provoke(BROKEN)
    person.context.route(POSTS, lambda route: route.abort())


def posts_of(context: BrowserContext) -> list[Request]:
    """Fills up with the attempts to post that are made from now on."""
    seen: list[Request] = []
    context.on(
        "request",
        lambda one: seen.append(one) if one.method == "POST" and POSTS.search(one.url) else None,
    )
    return seen


def sent_by(posts: list[Request]) -> list[str]:
    """The bodies of the attempts that reached the server."""
    arrived = [post.post_data_json for post in posts if not post.failure]
    return [content["body"] for content in arrived if content]


def waits(page: Page, *texts: str) -> None:
    """In the open room these messages wait, the first in vain so far and the others for it."""
    expect(page.locator(".message.pending .prose")).to_have_text(list(texts))
    expect(page.locator(".message.pending .state")).to_have_text([WAITING] * len(texts))


def tab_of(person: Person, room: str) -> Page:
    """One more tab of theirs, in the same room."""
    page = person.new_tab()
    page.goto(person.page.url)
    expect(page.locator("message-composer textarea")).to_have_attribute(
        "placeholder", f"Write to {room}"
    )
    return page


def kill_browser(profile: Path) -> None:
    """SIGKILL for all processes of the browser that uses ``profile``."""
    mark = f"--user-data-dir={profile}"
    numbers = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    victims = [pid for pid in numbers if mark in command_line(pid)]
    assert victims
    for victim in victims:
        with suppress(ProcessLookupError):  # it went with another of them
            os.kill(victim, signal.SIGKILL)
    until(lambda: not any(mark in command_line(pid) for pid in victims), 60, "its end")
    (profile / "SingletonLock").unlink(missing_ok=True)


def test_a_message_that_waits_outlives_a_killed_browser_and_is_sent_once(
    chromium: Browser, line: Line, person: NewPerson, room_name: str, tmp_path: Path
) -> None:
    ben = person("Ben")
    ben.create_room(room_name)

    def browser_of_ana() -> Person:
        context = chromium.browser_type.launch_persistent_context(
            tmp_path / "profile",
            executable_path=program.path(program.BARE),
            args=program.ARGUMENTS,
            locale="en-GB",
        )
        return Person(context, line.url, "Ana", Faults())

    before = browser_of_ana().sign_up()
    before.join_room(room_name)
    line.close()
    before.write("written in the tunnel")
    waits(before.page, "written in the tunnel")
    kill_browser(tmp_path / "profile")
    line.mend()
    ana = browser_of_ana()
    # Cookies are written to the disk only now and then.
    ana.context.clear_cookies()
    ana.username = before.username
    ana.sign_in()
    ana.open_room(room_name)
    ana.sees("written in the tunnel")
    ben.sees("written in the tunnel")
    ana.context.close()


@pytest.mark.parametrize("script", ["", NO_LOCKS], ids=["Web Locks", "leases"])
def test_all_tabs_show_what_waits_and_one_of_them_sends_it_once(
    person: NewPerson, room_name: str, script: str
) -> None:
    ana = person("Ana", signed_in=False)
    ana.context.add_init_script(script)
    ana.sign_up()
    ana.create_room(room_name)
    posts = posts_of(ana.context)
    block(ana)
    ana.write("one")
    ana.write("two")
    tabs = [tab_of(ana, room_name), tab_of(ana, room_name)]
    for tab in tabs:
        waits(tab, "one", "two")
    ana.page.close()
    ana.page = tabs[0]
    ana.context.unroute(POSTS)
    for tab in tabs:
        expect(tab.locator(".message.pending")).to_have_count(0)
        expect(tab.locator("message-list .prose")).to_have_text(["one", "two"])
    assert sent_by(posts) == ["one", "two"]
    assert history(ana) == ["one", "two"]


def test_a_reload_keeps_what_waits_and_its_order(person: NewPerson, room_name: str) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    block(ana)
    texts = [f"line {number}" for number in range(5)]
    for text in texts:
        ana.write(text)
    waits(ana.page, *texts)
    ana.page.reload()
    waits(ana.page, *texts)
    ana.context.unroute(POSTS)
    # As the browser does where it has a network again.
    ana.page.evaluate("dispatchEvent(new Event('online'))")
    ana.sees(*texts)
    assert history(ana) == texts


def test_somebody_else_in_the_same_browser_neither_sees_nor_sends_it(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    block(ana)
    ana.write("mine alone")
    waits(ana.page, "mine alone")
    ana.faults.provoke("401")
    ana.context.clear_cookies()
    ana.context.unroute(POSTS)
    ana.page.reload()
    eve = Person(ana.context, ana.url, "Eve", ana.faults)
    posts = posts_of(ana.context)
    eve.sign_up()
    eve.join_room(room_name)
    expect(eve.messages).to_have_count(0)
    eve.write("I am Eve")
    eve.sees("I am Eve")
    eve.page.locator("button.account").click()
    eve.page.get_by_role("button", name="Sign out").click()
    expect(eve.page.get_by_label("Username")).to_be_visible()
    assert sent_by(posts) == ["I am Eve"]
    eve.page.close()
    ana.sign_in()
    ana.open_room(room_name)
    ana.sees("I am Eve", "mine alone")


def test_a_tab_that_has_not_heard_of_it_does_not_post_with_the_next_user_s_cookie(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    posts = posts_of(ana.context)
    ana.page.evaluate("localStorage.setItem('tornchat.owner', 'somebody else')")
    ana.write("not in their name")
    expect(ana.page.locator(".message.pending")).to_have_count(1)
    ana.page.wait_for_timeout(500)
    assert posts == []
    ana.page.reload()
    ana.sees("not in their name")


def test_a_session_that_has_ended_asks_to_sign_in_and_then_sends(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.faults.provoke("401")
    ana.context.clear_cookies()
    ana.write("I was signed in a moment ago")
    expect(ana.page.locator(".farewell")).to_have_text("You were signed out. Please sign in again.")
    ana.sign_in()
    ana.sees("I was signed in a moment ago")


def test_signing_out_with_unsent_messages_asks_and_then_leaves_nothing_behind(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    block(ana)
    ana.write("a secret")
    waits(ana.page, "a secret")
    ana.page.locator("button.account").click()
    ana.page.get_by_role("button", name="Sign out").click()
    dialog = ana.page.get_by_role("dialog", name="Sign out?")
    expect(dialog).to_contain_text("1 message has not been sent yet.")
    dialog.get_by_role("button", name="Cancel").click()
    waits(ana.page, "a secret")
    ana.page.locator("button.account").click()
    ana.page.get_by_role("button", name="Sign out").click()
    ana.page.get_by_role("button", name="Discard and sign out").click()
    expect(ana.page.get_by_label("Username")).to_be_visible()
    ana.context.unroute(POSTS)
    ana.sign_in()
    ana.open_room(room_name)
    ana.sees()


def test_what_is_refused_says_why_outlives_a_reload_and_can_be_edited(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.faults.provoke("403|413|422")
    state = ana.page.locator(".message.failed .state")
    for status, code, detail, words in (
        (403, "forbidden", "", "Not sent. You may not do this here."),
        (413, "too_large", "", "Not sent. This is too long."),
        (422, "invalid", "Too many links.", "Not sent. Too many links."),
    ):
        refuse(ana.page, status, code, detail)
        if status == 403:
            ana.write("as I wrote it")
        else:
            ana.page.get_by_role("button", name="Try again").click()
        expect(state).to_contain_text(words)
        ana.page.unroute(POSTS)
    expect(ana.page.get_by_role("alert")).to_have_text(f"A message to {room_name} was not sent.")
    mark = ana.room_link(room_name).locator(".visually-hidden")
    expect(mark).to_have_text("A message was not sent")
    ana.page.reload()
    expect(state).to_contain_text("Not sent. Too many links.")
    ana.composer.fill("something new")
    ana.page.get_by_role("button", name="Edit").press("Enter")
    expect(ana.composer).to_have_value("something new\n\nas I wrote it")
    expect(ana.composer).to_be_focused()
    expect(ana.page.locator(".message")).to_have_count(0)
    ana.composer.press("Enter")
    ana.sees("something new\n\nas I wrote it")


def test_too_fast_waits_as_long_as_the_server_asks(person: NewPerson, room_name: str) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    ana.faults.provoke("429")
    posts = posts_of(ana.context)
    ana.page.route(
        POSTS,
        lambda route: route.fulfill(status=429, headers={"Retry-After": "4"}, body=""),
        times=1,
    )
    ana.write("hasty")
    waits(ana.page, "hasty")
    ana.page.evaluate("dispatchEvent(new Event('online'))")
    ana.sees("hasty")
    first, second = (post.timing["startTime"] for post in posts)
    assert second - first >= 4000


def test_what_has_waited_for_a_day_is_not_sent_without_being_asked_for(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    block(ana)
    ana.write("from yesterday")
    waits(ana.page, "from yesterday")
    ana.page.clock.install()
    ana.page.clock.set_system_time(ana.page.evaluate("Date.now() + 24 * 3600e3"))
    ana.page.reload()
    state = ana.page.locator(".message.failed .state")
    expect(state).to_contain_text("Not sent. It has waited for a day. Is it still to be sent?")
    posts = posts_of(ana.context)
    ana.context.unroute(POSTS)
    ana.page.evaluate("dispatchEvent(new Event('online'))")
    ana.page.wait_for_timeout(500)
    assert posts == []
    ana.page.get_by_role("button", name="Try again").click()
    ana.sees("from yesterday")


def test_a_browser_that_keeps_nothing_sends_all_the_same_and_says_so(
    person: NewPerson, room_name: str
) -> None:
    ana = person("Ana", signed_in=False)
    ana.context.add_init_script(NO_DATABASE)
    ana.sign_up()
    ana.create_room(room_name)
    ana.write("at once")
    ana.sees("at once")
    block(ana)
    ana.write("in memory")
    expect(ana.page.locator(".message.pending .state")).to_have_text(
        f"{WAITING} Keep this tab open: the browser cannot store the message."
    )
    ana.context.unroute(POSTS)
    ana.sees("at once", "in memory")


def test_a_text_is_a_draft_until_the_outbox_has_it(person: NewPerson, room_name: str) -> None:
    ana = person("Ana")
    ana.create_room(room_name)
    # A database that never answers: as if the page died in between.
    ana.page.evaluate("IDBObjectStore.prototype.add = () => ({})")
    ana.write("half way")
    expect(ana.composer).to_have_value("")
    ana.composer.fill("and the next")
    ana.page.reload()
    expect(ana.composer).to_have_value("half way\n\nand the next")


def test_a_message_that_the_server_took_and_lost_is_said_to_be_so_and_can_be_sent_again(
    person: NewPerson, room_name: str
) -> None:
    ana, ben = person("Ana"), person("Ben")
    ana.create_room(room_name)
    ben.join_room(room_name)
    ana.write("stored")
    ben.sees("stored")
    now = ana.page.evaluate("Date.now()")
    took = {
        "id": now * 1024,
        "at": now,
        "room": ana.page.url.rpartition("/")[2],
        "author": ana.page.evaluate("localStorage.getItem('tornchat.owner')"),
        "body": "gone",
        "html": "<p>gone</p>",
    }
    ana.page.route(POSTS, lambda route: route.fulfill(status=201, json=took), times=1)
    ana.write("gone")
    ana.sees("stored", "gone")
    other = tab_of(ana, room_name)
    ana.page.bring_to_front()
    # It does not come by the stream, and the history does not have it.
    state = ana.page.locator(".message.failed .state")
    expect(state).to_contain_text("Not stored: the server lost it.")
    expect(other.locator(".message.failed .prose")).to_have_text(["gone"])
    expect(ana.page.locator("connection-banner[data-line]")).to_have_count(0)
    ana.page.get_by_role("button", name="Send again").press("Enter")
    ana.sees("stored", "gone")
    ben.sees("stored", "gone")
    expect(other.locator("message-list .prose")).to_have_text(["stored", "gone"])
    expect(other.locator(".message.failed")).to_have_count(0)
