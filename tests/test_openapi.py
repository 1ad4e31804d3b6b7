"""The description of the API: valid, complete, and what the server does.

Some 300 made-up requests are sent to a real server. For more of them:
``TORNCHAT_TEST_API_CASES=20000 scripts/test tests/test_openapi.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

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

from tests.running import RunningServer
from tornchat.handlers import openapi
from tornchat.handlers.operations import OPERATIONS
from tornchat.handlers.routes import ROUTES

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
PASSWORD = "a long sentence of a password"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Without limits, so that the requests are looked at and not only counted."""
    running = RunningServer(tmp_path_factory.mktemp("openapi") / "var", "--post-rate", "0")
    try:
        yield running.until_ready()
    finally:
        running.stop()


@pytest.fixture(scope="module")
def account(server: RunningServer) -> dict[str, str]:
    """The administrator's, with a room and a message."""
    values = {"username": "ana", "password": PASSWORD}
    with httpx.Client(base_url=server.url, timeout=60) as http:
        room = http.post("/api/users", json=values).json()["rooms"][0]["id"]
        http.post(f"/api/rooms/{room}/messages", json={"body": "Hello"}).raise_for_status()
    return values


def test_the_description_is_valid_openapi_and_describes_nothing_that_is_not_there() -> None:
    validate(DOCUMENT)
    assert set(OPERATIONS) <= NAMED


def test_the_server_serves_it_to_everybody(server: RunningServer) -> None:
    answer = httpx.get(f"{server.url}/api/openapi.json", timeout=60)
    assert answer.json() == DOCUMENT


SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT)


def operations() -> list[Any]:
    every = [result.ok() for result in SCHEMA.get_all_operations()]
    return [one for one in every if one.path not in STREAMS and one.method.upper() != "HEAD"]


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.label)
def test_whatever_is_asked_the_answer_is_a_described_one(
    operation: Any, server: RunningServer, account: dict[str, str]
) -> None:
    with httpx.Client(base_url=server.url, timeout=60) as http:
        # Its own session: what is made up may well end it.
        signed_in = http.post("/api/session", json=account)
        room = signed_in.json()["rooms"][0]["id"]
        cookie = f"{(pair := next(iter(http.cookies.items())))[0]}={pair[1]}"

    @seed(1)
    @settings(
        max_examples=max(1, CASES // len(operations())),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), there=...)
    def ask(case: Any, there: bool) -> None:
        if there and "room" in case.path_parameters:
            case.path_parameters["room"] = room
        case.call_and_validate(
            base_url=server.url, headers={"Cookie": cookie}, checks=CHECKS, timeout=60
        )

    ask()
