"""Files as people send them, good ones and bad ones, made here."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

SCRIPT = b"<script>document.title = 'owned'; parent.document.title = 'owned'</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" + SCRIPT + b"</svg>"
HTML = b"<!doctype html><title>x</title>" + SCRIPT


def picture(width: int = 64, height: int = 48, kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


def photo(*, turned: bool = True) -> bytes:
    """A photo as a phone makes it, with what a phone notes in it."""
    image = Image.effect_noise((640, 480), 40).convert("RGB")
    exif = image.getexif()
    if turned:
        exif[0x0112] = 6
    exif[0x010F] = "A maker of phones"
    exif.get_ifd(0x8825)[1] = "S"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"at home", progressive=turned)
    return out.getvalue()


def moving() -> bytes:
    """A GIF of two frames."""
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG that says to be of a size, with next to nothing in it."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 1000)
    magic = b"\x89PNG\r\n\x1a\n"
    return magic + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    """Ten megabytes of nothing in ten kilobytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("nothing", b"\0" * 10_000_000)
    return out.getvalue()


def sound() -> bytes:
    """A tenth of a second of silence."""
    samples = b"\0\0" * 800
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    data = struct.pack("<4sI", b"data", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(data)) + b"WAVE" + head + data


def polyglots() -> dict[str, bytes]:
    """Each begins like one thing and goes on like another."""
    gif = picture(kind="GIF")
    return {
        "gif and script": gif + b"/*" + SCRIPT + b"*/=1;alert(1)",
        "gif head and html": b"GIF89a/*" + HTML + b"*/",
        "png and html": picture() + HTML,
        "jpeg and zip": photo() + zip_bomb(),
        "pdf and html": b"%PDF-1.7\n" + HTML,
        "mp3 and html": b"ID3\x03\x00\x00\x00\x00\x00\x00" + HTML,
        "mp4 and html": b"\0\0\0\x18ftypmp42" + HTML,
        "wav and html": b"RIFF\x00\x00\x00\x00WAVE" + HTML,
        "text and html": b"plain\n" + HTML,
    }
