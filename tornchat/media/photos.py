"""What a camera notes in a photo beside the picture: where it was taken, with what, by whom.

It is taken out of the JPEG that is kept, without touching the picture itself. What decides how it
is seen stays: the colour profile, and which side is up.
"""

from __future__ import annotations

import re
import struct

MOST_BYTES = 64_000_000
"""What is larger is no photo, and is left as it is."""

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _COLOUR, _ADOBE, _APP15, _COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
# In the picture itself a marker is neither a stuffed byte nor a restart.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def without_notes(jpeg: bytes, orientation: int) -> bytes | None:
    """The same picture without metadata, which side is up (EXIF 0x0112, 1 to 8) excepted; None for
    what is not built like a JPEG. Other pictures behind the first (previews, depth) are left out.
    """
    if not jpeg.startswith(b"\xff\xd8"):
        return None
    kept = [b"\xff\xd8"]
    if 1 < orientation <= 8:
        kept.append(_upright(orientation))
    at = 2
    while True:
        found = _MARKER.search(jpeg, at)
        if found is None:
            return None
        start, marker = found.start(), jpeg[found.start() + 1]
        if marker == _EOI:
            kept.append(b"\xff\xd9")
            return b"".join(kept)
        if len(jpeg) < start + 4:
            return None
        end = start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big")
        if marker == _SOS:
            # What follows is the picture, up to the next marker.
            behind = _MARKER.search(jpeg, end)
            if behind is None:
                return None
            end = behind.start()
        if not _tells(marker, jpeg[start + 4 : start + 16]):
            kept.append(jpeg[start:end])
        at = end


def _tells(marker: int, head: bytes) -> bool:
    """Whether a part says something about the picture that it does not need to be seen."""
    if marker == _COLOUR:
        return not head.startswith(b"ICC_PROFILE")
    return marker == _COMMENT or (_APP0 < marker <= _APP15 and marker != _ADOBE)


def _upright(orientation: int) -> bytes:
    """An EXIF part with nothing but the orientation."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"MM\x00\x2a\x00\x00\x00\x08" + struct.pack(">H", 1) + entry + b"\x00\x00\x00\x00"
    content = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
