"""A real Redis, as for the tests of the log."""

from tests.log.conftest import own_redis, redis

__all__ = ["own_redis", "redis"]
