"""``- [ ] this`` and ``- [x] that``: things to do, and things done."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

CLASS = "task"
_BOXES = {
    "[ ] ": '<input type="checkbox" disabled>',
    "[x] ": '<input type="checkbox" checked disabled>',
}


def tasks(parser: MarkdownIt) -> None:
    """A plugin. Its boxes show how things stand; whoever wrote the message changes that."""
    parser.core.ruler.after("inline", "tasks", _mark_tasks)


def _mark_tasks(state: StateCore) -> None:
    for item, paragraph, inline in zip(
        state.tokens, state.tokens[1:], state.tokens[2:], strict=False
    ):
        if item.type != "list_item_open" or paragraph.type != "paragraph_open":
            continue
        box = _BOXES.get(inline.content[:4].lower())
        first = inline.children[0] if inline.children else None
        if box and first and first.type == "text" and first.content[:4] == inline.content[:4]:
            item.attrs["class"] = CLASS
            first.content = first.content[4:]
            inline.content = inline.content[4:]
            assert inline.children is not None
            inline.children.insert(0, Token("html_inline", "", 0, content=box))
