"""The page and its files: what is served, under which policy, and what never is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.handlers.visitor import Answer, Visitor, assert_guarded, assert_refused
from tornchat.domain.errors import CrossSite, MethodNotAllowed, NotFound, Unauthenticated, WrongType
from tornchat.handlers.page_version import PageVersion
from tornchat.settings import web_root


def policy_of(answer: Answer) -> dict[str, str]:
    text = answer.headers["Content-Security-Policy"]
    return dict(part.strip().partition(" ")[::2] for part in text.split(";"))


@pytest.mark.gen_test(timeout=120)
async def test_the_page_is_there_for_strangers_at_every_address_of_the_app(
    stranger: Visitor,
) -> None:
    page = (web_root() / "index.html").read_bytes()
    for path in ("/", "/rooms", "/rooms/0123456789", "/a/b/c", "/js/"):
        answer = await stranger.get(path)
        assert (answer.status, answer.body) == (200, page), path
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert_guarded(answer)


@pytest.mark.gen_test(timeout=120)
async def test_the_policy_of_the_page_lets_only_our_own_files_in(stranger: Visitor) -> None:
    policy = policy_of(await stranger.get("/"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in str(policy)


@pytest.mark.gen_test(timeout=120)
async def test_every_file_is_served_with_its_type(stranger: Visitor) -> None:
    types = {
        ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
        ".json": "application/json", ".html": "text/html",
    }  # fmt: skip
    files = [path for path in web_root().rglob("*") if path.suffix in types]
    files.remove(web_root() / "service-worker.js")
    assert len(files) > 20
    for file in files:
        answer = await stranger.get(f"/{file.relative_to(web_root())}")
        assert (answer.status, answer.body) == (200, file.read_bytes())
        assert answer.headers["Content-Type"].partition(";")[0] == types[file.suffix]
        assert_guarded(answer)


@pytest.mark.gen_test(timeout=120)
async def test_the_worker_that_keeps_the_page_is_told_its_version_and_its_files(
    stranger: Visitor,
) -> None:
    answer = await stranger.get("/service-worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert_guarded(answer)
    head, files, rest = answer.body.decode().split("\n", 2)
    version = json.loads(head.removeprefix("const VERSION = ").rstrip(";"))
    kept = json.loads(files.removeprefix("const FILES = ").rstrip(";"))
    assert rest == (web_root() / "service-worker.js").read_text()
    assert {"/", "/js/main.js", "/panels/keys.js", "/locale/id.json"} <= set(kept)
    assert not [file for file in kept if file.startswith("/lab") or file == "/index.html"]
    for file in ("/", "/js/main.js", "/manifest.webmanifest"):
        assert (await stranger.get(file)).headers["Tornchat-Page"] == version
    known = await stranger.get(
        "/service-worker.js", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert known.status == 304


def test_another_file_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "service-worker.js").write_text("a")
    (tmp_path / "b.js").write_text("b")
    first = PageVersion(tmp_path).name
    assert PageVersion(tmp_path).name == first
    (tmp_path / ".#b.js").symlink_to("nobody@nowhere.1")  # as editors mark what they have open
    assert PageVersion(tmp_path).name == first
    (tmp_path / "b.js").write_text("c")
    assert PageVersion(tmp_path).name != first


@pytest.mark.gen_test(timeout=120)
async def test_a_file_that_is_known_is_not_sent_again(stranger: Visitor) -> None:
    etag = (await stranger.get("/js/main.js")).headers["ETag"]
    answer = await stranger.get("/js/main.js", headers={"If-None-Match": etag})
    assert (answer.status, answer.body) == (304, b"")
    head = await stranger.ask("HEAD", "/js/main.js")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", etag)
    part = await stranger.get("/js/main.js", headers={"Range": "bytes=0-9"})
    assert (part.status, len(part.body)) == (206, 10)
    for answer in (head, part):
        assert_guarded(answer)


@pytest.mark.gen_test(timeout=120)
@pytest.mark.parametrize(
    "path",
    [
        "/../setup.cfg", "/js/../../setup.cfg", "/%2e%2e/setup.cfg", "/..%2fsetup.cfg",
        "/js/..%2f..%2fsetup.cfg", "/..%5csetup.cfg", "//etc/passwd.", "/%2fetc/hosts.x",
        "/js/main.js/x.y", "/.git/config.x", "/index.html%00.png", "/..", "/js/..",
        "/missing.js", "/js/%ff.js", "/" + "a" * 300 + ".js",
    ],
)  # fmt: skip
async def test_nothing_outside_of_the_folder_is_served(stranger: Visitor, path: str) -> None:
    answer = await stranger.get(path)
    assert b"tornchat" not in answer.body.lower() or answer.status != 200
    assert b"root:" not in answer.body
    if answer.status == 301:
        assert answer.headers["Location"].startswith("/js/")
    elif answer.status == 400:
        assert answer.json["code"] == "bad_request"
    else:
        assert_refused(answer, NotFound)


@pytest.mark.gen_test(timeout=120)
async def test_the_page_takes_nothing(stranger: Visitor, ana: Visitor) -> None:
    assert_refused(
        await stranger.post("/", body=b"a=b", headers={"Content-Type": "x/y"}), WrongType
    )
    assert_refused(await stranger.post("/", {}), Unauthenticated)
    assert_refused(await ana.post("/", {}), MethodNotAllowed)
    foreign = {"Origin": "https://evil.example"}
    assert_refused(await ana.post("/", {}, headers=foreign), CrossSite)


@pytest.mark.gen_test(timeout=120)
async def test_answers_of_the_api_are_not_kept_by_caches(ana: Visitor) -> None:
    for path in ("/api/session", "/api/server", "/api/rooms", "/api/nothing", "/healthz"):
        answer = await ana.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert_guarded(answer)
