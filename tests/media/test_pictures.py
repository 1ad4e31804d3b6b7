"""What is made of pictures, and of what only says that it is one."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.media.samples import HTML, SVG, bomb, moving, photo, picture
from tornchat.domain.errors import InvalidValue
from tornchat.domain.files import UNKNOWN, check_file_name, kind_of, served_as
from tornchat.media.folder import Folder, new_id
from tornchat.media.photos import without_notes
from tornchat.media.pictures import Picture, shrink


def kept(folder: Path, content: bytes) -> Path:
    path = folder / "source"
    path.write_bytes(content)
    return path


def test_a_photo_becomes_small_upright_and_tells_nothing(tmp_path: Path) -> None:
    target = tmp_path / "small"
    found = shrink(kept(tmp_path, photo()), target, 100)
    assert found == Picture("image/jpeg", 480, 640, 6, False, 75, 100)
    with Image.open(target) as small:
        assert (small.format, small.size) == ("WEBP", (75, 100))
        assert not small.getexif()
        assert "exif" not in small.info
        assert "icc_profile" not in small.info
    assert b"maker of phones" not in target.read_bytes()


def test_what_a_camera_noted_goes_and_the_picture_stays_as_it_was() -> None:
    for turned in (True, False):
        before = photo(turned=turned)
        assert b"maker of phones" in before
        after = without_notes(before + b"another picture behind the first", 6 if turned else 1)
        assert after is not None
        for told in (b"maker of phones", b"at home", b"another picture"):
            assert told not in after
        with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
            assert new.getexif().get(0x0112, 1) == (6 if turned else 1)
            assert not new.getexif().get_ifd(0x8825)
            assert old.tobytes() == new.tobytes()
    for broken in (b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\xff\xff", picture(), photo()[:500]):
        assert without_notes(broken, 1) is None


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_a_broken_jpeg_ends_the_search_for_notes(rest: bytes, cut: int) -> None:
    without_notes(b"\xff\xd8" + rest, 6)
    without_notes(photo_once()[:cut] + rest, 6)


@cache
def photo_once() -> bytes:
    return photo()


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\cat.png", "cat.png"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        ("a\0b\r\nSet-Cookie: x.png", "abSet-Cookie: x.png"),
        ("invoice_\u202egpj.exe", "invoice_gpj.exe"),
        ("  two   words .txt", "two words .txt"),
        (".htaccess", ".htaccess"),
        ("東京 🗼.jpg", "東京 🗼.jpg"),
        ("x" * 300 + ".tar.gz", "x" * 117 + ".gz"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
    ],
)
def test_a_name_is_one_line_without_a_path(given: str, clean: str) -> None:
    assert check_file_name(given) == clean


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=150))
def test_whatever_a_file_is_called_its_name_is_harmless(name: str) -> None:
    try:
        clean = check_file_name(name)
    except InvalidValue:
        assert any("\ud800" <= char <= "\udfff" for char in name)
        return
    assert 0 < len(clean) <= 120
    assert not set("/\\\0\r\n") & set(clean)
    assert clean not in (".", "..")
    assert check_file_name(clean) == clean


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([HTML, SVG, b"<?xml", b"#!/bin/sh\n", b"MZ"]), st.binary(max_size=50))
def test_what_can_act_is_never_served_as_itself(start: bytes, rest: bytes) -> None:
    assert served_as(kind_of(start + rest)) == UNKNOWN


def test_an_avatar_is_a_square(tmp_path: Path) -> None:
    target = tmp_path / "small"
    found = shrink(kept(tmp_path, photo(turned=False)), target, 64, square=True)
    assert found == Picture("image/jpeg", 640, 480, 1, False, 64, 64)


def test_a_picture_that_moves_is_known_to(tmp_path: Path) -> None:
    found = shrink(kept(tmp_path, moving()), tmp_path / "small", 100)
    assert found == Picture("image/gif", 20, 10, 1, True, 20, 10)


def test_a_bomb_or_what_is_no_picture_leaves_nothing(tmp_path: Path) -> None:
    bombs = {
        "pixels": bomb(),
        "svg": SVG,
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        "cut": photo()[:700],
        "html": HTML,
        "nothing": b"",
    }
    target = tmp_path / "small"
    for name, content in bombs.items():
        source = tmp_path / name
        source.write_bytes(content)
        assert shrink(source, target, 100) is None, name
        assert not target.exists()


def test_a_file_is_in_its_place_whole_or_not_at_all(tmp_path: Path) -> None:
    folder, id = Folder(tmp_path / "files"), new_id()
    folder.prepare()
    with folder.open_incoming(id) as file:
        file.write(b"hello")
    assert not folder.path(id).exists()
    folder.keep(folder.incoming(id), id)
    with folder.aside(b"small") as small:
        folder.keep(small, id, thumb=True)
    assert folder.path(id).read_bytes() == b"hello"
    assert folder.path(id).stat().st_mode & 0o777 == 0o600
    assert folder.path(id, thumb=True).read_bytes() == b"small"
    for _ in range(2):
        folder.remove(id)
        assert not folder.path(id).exists()
        assert not folder.path(id, thumb=True).exists()


def test_what_was_cut_off_is_swept_once_it_is_old(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "files")
    folder.prepare()
    folder.open_incoming(new_id()).close()
    assert folder.sweep(older_than_s=3600) == 0
    assert folder.sweep(older_than_s=-1) == 1
    assert list((folder.root / "incoming").iterdir()) == []
