"""From nothing, from an older version, and from what must not be touched."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from tornchat.archive.migrate import revisions, upgrade
from tornchat.archive.schema import metadata
from tornchat.domain.errors import DatabaseUnusable


def revision_of(path: Path) -> str:
    with sqlite3.connect(path) as conn:
        (revision,) = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    conn.close()
    return str(revision)


def tables_of(path: Path) -> dict[str, str]:
    """Name -> its SQL, with the spaces and quotes evened out."""
    conn = sqlite3.connect(path)
    rows = conn.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    conn.close()
    return {name: " ".join(sql.split()) for name, sql in rows if name != "alembic_version"}


def is_alembics(thing: object, name: str | None, *more: object) -> bool:
    """Not what SQLite makes of the virtual table for search, nor PostgreSQL's index for it."""
    return "search_grams" not in (name or "")


def test_a_new_database_is_made_for_its_owner_alone(path: Path, url: str) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert revision_of(path) == revisions()[-1]
    with sqlite3.connect(path) as conn:
        marks = dict(conn.execute("SELECT name, value FROM marks"))
    assert marks == {"archived": 0, "fence": 0, "pushed": 0}
    conn.close()


def test_migrations_and_metadata_are_equal(url: str, path: Path, tmp_path: Path) -> None:
    engine = create_engine(url)
    with engine.connect() as conn:
        opts = {"compare_type": True, "include_object": is_alembics}
        context = MigrationContext.configure(conn, opts=opts)
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    direct = tmp_path / "direct.db"
    engine = create_engine(f"sqlite:///{direct}")
    metadata.create_all(engine)
    engine.dispose()
    for name, sql in tables_of(direct).items():
        assert sorted(tables_of(path)[name].split(", ")) == sorted(sql.split(", ")), name


def test_a_second_upgrade_changes_nothing_and_imports_nothing_heavy(url: str, path: Path) -> None:
    before = path.read_bytes()
    program = (
        "import sys, json; from tornchat.archive.migrate import upgrade; upgrade(sys.argv[1]);"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    out = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, check=True, text=True
    )
    assert not {"sqlalchemy", "alembic", "aiosqlite"} & set(json.loads(out.stdout))
    assert path.read_bytes() == before


def test_two_processes_that_upgrade_at_once_both_succeed(path: Path) -> None:
    program = "import sys; from tornchat.archive.migrate import upgrade; upgrade(sys.argv[1])"
    both = [
        subprocess.Popen([sys.executable, "-c", program, f"sqlite:///{path}"]) for _ in range(2)
    ]
    assert [process.wait(60) for process in both] == [0, 0]
    assert revision_of(path) == revisions()[-1]


def test_an_upgrade_that_was_cut_off_before_it_began_is_done_again(path: Path) -> None:
    path.touch()
    upgrade(f"sqlite:///{path}")
    assert revision_of(path) == revisions()[-1]


def test_a_database_of_a_newer_version_is_not_touched(url: str, path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    conn.close()
    with pytest.raises(DatabaseUnusable, match="newer Tornchat"):
        upgrade(url)
    assert revision_of(path) == "9999"


def test_a_revision_that_never_was_is_refused(url: str, path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("UPDATE alembic_version SET version_num = 'abcdef012345'")
    conn.close()
    with pytest.raises(DatabaseUnusable, match="never had"):
        upgrade(url)


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as conn:
        conn.execute("CREATE TABLE recipes (name TEXT)")
    conn.close()
    with pytest.raises(DatabaseUnusable, match="another program"):
        upgrade(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_refused_and_kept(path: Path) -> None:
    path.write_text("Dear diary, " * 1000)
    with pytest.raises(DatabaseUnusable, match="not a database"):
        upgrade(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear diary")


def test_a_folder_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="No such file or directory") as refusal:
        upgrade(f"sqlite:///{tmp_path}/nowhere/tornchat.db")
    assert "\n" not in refusal.value.detail


def test_a_folder_in_the_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DatabaseUnusable, match="not a file"):
        upgrade(f"sqlite:///{path}")


def test_a_database_that_another_program_keeps_locked_is_said_so(
    url: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornchat.archive.blocking.LOCK_WAIT_S", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnusable, match="locked"):
        upgrade(url)
    other.close()
