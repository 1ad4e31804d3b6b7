"""A worker in this process for the tests of the handlers."""

from tests.handlers.place import ana, budi, citra, io_loop, place, served, stranger

__all__ = ["ana", "budi", "citra", "io_loop", "place", "served", "stranger"]
