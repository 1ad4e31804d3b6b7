"""Every route with every method, as somebody who is not signed in."""

from __future__ import annotations

import pytest

from tests.handlers.visitor import Answer, Visitor, assert_guarded, assert_refused
from tornchat.domain.errors import (
    BadRequest,
    MethodNotAllowed,
    NotFound,
    TornchatError,
    Unauthenticated,
    WrongType,
)
from tornchat.handlers.base import Handler
from tornchat.handlers.routes import ROUTES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PUBLIC = {
    ("/healthz", "GET"),
    ("/healthz", "HEAD"),
    ("/readyz", "GET"),
    ("/readyz", "HEAD"),
    ("/api/server", "GET"),
    ("/api/openapi.json", "GET"),
    ("/api/users", "POST"),
    ("/api/session", "POST"),
    ("/api/invites/look", "POST"),
    ("/api/hooks/([A-Za-z0-9_-]+)", "POST"),
}
EVERYTHING = [(pattern, method, handler) for pattern, handler in ROUTES for method in METHODS]


def address(pattern: str) -> str:
    return (
        pattern.replace("([^/]+)", "x")
        .replace("([A-Za-z0-9_-]+)", "x")
        .replace("([a-z0-9]+)", "0123456789")
    )


def problem_of(answer: Answer) -> tuple[int, str]:
    return (answer.status, answer.json["code"]) if answer.body else (answer.status, "")


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize("credential", ["none", "a cookie", "a token", "an empty token"])
async def test_only_the_public_routes_answer_a_stranger(stranger: Visitor, credential: str) -> None:
    if credential == "a cookie":
        stranger.cookie = "tornchat=made-up"
    elif credential != "none":
        stranger.token = "made-up" if credential == "a token" else " "
    for pattern, method, handler in EVERYTHING:
        if (pattern, method) in PUBLIC:
            continue
        body = {"body": "hello", "name": "x", "id": 1} if method in ("POST", "PUT", "PATCH") else {}
        answer = await stranger.ask(
            method, address(pattern), body, headers={"Content-Type": handler.takes}
        )
        assert answer.status == 401, (method, pattern, answer)
        if method != "HEAD":
            assert_refused(answer, Unauthenticated)


def test_the_public_routes_are_these_and_no_others() -> None:
    assert {(pattern, method) for pattern, method, h in EVERYTHING if method in h.public} == PUBLIC


@pytest.mark.gen_test(timeout=120)
async def test_an_unknown_address_is_not_found_whoever_asks(
    stranger: Visitor, ana: Visitor
) -> None:
    for visitor in (stranger, ana):
        for path in ("/api/", "/api/nothing", "/api/rooms/", "/api/rooms/a/b", "/api/rooms/A-B"):
            for method in ("GET", "POST", "DELETE"):
                assert_refused(await visitor.ask(method, path, {}), NotFound)


@pytest.mark.gen_test(timeout=120)
async def test_a_method_that_a_route_does_not_have_is_said_with_those_it_has(ana: Visitor) -> None:
    for pattern, method, handler in EVERYTHING:
        if method in methods_of(handler):
            continue
        answer = await ana.ask(
            method, address(pattern), {}, headers={"Content-Type": handler.takes}
        )
        assert answer.status == 405, (method, pattern, answer)
        assert set(answer.headers["Allow"].split(", ")) == methods_of(handler)
        if method != "HEAD":
            assert_refused(answer, MethodNotAllowed)


def methods_of(handler: type[Handler]) -> set[str]:
    return {
        method
        for method in METHODS
        if getattr(handler, method.lower()) is not getattr(Handler, method.lower())
    }


@pytest.mark.gen_test(timeout=120)
async def test_a_public_route_wants_json_before_anything_else(stranger: Visitor) -> None:
    errors: list[type[TornchatError]] = [WrongType, BadRequest]
    for path in ("/api/users", "/api/session"):
        for kind, error in zip(("text/plain", "application/json"), errors, strict=True):
            headers = {"Content-Type": kind}
            assert_refused(await stranger.post(path, body=b"name=ana", headers=headers), error)


@pytest.mark.gen_test(timeout=120)
async def test_what_a_stranger_may_know_of_the_server(stranger: Visitor, ana: Visitor) -> None:
    answer = await stranger.get("/api/server")
    assert answer.status == 200
    assert answer.json.keys() == {
        "name", "version", "signup", "heartbeat", "max_body", "max_file", "edit_seconds", "lab",
        "push", "accounts", "signed_in",
    }  # fmt: skip
    assert answer.json["signed_in"] is False
    assert_guarded(answer)
    assert (await ana.get("/api/server")).json["signed_in"] is True
    stranger.cookie = "tornchat=made-up"
    assert (await stranger.get("/api/server")).json["signed_in"] is False
