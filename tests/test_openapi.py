"""The description of the API: valid, complete, and what the server does.

Some 300 made-up requests are sent to a real worker. For more of them:
``TORNCHAT_TEST_API_CASES=20000 scripts/test tests/test_openapi.py``.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.handlers.place import Place
from tests.handlers.visitor import Visitor
from tornchat.archive import users
from tornchat.chat import accounts
from tornchat.handlers import openapi
from tornchat.handlers.operations import OPERATIONS
from tornchat.handlers.routes import ROUTES

Result = TypeVar("Result")
CASES = int(os.environ.get("TORNCHAT_TEST_API_CASES", "300"))
DOCUMENT = openapi.document(ROUTES)
NAMED = {
    f"{method.upper()} {path}" for path in DOCUMENT["paths"] for method in DOCUMENT["paths"][path]
}
# Streams do not end, and what they say is tested by its own tests.
STREAMS = ("/api/events", "/api/events/socket")
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


class Asked:
    """A worker in a thread of this process: it starts soon, and needs no password for a session."""

    def __init__(self, place: Place) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        # Without limits, so that the requests are looked at and not only counted.
        self._served = self._done(place.open())
        self.url = self._served.url
        self._ana, self.there = self._done(self._sign_up())

    def cookie(self) -> str:
        """That of a new session of the administrator: what is made up may well end one."""
        return self._done(self._begin_session())

    def stop(self) -> None:
        self._done(self._served.worker.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _done(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    async def _sign_up(self) -> tuple[Visitor, dict[str, str]]:
        """With a room and a message, as they are named in addresses."""
        ana = await self._served.visitor().sign_up("ana")
        room = (await ana.get("/api/session")).json["rooms"][0]["id"]
        return ana, {"room": room, "message": str(await ana.say("Hello", room))}

    async def _begin_session(self) -> str:
        chat = self._served.worker.chat
        async with chat.announcer.change(chat.now()) as change:
            user = await users.by_id(change.conn, self._ana.id)
            assert user is not None
            token = await accounts.begin_session(change, user, "cookie", "", None)
        assert self._ana.cookie is not None
        return f"{self._ana.cookie.partition('=')[0]}={token}"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    place = Place(tmp_path_factory.mktemp("openapi") / "var")
    try:
        asked = Asked(place)
        yield asked
        asked.stop()
    finally:
        place.redis.stop()
        place.lock.release()


def test_the_description_is_valid_openapi_and_describes_nothing_that_is_not_there() -> None:
    validate(DOCUMENT)
    assert set(OPERATIONS) <= NAMED


def test_the_server_serves_it_to_everybody(asked: Asked) -> None:
    answer = httpx.get(f"{asked.url}/api/openapi.json", timeout=60)
    assert answer.json() == DOCUMENT


SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT)


def operations() -> list[Any]:
    every = [result.ok() for result in SCHEMA.get_all_operations()]
    return [one for one in every if one.path not in STREAMS and one.method.upper() != "HEAD"]


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.label)
def test_whatever_is_asked_the_answer_is_a_described_one(operation: Any, asked: Asked) -> None:
    cookie = asked.cookie()

    @seed(1)
    @settings(
        max_examples=-(-CASES // len(operations())),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), there=...)
    def ask(case: Any, there: bool) -> None:
        if there:
            case.headers.pop("Authorization", None)  # made up, and would be looked at first
            case.path_parameters |= {
                name: asked.there[name] for name in case.path_parameters if name in asked.there
            }
        case.call_and_validate(
            base_url=asked.url, headers={"Cookie": cookie}, checks=CHECKS, timeout=60
        )

    ask()
