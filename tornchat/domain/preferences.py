"""What people choose of how a client looks and works, kept with their account.

Nothing here changes what the server does: a client applies it, and knows what to do where nothing
was chosen. What belongs to a device (notifications, pushes) stays there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tornchat.domain.errors import InvalidValue

CHOICES: dict[str, tuple[str | bool, ...]] = {
    "theme": ("auto", "light", "dark"),
    "clock": ("auto", "12", "24"),
    "send": ("enter", "ctrl"),
    "sound": (True, False),
}
"""Name -> what it may be. ``language`` is a tag (RFC 5646): which ones there are clients know."""
LANGUAGE = "language"
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")


def changed(settings: Mapping[str, Any], changes: object) -> dict[str, Any]:
    """``settings`` after ``changes`` to some of them; null forgets one.

    Raises `InvalidValue` where a name or a value is none of those that there are.
    """
    if not isinstance(changes, Mapping):
        raise InvalidValue("Settings are an object.")
    after = dict(settings)
    for name, value in changes.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = _checked(name, value)
    return after


def _checked(name: str, value: object) -> str | bool:
    if name == LANGUAGE:
        if isinstance(value, str) and _TAG.fullmatch(value):
            return value
        raise InvalidValue("language is the tag of a language, like en or pt-BR.")
    choices = CHOICES.get(name)
    if choices is None:
        known = ", ".join([*CHOICES, LANGUAGE])
        raise InvalidValue(f"There is no such setting. There are {known}.")
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return choice
    shown = ", ".join(str(choice).lower() for choice in choices)
    raise InvalidValue(f"{name} is one of {shown}.")
