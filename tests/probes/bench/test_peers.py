"""The peers are real servers with a real Redis, and are loaded as ours is.

Of sse-starlette there is no run here: it would have to be installed from the network first.
"""

from __future__ import annotations

import pytest
from probes.bench.peers.body import Body
from probes.bench.peers.nchan import Nchan
from probes.bench.result import Verdict
from probes.bench.run import go
from probes.bench.scenarios import SCENARIOS
from probes.bench.target import NotServed, Shape, text_of
from probes.bench.targets import TARGETS, factory

from tornchat.chat.rendering import Renderer
from tornchat.domain.events import Event, message
from tornchat.wire.browser import event_json

AT = 1795410450842


@pytest.mark.parametrize(("peer", "rooms"), [("nchan", 1), ("nchan-bare", 3), ("naive", 3)])
def test_a_peer_hands_every_message_to_everybody(peer: str, rooms: int) -> None:
    few = {"subscribers": 10, "rooms": rooms, "seconds": 0.5, "warm_up": 0.2, "members": 2}
    scenario = SCENARIOS["saturation"].with_options(few)
    run, versions = go(factory(peer), scenario, 1, lambda text: None)
    assert run.verdict is not Verdict.FAILED, run.notes
    assert run.figures["deliveries"] >= 10
    assert run.figures["lost"] == run.figures["doubled"] == run.figures["disordered"] == 0
    size = 200 if peer.endswith("-bare") else Body.SAME.size(Shape())
    assert versions["body"] == f"{size} bytes"
    assert size <= run.figures["bytes_per_delivery"] < size + 100


def test_a_peer_delivers_as_much_as_ours() -> None:
    text = text_of(0, 200).decode()
    html = Renderer().render(text)
    fields = message("8r5c0tq2mz", "v4gm1k9x2p", text, html, "n123456789", None)
    event = Event(1838500301662215, 1838500301662100, "room:8r5c0tq2mz", {**fields, "at": AT})
    assert Body.SAME.size(Shape(size=200)) == len(event_json(event))


def test_nchan_is_set_for_many_subscribers_and_nothing_that_costs() -> None:
    peer = Nchan(Shape(subscribers=5000, heartbeat=25))
    peer.prepare()
    told = peer.configuration()
    for words in (
        "access_log off;",
        "tcp_nodelay on;",
        "worker_processes 1;",
        "nchan_redis_storage_mode distributed;",
        "nchan_eventsource_ping_interval 25;",
        f"redis://127.0.0.1:{peer.redis.port};",
    ):
        assert words in told
    peer.stop()


def test_what_a_peer_does_not_do_is_left_out() -> None:
    for shape in (Shape(transport="websocket"), Shape(workers=2)):
        for name in TARGETS.keys() - {"tornchat"}:
            with pytest.raises(NotServed):
                factory(name)(shape)
