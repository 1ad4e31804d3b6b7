"""Fixtures for the tests that break things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.own_redis import OwnRedis
from tests.line import Line


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis of the test's own."""
    redis = OwnRedis(tmp_path / "own-redis")
    yield redis
    redis.thaw()
    redis.kill()


@pytest.fixture
def line(own_redis: OwnRedis) -> Iterator[Line]:
    """A line to the test's own Redis, in good order."""
    with Line(own_redis.port) as line:
        yield line
