"""A database as the migrations leave it, made once: making one costs most of a second."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tornchat.archive import migrate


def furnish(folder: Path) -> None:
    """Make a data folder in which nobody has been yet, but that has its database."""
    folder.mkdir(mode=0o700, parents=True)
    new_database(folder / "tornchat.db")


def new_database(path: Path) -> None:
    """Write a new database into a file that is not there yet."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(_as_made())


@cache
def _as_made() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tornchat.db"
        migrate.upgrade(f"sqlite:///{path}")
        return path.read_bytes()
