"""Makes a small picture of a large one, in a process of its own with little to lose.

Decoders of pictures are where hostile bytes do their harm: in memory, in time, and by their faults.
So this runs by itself (``python -I draw.py SOURCE TARGET EDGE square|whole``), with bounds on
memory and time, knows nothing of the chat, and says what it found as JSON: ``{"type", "width",
"height", "orientation", "moves", "drawn": {"width", "height"}}``, sizes in pixels as the picture
is to be seen.
The target is WebP without any metadata. Exit status 1: this is no picture that is shown.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings

from PIL import Image, ImageOps

MOST_PIXELS = 50_000_000
"""A photo has 12 to 48 million. Four bytes of memory for each, and as much again to turn it."""
MOST_MEMORY = 1 << 30
MOST_SECONDS = 15
TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
"""What a browser shows as well, and nothing that is drawn by a program (SVG, EPS, WMF)."""
TURNED = frozenset({5, 6, 7, 8})
"""Orientations (EXIF 0x0112) with width and height the other way round."""


def draw(source: str, target: str, edge: int, square: bool) -> dict[str, object]:
    """Raises OSError, ValueError or whatever the decoder thinks of."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    # What is only a warning up to twice the limit is too much, too.
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(source, formats=["PNG", "JPEG", "GIF", "WEBP"]) as image:
        kind = TYPES[image.format or ""]
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise ValueError("too many pixels")
        moves = kind != "image/jpeg" and getattr(image, "is_animated", False)
        orientation = image.getexif().get(0x0112, 1)
        if orientation in TURNED:
            width, height = height, width
        image.draft("RGB", (edge * 2, edge * 2))  # a JPEG need not be unpacked whole
        still = ImageOps.exif_transpose(image)
        has_holes = still.mode in ("RGBA", "LA", "PA") or "transparency" in still.info
        small = still.convert("RGBA" if has_holes else "RGB")
    if square:
        small = ImageOps.fit(small, (edge, edge), Image.Resampling.LANCZOS)
    else:
        small.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    # A picture of its own: what the decoder noted of the other does not come along.
    clean = Image.new(small.mode, small.size)
    clean.paste(small)
    clean.save(target, "WEBP", quality=80, method=4)
    return {
        "type": kind,
        "width": width,
        "height": height,
        "orientation": orientation if orientation in range(1, 9) else 1,
        "moves": moves,
        "drawn": {"width": clean.width, "height": clean.height},
    }


def main() -> int:
    source, target, edge, shape = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 20, 16 << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = draw(source, target, int(edge), shape == "square")
    except Exception as error:  # a decoder may raise anything
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
