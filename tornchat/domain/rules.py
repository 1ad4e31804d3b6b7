"""What names, passwords and texts may be.

Each rule takes a value as it came, of whatever type, and returns the clean one or raises
`InvalidValue` with what to do about it. Lengths are in Unicode code points. Names are compared by
their key: two names with one key are one name (Unicode Standard, section 3.13, "compatibility
caseless match").
"""

from __future__ import annotations

import re
import unicodedata
from typing import TypeGuard

from .errors import InvalidValue

MOST_BODY = 10_000
MOST_NONCE = 64
MOST_REACTIONS = 50
"""Different emoji on one message."""
MOST_PINS = 50
"""Pinned messages of one room: what everybody should know, and not a second history."""
MOST_DIRECT = 10
"""People of a direct room."""
EDIT_SECONDS = 24 * 3600
"""For so long the author may edit a message: what people have answered to should stay."""

_NONCE = re.compile(r"[\x20-\x7e]{1,64}")
_PICTURE = (
    "(?:[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299]"
    "|[\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff])"
    "\ufe0f?[\U0001f3fb-\U0001f3ff]?"
)
_EMOJI = re.compile(
    f"{_PICTURE}(?:[\U000e0020-\U000e007e]{{1,8}}\U000e007f|(?:\u200d{_PICTURE}){{0,8}})"
    "|[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
)
_JOINERS = "\u200c\u200d"
"""Invisible, but Persian and family emoji are not written without them."""

# Characters of the categories L and M that show nothing (Default_Ignorable_Code_Point), and the
# Braille blank: names made of them, or differing by them, would look alike.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Nothing but \n and \t is left of the control characters. C1 goes with C0: terminals obey it too.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def check_username(value: object) -> str:
    """2 to 32 letters, digits and ``. _ -``, in NFKC."""
    text = unicodedata.normalize("NFKC", _text(value, "The username"))
    if not 2 <= len(text) <= 32:
        raise InvalidValue("Choose a username of 2 to 32 characters.", reason="username_length")
    if not all(fit_for_a_username(char) for char in text) or _INVISIBLE.search(text):
        raise InvalidValue(
            "Use only letters, digits and . _ - in the username, without spaces.",
            reason="username_characters",
        )
    if not any(char.isalnum() for char in text) or unicodedata.category(text[0])[0] == "M":
        raise InvalidValue(
            "Begin the username with a letter or a digit.", reason="username_beginning"
        )
    return text


def username_key(text: str) -> str:
    """What two spellings of one username have in common."""
    return _key(text)


def check_line(value: object, what: str, most: int) -> str:
    """1 to ``most`` characters on one line, with spaces put in order; ``what`` people call it."""
    text = unicodedata.normalize("NFC", " ".join(_text(value, f"The {what}").split()))
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char not in _JOINERS:
            raise InvalidValue(
                f"Remove the invisible character U+{ord(char):04X} from the {what}.",
                reason="invisible",
            )
    if not _shows_something(text) or len(text) > most:
        raise InvalidValue(
            f"Choose a {what} of 1 to {most} visible characters.", reason="line_length", most=most
        )
    return text


def check_display_name(value: object) -> str:
    """1 to 64 characters on one line, with spaces put in order."""
    return check_line(value, "name to be shown", 64)


def check_room_name(value: object) -> str:
    """1 to 64 characters on one line, with spaces put in order."""
    return check_line(value, "room name", 64)


def room_key(text: str) -> str:
    """What two spellings of one room name have in common."""
    return _key(_INVISIBLE.sub("", text).translate(dict.fromkeys(map(ord, _JOINERS))))


def check_description(value: object) -> str:
    """At most 500 characters, perhaps none; lines are allowed."""
    text = _lines(value, "The description")
    if len(text) > 500:
        raise InvalidValue(
            "Shorten the description to 500 characters.", reason="description_length", most=500
        )
    return text


def check_password(value: object, username: str) -> str:
    """8 to 256 characters that are not the username."""
    text = _text(value, "The password")
    if len(text) < 8:
        raise InvalidValue("Choose a password of at least 8 characters.", reason="password_short")
    if len(text) > 256:
        raise InvalidValue("Choose a password of at most 256 characters.", reason="password_long")
    if _key(text) == username_key(username):
        raise InvalidValue("Choose a password that is not the username.", reason="password_name")
    return text


def check_body(value: object, *, may_be_empty: bool = False) -> str:
    """1 to 10,000 characters; control characters and blank lines around are dropped. With files
    there need be no text."""
    if may_be_empty and value in (None, ""):
        return ""
    text = _lines(value, "The message")
    if not _shows_something(text):
        raise InvalidValue("Write something first: the message is empty.", reason="message_empty")
    if len(text) > MOST_BODY:
        raise InvalidValue(
            f"Shorten the message to {MOST_BODY:,} characters; it has {len(text):,}.",
            reason="message_length",
            most=MOST_BODY,
        )
    return text


def check_nonce(value: object) -> str:
    """1 to 64 printable ASCII characters."""
    text = _text(value, "The nonce")
    if not _NONCE.fullmatch(text):
        raise InvalidValue(f"Send a nonce of 1 to {MOST_NONCE} printable ASCII characters.")
    return text


def check_emoji(value: str) -> str:
    """One emoji: a sequence of Unicode Technical Standard 51, whichever pictures there are by
    now."""
    if not _EMOJI.fullmatch(value):
        raise InvalidValue("A reaction is one emoji.", reason="emoji")
    return value


def check_people(value: object, me: str) -> list[str]:
    """Ids of the people of a direct room, which I am one of, each once and in the order of ids."""
    if not isinstance(value, list) or not all(is_text(id) for id in value):
        raise InvalidValue("users is a list of the ids of people.")
    people = sorted({me, *value})
    if len(people) > MOST_DIRECT:
        raise InvalidValue(
            f"A direct room has {MOST_DIRECT} people at most, with you.",
            reason="direct_most",
            most=MOST_DIRECT,
        )
    return people


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a text that databases take: half a character has no bytes, and PostgreSQL has
    no place for a zero."""
    return isinstance(value, str) and "\0" not in value and not _SURROGATES.search(value)


def limit_of(text: str | None, default: int, most: int) -> int:
    """A number of rows as clients ask for it: ``default`` without one, at most ``most``."""
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise InvalidValue(f"Send a limit from 1 to {most}; {text[:40]!r} is not one.")
    return min(int(text), most)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"{what} must be a text.")
    if _SURROGATES.search(value):
        raise InvalidValue(f"{what} holds half a character (a lone surrogate): send valid UTF-8.")
    return value


def _lines(value: object, what: str) -> str:
    """Several lines with ``\\n`` between, without control characters and blank lines around."""
    text = _text(value, what).replace("\r\n", "\n").replace("\r", "\n")
    lines = _CONTROLS.sub("", text).split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[first:])


def fit_for_a_username(char: str) -> bool:
    """Whether a username may have this character."""
    category = unicodedata.category(char)
    return char in "._-" or category[0] == "L" or category in ("Nd", "Mn", "Mc")


def _shows_something(text: str) -> bool:
    """Whether there is a character with ink, of a category other than separators and controls."""
    return any(
        unicodedata.category(char) not in ("Cc", "Cf", "Zs", "Zl", "Zp")
        for char in _INVISIBLE.sub("", text)
    )


def _key(text: str) -> str:
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", text)
