"""What is made of pictures, and of what only says that it is one."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import Image

from tornchat.media.folder import Folder, new_id
from tornchat.media.pictures import Picture, shrink


def photo(path: Path, *, turned: bool = True) -> Path:
    """A photo as a phone makes it, with what a phone notes in it."""
    image = Image.effect_noise((640, 480), 40).convert("RGB")
    exif = image.getexif()
    if turned:
        exif[0x0112] = 6
    exif[0x010F] = "A maker of phones"
    exif.get_ifd(0x8825)[1] = "S"
    image.save(path, "JPEG", exif=exif)
    return path


def test_a_photo_becomes_small_upright_and_tells_nothing(tmp_path: Path) -> None:
    target = tmp_path / "small"
    found = shrink(photo(tmp_path / "photo"), target, 100)
    assert found == Picture("image/jpeg", 480, 640, False, 75, 100)
    with Image.open(target) as small:
        assert (small.format, small.size) == ("WEBP", (75, 100))
        assert not small.getexif()
        assert "exif" not in small.info
        assert "icc_profile" not in small.info
    assert b"maker of phones" not in target.read_bytes()


def test_an_avatar_is_a_square(tmp_path: Path) -> None:
    target = tmp_path / "small"
    found = shrink(photo(tmp_path / "photo", turned=False), target, 64, square=True)
    assert found == Picture("image/jpeg", 640, 480, False, 64, 64)


def test_a_picture_that_moves_is_known_to(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "moving", "GIF", save_all=True, append_images=frames[1:])
    found = shrink(tmp_path / "moving", tmp_path / "small", 100)
    assert found == Picture("image/gif", 20, 10, True, 20, 10)


def test_a_bomb_or_what_is_no_picture_leaves_nothing(tmp_path: Path) -> None:
    bombs = {
        "pixels": png(60_000, 60_000),
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        "cut": photo(tmp_path / "photo").read_bytes()[:700],
        "html": b"<!doctype html><script>alert(1)</script>",
        "nothing": b"",
    }
    target = tmp_path / "small"
    for name, content in bombs.items():
        source = tmp_path / name
        source.write_bytes(content)
        assert shrink(source, target, 100) is None, name
        assert not target.exists()


def png(width: int, height: int) -> bytes:
    """A PNG that says to be of a size, with next to nothing in it."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 1000)
    magic = b"\x89PNG\r\n\x1a\n"
    return magic + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


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
