"""What people write into the search, taken apart: words, "exact phrases" and filters.

``-`` before any of them asks for what is not so. A value with spaces is quoted; within quotes a
backslash takes the next character as it is. What looks like a filter and is none (``http://...``)
is a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FILTERS = ("from", "in", "before", "after", "on", "has", "is")

_PART = re.compile(
    r"""(?P<minus>-?)
        (?:(?P<filter>[A-Za-z]+):(?="|\S|\Z))?
        (?:"(?P<quoted>(?:\\.|[^"\\])*)(?:"|\\?\Z)|(?P<bare>\S+))""",
    re.VERBOSE | re.DOTALL,
)
_BEGUN = re.compile(rf"(-?)({'|'.join(FILTERS)}):", re.IGNORECASE)
_PLAIN = re.compile(r'\w[^\s":\\]*')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """``filter`` is one of `FILTERS`, or empty for a word or phrase."""

    value: str
    filter: str = ""
    negated: bool = False

    def __str__(self) -> str:
        value = self.value
        if not _PLAIN.fullmatch(value):
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{'-' * self.negated}{self.filter}{':' * bool(self.filter)}{value}"


def parse(text: str) -> list[Part]:
    """The parts of a query, in their order. Any text is one; `write` gives one with these parts."""
    parts: list[Part] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if begun := _BEGUN.match(text, at):
            after = begun.end()
            if after == len(text) or text[after].isspace():  # its value is yet to be written
                parts.append(Part("", begun[2].lower(), bool(begun[1])))
                at = after
                continue
        found = _PART.match(text, at)
        assert found is not None  # a character that is no space is at least a bare word
        parts += _part(found)
        at = found.end()
    return parts


def write(parts: list[Part]) -> str:
    """A text that `parse` takes apart into these parts."""
    return " ".join(map(str, parts))


def _part(found: re.Match[str]) -> list[Part]:
    name = (found["filter"] or "").lower()
    quoted, bare = found["quoted"], found["bare"]
    value = _ESCAPED.sub(r"\1", quoted) if bare is None else bare
    if name and name not in FILTERS:
        # Quotes and all: it was no filter, so they were no value's.
        return [Part(found[0][len(found["minus"]) :], "", bool(found["minus"]))]
    if not name and not value:
        return []
    return [Part(value, name, bool(found["minus"]))]
