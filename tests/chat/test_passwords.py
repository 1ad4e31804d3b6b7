"""Passwords are hashed off the loop, by few threads, for a bounded number of callers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from tornchat.chat.passwords import MOST_WAITING, THREADS, Passwords
from tornchat.domain.errors import TooMany, Unavailable


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    passwords = Passwords()
    yield passwords
    passwords.close()


def test_a_password_is_verified_against_its_hash_alone(passwords: Passwords) -> None:
    async def story() -> None:
        stored = await passwords.hash("correct horse")
        assert stored.startswith("$argon2id$")
        assert "correct" not in stored
        assert await passwords.verify(stored, "correct horse")
        assert not await passwords.verify(stored, "correct horsf")
        assert not await passwords.verify(stored, "")
        assert stored != await passwords.hash("correct horse")
        assert not passwords.outdated(stored)

    asyncio.run(story())


def test_a_letter_typed_in_two_ways_is_one_letter(passwords: Passwords) -> None:
    async def story() -> None:
        assert await passwords.verify(
            await passwords.hash("caf\u00e9 au lait"), "cafe\u0301 au lait"
        )

    asyncio.run(story())


def test_a_stranger_is_refused_as_slowly_as_a_wrong_password(passwords: Passwords) -> None:
    async def timed(stored: str | None) -> float:
        best = 1e9
        for _ in range(3):
            begun = time.process_time()  # of all threads; others may have the machine meanwhile
            assert not await passwords.verify(stored, "wrong password")
            best = min(best, time.process_time() - begun)
        return best

    async def story() -> None:
        known = await timed(await passwords.hash("right password"))
        assert known / 2 < await timed(None) < known * 2

    asyncio.run(story())


@pytest.mark.parametrize("stored", ["", "rubbish", "$argon2id$v=19$m=65536,t=3,p=4$AAAA$AAAA"])
def test_a_damaged_hash_lets_nobody_in(passwords: Passwords, stored: str) -> None:
    assert not asyncio.run(passwords.verify(stored, "password"))


def test_half_a_character_is_a_wrong_password_and_no_failure(passwords: Passwords) -> None:
    assert not asyncio.run(passwords.verify(None, "\ud800" * 8))


def test_a_hash_with_weaker_parameters_is_outdated(passwords: Passwords) -> None:
    weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 43
    assert passwords.outdated(weak)


def test_the_operator_says_how_much_memory_a_hash_takes(passwords: Passwords) -> None:
    async def story() -> None:
        stored = await passwords.hash("correct horse")
        assert "$m=65536,t=3,p=4$" in stored
        smaller = Passwords(19)
        assert smaller.outdated(stored)
        assert await smaller.verify(stored, "correct horse")
        anew = await smaller.hash("correct horse")
        assert "$m=19456,t=3,p=4$" in anew
        assert not smaller.outdated(anew)
        assert passwords.outdated(anew)
        smaller.close()

    asyncio.run(story())


def test_the_loop_goes_on_while_passwords_are_hashed(passwords: Passwords) -> None:
    async def story() -> None:
        work = [asyncio.create_task(passwords.hash("correct horse")) for _ in range(3)]
        turns = 0
        while not all(task.done() for task in work):
            await asyncio.sleep(0.001)
            turns += 1
        assert turns > 2, "where it stands still it is one"

    asyncio.run(story())


def test_a_crowd_at_the_door_is_told_to_come_again(passwords: Passwords) -> None:
    async def story() -> None:
        crowd = [
            asyncio.create_task(passwords.verify(None, "password"))
            for _ in range(THREADS + MOST_WAITING)
        ]
        await asyncio.sleep(0)
        with pytest.raises(TooMany) as refusal:
            await passwords.verify(None, "password")
        assert refusal.value.retry_after == 2
        for one in crowd:
            one.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        assert not await passwords.verify(None, "password")

    asyncio.run(story())


def test_what_waits_when_the_worker_stops_is_unavailable() -> None:
    async def story() -> None:
        passwords = Passwords()
        asked = [asyncio.ensure_future(passwords.hash("correct horse")) for _ in range(8)]
        await asyncio.sleep(0)
        passwords.close()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(answer) for answer in answers} == {str, Unavailable}
        with pytest.raises(Unavailable):
            await passwords.hash("correct horse")

    asyncio.run(story())
