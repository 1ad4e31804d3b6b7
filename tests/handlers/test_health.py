"""What load balancers are told about a worker that leaves."""

from __future__ import annotations

import pytest

from tests.handlers.place import Place
from tests.handlers.visitor import Visitor, assert_guarded


@pytest.mark.gen_test(timeout=120)
async def test_a_worker_that_leaves_is_alive_and_not_ready(place: Place, ana: Visitor) -> None:
    async with place.serving() as leaving:
        visitor = leaving.visitor()
        for method in ("GET", "HEAD"):
            assert (await visitor.ask(method, "/readyz")).status == 200
        await leaving.worker.hub.drain(0)
        ready = await visitor.get("/readyz")
        assert ready.status == 503
        assert ready.json == {"status": "draining", "log": "ok", "database": "ok"}
        assert ready.headers["Retry-After"] == "1"
        assert_guarded(ready)
        assert (await visitor.ask("HEAD", "/readyz")).status == 503
        assert (await visitor.get("/healthz")).status == 200
    assert (await ana.get("/readyz")).status == 200
