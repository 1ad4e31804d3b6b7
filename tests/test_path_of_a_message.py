"""The whole road: a POST on any worker, through Redis, to streams on every worker, and to SQL."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tests.conftest import StartServer
from tests.people import Person, followers_on_two_workers
from tests.running import RunningServer, until

OPTIONS = ("--workers", "2", "--heartbeat", "1", "--post-rate", "0")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Two workers with quick beats."""
    running = RunningServer(tmp_path_factory.mktemp("path") / "var", *OPTIONS)
    try:
        yield running.until_ready()
    finally:
        running.stop()


def newcomer(server: RunningServer, name: str) -> Person:
    return Person(server, f"{name}{next(_numbers)}").sign_up()


@pytest.fixture
def ana(server: RunningServer) -> Person:
    return newcomer(server, "ana")


@pytest.fixture
def budi(server: RunningServer, ana: Person) -> Person:
    return newcomer(server, "budi")


def test_a_message_reaches_streams_on_both_workers_once_and_in_order(
    ana: Person, budi: Person
) -> None:
    first, second = followers_on_two_workers(ana, budi)
    posted = []
    for number in range(20):
        # A new connection for each POST, so that both workers take some.
        writer = (ana, budi)[number % 2]
        with_id = writer.say(f"number {number}")
        posted.append(with_id)
    for follower in (first, second):
        got = follower.wait_for(20)
        assert [event["id"] for event in got] == posted
        assert follower.bodies() == [f"number {number}" for number in range(20)]
        follower.assert_in_order()
    assert posted == sorted(posted)


def test_the_same_nonce_twice_is_one_message(ana: Person, budi: Person) -> None:
    follower = budi.follow()
    first = ana.post("once", nonce="n1")
    again = ana.post("once", nonce="n1")
    other = ana.post("something else", nonce="n1")
    ana.say("afterwards")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert other.json()["code"] == "nonce_reused"
    follower.wait(lambda: "afterwards" in follower.bodies(), "the last message")
    assert follower.bodies() == ["once", "afterwards"]


def test_a_client_that_was_away_gets_exactly_what_it_missed(ana: Person, budi: Person) -> None:
    follower = budi.follow()
    ana.say("before")
    follower.wait_for(1)
    cursor = follower.leave()
    missed = [ana.say(f"missed {number}") for number in range(5)]
    back = budi.follow(after=cursor)
    ana.say("live again")
    got = back.wait_for(6)
    assert back.hellos[0]["cursor"] == cursor
    assert back.hellos[0]["reset"] is False
    assert [event["id"] for event in got[:5]] == missed
    assert back.bodies()[-1] == "live again"
    back.assert_in_order()


def test_an_idle_stream_beats_with_a_cursor_that_can_be_resumed_from(
    ana: Person, budi: Person
) -> None:
    follower = budi.follow()
    ana.say("one")
    follower.wait_for(1)
    said = follower.events[-1]["id"]
    follower.wait(lambda: follower.beats and follower.beats[-1] >= said, "beat")
    back = budi.follow(after=follower.leave())
    ana.say("two")
    back.wait_for(1)
    assert back.bodies() == ["two"]


def test_a_room_joined_in_mid_stream_is_followed_without_a_gap(ana: Person, budi: Person) -> None:
    room = ana.make_room("Plans")
    ana.say("before you came", room)
    follower = budi.follow()
    stop = threading.Event()
    said: list[int] = []

    def talk() -> None:
        while not stop.is_set():
            said.append(ana.say(f"talk {len(said)}", room))

    talker = threading.Thread(target=talk)
    talker.start()
    time.sleep(0.2)
    assert budi.http.put(f"/api/rooms/{room}/members/me").status_code == 200
    time.sleep(0.3)
    stop.set()
    talker.join()

    def joining() -> list[int]:
        mine = [event for event in list(follower.events) if event["topic"] == f"user:{budi.id}"]
        return [event["id"] for event in mine if event["kind"] == "member.joined"]

    follower.wait(joining, "the word that it has joined")
    [joined] = joining()
    expected = [id for id in said if id > joined]
    follower.wait_for(len(expected))
    assert [event["id"] for event in follower.messages()] == expected
    follower.assert_in_order()
    assert len(budi.whole_history(room)) == len(said) + 1, "an open room's history is whole"


def test_a_person_who_was_removed_hears_no_more(ana: Person, budi: Person) -> None:
    room = ana.make_room("Private", private=True)
    assert ana.http.put(f"/api/rooms/{room}/members/{budi.id}").status_code == 200
    follower = budi.follow()
    ana.say("with you", room)
    follower.wait_for(1)
    assert ana.http.delete(f"/api/rooms/{room}/members/{budi.id}").status_code == 204
    ana.say("without you", room)
    ana.say("for everybody")
    follower.wait(lambda: "for everybody" in follower.bodies(), "the last message")
    assert follower.bodies() == ["with you", "for everybody"]
    assert budi.post("still here?", room).status_code == 404
    assert budi.http.get(f"/api/rooms/{room}/messages").status_code == 404


def test_signing_out_ends_the_streams_of_that_session_at_once(ana: Person, budi: Person) -> None:
    follower = budi.follow()
    assert budi.http.delete("/api/session").status_code == 204
    follower.wait(lambda: follower.byes, "bye")
    assert follower.byes[0] == {"code": "signed_out", "retry": False}
    follower.wait(lambda: follower.statuses[-1] == 401, "401 when it comes back")


def test_a_killed_worker_loses_nothing_that_was_accepted(
    server: RunningServer, ana: Person, budi: Person
) -> None:
    first, second = followers_on_two_workers(ana, budi)
    accepted: dict[str, int] = {}

    def write(person: Person) -> None:
        for number in range(100):
            body = f"{person.name} {number}"
            accepted[body] = person.insist(body, nonce=body)

    writers = [threading.Thread(target=write, args=(person,)) for person in (ana, budi)]
    for writer in writers:
        writer.start()
    until(lambda: len(accepted) > 40, 60, "some messages")
    victim = server.workers()[0]
    os.kill(victim, signal.SIGKILL)
    for writer in writers:
        writer.join()
    until(lambda: len(set(server.workers()) - {victim}) == 2, 60, "the worker to be replaced")
    in_order = sorted(accepted.values())
    assert len(in_order) == 200
    for follower in (first, second):
        follower.wait_for(200)
        assert [event["id"] for event in follower.messages()] == in_order
        assert {event["body"]: event["id"] for event in follower.messages()} == accepted
        follower.assert_in_order()


def test_everything_is_there_after_a_stop_and_a_start(start_server: StartServer) -> None:
    server = start_server(*OPTIONS)
    ana, budi = newcomer(server, "ana"), newcomer(server, "budi")
    said = [ana.say(f"before the night {number}") for number in range(30)]
    follower = budi.follow()
    cursor = follower.leave()
    assert server.stop() == 0
    again = start_server(*OPTIONS, port=server.port)
    assert again.port == server.port
    budi.http.get("/healthz")
    assert [message["id"] for message in budi.whole_history()] == said, "the session lives on"
    back = budi.follow(after=cursor)
    said.append(ana.say("good morning"))
    assert back.wait_for(1)[0]["id"] == said[-1]
    assert not back.hellos[0]["reset"]
    assert [message["id"] for message in ana.whole_history()] == said
