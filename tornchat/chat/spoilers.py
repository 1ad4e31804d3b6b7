"""``||text||`` is hidden until its reader wants to see it."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

CLASS = "spoiler"
_MARK = "||"
_CODE = ord("|")


def spoilers(parser: MarkdownIt) -> None:
    """A plugin. Marks pair like those of emphasis, so that ``a || b || c`` hides nothing."""
    parser.inline.add_terminator_char("|")
    parser.inline.ruler.before("emphasis", "spoiler", _tokenize)
    parser.inline.ruler2.before("emphasis", "spoiler", _pair)


def _tokenize(state: StateInline, silent: bool) -> bool:
    if silent or not state.src.startswith(_MARK, state.pos):
        return False
    scanned = state.scanDelims(state.pos, True)
    marks, odd = divmod(scanned.length, 2)
    if odd:
        state.push("text", "", 0).content = "|"
    for _ in range(marks):
        state.push("text", "", 0).content = _MARK
        state.delimiters.append(
            Delimiter(
                marker=_CODE,
                length=0,
                token=len(state.tokens) - 1,
                end=-1,
                open=scanned.can_open,
                close=scanned.can_close,
            )
        )
    state.pos += scanned.length
    return True


def _pair(state: StateInline) -> None:
    _pair_in(state, state.delimiters)
    for meta in state.tokens_meta:
        if meta and "delimiters" in meta:
            _pair_in(state, meta["delimiters"])


def _pair_in(state: StateInline, delimiters: list[Delimiter]) -> None:
    for begin in delimiters:
        if begin.marker != _CODE or begin.end == -1:
            continue
        opened = state.tokens[begin.token]
        closed = state.tokens[delimiters[begin.end].token]
        opened.type, opened.tag, opened.nesting = "spoiler_open", "span", 1
        closed.type, closed.tag, closed.nesting = "spoiler_close", "span", -1
        opened.attrs = {"class": CLASS}
        opened.markup = closed.markup = _MARK
        opened.content = closed.content = ""
