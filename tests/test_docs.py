"""The documents and the code say the same."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.running import ROOT
from tornchat import metrics
from tornchat.chat.messages import page_json
from tornchat.domain import announcements, audit
from tornchat.domain.changes import (
    CHANGES,
    PINNED,
    REACTED,
    UNPINNED,
    UNREACTED,
    message_deleted,
    message_edited,
    message_previewed,
    pin,
    reaction,
)
from tornchat.domain.errors import TornchatError, Unusable, every_error
from tornchat.domain.events import (
    EPHEMERAL_KINDS,
    KINDS,
    STREAM_KINDS,
    Event,
    message,
    presence,
    probe,
    typing,
)
from tornchat.domain.mentions import Said
from tornchat.domain.messages import Message, message_of
from tornchat.handlers.base import Handler
from tornchat.handlers.routes import ROUTES
from tornchat.settings import docs_table
from tornchat.wire.browser import event_object

PROTOCOL = (ROOT / "docs" / "protocol.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SAID = Said(["q7w2e4r6t8"], True)
MESSAGE = Message(1, 0, "8r5c0tq2mz", "v4gm1k9x2p", "", "", reply_author="q7w2e4r6t8")
ROOM, ANA, BUDI = "8r5c0tq2mz", "v4gm1k9x2p", "q7w2e4r6t8"


def section(title: str) -> str:
    """What stands below a heading, up to the next one of its rank."""
    marks, text = re.findall(rf"^(#+) {re.escape(title)}\n(.*)", PROTOCOL, re.M | re.S)[0]
    return re.split(rf"^#{{1,{len(marks)}}} ", text, flags=re.M)[0]


def examples(title: str) -> list[Any]:
    return [json.loads(text) for text in re.findall(r"```json\n(.*?)```", section(title), re.S)]


def table(text: str) -> list[list[str]]:
    """The rows of all tables in ``text``, without their heads."""
    rows = []
    for part in re.findall(r"((?:^\|.*\n)+)", text, re.M):
        rows += [
            [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
            for row in part.splitlines()[2:]
        ]
    return rows


def headings(text: str) -> set[str]:
    return set(re.findall(r"^#### (.*)", text, re.M))


def test_every_route_is_documented_with_its_methods() -> None:
    there = set()
    for pattern, handler in ROUTES:
        last = "NAME" if "/files/" in pattern else "EMOJI"
        path = re.sub(r"(messages|files|thumbs|avatars)/\(\[a-z0-9\]\+\)", r"\1/ID", pattern)
        path = path.replace("([^/]+)", last).replace("([A-Za-z0-9_-]+)", "SECRET")
        path = path.replace("hooks/([a-z0-9]+)", "hooks/H").replace("bots/([a-z0-9]+)", "bots/U")
        path = path.replace("sessions/([a-z0-9]+)", "sessions/ID")
        path = path.replace("blocks/([a-z0-9]+)", "blocks/U")
        path = path.replace("users/([a-z0-9]+)", "users/U")
        path = path.replace("people/([a-z0-9]+)", "people/U")
        path = path.replace("([a-z0-9]+)", "R", 1).replace("([a-z0-9]+)", "U")
        for method in METHODS:
            if getattr(handler, method.lower()) is not getattr(Handler, method.lower()):
                there.add(f"{method} {path}")
    assert headings(section("Routes")) == there


def test_the_public_routes_are_marked_as_such() -> None:
    public = set()
    for heading in headings(section("Routes")):
        _, _, below = PROTOCOL.partition(f"#### {heading}\n")
        below = re.sub(r"\A(#### .*\n)+", "", below)
        if re.match(r"\n?\*Public", below):
            public.add(heading)
    expected = {
        f"{method} {pattern.replace('([A-Za-z0-9_-]+)', 'SECRET')}"
        for pattern, handler in ROUTES
        for method in handler.public
    }
    assert public == expected


def test_every_kind_of_event_is_documented() -> None:
    events = section("Events")
    assert headings(section("Of the stream itself")) == set(STREAM_KINDS)
    assert headings(section("Of topics")) == set(KINDS)
    assert headings(section("Said live")) == set(EPHEMERAL_KINDS)
    assert headings(events) == set(KINDS) | set(STREAM_KINDS) | set(EPHEMERAL_KINDS)


def fields_of(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Topic and fields of an event of this kind, as the code makes it."""
    if kind == "probe":
        return [(f"user:{ANA}", {**probe(1, "f3a1", 4), "heard": 2})]
    made = {
        "room.created": announcements.room_created(ROOM, "Garden", "", ANA),
        "room.changed": announcements.room_changed(
            ROOM,
            ANA,
            {
                "name": "Garden",
                "description": "",
                "private": False,
                "history": "all",
                "posting": "all",
                "adding": "all",
            },
            outside=None,
            readable=None,
            staff_ids=[ANA],
        ),
        "room.archived": announcements.room_archived(ROOM, ANA, known=False),
        "member.changed": announcements.role_changed(ROOM, BUDI, "moderator", ANA),
        "member.joined": announcements.joined(ROOM, BUDI, "budi", "Budi", "member", ANA),
        "member.left": announcements.left(ROOM, BUDI, BUDI),
        "person.changed": announcements.person_changed(
            ANA,
            {"id": ANA, "username": "ana", "display_name": "Ana", "status": {"mode": "away"}},
        ),
        "read": announcements.read_up_to(ANA, ROOM, 1, 0),
        "blocked": announcements.blocked(ANA, BUDI, None),
        "settings": announcements.settings_changed(ANA, {"theme": "dark"}),
        "unblocked": announcements.unblocked(ANA, BUDI, None),
        "level": announcements.level_chosen(ANA, ROOM, "mentions"),
    }
    if kind in CHANGES:
        by_kind = {
            "message.edited": message_edited(MESSAGE, "**Hello**", "<p></p>", SAID),
            "message.deleted": message_deleted(ROOM, 1, ANA, ANA),
            **{name: reaction(name, ROOM, 1, BUDI, "👍") for name in (REACTED, UNREACTED)},
            **{name: pin(name, ROOM, 1, BUDI) for name in (PINNED, UNPINNED)},
            "message.previewed": message_previewed(ROOM, 1, ANA, [{}]),
        }
        return [(f"room:{ROOM}", by_kind[kind])]
    if kind == "message":
        said = message(ROOM, ANA, "**Hi**", "<p></p>", "f3a1", 1, BUDI) | SAID.fields()
        return [(f"room:{ROOM}", said)]
    return [(topic, dict(fields)) for topic, fields in made[kind].events]


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_an_event_is_like_the_real_one(kind: str) -> None:
    [example] = examples(kind)
    assert example["kind"] == kind
    real = {}
    for topic, fields in fields_of(kind):
        if topic == example["topic"]:
            real = event_object(Event(2, 1, topic, {**fields, "at": 0}))
    assert example.keys() == real.keys()
    assert {name: type(value) for name, value in example.items()} == {
        name: type(value) for name, value in real.items()
    }


def test_the_examples_of_what_is_said_live_are_like_the_real_ones() -> None:
    made = {"typing": (f"room:{ROOM}", typing(ROOM, BUDI)), "presence": ("space", presence({}, 0))}
    for kind, (topic, fields) in made.items():
        [example] = examples(kind)
        assert example.keys() == event_object(Event(0, 0, topic, {**fields, "at": 0})).keys()


def test_the_example_of_a_message_is_like_the_real_one() -> None:
    [example] = examples("Message")
    fields = message(ROOM, ANA, "**Hi**", "<p></p>", "f3a1", 1, BUDI)
    real = message_of(2, {**fields, "at": 0})
    assert example.keys() == real.public().keys()
    [page] = examples("GET /api/rooms/R/messages")
    assert page.keys() == page_json(([Message(1, 0, ROOM, ANA, "", "")], False)).keys()


def errors_of(row: list[str]) -> tuple[int, str, str]:
    return int(row[0]), row[1], row[2]


def test_every_error_is_in_its_table_and_no_other() -> None:
    ours = [error for error in every_error() if error.__module__ == TornchatError.__module__]
    over_http, by_the_shell = section("Errors").split("These are said by the command line")
    assert {errors_of(row) for row in table(over_http)} == {
        (error.status, error.code, error.title) for error in ours if not issubclass(error, Unusable)
    }
    assert {(row[0], row[1]) for row in table(by_the_shell)} == {
        (error.code, error.title) for error in ours if issubclass(error, Unusable)
    }


def test_every_error_that_is_mentioned_is_one() -> None:
    codes = {error.code for error in every_error()}
    mentioned = set(re.findall(r"\b[45]\d\d `([a-z_]+)`", PROTOCOL))
    assert mentioned
    assert mentioned <= codes


def test_the_example_of_an_error_is_like_the_real_one() -> None:
    [example] = examples("Errors")
    real = {error.code: error().problem() for error in every_error()}
    assert example == real[example["code"]]


def test_the_table_of_figures_is_the_codes_own() -> None:
    assert metrics.docs_table() in OPERATIONS
    named = set(re.findall(r"\btornchat_[a-z_]+", OPERATIONS)) - {"tornchat_info"}
    known = {figure.name for figure in metrics.FIGURES}
    endings = ("_bucket", "_count", "_sum")
    assert {name for name in named if not name.endswith(endings)} == known


def test_the_table_of_settings_is_the_codes_own() -> None:
    assert docs_table() in OPERATIONS


def test_every_kind_of_the_audit_log_is_documented() -> None:
    assert {row[0]: row[1] for row in table(section("GET /api/admin/audit"))} == audit.KINDS


@pytest.mark.parametrize("name", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    file = ROOT / name
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", file.read_text("utf-8")):
        found = (file.parent / target) if target else file
        assert found.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)", found.read_text("utf-8"), re.M)
            slugs = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
            assert anchor in slugs, anchor
