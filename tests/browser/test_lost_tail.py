"""A server whose machine went down has lost the end of its log: people are told which messages that
they had before their eyes are not stored, and can send their own again."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.people import Faults, new_person
from tests.conftest import StartServer
from tests.faults.killing import kill_everything
from tests.faults.older_redis import copy_of_redis, database, put_back, until_archived

OPTIONS = ("--heartbeat", "1", "--post-rate", "0")
BACK_WITHIN = 60_000
"""Milliseconds, for a whole server that starts again."""


def test_messages_that_a_crash_took_from_the_log_are_said_to_be_lost_and_sent_again(
    chromium: Browser, start_server: StartServer, faults: Faults, tmp_path: Path
) -> None:
    faults.provoke("ERR_|50[023]")
    server = start_server(*OPTIONS)
    ana = new_person(chromium, server.url, "Ana", faults).sign_up()
    ben = new_person(chromium, server.url, "Ben", faults).sign_up()
    ana.create_room("Plans")
    ben.join_room("Plans")
    ana.write("kept")
    ben.sees("kept")
    archived = until_archived(server)
    copy = copy_of_redis(server, tmp_path / "copy")
    with database(server) as held:
        # The archive is held up, so that the messages are nowhere but in the log.
        held.execute("BEGIN IMMEDIATE")
        for one, text in ((ana, "lost 1"), (ben, "lost 2"), (ana, "lost 3")):
            one.write(text)
            for other in (ana, ben):
                expect(other.messages.last).to_have_text(text)
        kill_everything(server)
        held.execute("ROLLBACK")
        held.execute("UPDATE marks SET value = ? WHERE name = 'archived'", [archived])
    put_back(server, copy)
    start_server(*OPTIONS, port=server.port)

    ben.write("is anybody there?")
    mine = ana.page.locator(".message.failed .prose")
    expect(mine).to_have_text(["lost 1", "lost 3"], timeout=BACK_WITHIN)
    states = ana.page.locator(".message.failed .state")
    expect(states.first).to_contain_text("Not stored: the server lost it.")
    expect(ana.page.locator(".loss")).to_have_text(
        "1 message of others was lost here when the server broke down."
    )
    expect(ben.page.locator(".loss")).to_have_text(
        "2 messages of others were lost here when the server broke down."
    )
    expect(ben.page.locator(".message.failed .prose")).to_have_text(["lost 2"])
    ana.page.reload()
    expect(mine).to_have_text(["lost 1", "lost 3"])
    states.first.get_by_role("button", name="Send again").press("Enter")
    expect(mine).to_have_text(["lost 3"])
    states.get_by_role("button", name="Discard").click()
    ana.sees("kept", "is anybody there?", "lost 1")
    ben.page.get_by_role("button", name="Send again").click()
    texts = ("kept", "is anybody there?", "lost 1", "lost 2")
    ana.sees(*texts)
    ben.sees(*texts)
    ben.page.reload()
    ben.sees(*texts)
    for one in (ana, ben):
        one.context.close()
