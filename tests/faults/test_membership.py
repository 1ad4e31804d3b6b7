"""People who walk in and out of a room while others talk there."""

from __future__ import annotations

from tests.conftest import StartServer
from tests.faults.load import Load, more
from tests.faults.witness import Witness
from tests.people import Person

VISITS = 8


def stays(witness: Witness, room: str) -> list[tuple[int, int]]:
    """(joined, left) as the person was told."""
    mine = [
        event
        for event in witness.events
        if event["topic"] == f"user:{witness.user}" and event["room"] == room
    ]
    assert [event["kind"] for event in mine] == ["member.joined", "member.left"] * (len(mine) // 2)
    ids = [event["id"] for event in mine]
    return list(zip(ids[::2], ids[1::2], strict=True))


def test_who_comes_and_goes_sees_all_that_is_said_in_between_and_nothing_else(
    start_server: StartServer,
) -> None:
    server = start_server("--workers", "2", "--heartbeat", "1", "--post-rate", "0")
    ana, budi, walker = (Person(server, name).sign_up() for name in ("ana", "budi", "walker"))
    room = ana.make_room("Plans")
    assert budi.http.put(f"/api/rooms/{room}/members/me").status_code == 200
    witnesses = [Witness(walker) for _ in range(4)]
    with Load([ana, budi], [room, ana.room]) as ledger:
        for _ in range(VISITS):
            seen = [len(witness.ids(room)) for witness in witnesses]
            assert walker.http.put(f"/api/rooms/{room}/members/me").status_code == 200
            # Only a reader that has joined the room's topic is promised all up to the leaving.
            for witness, before in zip(witnesses, seen, strict=True):
                witness.wait_for_more(room, before)
            assert walker.http.delete(f"/api/rooms/{room}/members/me").status_code == 204
            more(ledger, 5)
    last = ledger.ids(ana.room)[-1]
    for witness in witnesses:
        witness.wait_until(last)
        visits = stays(witness, room)
        assert len(visits) == VISITS
        assert witness.ids(room) == [
            id for id in ledger.ids(room) if any(joined < id < left for joined, left in visits)
        ]
        assert witness.ids(ana.room) == ledger.ids(ana.room)
        assert witness.faults() == []
        assert witness.gaps == []
