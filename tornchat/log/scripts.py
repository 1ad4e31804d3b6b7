"""The Lua scripts: read from ``lua/``, put together from their fragments, called by their hash."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files

_INCLUDE = "-- include: "
_RUN_ID = re.compile(r"^-- .*\bARGV  1 run_id\b", re.MULTILINE)


class Script:
    """The text that Redis runs and the hash that names it there."""

    __slots__ = ("fenced", "sha", "text")

    def __init__(self, text: str, fenced: bool) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        self.fenced = fenced
        """Whether the first argument is the ``run_id`` of the caller's connection."""


@cache
def script(name: str) -> Script:
    """The script of ``lua/<name>.lua``; its first line may name fragments to put in front."""
    folder = files(__package__).joinpath("lua")
    text = folder.joinpath(f"{name}.lua").read_text("utf-8")
    first, _, _ = text.partition("\n")
    names = first.removeprefix(_INCLUDE).split() if first.startswith(_INCLUDE) else []
    parts = [folder.joinpath(f"{part}.lua").read_text("utf-8") for part in names]
    return Script("\n".join([*parts, text]), _RUN_ID.search(text) is not None)
