"""The figures of a real server: they move with what happens, and outlive whoever counted them."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

from tests.people import Person
from tests.running import RunningServer, children, command_line, until
from tests.scrape import Scrape, metrics_url, scrape
from tests.test_supervisor import refusal
from tornchat import metrics
from tornchat.domain.ids import MAX_ID
from tornchat.log.address import Address
from tornchat.log.blocking import Conversation


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Two workers, and figures on a port that the kernel picks."""
    data = tmp_path_factory.mktemp("metrics") / "var"
    options = ("--metrics", "127.0.0.1:0", "--post-rate", "0", "--drain", "1")
    server = RunningServer(data, "--workers", "2", *options).until_ready()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def ana(server: RunningServer) -> Person:
    return Person(server, "ana").sign_up()


def when(server: RunningServer, true: Callable[[Scrape], bool], what: str) -> Scrape:
    """The first figures for which it is true; workers write theirs once a second."""
    end = time.monotonic() + 60
    while not true(now := scrape(server)):
        if time.monotonic() >= end:
            raise AssertionError(f"waited in vain for {what}; {now.not_zero()}")
        time.sleep(0.3)
    return now


def of_metrics(server: RunningServer) -> int:
    """The process id of whoever serves them."""
    [pid] = [
        pid
        for pid in children(server.process.pid)
        if "tornchat.metrics_server" in command_line(pid)
    ]
    return pid


def test_every_figure_is_served_with_its_kind_and_what_it_means(server: RunningServer) -> None:
    served = scrape(server).families
    assert served.keys() == {f.name.removesuffix("_total") for f in metrics.FIGURES} | {
        "tornchat_info"
    }
    for figure in metrics.FIGURES:
        family = served[figure.name.removesuffix("_total")]
        assert (family.type, family.documentation) == (figure.kind, figure.text)
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    strict = list(open_metrics(httpx.get(metrics_url(server), headers=accept).text))  # type: ignore[no-untyped-call]
    assert len(strict) == len(served)


def test_what_people_do_is_counted_over_all_workers(server: RunningServer, ana: Person) -> None:
    before = scrape(server)
    followers = [ana.follow() for _ in range(4)]
    room = ana.room
    with httpx.Client(base_url=server.url, cookies=ana.http.cookies, headers=ana.http.headers) as b:
        for number in range(10):
            ana.say(f"figures {number}", nonce=f"n{number}")
            b.post(f"/api/rooms/{room}/messages", json={"body": "x", "nonce": f"n{number}"})
    last = ana.say("the last of them")
    for follower in followers:
        follower.wait_for(11)
    workers = len({follower.worker for follower in followers})
    posted = {"route": "/api/rooms/*/messages", "method": "POST"}
    expected: list[tuple[int, str, dict[str, str]]] = [
        (11, "tornchat_messages_total", {"outcome": "accepted"}),
        (10, "tornchat_messages_total", {"outcome": "conflict"}),
        (21, "tornchat_append_seconds_count", {}),
        (11, "tornchat_requests_total", {**posted, "status": "201"}),
        (10, "tornchat_requests_total", {**posted, "status": "409"}),
        (4, "tornchat_streams", {"transport": "sse"}),
        (4, "tornchat_streams_opened_total", {"transport": "sse", "start": "now"}),
        (4, "tornchat_join_seconds_count", {}),
        (4, "tornchat_replayed_events_count", {}),
        (44, "tornchat_deliveries_total", {}),
        (11 * workers, "tornchat_events_total", {}),
        (11 * workers, "tornchat_bus_delay_seconds_count", {}),
    ]

    def missing(now: Scrape) -> list[tuple[str, dict[str, str]]]:
        return [
            (name, labels)
            for grown, name, labels in expected
            if now.value(name, **labels) - before.value(name, **labels) != grown
        ]

    archived = "tornchat_log_archived_id"
    after = when(
        server, lambda now: not missing(now) and now.value(archived) == last, "what was done"
    )
    # Events that come at once leave at once.
    assert 0 < after.value("tornchat_fan_out_seconds_count") <= after.value("tornchat_events_total")
    assert after.value("tornchat_workers_up") == after.value("tornchat_workers_healthy") == 2
    assert after.value("tornchat_process_open_fds", process="worker-0") > 5
    assert after.value("tornchat_process_resident_memory_bytes", process="worker-1") > 10e6
    assert after.value("tornchat_process_cpu_seconds_total", process="supervisor-0") > 0
    assert after.value("tornchat_process_silent_seconds", process="worker-0") < 20
    for follower in followers:
        follower.leave()
    when(
        server,
        lambda now: not now.value("tornchat_streams", transport="sse"),
        "the end of the streams",
    )


def test_the_marks_of_the_log_are_those_in_redis(server: RunningServer, ana: Person) -> None:
    last = ana.say("how far is it?")
    now = when(
        server,
        lambda now: (
            now.value("tornchat_log_archived_id") == last
            and now.value("tornchat_archive_queue_events") == 0
        ),
        "the archive",
    )
    assert now.value("tornchat_log_clock_id") == last
    with Conversation(Address.of_socket(server.data / "redis" / "redis.sock"), timeout=20) as redis:
        floor = redis.ask("GET", "tornchat:{main}:floor")
    assert now.value("tornchat_log_floor_id") == int(str(floor)) > 0


def test_all_transports_are_counted_and_why_they_end(server: RunningServer, ana: Person) -> None:
    budi = Person(server, "budi").sign_up()
    poll = {"Accept": "application/json"}
    assert budi.http.get("/api/events?wait=0", headers=poll).json()["events"] == []
    before = ana.say("something to come back for") - 1
    answer = budi.http.get(f"/api/events?wait=0&after={before}", headers=poll)
    assert len(answer.json()["events"]) == 1
    follower = budi.follow()
    [cookie] = budi.http.cookies.items()
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=60)) as client:
        client.sendall(
            b"GET /api/events/socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + f"Cookie: {'='.join(cookie)}\r\n\r\n".encode()
        )
        assert client.recv(12) == b"HTTP/1.1 101"
        when(
            server,
            lambda now: (
                now.value("tornchat_streams", transport="websocket") == 1
                and now.value("tornchat_streams", transport="sse") == 1
                and now.value("tornchat_polls_total", outcome="nothing") == 1
                and now.value("tornchat_polls_total", outcome="events") == 1
            ),
            "a stream of each kind, and two polls",
        )
        assert budi.http.delete("/api/session").status_code == 204
        follower.wait(lambda: follower.byes, "bye")
        follower.leave()
        now = when(
            server,
            lambda now: now.value("tornchat_cuts_total", reason="signed_out") == 2,
            "the cuts of signing out",
        )
    opened = {"start": "now"}
    assert now.value("tornchat_streams_opened_total", transport="websocket", **opened) == 1
    assert now.value("tornchat_streams_opened_total", transport="poll", **opened) == 1


def test_resets_are_counted_by_their_reason(server: RunningServer, ana: Person) -> None:
    for cursor in (1, MAX_ID):
        with ana.http.stream("GET", "/api/events", params={"after": cursor}) as answer:
            assert '"reset":true' in answer.read().decode()
    when(
        server,
        lambda now: all(
            now.value("tornchat_resets_total", reason=reason) == 1 for reason in ("floor", "future")
        ),
        "the resets",
    )
    now = scrape(server)
    assert now.value("tornchat_streams_opened_total", transport="sse", start="cursor") == 2


def test_signing_in_is_counted_and_what_a_client_makes_up_is_not_a_label(
    server: RunningServer, ana: Person
) -> None:
    Person(server, "ana").sign_in()
    wrong = {"username": "ana", "password": "not that one"}
    assert ana.http.post("/api/session", json=wrong).status_code == 401
    assert ana.http.request("BREW", "/api/rooms/made-up-by-me").status_code >= 400
    assert ana.http.get("/nobody/made/this.up").status_code == 404
    now = when(
        server,
        lambda now: (
            now.value("tornchat_sign_ins_total", outcome="refused") == 1
            and now.value("tornchat_sign_ins_total", outcome="ok") == 1
            and now.value("tornchat_requests_total", route="page", method="GET", status="404") >= 1
        ),
        "the attempts to sign in",
    )
    for labels in (labels for name, labels in now.values if name == "tornchat_requests_total"):
        for value in dict(labels).values():
            assert "made" not in value
            assert "BREW" not in value


def test_counters_outlive_a_killed_worker_and_its_streams_do_not(
    server: RunningServer, ana: Person
) -> None:
    follower = ana.follow()
    before = when(
        server, lambda now: now.value("tornchat_streams", transport="sse") == 1, "a stream"
    )
    now = before
    for kills in (1, 2):
        hellos = len(follower.hellos)
        os.kill(int(follower.worker.rpartition(":")[2]), signal.SIGKILL)
        follower.wait(lambda hellos=hellos: len(follower.hellos) > hellos, "another worker")  # type: ignore[misc]
        ana.say(f"after kill {kills}")
        highest, now = now.counters(), after_kills(server, before, kills)
        for key, value in highest.items():
            assert now.counters()[key] >= value, f"{key} has gone back"
    follower.leave()
    processes = [labels for name, labels in now.values if name == "tornchat_process_open_fds"]
    assert len(processes) == 3
    assert len(list((server.data / "metrics").glob("*.values"))) <= 4


def after_kills(server: RunningServer, before: Scrape, kills: int) -> Scrape:
    """The figures when the dead were replaced and one stream is open, on one of the living."""
    restarts = before.value("tornchat_worker_restarts_total", cause="signal") + kills
    return when(
        server,
        lambda now: (
            now.value("tornchat_worker_restarts_total", cause="signal") == restarts
            and now.value("tornchat_workers_healthy") == 2
            and now.value("tornchat_streams", transport="sse") == 1
        ),
        "two workers, and one stream on one of them",
    )


def test_counters_outlive_a_reload(server: RunningServer, ana: Person) -> None:
    ana.say("before the reload")
    before = scrape(server).counters()
    old = set(server.workers())
    server.process.send_signal(signal.SIGHUP)
    until(lambda: len(now := set(server.workers())) == 2 and not now & old, 60, "new workers")
    now = when(server, lambda now: now.value("tornchat_workers_healthy") == 2, "two that serve")
    for key, value in before.items():
        assert now.counters()[key] >= value, f"{key} has gone back"
    assert now.value("tornchat_workers_up") == 2
    assert len(list((server.data / "metrics").glob("*.values"))) <= 5


def test_who_serves_the_figures_may_die(server: RunningServer, ana: Person) -> None:
    ana.say("hello")
    before = scrape(server).counters()
    url, killed = metrics_url(server), of_metrics(server)
    os.kill(killed, signal.SIGKILL)

    def answers() -> bool:
        try:
            return httpx.get(url, timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    until(lambda: command_line(killed) == "" and answers(), 60, "another process")
    after = scrape(server).counters()
    assert all(after[key] >= value for key, value in before.items())
    assert "The process of --metrics ended" in server.errors


def test_figures_are_served_there_and_nowhere_else(server: RunningServer) -> None:
    assert httpx.get(f"{server.url}/metrics").status_code == 404
    url = metrics_url(server)
    assert httpx.get(f"{url}?name[]=x").status_code == 200
    assert httpx.head(url).headers["Content-Length"] != "0"
    assert httpx.head(url).text == ""
    root = url.removesuffix("/metrics")
    for path in ("/", "/metrics/", "/healthz", "/../metrics/worker-0.names"):
        assert httpx.get(root + path).status_code == 404
    assert httpx.post(url).status_code == 501
    with closing(socket.create_connection(("127.0.0.1", int(root.rpartition(":")[2])))) as rude:
        rude.sendall(b"GET /metrics HTTP/9.9 \0\xff\r\n\r\n")
        rude.settimeout(60)
        while rude.recv(65536):
            pass
    assert httpx.get(url).status_code == 200


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("9464", "write 127.0.0.1:9464"),
        ("127.0.0.1:99999", "not a whole number"),
        ("::1:9464", "write 127.0.0.1:9464"),
        ("192.0.2.1:0", "--metrics 192.0.2.1: this machine does not have that address"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(tmp_path: Path, value: str, said: str) -> None:
    assert said in refusal("--data", str(tmp_path / "var"), "--metrics", value)


def test_a_taken_port_is_refused_in_one_line(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        line = refusal("--data", str(tmp_path / "var"), "--metrics", f"127.0.0.1:{port}")
    assert f"port {port} on 127.0.0.1 is taken" in line
    assert "another --metrics" in line
