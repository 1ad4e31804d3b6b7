"""A Redis that comes back with less than it had: emptied, or an older copy in its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartServer
from tests.faults.killing import kill_everything
from tests.faults.older_redis import copy_of_redis, database, put_back, until_archived
from tests.faults.witness import Witness
from tests.people import Person
from tests.running import RunningServer, until

OPTIONS = ("--heartbeat", "1", "--post-rate", "0")


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    return start_server(*OPTIONS)


@pytest.fixture
def ana(server: RunningServer) -> Person:
    return Person(server, "ana").sign_up()


@pytest.fixture
def budi(server: RunningServer, ana: Person) -> Person:
    return Person(server, "budi").sign_up()


def was_told_of(witness: Witness, person: Person) -> bool:
    """Whether it has seen somebody join."""
    return any(e["kind"] == "member.joined" and e["user"] == person.id for e in witness.events)


def stream_once(person: Person, after: int) -> str:
    """All that a stream says until the server ends it."""
    address = f"/api/events?after={after}"
    with person.http.stream("GET", address, timeout=httpx.Timeout(20)) as answer:
        return answer.read().decode()


def test_an_emptied_redis_is_filled_from_the_database_and_old_cursors_reload(
    start_server: StartServer, server: RunningServer, ana: Person, budi: Person
) -> None:
    room = ana.make_room("Private", private=True)
    assert ana.http.put(f"/api/rooms/{room}/members/{budi.id}").status_code == 200
    said = [ana.say(f"before {number}", room) for number in range(5)]
    witness = Witness(budi)
    cursor = witness.leave()
    until_archived(server)
    assert server.stop() == 0
    shutil.rmtree(server.data / "redis" / "appendonlydir")

    again = start_server(*OPTIONS, port=server.port)
    said_by_stream = stream_once(budi, cursor)
    assert said_by_stream.startswith("event: hello\n"), "a reset carries no id"
    assert '"reset":true' in said_by_stream
    assert said_by_stream.count("event:") == 1, "and ends the stream"

    back = Witness(budi, after=cursor)
    until(lambda: back.gaps and len(back.hellos) == 2, 60, "a stream after the reset")
    assert [message["id"] for message in budi.history(room)] == said, "history is whole"
    new = budi.say("memberships and sessions are back", room)
    assert new > max(*said, cursor), "ids go on above all that were ever given"
    back.wait_for(1)
    assert back.ids(room) == [new]
    assert back.faults() == []
    assert [message["id"] for message in ana.history(room)] == [*said, new]
    stranger = Person(again, "citra").sign_up()
    assert stranger.post("let me in", room).status_code == 404


def test_a_lost_tail_that_the_archive_has_is_said_with_a_reload(
    start_server: StartServer, server: RunningServer, ana: Person, budi: Person, tmp_path: Path
) -> None:
    said = [ana.say("before the copy")]
    until_archived(server)
    copy = copy_of_redis(server, tmp_path / "copy")
    witness = Witness(budi)
    said += [ana.say(f"lost in Redis {number}") for number in range(5)]
    witness.wait_for(5)
    cursor = witness.leave()
    until_archived(server)
    kill_everything(server)
    put_back(server, copy)

    start_server(*OPTIONS, port=server.port)
    back = Witness(budi, after=cursor)
    until(lambda: back.gaps and len(back.hellos) == 2, 60, "a stream after the reset")
    said.append(ana.say("after"))
    back.wait_for(1)
    assert back.ids(ana.room) == said[-1:]
    assert said[-1] > cursor
    assert [message["id"] for message in budi.whole_history()] == said


def test_a_message_that_is_sent_again_after_a_lost_tail_is_still_one_message(
    start_server: StartServer, server: RunningServer, ana: Person, tmp_path: Path
) -> None:
    until_archived(server)
    copy = copy_of_redis(server, tmp_path / "copy")
    first = ana.say("did you get this?", nonce="n1")
    until_archived(server)
    kill_everything(server)
    put_back(server, copy)

    start_server(*OPTIONS, port=server.port)
    again = ana.post("did you get this?", nonce="n1")
    assert (again.status_code, again.json()["id"]) == (200, first)
    assert ana.post("something else", nonce="n1").status_code == 409
    until_archived(server)
    assert [message["id"] for message in ana.whole_history()] == [first]


def test_a_lost_tail_that_nobody_has_is_shown_by_prev_and_what_was_announced_is_said_again(
    start_server: StartServer, server: RunningServer, ana: Person, budi: Person, tmp_path: Path
) -> None:
    room = ana.make_room("Plans")
    kept = ana.say("kept", room)
    archived = until_archived(server)
    copy = copy_of_redis(server, tmp_path / "copy")

    witness = Witness(ana)
    assert budi.http.put(f"/api/rooms/{room}/members/me").status_code == 200
    until_archived(server)
    with database(server) as held:
        # The archive is held up, so that the messages are nowhere but in the log.
        held.execute("BEGIN IMMEDIATE")
        lost = [ana.say(f"lost {number}", room) for number in range(3)]
        witness.wait_for(3)
        cursor = witness.leave()
        kill_everything(server)
        held.execute("ROLLBACK")
        held.execute("UPDATE marks SET value = ? WHERE name = 'archived'", [archived])
    put_back(server, copy)

    start_server(*OPTIONS, port=server.port)
    back = Witness(ana, after=cursor)
    back.wait(lambda: was_told_of(back, budi), "the announcement")
    follower = Witness(budi)
    new = ana.say("new", room)
    assert new > max(lost), "ids are not used again"
    back.wait_for(1)
    assert back.gaps == []
    joined, message = [event for event in back.events if event["topic"] == f"room:{room}"]
    assert (joined["kind"], joined["user"], message["id"]) == ("member.joined", budi.id, new)
    assert joined["prev"] == kept < lost[0], "a prev below what was shown tells of a lost tail"
    follower.wait_for(1)
    assert follower.ids(room) == [new], "who joined in the lost tail is a member again"
    budi.say("so am I", room)
    assert [message["body"] for message in budi.history(room)] == ["kept", "new", "so am I"]
