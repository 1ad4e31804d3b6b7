"""Which of the languages that there are words in somebody reads. Pure."""

from __future__ import annotations

LANGUAGES = ("en", "id")
FALLBACK = "en"
_OLD_CODES = {"in": "id"}


def preferred(header: str) -> str:
    """The best of an ``Accept-Language`` header: by its weights, then by its order (RFC 9110,
    section 12.5.4)."""
    wanted = [_range(part) for part in header[:500].split(",")]
    for language, weight in sorted(wanted, key=lambda each: -each[1]):
        if language in LANGUAGES and weight > 0:
            return language
    return FALLBACK


def _range(part: str) -> tuple[str, float]:
    tag, *parameters = part.split(";")
    base = tag.strip().partition("-")[0].lower()
    weight = next((text.strip()[2:] for text in parameters if text.strip().startswith("q=")), "1")
    try:
        return _OLD_CODES.get(base, base), float(weight)
    except ValueError:
        return base, 0.0
