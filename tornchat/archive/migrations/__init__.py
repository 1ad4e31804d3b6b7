"""Alembic's scripts.

A revision is a file ``versions/rev_NNNN_<what>.py`` with ``revision = "NNNN"``: the server compares
these names with the database at its start, before it would import Alembic.
"""
