"""The Markdown rule by which names in a text become mentions. In code and links there are none."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from tornchat.domain.mentions import EVERYBODY, HERE, PERSON, ROOM, Names, Said, slug, spellings
from tornchat.domain.rules import username_key

CLASS = "mention"


def mentions(parser: MarkdownIt) -> None:
    """A plugin. The environment of a parse has the ``names`` and notes who is ``said``."""
    parser.inline.ruler.push("mention", _mention)
    parser.add_render_rule("mention", _render)


def _mention(state: StateInline, silent: bool) -> bool:
    sign = state.src[state.pos]
    names: Names | None = state.env.get("names")
    if names is None or sign not in (PERSON, ROOM) or state.linkLevel > 0:
        return False
    find = _person if sign == PERSON else _room
    for spelling in spellings(state.src, state.pos):
        found = find(names, spelling)
        if found is None:
            continue
        if not silent:
            token = state.push("mention", "span", 0)
            token.content, token.meta = found[0], found[1]
        state.pos += 1 + len(spelling)
        return True
    return False


def _person(names: Names, spelling: str) -> tuple[str, dict[str, str]] | None:
    key = username_key(spelling)
    if key == HERE:
        return PERSON + HERE, {"data-user": EVERYBODY}
    person = names.people.get(key)
    return person and (PERSON + person[1], {"data-user": person[0]})


def _room(names: Names, spelling: str) -> tuple[str, dict[str, str]] | None:
    room = names.rooms.get(slug(spelling))
    return room and (ROOM + room[1], {"data-room": room[0]})


def _render(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token, said = tokens[index], env["said"]
    user = token.meta.get("data-user")
    if user == EVERYBODY:
        said.here = True
    elif user is not None and user not in said.users:
        said.users.append(user)
    [(name, id)] = token.meta.items()
    return f'<span class="{CLASS}" {name}="{id}">{escape(token.content, quote=False)}</span>'


def environment(names: Names | None) -> tuple[dict[str, Any], Said]:
    """For one parse, and what it will have noted afterwards."""
    said = Said()
    return {"names": names, "said": said}, said
