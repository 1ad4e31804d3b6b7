"""Colours for code: what a piece of it is, as the class of a span.

A process of its own (`python -m tornchat.chat.highlighting`), which `highlighter` asks: a line of
JSON in, ``[[language, code], ...]``, a line of JSON out, a text of HTML for each. Lexers are
regular expressions of many hands, and some take minutes for a text that is made for it; meanwhile
nobody else in their process would have a turn. So they are where they can be killed.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib import import_module
from itertools import groupby

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    Token,
    _TokenType,
)

from tornchat.chat.code_languages import LEXERS

LAST_RESORT = 5
"""Seconds for one request, after which the process ends itself: whoever asked has gone."""
_MEMORY = 1 << 30

_CLASSES: dict[_TokenType, str] = {
    Comment: "hl-comment",
    Keyword: "hl-keyword",
    Operator.Word: "hl-keyword",
    Keyword.Type: "hl-type",
    Name.Builtin: "hl-type",
    Name.Attribute: "hl-type",
    Name.Class: "hl-name",
    Name.Function: "hl-name",
    Name.Decorator: "hl-name",
    Name.Tag: "hl-name",
    String: "hl-string",
    Number: "hl-number",
    Keyword.Constant: "hl-number",
    Generic.Inserted: "hl-inserted",
    Generic.Deleted: "hl-deleted",
    Generic.Heading: "hl-comment",
    Generic.Subheading: "hl-comment",
    Generic.Prompt: "hl-comment",
}


def highlighted(code: str, language: str) -> str:
    """HTML, still to be sanitised. ``language`` is one of `LEXERS`."""
    out: list[str] = []
    seen = 0
    for kind, pieces in groupby(_pieces(code, language), key=lambda piece: piece[0]):
        text = "".join(text for _, text in pieces)
        seen += len(text)
        html = escape(text, quote=False)
        out.append(f'<span class="{kind}">{html}</span>' if kind else html)
    # A lexer that leaves something out would change what was said.
    return "".join(out) if seen == len(code) else escape(code, quote=False)


def _pieces(code: str, language: str) -> Iterator[tuple[str | None, str]]:
    for _, token, text in _lexer(language).get_tokens_unprocessed(code):
        yield None if text.isspace() else _class_of(token), text


@cache
def _class_of(token: _TokenType) -> str | None:
    kind: _TokenType | None = token
    while kind is not None and kind is not Token:
        if kind in _CLASSES:
            return _CLASSES[kind]
        kind = kind.parent
    return None


@cache
def _lexer(language: str) -> Lexer:
    module, name, _ = LEXERS[language]
    found: Lexer = getattr(import_module(f"pygments.lexers.{module}"), name)()
    return found


def main() -> None:
    """Answer until whoever asks has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the worker says when to end
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for line in sys.stdin:
        signal.alarm(LAST_RESORT)
        answer = [highlighted(code, language) for language, code in json.loads(line)]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        signal.alarm(0)


if __name__ == "__main__":
    main()
