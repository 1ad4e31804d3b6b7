"""A worker spares itself long looks for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tornchat.app import COLLECT_AFTER, spare_the_collector


@pytest.fixture
def threshold() -> Iterator[tuple[int, int, int]]:
    before = gc.get_threshold()
    yield before
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_there_from_the_start_is_not_looked_through_again(
    threshold: tuple[int, int, int],
) -> None:
    spare_the_collector()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == COLLECT_AFTER > threshold


def test_garbage_is_still_found(threshold: tuple[int, int, int]) -> None:
    spare_the_collector()
    found = gc.get_stats()[0]["collected"]
    for _ in range(3 * COLLECT_AFTER[0]):
        ring: list[object] = []
        ring.append(ring)
    assert gc.get_stats()[0]["collected"] > found
