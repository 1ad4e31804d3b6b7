"""Code is coloured where that is quick, by a process that may fail without anybody losing more."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from html import unescape
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tornchat.chat.code_languages import CLASSES, LEXERS, language_of
from tornchat.chat.highlighter import LONGEST, MOST_HTML, Highlighter
from tornchat.chat.highlighting import highlighted
from tornchat.chat.rendering import Renderer

SNIPPETS = {
    "bash": 'for f in *; do echo "$f"; done  # all',
    "c": "int main(void) { return 0; } /* end */",
    "css": "a:hover { color: red; }",
    "diff": "-old\n+new",
    "go": 'func main() { fmt.Println("hi") }',
    "html": '<p class="a">hi &amp; bye</p>',
    "json": '{"a": [1, true, null]}',
    "python": "@cache\nasync def f(x: int) -> str:\n    return f'{x}'  # why",
    "rust": 'fn main() { println!("hi"); }',
    "sql": "SELECT 1 FROM t WHERE a = 'b'; -- so",
    "typescript": "const f = (x: number): string => `${x}`;",
    "yaml": "a:\n  - 1 # one",
}
TOKENS = st.sampled_from([*"'\"`/*#<>{}()[]\\ \n\t:;=@$%&|x1", "/*", "*/", "</", "def ", "${"])


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer()
    yield renderer
    renderer.close()


def text_of(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))


def test_every_language_has_its_lexer_and_loses_no_character() -> None:
    for language, code in product(LEXERS, SNIPPETS.values()):
        html = highlighted(code, language)
        assert text_of(html) == code, language
        assert set(re.findall(r'<span class="([^"]+)">', html)) <= CLASSES


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(LEXERS)), st.lists(TOKENS, max_size=25).map("".join))
def test_whatever_the_code_is_its_text_stays(language: str, code: str) -> None:
    assert text_of(highlighted(code, language)) == code


@pytest.mark.parametrize("language", SNIPPETS)
def test_code_comes_out_of_the_renderer_in_colours(renderer: Renderer, language: str) -> None:
    html = renderer.render(f"```{language}\n{SNIPPETS[language]}\n```")
    assert f'<code class="language-{language}">' in html
    assert 'class="hl-' in html
    assert text_of(html).strip() == SNIPPETS[language]


def test_a_language_has_the_names_that_people_give_it() -> None:
    assert language_of("py") == language_of("python") == "python"
    assert language_of("c++") == "c++"
    assert language_of("brainfuck") is None
    assert language_of("") is None


def test_what_is_unknown_or_long_or_swells_stays_plain(renderer: Renderer) -> None:
    long = "x = 1\n" * (LONGEST // 6 + 1)
    swelling = "1 " * (LONGEST // 2)
    for body in ("```nothing\nif 1\n```", f"```py\n{long}```", "```\nif 1\n```"):
        assert "hl-" not in renderer.render(body)
    assert len(highlighted(swelling, "c")) > MOST_HTML
    assert renderer.render(f"```c\n{swelling}\n```").startswith("<pre")


def test_code_that_would_take_minutes_is_shown_plain_and_the_next_in_colours() -> None:
    highlighter = Highlighter()
    code = [("python", "if x: pass")]
    assert highlighter.highlight(code)
    assert highlighter._process is not None
    # As a lexer in its worst text, whichever that is in today's Pygments.
    os.kill(highlighter._process.pid, signal.SIGSTOP)
    assert highlighter.highlight([("c", "int x;")]) is None
    # Not at once: whoever sends the one may send many.
    assert highlighter.highlight(code) is None
    highlighter._not_before = 0
    assert highlighter.highlight(code)
    highlighter.close()
    assert highlighter.highlight(code) is None


def test_a_process_that_died_is_started_again() -> None:
    highlighter = Highlighter()
    code = [("python", "if x: pass")]
    assert highlighter.highlight(code)
    assert highlighter._process is not None
    os.kill(highlighter._process.pid, signal.SIGKILL)
    highlighter._process.wait()
    highlighter._not_before = 0
    assert highlighter.highlight(code)
    highlighter.close()
