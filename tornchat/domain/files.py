"""Files that people send: what they may be called, and what they are.

What somebody says that a file is does not count. Its type is told from its first bytes, by a short
list: what a browser may show or play on this page. Everything else is `UNKNOWN`, a thing to be
downloaded; HTML, SVG and other things that can act are never more than that.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from tornchat.domain.errors import InvalidValue
from tornchat.domain.rules import is_text

MOST_FILES = 10
"""In one message."""
MOST_NAME = 120
"""Characters; what is longer is cut before its ending."""
HEAD_BYTES = 4096
"""So many bytes tell what a file is."""

UNKNOWN = "application/octet-stream"
PDF = "application/pdf"
ZIP = "application/zip"
PLAIN = "text/plain"
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PLAYED = frozenset(
    {
        *("audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/flac", "audio/aac"),
        *("audio/webm", "video/mp4", "video/webm", "video/ogg"),
    }
)
SHOWN = PICTURES | PLAYED
"""What is served as what it is. A picture is one only where a decoder has agreed."""

_WITHOUT_A_NAME = "file"
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NOT_VIDEO = (b"M4A ", b"M4B ", b"M4P ")
_NO_MEDIA = (b"qt  ", b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"crx ")


def check_file_name(value: object) -> str:
    """A name on one line without a path in it; invisible characters go, and what turns the
    direction, behind which an ending could hide."""
    if not isinstance(value, str) or not is_text(value.replace("\0", "")):
        raise InvalidValue("The name of a file must be a text.")
    name = unicodedata.normalize("NFC", value).replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if unicodedata.category(char) not in _DROPPED)
    name = " ".join(name.split())
    if not name.strip(". "):
        return _WITHOUT_A_NAME
    if len(name) > MOST_NAME:
        stem, dot, ending = name.rpartition(".")
        if not stem or len(ending) > 16:
            return name[:MOST_NAME]
        return stem[: MOST_NAME - len(ending) - 1] + dot + ending
    return name


def looks_like_a_picture(head: bytes) -> bool:
    """Whether it is worth asking a decoder."""
    return head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")) or (
        head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    )


def kind_of(head: bytes) -> str:
    """The media type by the first `HEAD_BYTES` of a file that no decoder took for a picture."""
    if head[4:8] == b"ftyp":
        return _kind_of_mp4(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "audio/webm" if b"A_" in head and b"V_" not in head else "video/webm"
    if head.startswith(b"OggS"):
        return _kind_of_ogg(head[:200])
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"ID3"):
        return "audio/mpeg"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return _kind_of_frames(head[1])
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return ZIP
    return PLAIN if _reads_as_text(head) else UNKNOWN


def served_as(kind: str) -> str:
    """The ``Content-Type`` of a file."""
    return kind if kind in SHOWN else UNKNOWN


def ids_of(
    files: Iterable[Mapping[str, Any]] | None, previews: Iterable[Mapping[str, Any]] | None
) -> set[str]:
    """Ids of all files that a message needs: sent with it, or pictures of its previews."""
    pictures = (preview.get("image") for preview in previews or ())
    return {file["id"] for file in files or ()} | {image["id"] for image in pictures if image}


def _kind_of_mp4(brand: bytes) -> str:
    if brand in _NO_MEDIA:
        return UNKNOWN
    return "audio/mp4" if brand in _NOT_VIDEO else "video/mp4"


def _kind_of_ogg(head: bytes) -> str:
    if b"theora" in head:
        return "video/ogg"
    known = (b"OpusHead", b"vorbis", b"FLAC", b"Speex")
    return "audio/ogg" if any(name in head for name in known) else UNKNOWN


def _kind_of_frames(second: int) -> str:
    """By the second byte of a frame of MPEG audio: its layer is 0 only for AAC."""
    layer = second >> 1 & 3
    if layer == 0:
        return "audio/aac" if second & 0xF6 == 0xF0 else UNKNOWN
    return "audio/mpeg" if layer == 1 and second >> 3 & 3 != 1 else UNKNOWN


def _reads_as_text(head: bytes) -> bool:
    try:
        # Where there is more than the head, its last character may have been cut.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return False
    return bool(text) and not any(char < " " and char not in "\t\n\r\f" for char in text)
