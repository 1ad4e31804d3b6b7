"""The lab page in front of a real server, with and without careless proxies between."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.careless_proxies import CarelessProxies
from tests.browser.people import PASSWORD, Faults, NewPerson, Person
from tests.proxies import DEPLOY, NAME, Proxy, free_ports
from tests.running import RunningServer

TRANSPORTS = ("sse", "websocket", "long-poll", "short-poll")


@pytest.fixture(scope="module")
def careless(
    server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CarelessProxies]:
    """Two nginx, the outer one with buffering on."""
    proxies = CarelessProxies(tmp_path_factory.mktemp("careless"), server.port)
    yield proxies
    proxies.stop()


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server behind nginx as docs/deploy has it: that knows what it is called."""
    folder = tmp_path_factory.mktemp("documented")
    subprocess.run(
        [DEPLOY / "make-certificate", folder, NAME, "127.0.0.1"], check=True, capture_output=True
    )
    [port] = free_ports(1)
    url = f"https://127.0.0.1:{port}"
    node = RunningServer(folder / "var", "--origin", url).until_ready()
    proxy = Proxy("nginx", folder, folder, (node.port, node.port), port)
    try:
        proxy.start()
        yield url
    finally:
        proxy.stop()
        node.stop()


def at_the_lab(visitor: Person) -> Page:
    """Somebody with an account, on the lab page."""
    account = {"username": visitor.username, "password": PASSWORD, "display_name": visitor.name}
    made = visitor.context.request.post(f"{visitor.url}/api/users", data=account)
    assert made.status == 201, made.text()
    visitor.page.goto(f"{visitor.url}/lab/")
    expect(visitor.page.get_by_role("button", name="Start")).to_be_enabled()
    return visitor.page


def saved(page: Page) -> dict[str, Any]:
    """What the page exports."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as JSON").click()
    exported: dict[str, Any] = json.loads(Path(download.value.path()).read_text())
    return exported


def findings(page: Page) -> dict[str, str]:
    """Codes of the doctor's findings, and how bad each is."""
    expect(page.locator(".finding").first).to_be_visible()
    return {finding["code"]: finding["level"] for finding in saved(page)["doctor"]["findings"]}


def test_four_transports_are_measured_at_once_and_a_break_is_made_good(person: NewPerson) -> None:
    page = at_the_lab(person("Ana", signed_in=False))
    page.get_by_label("Probes").select_option("10")
    page.get_by_label("Short poll").select_option("500")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Measuring.")).to_be_visible()
    page.get_by_label("Which").select_option("sse")
    page.get_by_label("Away for").select_option("1")
    page.get_by_role("button", name="Stay away").click()
    broken = page.locator("#break tbody tr")
    expect(broken).to_have_attribute("data-state", "whole")
    expect(page.locator("#break .status")).to_contain_text("nothing is missing")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Done. Medians: Server-Sent Events ")).to_be_visible()
    expect(page.locator("#delays tbody tr .fine")).to_have_count(4)
    exported = saved(page)
    run = exported["measurement"]
    assert run["accepted"] == run["sent"] > 3
    assert run["transports"].keys() == set(TRANSPORTS)
    for name, measured in run["transports"].items():
        whole = measured["whole"]
        assert not whole["missing"] + whole["doubled"] + whole["disordered"], name
        assert len(measured["delays_ms"]) + len(whole["replayed"]) == run["accepted"]
        figures = measured["percentiles_ms"]
        assert 0 < figures["p50"] <= figures["p99"] <= figures["max"]
        assert measured["split_ms"]["n"] > 0
        assert measured["cost"]["bytes"] > 0
    assert run["transports"]["short-poll"]["split_ms"]["parts"]["worker"] > 20, "it waits there"
    assert run["transports"]["short-poll"]["cost"]["measured"]
    [made] = exported["breaks"]
    assert (made["state"], made["transport"]) == ("whole", "sse")
    assert made["replayed"] == run["transports"]["sse"]["whole"]["replayed"]
    assert made["replayed"] == sorted(set(made["replayed"])) != []
    assert made["gap_ms"] >= 1000


def test_the_doctor_names_a_proxy_that_buffers_and_is_content_with_one_that_does_not(
    person: NewPerson, careless: CarelessProxies, documented: str, faults: Faults
) -> None:
    faults.provoke("WebSocket connection")
    ill = at_the_lab(person("Ana", url=careless.url, signed_in=False))
    budi = person("Budi", url=documented, signed_in=False, ignore_https_errors=True)
    well = at_the_lab(budi)
    for page in (ill, well):
        page.get_by_role("button", name="Examine the line").click()
    assert findings(well) == {
        "stream.prompt": "good",
        "socket.works": "good",
        "poll.works": "good",
        "hops.many": "good",
    }
    expect(well.get_by_text("The line is in order.")).to_be_visible()
    found = findings(ill)
    assert found["stream.buffered.size"] == "bad"
    assert found["socket.blocked"] == "bad"
    assert found["poll.works"] == "good"
    buffered = ill.locator('[data-code="stream.buffered.size"]')
    expect(buffered).to_contain_text("A proxy buffers the stream")
    expect(buffered.locator("code").first).to_have_text("proxy_buffering off;")


def test_a_stranger_is_asked_to_sign_in_and_finds_the_lab_open_then(person: NewPerson) -> None:
    stranger = person("Citra", signed_in=False)
    stranger.page.goto(f"{stranger.url}/lab/")
    expect(stranger.page.get_by_text("Sign in first")).to_be_visible()
    sign_in = stranger.page.get_by_role("link", name="Sign in")
    expect(sign_in).to_have_attribute("href", "/")
    stranger.come_in()
    stranger.page.get_by_role("button", name="You and your settings").click()
    stranger.page.get_by_role("link", name="Lab").click()
    expect(stranger.page.get_by_role("button", name="Start")).to_be_enabled()
