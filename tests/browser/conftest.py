"""A real server, a real browser, and people."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, PLAIN, WHOLE, launch, path
from tests.browser.gate import Gate
from tests.browser.people import Faults, NewPerson, Person, new_person
from tests.line import Line
from tests.media.website import Website
from tests.running import RunningServer

HEARTBEAT = 2
"""Seconds: a dead line is noticed after 2.5 of them."""

# Two cores that do other things as well: five seconds, the default, are sometimes not enough.
expect.set_options(timeout=60_000)

_rooms = itertools.count(1)


# Not for the whole session: Playwright's loop would run under the asynchronous tests of others.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def whole_chromium(chromium: Browser) -> Iterator[Browser]:
    """For what the other does not know. Ask for it before ``person``: it is to go later."""
    browser = chromium.browser_type.launch(executable_path=path(*WHOLE), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def website() -> Iterator[Website]:
    """Pages that messages link to."""
    with Website().open() as website:
        yield website


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, website: Website) -> Iterator[RunningServer]:
    """Two workers; ``--post-rate 0``, because a history of 1,000 messages is written in seconds."""
    data: Path = tmp_path_factory.mktemp("browser") / "var"
    options = ("--workers", "2", "--heartbeat", str(HEARTBEAT), "--post-rate", "0")
    running = RunningServer(data, *options, "--hosts", PLAIN, "--fetch-hosts", website.host)
    try:
        yield running.until_ready()
    finally:
        running.stop()


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Fails the test where a browser met anything that was not provoked."""
    faults = Faults()
    yield faults
    assert faults.seen == []


@pytest.fixture
def person(chromium: Browser, server: RunningServer, faults: Faults) -> Iterator[NewPerson]:
    """``person("Ana")``: signed in, in a context of their own; more options go to the context."""
    people: list[Person] = []

    def new(
        name: str,
        *,
        url: str | None = None,
        signed_in: bool = True,
        browser: Browser | None = None,
        **options: object,
    ) -> Person:
        made = new_person(browser or chromium, url or server.url, name, faults, **options)
        people.append(made)
        return made.come_in() if signed_in else made

    yield new
    for made in people:
        made.context.close()


@pytest.fixture
def line(server: RunningServer) -> Iterator[Line]:
    """A line to the server that the test may cut."""
    with Line(server.port) as line:
        yield line


@pytest.fixture
def gate(server: RunningServer) -> Iterator[Gate]:
    """A line that counts its streams. Ask for it before ``person``: it is to go later."""
    gate = Gate(server.port)
    with gate:
        yield gate


@pytest.fixture
def room_name() -> str:
    """A name that no other test has taken."""
    return f"Room {next(_rooms)}"
