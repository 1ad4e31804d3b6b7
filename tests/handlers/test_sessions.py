"""Where somebody is signed in, and signing out there."""

from __future__ import annotations

import pytest

from tests.handlers.visitor import PASSWORD, Visitor, assert_refused
from tornchat.domain.devices import device_of
from tornchat.domain.errors import Forbidden, NotFound, Unauthenticated

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        (PHONE, "Safari, iPhone"),
        ("curl/8.0", ""),
        ("<script>Windows", "Windows"),
        ("", ""),
    ],
)
def test_a_device_is_called_by_names_of_ours(agent: str, name: str) -> None:
    assert device_of(agent) == name


@pytest.mark.gen_test(timeout=120)
async def test_a_session_is_listed_and_ended_from_another_device(
    ana: Visitor, budi: Visitor
) -> None:
    phone = ana.stranger()
    answer = await phone.post(
        "/api/session",
        {"username": "ana", "password": PASSWORD},
        headers={"User-Agent": PHONE},
    )
    phone._seen(answer)
    stream = await phone.stream()
    await stream.until("hello")
    here, there = await ana.get("/api/sessions"), await phone.get("/api/sessions")
    assert (here.status, there.status) == (200, 200)
    [mine] = [session for session in there.json["sessions"] if session["this"]]
    assert (mine["kind"], mine["label"]) == ("cookie", "Safari, iPhone")
    assert mine["id"] in [one["id"] for one in here.json["sessions"] if not one["this"]]
    assert not any(session["id"] in (ana.cookie or "") for session in here.json["sessions"])

    # Nobody ends what is another's, and sees no difference to what is not there.
    assert_refused(await budi.delete(f"/api/sessions/{mine['id']}", json={}), NotFound)
    assert_refused(await ana.delete("/api/sessions/0123456789abcdef", json={}), NotFound)
    assert (await ana.delete(f"/api/sessions/{mine['id']}", json={})).status == 204
    bye, _ = await stream.until("bye")
    assert bye == {"code": "signed_out", "retry": False}
    assert_refused(await phone.get("/api/session"), Unauthenticated)
    assert (await ana.get("/api/session")).status == 200
    left = (await ana.get("/api/sessions")).json["sessions"]
    assert mine["id"] not in [session["id"] for session in left]
    stream.close()


@pytest.mark.gen_test(timeout=120)
async def test_a_token_cannot_sign_its_owner_out(ana: Visitor) -> None:
    bearer = ana.stranger()
    assert ana.cookie is not None
    # A cookie's token is accepted as a bearer's, too, and stays a cookie's session.
    bearer.token = ana.cookie.partition("=")[2]
    assert (await bearer.get("/api/sessions")).status == 200
    bot = (await ana.post("/api/bots", {"username": "helper", "display_name": "Helper"})).json
    if token := bot.get("token"):
        bearer.token = token
        assert_refused(await bearer.delete("/api/sessions/0123456789abcdef", json={}), Forbidden)
