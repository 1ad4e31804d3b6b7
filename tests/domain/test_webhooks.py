"""What follows from the answer of a webhook's address."""

from __future__ import annotations

from tornchat.domain import webhooks


def test_after_a_failure_the_pause_grows_and_a_day_ends_it() -> None:
    pauses = [
        webhooks.after_failure(tries, 0, 500, "x", None, 1.0).pause for tries in (0, 1, 5, 60)
    ]
    assert pauses == [2_000, 4_000, 64_000, 900_000]
    assert webhooks.after_failure(0, 0, 500, "x", None, 0.0).pause == 1_000
    assert webhooks.after_failure(0, 0, 429, "x", 30.0, 0.0).pause == 30_000
    assert webhooks.after_failure(3, 0, 410, "x", None, 0.0).ended
    over = webhooks.after_failure(99, webhooks.GIVE_UP_MS, 0, "No answer.", None, 0.0)
    assert over.ended is not None
    assert "No answer." in over.ended
