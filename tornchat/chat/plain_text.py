"""Text in which Markdown, links and HTML find nothing: most of what people write to each other.

The parser and the sanitiser would give it back as it is, in paragraphs, and that takes them twenty
times as long. What may pass here is a list of characters that are the same in HTML, escaped or not
(no ``<``, ``>``, ``&``, no control characters, no-break spaces or bidirectional overrides), so the
sanitiser has nothing to judge. A test holds it to `Renderer` letter by letter: a character that is
not listed costs time, one that is listed wrongly would be a hole.
"""

from __future__ import annotations

import re

MOST = 2_000
"""Characters. A longer text may have more lines or bytes than the renderer lets through."""

# From a-z on up without what is white, invisible, turns the direction or ends a line.
_BEYOND_ASCII = "\u00a1-\u00ac\u00ae-\u061b\u061d-\u167f\u1681-\u180d\u180f-\u1fff"
_BEYOND_ASCII += "\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe"
_BEYOND_ASCII += "\uff01-\uffdc\U00010000-\U0001f9ff\U0001fa00-\U0001fbff\U00020000-\U0003134f"

# No line may begin with what makes a list, a rule, a table, a heading or a block of code.
_BEGINS = rf"(?:[A-Za-z{_BEYOND_ASCII}\"'(]|[0-9]++(?![.)]))"
# A dot or a colon inside a word may make a link of it, two strokes as well.
_GOES_ON = (
    rf"(?:[A-Za-z0-9,;?!\"'()%$^{{}}=+{_BEYOND_ASCII}-]++|[.:](?=[ \n.]|\Z)|/(?!/)| ++(?!\n|\Z))*+"
)
_LINE = _BEGINS + _GOES_ON
_PLAIN = re.compile(rf"{_LINE}(?:\n++{_LINE})*+")
_PARAGRAPHS = re.compile(r"\n\n+")


def as_html(body: str) -> str | None:
    """The HTML of a body that `rules.check_body` has passed; None for what needs the parser."""
    if len(body) > MOST or _PLAIN.fullmatch(body) is None:
        return None
    if "\n" not in body:
        return f'<p dir="auto">{body}</p>\n'
    return "".join(
        '<p dir="auto">' + paragraph.replace("\n", "<br>\n") + "</p>\n"
        for paragraph in _PARAGRAPHS.split(body)
    )
