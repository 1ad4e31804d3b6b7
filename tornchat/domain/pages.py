"""What a page of the web says of itself: enough to show what a link leads to.

Only its head is looked at, by expressions that take linear time on whatever comes, and what is
found is text and nothing else. Whose page it is says the host, and not the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

MOST_BYTES = 256 * 1024
MOST_TITLE, MOST_DESCRIPTION = 200, 300
MOST_LINKS = 3
"""Of one message that are looked up."""
MOST_URL = 2_000

_VALUE = r"""(?:"[^"]{0,2000}+"|'[^']{0,2000}+'|[^\s"'>]{1,2000}+)"""
_META = re.compile(rf"<meta\s((?:\s*+/?[\w:.-]{{1,40}}+(?:\s*+=\s*+{_VALUE})?+){{1,12}}+)", re.I)
_ATTRIBUTE = re.compile(rf"([\w:.-]{{1,40}}+)\s*+=\s*+({_VALUE})")
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{0,2000})", re.I)
_END = re.compile(r"</head\b|<body\b", re.I)
_CHARSET = re.compile(rb"charset\s{0,5}=\s{0,5}[\"']?([\w-]{1,40})", re.I)
_CHARSETS = re.compile(
    r"utf-?8|us-ascii|(?:iso-?8859|latin|windows|cp)[-_]?\d{1,4}(?:-\d{1,2})?|koi8-[ru]"
    r"|shift[-_]jis|euc-(?:jp|kr)|iso-2022-jp|gb(?:2312|k|18030)|big5",
    re.I,
)
"""Those that the web has. Others of Python's codecs are no charsets, or slow."""


@dataclass(frozen=True, slots=True)
class About:
    """``site`` is the host; ``image`` an address or None."""

    title: str
    description: str
    site: str
    image: str | None


def about(content: bytes, content_type: str, url: str) -> About | None:
    """What the page at ``url`` says; None where it has no title."""
    text = _decoded(content[:MOST_BYTES], content_type)
    end = _END.search(text)
    head = text[: end.start()] if end else text
    said: dict[str, str] = {}
    for found in _META.finditer(head):
        values = {
            name.lower(): value.strip("\"'") if value[0] in "\"'" else value
            for name, value in _ATTRIBUTE.findall(found[1])
        }
        name = (values.get("property") or values.get("name") or "").lower()
        said.setdefault(name, values.get("content", ""))
    plain = _TITLE.search(head)
    title = _line(said.get("og:title") or (plain[1] if plain else ""), MOST_TITLE)
    if not title:
        return None
    description = said.get("og:description") or said.get("description") or ""
    image = unescape(said.get("og:image") or said.get("og:image:url") or "").strip()
    return About(
        title=title,
        description=_line(description, MOST_DESCRIPTION),
        site=(urlsplit(url).hostname or "").removeprefix("www."),
        image=_address(url, image) if image else None,
    )


def worth_looking_up(links: Iterable[str], body: str, own_hosts: frozenset[str]) -> list[str]:
    """The links of a message that are looked up: of the web, not to this server, and not written
    ``<in angle brackets>``, by which people say that they want no preview."""
    wanted = []
    for link in links:
        parts = _parts(link)
        if (
            parts is not None
            and parts[0] in ("http", "https")
            and parts[1] not in own_hosts
            and len(link) <= MOST_URL
            and f"<{link}>" not in body
        ):
            wanted.append(link)
    return wanted[:MOST_LINKS]


def _parts(link: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(link)
        return parts.scheme, (parts.hostname or "").lower()
    except ValueError:
        return None


def _address(base: str, image: str) -> str | None:
    try:
        found = urljoin(base, image)
        found.encode("ascii")
    except ValueError:
        return None
    return found if found.startswith(("http://", "https://")) and len(found) <= MOST_URL else None


def _decoded(content: bytes, content_type: str) -> str:
    named = _CHARSET.search(content_type.encode("latin1", "replace")) or _CHARSET.search(
        content[:2048]
    )
    name = named[1].decode("ascii", "replace") if named else "utf-8"
    if not _CHARSETS.fullmatch(name):
        name = "utf-8"
    try:
        return content.decode(name, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _line(text: str, most: int) -> str:
    """One line of visible text."""
    plain = "".join(
        char if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else " "
        for char in unescape(text[: most * 8])
    )
    line = " ".join(plain.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
