"""A message's Markdown becomes HTML once, here on the server, and is safe when it leaves.

The sanitiser has the last word and knows nothing of Markdown: what is not on its lists goes. Only
text without a character that it could mind is not shown to it (`plain_text`).
"""

from __future__ import annotations

import logging
import re
import threading
from html import escape
from typing import Any

import nh3

from tornchat.chat import mention_rule, plain_text, spoilers, tasks
from tornchat.chat.code_languages import CLASSES as COLOURS
from tornchat.chat.highlighter import Highlighter
from tornchat.chat.markdown import LANGUAGE, ChatMarkdown
from tornchat.chat.offloop import OffLoop
from tornchat.domain.mentions import Names, Said

logger = logging.getLogger(__name__)

INLINE_BELOW = 2_000
"""Characters: shorter ones take less time than a thread's hand-over and a few milliseconds."""
MOST_HTML = 128 * 1024
"""Bytes of UTF-8. A stream's buffer must hold the largest message, or it could never be sent."""
MOST_WAITING = 64

DIRECTIONS = {"auto", "ltr", "rtl"}
BLOCKS = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre", "ul"}
CELLS = {"td", "th"}
TAGS = BLOCKS | CELLS | {
    "a", "br", "code", "em", "hr", "input", "s", "span", "strong", "table", "tbody", "thead", "tr"
}  # fmt: skip
CLASSES = {
    "li": frozenset({tasks.CLASS}),
    "span": COLOURS | {spoilers.CLASS, mention_rule.CLASS},
}
CHECKBOX = {"type": "checkbox", "disabled": ""}
"""What every input has, whatever was written: it shows something and takes nothing."""
SCHEMES = {"http", "https", "mailto"}
LINK = {"rel": "noopener noreferrer nofollow", "target": "_blank"}

_OVERRIDES = {0x202D: None, 0x202E: None}
"""They make a reader see a text, and the address of a link, in another order than it has."""
_IDS = {
    "data-user": re.compile(r"[0-9a-z]{1,20}|\*"),
    "data-room": re.compile(r"[0-9a-z]{1,20}"),
}
_TAG = re.compile(r"<[^>]*>")


def takes_long(body: str) -> bool:
    """Whether to render it is work for a thread: it is long, or has code to be coloured."""
    return len(body) >= INLINE_BELOW or "```" in body or "~~~" in body


class Renderer:
    """Any thread may use it. What the parser cannot take is shown as it was written."""

    def __init__(self) -> None:
        self._parsers = threading.local()
        self._highlighter = Highlighter()
        self._off_loop = OffLoop("rendering", threads=1, most_waiting=MOST_WAITING)
        self._sanitiser = nh3.Cleaner(
            tags=TAGS,
            clean_content_tags=set(),
            attributes={
                "a": {"href", "title"},
                "code": {"class"},
                "input": {"checked"},
                "li": {"class"},
                "ol": {"start"},
                "span": {"class", "data-user", "data-room"},
            },
            attribute_filter=_fit,
            tag_attribute_values={
                **{tag: {"dir": DIRECTIONS} for tag in BLOCKS},
                **{tag: {"dir": DIRECTIONS, "align": {"left", "center", "right"}} for tag in CELLS},
            },
            set_tag_attribute_values={"a": {"target": LINK["target"]}, "input": CHECKBOX},
            link_rel=LINK["rel"],
            url_schemes=SCHEMES,
            url_relative="deny",
        )

    def render(self, body: str) -> str:
        """Safe HTML of at most `MOST_HTML` bytes for a body that `rules.check_body` has passed."""
        return plain_text.as_html(body) or self.render_in_full(body)

    def render_in_full(self, body: str) -> str:
        """The same by parser and sanitiser, whatever the body is."""
        html = self._sanitise(self._markdown(body) or _as_written(body))
        if len(html.encode()) > MOST_HTML or not _says_something(html):
            html = self._sanitise(_as_written(body))
        return html

    def render_named(self, body: str, names: Names) -> tuple[str, Said]:
        """The same with the people and rooms that it names, and whom it calls by that."""
        env, said = mention_rule.environment(names)
        html = self._sanitise(self._markdown(body, env) or _as_written(body))
        if len(html.encode()) > MOST_HTML or mention_rule.CLASS not in html:
            return self.render(body), Said()
        return html, said

    async def render_naming(self, body: str, names: Names) -> tuple[str, Said]:
        """The same without holding up the loop. Raises `TooMany` where too many wait."""
        if not takes_long(body):
            return self.render_named(body, names)
        return await self._off_loop.run(lambda: self.render_named(body, names))

    async def render_off_loop(self, body: str) -> str:
        """The same without holding up the loop. Raises `TooMany` where too many wait."""
        if not takes_long(body):
            return self.render(body)
        return await self._off_loop.run(lambda: self.render(body))

    def close(self) -> None:
        """Drops what waits, without waiting for what runs."""
        self._off_loop.close()
        self._highlighter.close()

    def _markdown(self, body: str, env: dict[str, Any] | None = None) -> str | None:
        parser = getattr(self._parsers, "markdown", None)
        if parser is None:
            parser = self._parsers.markdown = ChatMarkdown(self._highlighter.highlight)
        try:
            return parser.html(body, env)
        except Exception:
            logger.exception("a text of %d characters broke the Markdown parser", len(body))
            return None

    def _sanitise(self, html: str) -> str:
        return self._sanitiser.clean(html.translate(_OVERRIDES))


def _as_written(body: str) -> str:
    return '<p dir="auto">' + escape(body, quote=False).replace("\n", "<br>\n") + "</p>\n"


def _says_something(html: str) -> bool:
    """Nobody sends an empty message: where nothing is left, the parser took it for syntax."""
    return "<hr>" in html or bool(_TAG.sub("", html).strip())


def _fit(tag: str, name: str, value: str) -> str | None:
    if name == "class" and tag in CLASSES:
        return value if value in CLASSES[tag] else None
    if name in _IDS:
        return value if _IDS[name].fullmatch(value) else None
    if name == "class":
        known = value.startswith("language-") and LANGUAGE.fullmatch(value, len("language-"))
        return value if known else None
    if name == "start":
        return value if value.isascii() and value.isdigit() and len(value) <= 9 else None
    return value
