"""What people choose for themselves: kept with the account, and told to their other devices."""

from __future__ import annotations

import asyncio

import pytest

from tests.handlers.visitor import Visitor, assert_refused
from tornchat.domain.errors import InvalidValue, TooMany

SETTINGS = "/api/users/me/settings"


@pytest.mark.gen_test(timeout=120)
async def test_settings_are_kept_and_only_my_devices_hear_of_them(
    ana: Visitor, budi: Visitor
) -> None:
    start = (await ana.get("/api/session")).json
    assert start["settings"] == {}
    first = await ana.ask("PATCH", SETTINGS, {"theme": "dark", "sound": False, "language": "id"})
    assert first.json == {"theme": "dark", "sound": False, "language": "id"}
    await ana.ask("PATCH", SETTINGS, {"theme": "dark"})
    second = await ana.ask("PATCH", SETTINGS, {"theme": None, "clock": "24"})
    assert second.json == {"sound": False, "language": "id", "clock": "24"}
    told = (await ana.poll(start["cursor"]))["events"]
    assert [event["settings"] for event in told if event["kind"] == "settings"] == [
        first.json,
        second.json,
    ]
    assert (await (await ana.again()).get("/api/session")).json["settings"] == second.json
    heard = (await budi.poll(start["cursor"]))["events"]
    assert not [event for event in heard if event["kind"] == "settings"]


@pytest.mark.gen_test(timeout=120)
async def test_what_is_no_setting_is_refused_and_changes_nothing(ana: Visitor) -> None:
    before = (await ana.get("/api/session")).json["settings"]
    for wrong in (
        {"theme": "pink"},
        {"sound": 1},
        {"sound": "true"},
        {"clock": 12},
        {"language": "x" * 50},
        {"language": ["en"]},
        {"theme": "dark", "unknown": True},
    ):
        assert_refused(await ana.ask("PATCH", SETTINGS, wrong), InvalidValue)
    assert (await ana.get("/api/session")).json["settings"] == before


@pytest.mark.gen_test(timeout=120)
async def test_settings_are_not_changed_without_end(budi: Visitor) -> None:
    asked = (budi.ask("PATCH", SETTINGS, {"send": "ctrl"}) for _ in range(90))
    refused = [answer for answer in await asyncio.gather(*asked) if answer.status != 200]
    assert_refused(refused[0], TooMany)
