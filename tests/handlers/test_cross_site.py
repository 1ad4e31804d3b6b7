"""Requests that other sites make a browser send, and those that other sites may send."""

from __future__ import annotations

import pytest

from tests.handlers.place import Place
from tests.handlers.visitor import Visitor, assert_refused
from tornchat.chat import shell
from tornchat.domain.errors import CrossSite, Unauthenticated, WrongHost, WrongType

FORM = "application/x-www-form-urlencoded"
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
]


async def token_of(place: Place, name: str) -> str:
    """A bearer token from the shell, as an operator makes one."""
    return (await shell.token_add(place.settings, name, "test"))[0]


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_another_site_cannot_use_the_cookie(ana: Visitor, headers: dict[str, str]) -> None:
    for method, path, body in (
        ("POST", f"/api/rooms/{ana.room}/messages", {"body": "not mine"}),
        ("PUT", f"/api/rooms/{ana.room}/read", {"id": 1}),
        ("PUT", "/api/session/password", {}),
        ("DELETE", f"/api/rooms/{ana.room}/members/me", {}),
        ("DELETE", "/api/session", {}),
        ("POST", "/api/session", {"username": "mallory", "password": "x"}),
        ("POST", "/api/users", {"username": "mallory", "password": "mallory's own"}),
    ):
        assert_refused(await ana.ask(method, path, body, headers=headers), CrossSite)


@pytest.mark.gen_test(timeout=120)
async def test_our_own_page_and_plain_clients_are_no_other_site(ana: Visitor) -> None:
    for headers in (
        {"Origin": ana.url},
        {"Origin": ana.url, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {},
    ):
        path = f"/api/rooms/{ana.room}/messages"
        answer = await ana.post(path, {"body": "mine"}, headers=headers)
        assert answer.status == 201


@pytest.mark.gen_test(timeout=120)
async def test_a_form_cannot_use_the_cookie(ana: Visitor) -> None:
    path = f"/api/rooms/{ana.room}/messages"
    for kind in (FORM, "text/plain", "application/jsonx"):
        answer = await ana.post(path, body=b'{"body": "x"}', headers={"Content-Type": kind})
        assert_refused(answer, WrongType)
    answer = await ana.post(
        path, body=b'{"body": "x"}', headers={"Content-Type": "Application/JSON; charset=utf-8"}
    )
    assert answer.status == 201


@pytest.mark.gen_test(timeout=120)
async def test_a_bearer_token_may_come_from_another_site(place: Place, ana: Visitor) -> None:
    robot = ana.stranger()
    robot.token = await token_of(place, "ana")
    for headers in FOREIGN:
        if "Origin" not in headers:
            continue  # a browser always sends it with such a request
        answer = await robot.post(
            f"/api/rooms/{ana.room}/messages", {"body": "from afar"}, headers=headers
        )
        assert answer.status == 201, answer
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.gen_test(timeout=120)
async def test_a_bad_token_is_not_made_good_by_a_cookie(place: Place, ana: Visitor) -> None:
    both = ana.stranger()
    both.cookie = ana.cookie
    for token in ("made-up", " ", "\xe9", "x" * 1000):
        both.token = token
        assert_refused(await both.get("/api/session"), Unauthenticated)
        headers = {"Origin": "https://evil.example"}
        answer = await both.post(f"/api/rooms/{ana.room}/messages", {"body": "x"}, headers=headers)
        assert_refused(answer, Unauthenticated)


@pytest.mark.gen_test(timeout=120)
async def test_another_scheme_of_authorization_is_not_looked_at(ana: Visitor) -> None:
    for value in ("Basic YW5hOng=", "bearer", "Bearer", "Token x"):
        answer = await ana.get("/api/session", headers={"Authorization": value})
        assert answer.status == (401 if value.lower() == "bearer" else 200)


@pytest.mark.gen_test(timeout=120)
async def test_a_name_that_points_here_from_elsewhere_is_not_served(ana: Visitor) -> None:
    for host in ("evil.example", "evil.example:80", "localhost.evil.example", "10.0.0.1"):
        for path in ("/", "/js/main.js", "/api/server", "/api/session"):
            assert_refused(await ana.get(path, headers={"Host": host}), WrongHost)
    for host in ("localhost", "LOCALHOST:8888", "127.0.0.1", "[::1]:8888"):
        assert (await ana.get("/api/session", headers={"Host": host})).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_health_is_told_under_any_name(stranger: Visitor) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await stranger.get(path, headers={"Host": "10.2.3.4:8080"})).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_behind_a_proxy_the_public_address_is_ours(place: Place, ana: Visitor) -> None:
    async with place.serving(origin="https://chat.example.org", hosts="[fd00::1]") as served:
        visitor = served.visitor()
        here = {"Host": "chat.example.org", "Origin": "https://chat.example.org"}
        values = {"username": "dewi", "password": "correct horse battery"}
        answer = await visitor.post("/api/users", values, headers=here)
        assert answer.status == 201
        # A proxy that does not pass the name on: the origin is known all the same.
        answer = await visitor.post(
            "/api/session", values, headers={**here, "Host": "127.0.0.1:8888"}
        )
        assert answer.status == 201
        for headers in (
            {**here, "Origin": "https://example.org"},
            {**here, "Origin": "http://evil.example"},
        ):
            assert_refused(await visitor.post("/api/session", values, headers=headers), CrossSite)
        assert (await visitor.get("/api/server", headers={"Host": "[fd00::1]:80"})).status == 200


@pytest.mark.gen_test(timeout=120)
async def test_under_https_the_cookie_is_bound_to_the_host(place: Place, ana: Visitor) -> None:
    async with place.serving(origin="https://chat.example.org") as served:
        visitor = served.visitor()
        values = {"username": "ana", "password": "correct horse battery"}
        cookie = (await visitor.post("/api/session", values)).cookie
        name, _, attributes = cookie.partition("=")
        assert name == "__Host-tornchat"
        flags = {flag.strip() for flag in attributes.split(";")[1:]}
        assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= flags
        assert not any(flag.startswith("Domain") for flag in flags)
        # The name without the prefix, which a neighbour of the domain could have set, says nothing.
        visitor.cookie = f"tornchat={attributes.partition(';')[0]}"
        assert_refused(await visitor.get("/api/session"), Unauthenticated)
        visitor.cookie = cookie.partition(";")[0]
        ended = await visitor.delete("/api/session")
        assert ended.status == 204
        assert ended.cookie.startswith('__Host-tornchat="";')
        assert "Secure" in ended.cookie


@pytest.mark.gen_test(timeout=120)
async def test_without_https_the_cookie_is_still_hidden_from_scripts(ana: Visitor) -> None:
    other = ana.stranger()
    values = {"username": "ana", "password": "correct horse battery"}
    cookie = (await other.post("/api/session", values)).cookie
    flags = {flag.strip() for flag in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= flags
    assert "Secure" not in flags


@pytest.mark.gen_test(timeout=120)
async def test_the_database_holds_no_token(place: Place, ana: Visitor) -> None:
    token = await token_of(place, "ana")
    secrets = [token.encode(), (ana.cookie or "").partition("=")[2].encode()]
    for file in place.settings.data.rglob("*"):
        if file.is_file() and file.suffix in (".db", ".db-wal", ".aof"):
            assert not any(secret in file.read_bytes() for secret in secrets), file
