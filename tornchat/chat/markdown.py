"""Markdown as chat understands it: CommonMark with tables, task lists, strikethrough, spoilers,
emoji by their names, code in colours, bare links and breaks.

Left out on purpose: HTML; images, which become links, so that looking at a message fetches nothing
from elsewhere; reference definitions, because ``[Ana]: hello`` is talk and would vanish. What costs
the parsers quadratic time is switched off for a text that holds too much of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from tornchat.chat.code_languages import language_of
from tornchat.chat.mention_rule import mentions
from tornchat.chat.shortcodes import with_emoji
from tornchat.chat.spoilers import spoilers
from tornchat.chat.tasks import tasks

LANGUAGE = re.compile(r"[a-z0-9+#-]{1,20}")
MOST_NESTING = 20
"""Levels of tokens: a list in a list is two further down, a quote in a quote one."""

# Each keeps its rule below 100 ms for the worst text of 10,000 characters that was found.
_MOST_LINES = 1_500
_MOST_BRACKETS = 300
_MOST_URLS = 150
_MOST_HOSTS = 700
_MOST_LINKIFYING = 150_000
_MOST_QUOTING = 40_000
_MOST_CELLS = 5_000

_DELIMITERS = re.compile(r"^[ \t>|:-]+$", re.MULTILINE)
_GOOD_START = re.compile(r"https?://[^/]|mailto:", re.IGNORECASE)
# Two-letter domains that are far more often the end of a file name.
_FILE = re.compile(r"[^/:]+\.(?:cc|md|mk|pl|pm|ps|py|rs|sh|so)", re.IGNORECASE)

_CONTAINERS = {"blockquote_open", "bullet_list_open", "ordered_list_open", "list_item_open"}
_TEXT_BLOCKS = {"paragraph_open", "heading_open", "th_open", "td_open"}


Highlight = Callable[[Sequence[tuple[str, str]]], list[str] | None]
"""HTML for each ``(language, code)``, or None where they are better left plain."""


class ChatMarkdown:
    """Not for two threads at once: the linkifier keeps its state between calls."""

    def __init__(self, highlight: Highlight) -> None:
        self._highlight = highlight
        self._parsers: dict[frozenset[str], MarkdownIt] = {}

    def html(self, body: str, env: dict[str, Any] | None = None) -> str | None:
        """HTML still to be sanitised; None for what is better shown as written.

        That is a text of too many lines, or one nested too deep, of which the parser drops a part.
        ``env``: as `mention_rule.environment` makes it.
        """
        if body.count("\n") > _MOST_LINES:
            return None
        off = frozenset(_too_much(body))
        parser = self._parsers.get(off)
        if parser is None:
            parser = self._parsers[off] = _Parser(off)
        env = {} if env is None else env
        tokens = parser.parse(body, env)
        if any(token.level >= MOST_NESTING - 1 for token in tokens):
            return None
        self._colour(tokens)
        return str(parser.renderer.render(tokens, parser.options, env))

    def _colour(self, tokens: Sequence[Token]) -> None:
        """All blocks of a message are asked for at once."""
        fences = [
            (token, name) for token in tokens if (name := language_of(_language(token))) is not None
        ]
        htmls = self._highlight([(name, token.content) for token, name in fences])
        for (token, _), html in zip(fences, htmls or (), strict=False):
            token.meta["html"] = html


class _Parser(MarkdownIt):
    def __init__(self, off: frozenset[str]) -> None:
        options = {
            "html": False,
            "breaks": True,
            "linkify": "linkify" not in off,
            "maxNesting": MOST_NESTING,
        }
        super().__init__("commonmark", options)
        self.enable(["table", "strikethrough", "linkify"])
        self.disable(["reference", "html_block", "html_inline", *off])
        self.use(mentions)
        self.use(spoilers)
        self.use(tasks)
        self.core.ruler.push("links", _finish_links)
        self.core.ruler.push("emoji", _name_emoji)
        self.core.ruler.push("directions", _set_directions)
        self.add_render_rule("fence", _code_block)
        self.add_render_rule("code_block", _code_block)

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the name is the parser's
        return _GOOD_START.match(url) is not None


def _too_much(body: str) -> list[str]:
    """The rules that would take too long for this text."""
    off = []
    if body.count("[") > _MOST_BRACKETS:
        off += ["link", "image"]
    if body.count("://") > _MOST_URLS or _linkifying(body) > _MOST_LINKIFYING:
        off.append("linkify")
    lines = body.split("\n")
    if body.count(">") * len(lines) > _MOST_QUOTING:
        quoted = sum(">" in line for line in lines)
        if quoted * len(lines) > _MOST_QUOTING:
            off.append("blockquote")
    columns = max((line.count("|") + 1 for line in _DELIMITERS.findall(body)), default=0)
    if columns * _longest_run(lines) > _MOST_CELLS:
        off.append("table")
    return off


def _linkifying(body: str) -> int:
    """What finding bare links may cost: from each dot it may look through the rest of the word."""
    dots = cost = 0
    for word in body.split():
        here = word.count(".") + word.count("@") + word.count(":")
        dots += here
        cost += here * len(word)
    return cost if dots <= _MOST_HOSTS else _MOST_LINKIFYING + 1


def _longest_run(lines: Sequence[str]) -> int:
    """How many lines the longest block without a blank line has: no table can have more rows."""
    longest = run = 0
    for line in lines:
        run = run + 1 if line.strip() else 0
        longest = max(longest, run)
    return longest


def _finish_links(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = _with_plain_links(token.children)


def _with_plain_links(children: list[Token]) -> list[Token]:
    """Images become links, file names do not, and each link tells where it goes."""
    out: list[Token] = []
    inside = False
    skip_close = False
    for number, token in enumerate(children):
        if token.type == "link_open":
            skip_close = token.markup == "linkify" and _is_file(children[number + 1])
            if skip_close:
                continue
            inside = True
            token.attrs["title"] = token.attrs["href"]
        elif token.type == "link_close":
            inside = False
            if skip_close:
                skip_close = False
                continue
        elif token.type == "image":
            out += _instead_of_image(token, inside)
            continue
        out.append(token)
    return out


def _is_file(text: Token) -> bool:
    return _FILE.fullmatch(text.content) is not None


def _instead_of_image(image: Token, inside_a_link: bool) -> list[Token]:
    source = str(image.attrs["src"])
    text = Token("text", "", 0, content=image.content.strip() or source)
    if inside_a_link:
        return [text]
    link = Token("link_open", "a", 1, attrs={"href": source, "title": source})
    return [link, text, Token("link_close", "a", -1)]


def _name_emoji(state: StateCore) -> None:
    """In words, and not in code or where an address is shown as it is."""
    for token in state.tokens:
        address = False
        for child in token.children or ():
            if child.type in ("link_open", "link_close"):
                address = child.nesting > 0 and child.markup in ("linkify", "autolink")
            elif child.type == "text" and not address:
                child.content = with_emoji(child.content)


def _set_directions(state: StateCore) -> None:
    """Lets every block of text find its own direction, and gives containers that of their text.

    ``dir=auto`` does not look into children that have a ``dir`` of their own, so a list would have
    its markers on the left whatever its items are written in.
    """
    containers: list[Token] = []
    for token in state.tokens:
        if token.type in _CONTAINERS:
            token.attrs["dir"] = "auto"
            containers.append(token)
        elif token.nesting < 0 and token.type.replace("_close", "_open") in _CONTAINERS:
            containers.pop()
        elif token.type in _TEXT_BLOCKS:
            token.attrs["dir"] = "auto"
            style = str(token.attrs.pop("style", ""))
            if style:
                token.attrs["align"] = style.removeprefix("text-align:")
        elif token.type == "inline" and containers:
            direction = _direction(token.content)
            for container in containers:
                if direction and container.attrs["dir"] == "auto":
                    container.attrs["dir"] = direction


def _direction(text: str) -> str | None:
    """That of the first character that has one (Unicode Standard Annex 9, rules P2 and P3)."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return None


def _code_block(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    name = _language(token)
    attribute = f' class="language-{name}"' if name else ""
    code = token.meta.get("html") or escape(token.content, quote=False)
    return f'<pre dir="auto"><code{attribute}>{code}</code></pre>\n'


def _language(block: Token) -> str:
    """As its author calls it; nothing where it is no name."""
    name = block.info.strip().partition(" ")[0].lower() if block.type == "fence" else ""
    return name if LANGUAGE.fullmatch(name) else ""
